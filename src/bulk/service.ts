import { attempt, type Transaction } from '../database/transaction.ts'
import * as deals from '../deal/service.ts'
import * as moves from '../deal-move/service.ts'
import type { Versioned } from '../deal-version/service.ts'
import { Refusal, refuse } from '../user-errors.ts'
import { moveWhileUsual } from '../usual-move/service.ts'
import { checkCount, errorsOfItem, type ItemResult, refusedAsOne, undone } from './rules.ts'

export interface Bulk<Item> {
  items: Item[]
  /** Whether one refused item means that none is done. */
  atomic?: boolean | null
}

/** One result an item, in the order of the items. */
export interface BulkResults {
  results: ItemResult[]
}

interface Changed {
  dealId: string
  stageChangeId?: string | null
}

type Change<Item> = (tx: Transaction, item: Item) => Promise<Changed>

/** Does the first of the items together, up to one that is left to be done by itself. */
type ChangeFirst<Item> = (tx: Transaction, items: Item[]) => Promise<Changed[]>

/** Does for each item what `moveDeal` does, one after the other at one revision. */
export function moveDeals(tx: Transaction, bulk: Bulk<moves.MoveDeal>): Promise<BulkResults> {
  return changeEach(tx, bulk, moves.moveUnusual, moveWhileUsual)
}

/** Does for each item what `updateDeal` does, one after the other at one revision. */
export function updateDeals(
  tx: Transaction,
  bulk: Bulk<Versioned & deals.DealInput>,
): Promise<BulkResults> {
  return changeEach(tx, bulk, deals.updateDeal)
}

/** Does for each item what `deleteDeal` does, one after the other at one revision. */
export function deleteDeals(tx: Transaction, bulk: Bulk<Versioned>): Promise<BulkResults> {
  return changeEach(tx, bulk, deals.deleteDeal)
}

/**
 * A refused item leaves no trace and the others are done; of a bulk of all or nothing each item is
 * tried, so that its sender learns everything that is to mend.
 */
async function changeEach<Item extends Versioned>(
  tx: Transaction,
  { items, atomic }: Bulk<Item>,
  change: Change<Item>,
  changeFirst?: ChangeFirst<Item>,
): Promise<BulkResults> {
  const errors = checkCount(items.length)
  if (errors.length > 0) refuse(...errors)
  await lockDeals(tx, items)
  const results: ItemResult[] = []
  while (results.length < items.length) {
    const together = (await changeFirst?.(tx, items.slice(results.length))) ?? []
    results.push(...together.map(toResult))
    const item = items[results.length]
    if (!item) break
    results.push(toResult(await attempt(tx, (part) => change(part, item)), results.length))
  }
  const refused = atomic ? refusedAsOne(results) : []
  if (refused.length > 0) throw new Refusal(refused, { results: undone(results) })
  return { results }
}

function toResult(outcome: Changed | Refusal, index: number): ItemResult {
  if (outcome instanceof Refusal) {
    const userErrors = errorsOfItem(outcome.errors, index)
    return { dealId: null, stageChangeId: null, userErrors }
  }
  const { dealId, stageChangeId = null } = outcome
  return { dealId, stageChangeId, userErrors: [] }
}

/** Locks the rows of all deals in the order of their ids, which is everybody's order. */
async function lockDeals({ db, tenantId }: Transaction, items: Versioned[]): Promise<void> {
  const ids = items.map(({ dealId }) => dealId)
  await db.$queryRaw`
    SELECT id FROM deal WHERE tenant_id = ${tenantId}::uuid AND id = ANY(${ids}::uuid[])
    ORDER BY id FOR UPDATE`
}
