import { closeOrReopen } from '../close-reason/service.ts'
import type { Transaction } from '../database/transaction.ts'
import { effectiveProbability } from '../deal/rules.ts'
import { dealToChange, saveDeal, type Versioned } from '../deal-version/service.ts'
import type { Deal } from '../generated/prisma/client.ts'
import { type Place, placeOf } from '../rank/service.ts'
import { liveStage, type Stage } from '../stage/service.ts'
import { recordStageChange } from '../stage-change/service.ts'
import { checkTexts } from '../texts.ts'
import { refuse } from '../user-errors.ts'

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
  const rank = await placeOf(tx, move, deal.rank)
  if (rank === null) return result
  await saveDeal(tx, move, { rank })
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
  const closing = { reason: move.reason, required: to.reasonRequired }
  const closed = await closeOrReopen(tx, to, closing)
  const rank = (await placeOf(tx, move)) ?? deal.rank
  const lastOpen = [to, from].find((stage) => stage.kind === 'OPEN')?.id ?? deal.lastOpenStageId
  await saveDeal(tx, move, {
    ...closed,
    stageId: to.id,
    status: to.kind,
    rank,
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
