import fc from 'fast-check'
import { generateKeyBetween, generateNKeysBetween } from 'fractional-indexing'
import { beforeAll, describe, expect, inject, it } from 'vitest'
import { moveDeals } from '../src/bulk/service.ts'
import type { Database } from '../src/database/database.ts'
import {
  attempt,
  type Done,
  type Transaction,
  type Work,
  writeOnce,
} from '../src/database/transaction.ts'
import {
  dealMove,
  type MoveDeal,
  type MovedDeal,
  moveDeal,
  moveUnusual,
} from '../src/deal-move/service.ts'
import { Refusal } from '../src/user-errors.ts'
import { rowsOf, tenantTables } from './fixtures.ts'
import { Picks } from './model/command.ts'
import {
  type MoveState,
  type MoveWorld,
  moveIn,
  moverOf,
  moveState,
  moveWorld,
} from './usual-move-states.ts'

let world: MoveWorld

beforeAll(async () => {
  world = await moveWorld()
})

class Undone extends Error {
  readonly trial: Outcome<unknown>
  constructor(trial: Outcome<unknown>) {
    super('undone')
    this.trial = trial
  }
}

class Declined extends Error {}

const declining = (move: MoveDeal): Work<MovedDeal> => ({
  ...dealMove(move),
  unusual: () => Promise.reject(new Declined()),
})

/** What a write came to: what was done, or that it was refused, or left to the services. */
interface Outcome<T> {
  done?: Done<T>
  /** All rows of the tenant afterwards; null where they are as before. */
  rows?: Record<string, object[] | null> | null
  declined?: boolean
  refused?: unknown
}

/** What a write comes to from a state; the world stays as it was. */
async function trial<T>(
  state: MoveState,
  by: ReturnType<typeof moverOf>,
  work: Work<T>,
): Promise<Outcome<T>> {
  const { t } = world
  const tables = await tenantTables(t)
  const seeing = (whose: string) => `SELECT set_config('app.deals_of', '${whose}', true)`
  const undoing: Database = {
    ...t.database,
    write: (view, act) =>
      t.database.write({ ...view, dealsOf: null }, async (db) => {
        await state.plant(db)
        await db.$executeRawUnsafe(seeing(view.dealsOf ?? 'all'))
        const done = await act(db)
        await db.$executeRawUnsafe(seeing('all'))
        throw new Undone({ done: done as Done<unknown>, rows: await rowsOf(db, tables) })
      }),
  }
  const scope = { ...by, tenantId: t.tenantId, now: new Date('2031-01-01T00:00:00.123Z') }
  return writeOnce(undoing, { ...scope, requestId: 'trial' }, work).then(
    (done) => ({ done, rows: null }),
    (error) => {
      if (error instanceof Undone) return error.trial as Outcome<T>
      if (error instanceof Declined) return { declined: true }
      // A fault may be told in other words by the statement and by Prisma.
      return { refused: error instanceof Refusal ? error.errors : (error.extensions ?? 'a fault') }
    },
  )
}

/** The same without the ids that are made anew each time. */
function comparable({ rows, ...others }: Outcome<unknown>): object {
  const made = others.done?.events.flatMap(({ payload }) => {
    const { stageChangeId, closeReasonId } = payload as Record<string, string>
    return stageChangeId ?? closeReasonId ?? []
  })
  const text = (value: unknown) => {
    const json = JSON.stringify(value, (_, of) => (typeof of === 'bigint' ? `${of}` : of))
    return (made ?? []).reduce((left, id, nth) => left.replaceAll(id, `made ${nth}`), json)
  }
  const tables = Object.entries(rows ?? {})
  return {
    ...JSON.parse(text(others)),
    rows: tables.map(([table, of]) => [table, of?.map(text).sort()]),
  }
}

const picks = fc.array(fc.nat(999), { minLength: 260, maxLength: 260 })
const isServer = 'url' in inject('template')
const limits = (runs: number) => ({
  numRuns: isServer ? runs : runs / 5,
  unbiased: true,
  endOnFailure: true,
})

