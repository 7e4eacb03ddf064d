import { generateKeyBetween } from 'fractional-indexing'
import { closeOrReopen } from '../close-reason/service.ts'
import type { Transaction } from '../database/transaction.ts'
import { effectiveProbability } from '../deal/rules.ts'
import { lastRank } from '../deal/service.ts'
import { dealToChange, saveDeal, type Versioned } from '../deal-version/service.ts'
import type { Deal } from '../generated/prisma/client.ts'
import { liveStage, type Stage } from '../stage/service.ts'
import { recordStageChange } from '../stage-change/service.ts'
import { checkTexts } from '../texts.ts'
import { invalid, notFound, refuse } from '../user-errors.ts'

export interface Place {
  /** The deal that the moved one shall stand directly before. */
  before?: string | null
  /** The deal that the moved one shall stand directly after. */
  after?: string | null
}

export interface MoveDeal extends Versioned, Place {
  stageId: string
  reason?: string | null
  note?: string | null
}

export interface MovedDeal {
  dealId: string
  stageChangeId: string | null
}

/**
 * Moves a deal to a stage of its pipeline and to a place on its board: deal, audit and event
 * together or not at all. Within a stage only the place changes, which is no history; to the place
 * where it is nothing changes.
 */
export async function moveDeal(tx: Transaction, move: MoveDeal): Promise<MovedDeal> {
  const deal = await dealToChange(tx, move)
  const errors = checkTexts(move, ['note'], ['input'])
  if (errors.length > 0) refuse(...errors)
  const to = await liveStage(tx, move.stageId, ['input', 'stageId'])
  if (to.pipelineId !== deal.pipelineId) {
    const message = `The stage "${to.name}" is in another pipeline than the deal.`
    refuse({ code: 'STAGE_NOT_IN_PIPELINE', message, path: ['input', 'stageId'] })
  }
  if (to.id === deal.stageId) return reorder(tx, deal, move)
  return changeStage(tx, deal, to, move)
}

async function reorder(tx: Transaction, deal: Deal, move: MoveDeal): Promise<MovedDeal> {
  const result = { dealId: deal.id, stageChangeId: null }
  if (!move.before && !move.after) return result
  const [previous, next] = await neighbours(tx, deal.id, move)
  const there = (previous === null || previous < deal.rank) && (next === null || deal.rank < next)
  if (there) return result
  await saveDeal(tx, move, { rank: generateKeyBetween(previous, next) })
  tx.emit({ type: 'deal.reordered', dealId: deal.id, payload: { stageId: deal.stageId } })
  return result
}

async function changeStage(
  tx: Transaction,
  deal: Deal,
  to: Stage,
  move: MoveDeal,
): Promise<MovedDeal> {
  const { db, tenantId, now } = tx
  const from = (await db.stage.findUniqueOrThrow({
    where: { tenantId_id: { tenantId, id: deal.stageId } },
  })) as Stage
  const closed = await closeOrReopen(tx, to, move.reason)
  const placed = move.before || move.after
  const [previous, next] = placed
    ? await neighbours(tx, deal.id, move)
    : [await lastRank(tx, to.id), null]
  const lastOpen = [to, from].find((stage) => stage.kind === 'OPEN')?.id ?? deal.lastOpenStageId
  await saveDeal(tx, move, {
    ...closed,
    stageId: to.id,
    status: to.kind,
    rank: generateKeyBetween(previous, next),
    stageEnteredAt: now,
    lastOpenStageId: lastOpen,
  })
  const probability = effectiveProbability({ ...deal, status: to.kind }, to.probability)
  const { reason = null, note = null } = move
  const stageChangeId = await recordStageChange(tx, { deal, from, to, probability, reason, note })
  const payload = { stageChangeId, fromStageId: from.id, toStageId: to.id }
  tx.emit({ type: 'deal.moved', dealId: deal.id, payload })
  return { dealId: deal.id, stageChangeId }
}

/**
 * The ranks between which the deal shall stand. One named neighbour is enough: the other is who
 * stands there now.
 */
async function neighbours(
  tx: Transaction,
  dealId: string,
  { stageId, before, after }: MoveDeal,
): Promise<[previous: string | null, next: string | null]> {
  const afterRank = after ? await neighbourRank(tx, { id: after, stageId, dealId }, 'after') : null
  const beforeRank = before
    ? await neighbourRank(tx, { id: before, stageId, dealId }, 'before')
    : null
  if (afterRank !== null && beforeRank !== null && afterRank >= beforeRank) {
    refuse(
      invalid('`after` stands behind `before`: name neighbours in their order.', [
        'input',
        'after',
      ]),
    )
  }
  if (afterRank !== null)
    return [afterRank, await nextRank(tx, dealId, stageId, { gt: afterRank }, 'asc')]
  return [await nextRank(tx, dealId, stageId, { lt: beforeRank ?? '' }, 'desc'), beforeRank]
}

async function neighbourRank(
  { db, tenantId }: Transaction,
  { id, stageId, dealId }: { id: string; stageId: string; dealId: string },
  argument: 'before' | 'after',
): Promise<string> {
  const path = ['input', argument]
  if (id === dealId) refuse(invalid('A deal cannot stand next to itself.', path))
  const neighbour = await db.deal.findFirst({ where: { tenantId, id, deletedAt: null } })
  if (!neighbour) return refuse(notFound('deal', path))
  if (neighbour.stageId !== stageId)
    refuse(invalid('That deal is not in the stage moved to.', path))
  return neighbour.rank
}

async function nextRank(
  { db, tenantId }: Transaction,
  dealId: string,
  stageId: string,
  rank: { gt: string } | { lt: string },
  direction: 'asc' | 'desc',
): Promise<string | null> {
  const deal = await db.deal.findFirst({
    where: { tenantId, stageId, deletedAt: null, rank, id: { not: dealId } },
    orderBy: [{ rank: direction }, { id: direction }],
    select: { rank: true },
  })
  return deal?.rank ?? null
}
