import { type Command, type Picks, versioned } from './command.ts'
import { applyChange, changeOf, remove } from './commands-deal.ts'
import { moveOf } from './commands-move.ts'
import { moveDeal, type Versioned } from './rules.ts'
import { type Actor, Refused, refuse, type State } from './state.ts'

interface Bulk<Item> {
  items: Item[]
  atomic?: boolean
}

interface Single<Item> {
  input: (state: State, pick: Picks, by: Actor) => Item
  apply: (state: State, item: Item, by: Actor) => unknown
}

/** Does each item as the mutation of one deal does it; what is refused leaves no trace. */
function bulk<Item extends Versioned>(weight: number, { input, apply }: Single<Item>) {
  const command: Command<Bulk<Item>> = {
    weight,
    selection: 'results { deal { id } userErrors { code path } }',
    input(state, pick, by) {
      const items: Item[] = []
      for (let left = pick.number(4); left > 0; left -= 1) {
        const item = input(state, pick, by)
        const before = items.filter(({ dealId }) => dealId === item.dealId).length
        items.push({ ...item, expectedVersion: item.expectedVersion + before })
      }
      return { items, ...pick.some({ atomic: () => !pick.once(4) }, 2) }
    },
    apply(state, { items, atomic }, { by }) {
      if (items.length === 0) refuse('VALIDATION_ERROR items')
      const results = items.map(({ dealId }, index) =>
        resultOf(dealId, index, () => {
          const draft = structuredClone(state)
          apply(draft, items[index] as Item, by)
          Object.assign(state, draft)
        }),
      )
      const isRefused = results.some(({ userErrors }) => userErrors.length > 0)
      if (!atomic || !isRefused) return { results }
      const undone = results.map((result) => ({ ...result, deal: null }))
      throw new Refused(['BULK_REFUSED items'], { results: undone })
    },
  }
  return command
}

interface Result {
  deal: { id: string } | null
  userErrors: { code: string; path: string[] }[]
}

function resultOf(dealId: string, index: number, work: () => void): Result {
  try {
    work()
    return { deal: { id: dealId }, userErrors: [] }
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    return { deal: null, userErrors: error.errors.map((one) => ofItem(one, index)) }
  }
}

/** A user error of one deal's mutation as that of an item. */
function ofItem(error: string, index: number): { code: string; path: string[] } {
  const [code = '', path = ''] = error.split(' ')
  return { code, path: ['input', 'items', String(index), ...path.split('.')] }
}

export const bulkCommands = {
  moveDeals: bulk(3, {
    input(state, pick, by) {
      const { override: _, ...move } = moveOf(state, pick, by)
      return move
    },
    apply: moveDeal,
  }),
  updateDeals: bulk(2, {
    input: (state, pick) => ({ ...versioned(state, pick), ...changeOf(state, pick) }),
    apply: applyChange,
  }),
  deleteDeals: bulk(1, { input: (state, pick) => versioned(state, pick), apply: remove }),
}