describe('a move by one statement', () => {
  it('comes to what the services make of it, or to nothing where they do more', async () => {
    const directions: string[] = []
    const compare = async (numbers: number[]) => {
      const pick = new Picks(numbers)
      const move = [moveState(world, pick), moverOf(world, pick)] as const
      const wanted = moveIn(world, move[0], pick)
      const whole = await trial(...move, declining(wanted))
      const alone = await trial(...move, (tx) => moveUnusual(tx, wanted))
      if (pick.once(2)) {
        const part = await trial(...move, (tx) => moveDeal(tx, wanted))
        expect(comparable(part)).toEqual(comparable(alone))
      }
      if (!whole.declined) {
        expect(comparable(whole)).toEqual(comparable(alone))
        if (whole.done) directions.push(directionIn(whole))
        return
      }
      const { before, after, override } = wanted
      if (before || after || override || move[0].hasOddRank || !alone.done) return
      // What is left are moves that change nothing, and reasons that join the catalogue.
      expect(alone.done.events.map(({ type }) => type)).toEqual(
        alone.done.result.stageChangeId ? ['close_reason.created', 'deal.moved'] : [],
      )
    }
    await fc.assert(fc.asyncProperty(picks, compare), { ...limits(250), seed: 20_261_127 })
    await fc.assert(fc.asyncProperty(picks, compare), limits(50))
    const all = ['BACKWARD', 'FORWARD', 'LOST', 'REOPENED', 'WON']
    if (isServer) expect([...new Set(directions)].sort()).toEqual(all)
    expect(directions.length).toBeGreaterThan(isServer ? 40 : 4)
  }, 240_000)

  it('comes to the same as one of many, each of which sees those before it', async () => {
    let together = 0
    const compare = async (numbers: number[]) => {
      const pick = new Picks(numbers)
      const bulk = [moveState(world, pick), moverOf(world, pick)] as const
      const items = Array.from({ length: 2 + pick.number(5) }, () => moveIn(world, bulk[0], pick))
      const one = await trial(...bulk, (tx) => moveDeals(tx, { items }))
      const other = await trial(...bulk, (tx) => eachAlone(tx, items))
      expect(comparable(one)).toEqual(comparable(other))
      together += one.done?.events.length ?? 0
    }
    await fc.assert(fc.asyncProperty(picks, compare), { ...limits(100), seed: 20_261_127 })
    expect(together).toBeGreaterThan(isServer ? 40 : 4)
  }, 240_000)
})

function directionIn({ done, rows }: Outcome<MovedDeal>): string {
  const changes = (rows?.stage_change ?? []) as { id: string; direction: string }[]
  const change = changes.find(({ id }) => id === done?.result.stageChangeId)
  if (!change) throw new Error('a move that is done has a change')
  return change.direction
}

/** A bulk whose items are all done by the services. */
async function eachAlone(tx: Transaction, items: MoveDeal[]) {
  const results = []
  for (const [index, item] of items.entries()) {
    const outcome = await attempt(tx, (part) => moveUnusual(part, item))
    const path = (of: string[]) => ['input', 'items', String(index), ...of.slice(1)]
    const errors = outcome instanceof Refusal ? outcome.errors : []
    results.push({
      ...(outcome instanceof Refusal ? { dealId: null, stageChangeId: null } : outcome),
      userErrors: errors.map((error) => ({ ...error, path: path(error.path) })),
    })
  }
  return { results }
}

describe('the rank behind another', () => {
  const after = (ranks: (string | null)[]) =>
    world.t.read(
      (db) => db.$queryRaw<{ rank: string | null }[]>`
        SELECT rank_after(r.last) AS rank FROM unnest(${ranks}::text[]) WITH ORDINALITY AS r(last, nth) ORDER BY nth`,
    )
  const longest = 24
  /** What the service takes; null where it makes room, or fails. */
  function byService(last: string | null): string | null {
    try {
      const rank = generateKeyBetween(last, null)
      return rank.length > longest ? null : rank
    } catch {
      return null
    }
  }
  const expectSame = async (ranks: (string | null)[]) => {
    const found = await after(ranks)
    expect(found.map(({ rank }, index) => [ranks[index], rank])).toEqual(
      ranks.map((rank) => [rank, byService(rank)]),
    )
  }

  it('is that of the service, through every carry and length', async () => {
    const grown = [null, ...generateNKeysBetween(null, null, 5000), 'zzz']
    const edges = [...'ABYZabcvwxyz'].flatMap((head) =>
      Array.from({ length: 28 }, (_, size) => [
        head + 'z'.repeat(size),
        head + '0'.repeat(size),
        `${head}${'0'.repeat(size)}1`,
        `${head}${'z'.repeat(size)}y`,
        `${head}8${'z'.repeat(size)}`,
      ]).flat(),
    )
    await expectSame([...grown, ...edges, '', 'a', '0', 'a00'])
  })

  it('is that of the service, whatever ranks there are', () => {
    const digit = fc.constantFrom(...'09AZaz5Mm')
    const rank = fc
      .tuple(fc.constantFrom(...'AYZabcvwxz0'), fc.array(digit, { maxLength: 27 }))
      .map(([head, digits]) => head + digits.join(''))
    const between = fc.tuple(rank, rank).map(([a, b]) => {
      try {
        return generateKeyBetween(a, b)
      } catch {
        return a
      }
    })
    const ranks = fc.array(fc.oneof(rank, between), { minLength: 1, maxLength: 200 })
    return fc.assert(fc.asyncProperty(ranks, expectSame), { numRuns: isServer ? 100 : 20 })
  })

  it('is not told of what is no rank', async () => {
    const ranks = ['a-', 'a0é', 'ä0', '10', 'a ', 'a0 ', ' a0', 'a0\n', 'A'.padEnd(27, '0')]
    expect((await after(ranks)).map(({ rank }) => rank)).toEqual(ranks.map(() => null))
  })
})
