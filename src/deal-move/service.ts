import { type Closing, closeOrReopen } from '../close-reason/service.ts'
import type { Transaction, UsualWork, WriteScope } from '../database/transaction.ts'
import { effectiveProbability } from '../deal/rules.ts'
import { dealToChange, saveDeal, type Versioned } from '../deal-version/service.ts'
import type { Deal, Prisma } from '../generated/prisma/client.ts'
import { lastPlace, type Place, placeOf } from '../rank/service.ts'
import type { Written } from '../rows.ts'
import { liveStage, type Stage } from '../stage/service.ts'
import { recordStageChange } from '../stage-change/service.ts'
import { checkTexts } from '../texts.ts'
import { enterStage } from '../transition/service.ts'
import { refuse } from '../user-errors.ts'
import { moveAtOnce, moveWhileUsual, usualMove } from '../usual-move/service.ts'

/** How a deal changes stage, whichever mutation moves it. */
export interface Manner extends Versioned, Place {
  reason?: string | null
  note?: string | null
  /** Whether an administrator sets the rules of the pipeline aside; history says so. */
  override?: boolean | null
}

export interface MoveDeal extends Manner {
  stageId: string
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
export function dealMove(move: MoveDeal): UsualWork<MovedDeal> {
  return {
    whole: (write) => moveAtOnce(write, move),
    unusual: (tx) => moveUnusual(tx, move),
    part: (tx) => moveDeal(tx, move),
  }
}

/** The same as one statement, for who sends it together with what reads its payload. */
export function moveWritten(
  writer: Pick<WriteScope, 'actor' | 'requestId' | 'now'>,
  move: MoveDeal,
): Written {
  return usualMove(writer, move)
}

/** The same within a write that does more. */
export async function moveDeal(tx: Transaction, move: MoveDeal): Promise<MovedDeal> {
  const [moved] = await moveWhileUsual(tx, [move])
  return moved ?? moveUnusual(tx, move)
}

/** The same by the services alone, which refuse what may not be done. */
export async function moveUnusual(tx: Transaction, move: MoveDeal): Promise<MovedDeal> {
  const deal = await dealToChange(tx, move)
  return moveTo(tx, deal, await liveStage(tx, move.stageId, ['input', 'stageId']), move)
}

/** The same of a deal and a stage that are looked up already. */
export async function moveTo(
  tx: Transaction,
  deal: Deal,
  to: Stage,
  move: Manner,
): Promise<MovedDeal> {
  if (to.pipelineId !== deal.pipelineId) {
    const message = `The stage "${to.name}" is in another pipeline than the deal: use moveDealToPipeline.`
    refuse({ code: 'STAGE_NOT_IN_PIPELINE', message, path: ['input', 'stageId'] })
  }
  if (to.id !== deal.stageId) return changeStage(tx, deal, to, move)
  if (!move.before && !move.after) return { dealId: deal.id, stageChangeId: null }
  return reorder(tx, deal, move)
}

/** Moves a deal within its stage, to the end when no neighbour is named. It writes no history. */
export async function reorderDeal(tx: Transaction, move: Versioned & Place): Promise<MovedDeal> {
  return reorder(tx, await dealToChange(tx, move), move)
}

async function reorder(tx: Transaction, deal: Deal, move: Versioned & Place): Promise<MovedDeal> {
  const result = { dealId: deal.id, stageChangeId: null }
  const rank = await placeOf(tx, { ...move, stageId: deal.stageId }, deal.rank)
  if (rank === null) return result
  await saveDeal(tx, move, { rank })
  tx.emit({ type: 'deal.reordered', dealId: deal.id, payload: { stageId: deal.stageId } })
  return result
}

/**
 * Brings a deal into another stage, by the rules of the pipeline that it is in. `values` are
 * written with it.
 */
export async function changeStage(
  tx: Transaction,
  deal: Deal,
  to: Stage,
  manner: Manner,
  values: Prisma.DealUncheckedUpdateInput = {},
): Promise<MovedDeal> {
  const errors = checkTexts(manner, ['note'], ['input'])
  if (errors.length > 0) refuse(...errors)
  const from = await stageOf(tx, deal)
  const becoming = { ...deal, ...values } as Deal
  const { reason = null, note = null, override } = manner
  const isKept = staysClosed(deal, to) && deal.closeReasonId !== null
  const hasReason = Boolean(reason?.trim()) || isKept
  const entry = await enterStage(tx, { deal: becoming, from, to, override, hasReason })
  const closing = await closingOf(tx, deal, to, { ...manner, required: entry.reasonRequired })
  const placed = { ...manner, stageId: to.id }
  await saveDeal(tx, manner, {
    ...values,
    ...closing,
    pipelineId: to.pipelineId,
    stageId: to.id,
    status: to.kind,
    rank: (await placeOf(tx, placed)) ?? (await lastPlace(tx, to.id)),
    stageEnteredAt: tx.now,
    lastOpenStageId: [to, from].find((stage) => stage.kind === 'OPEN')?.id ?? deal.lastOpenStageId,
  })
  const probability = effectiveProbability({ ...deal, status: to.kind }, to.probability)
  const change = { deal: becoming, from, to, probability, reason, note }
  const stageChangeId = await recordStageChange(tx, { ...change, override: entry.override })
  const pipelines = { fromPipelineId: from.pipelineId, toPipelineId: to.pipelineId }
  const payload = { stageChangeId, fromStageId: from.id, toStageId: to.id, ...pipelines }
  tx.emit({ type: 'deal.moved', dealId: deal.id, payload })
  return { dealId: deal.id, stageChangeId }
}

/** A deal that stays closed keeps when and why, unless a reason is given or still missing. */
async function closingOf(
  tx: Transaction,
  deal: Deal,
  to: Stage,
  closing: { reason?: string | null; required: boolean },
): Promise<Closing> {
  const { closedAt, closeReasonId } = deal
  const lacksReason = closing.required && closeReasonId === null
  if (!staysClosed(deal, to) || lacksReason || closing.reason?.trim())
    return closeOrReopen(tx, to, { reason: closing.reason, required: closing.required })
  return { closedAt, closeReasonId }
}

function staysClosed(deal: Deal, to: Stage): boolean {
  return to.kind !== 'OPEN' && to.kind === deal.status && to.pipelineId !== deal.pipelineId
}

async function stageOf({ db, tenantId }: Transaction, { stageId }: Deal): Promise<Stage> {
  const where = { tenantId_id: { tenantId, id: stageId } }
  return (await db.stage.findUniqueOrThrow({ where })) as Stage
}
