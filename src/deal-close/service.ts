import type { Transaction } from '../database/transaction.ts'
import { type Manner, type MovedDeal, moveTo } from '../deal-move/service.ts'
import { dealToChange } from '../deal-version/service.ts'
import type { Deal } from '../generated/prisma/client.ts'
import type { StageKind } from '../pipeline/rules.ts'
import { liveStage, liveStages, type Stage } from '../stage/service.ts'
import { invalid, refuse } from '../user-errors.ts'

const path = ['input', 'stageId']

export interface CloseDeal extends Manner {
  /** Default: the pipeline's first live stage of that kind. */
  stageId?: string | null
}

/** Moves a deal to a stage of kind WON. A won deal stays where it is unless a stage is named. */
export async function winDeal(tx: Transaction, close: CloseDeal): Promise<MovedDeal> {
  const deal = await dealToChange(tx, close)
  return moveTo(tx, deal, await targetOf(tx, deal, close, 'WON'), close)
}

/** Moves a deal to a stage of kind LOST. A lost deal stays where it is unless a stage is named. */
export async function loseDeal(tx: Transaction, close: CloseDeal): Promise<MovedDeal> {
  const deal = await dealToChange(tx, close)
  return moveTo(tx, deal, await targetOf(tx, deal, close, 'LOST'), close)
}

/**
 * Moves a closed deal back to the stage in which it was open last, or to the first open one where
 * that is gone. An open deal stays where it is.
 */
export async function reopenDeal(tx: Transaction, reopen: CloseDeal): Promise<MovedDeal> {
  const deal = await dealToChange(tx, reopen)
  const to = await targetOf(tx, deal, reopen, 'OPEN')
  if (deal.status === 'OPEN' && to.id !== deal.stageId)
    refuse(invalid('The deal is open: use moveDeal.', path))
  return moveTo(tx, deal, to, reopen)
}

/** The stage named, which must be of the kind, else where a deal comes to that kind. */
async function targetOf(
  tx: Transaction,
  deal: Deal,
  { stageId }: CloseDeal,
  kind: StageKind,
): Promise<Stage> {
  if (!stageId && deal.status !== kind) return firstOfKind(tx, deal, kind)
  const stage = await liveStage(tx, stageId || deal.stageId, path)
  if (stage.kind === kind) return stage
  return refuse(invalid(`The stage "${stage.name}" is of kind ${stage.kind}, not ${kind}.`, path))
}

/** The pipeline's first live stage of a kind, of OPEN the one where the deal was last. */
export async function firstOfKind(tx: Transaction, deal: Deal, kind: StageKind): Promise<Stage> {
  const { pipelineId, lastOpenStageId } = deal
  const stages = (await liveStages(tx, pipelineId)).filter((stage) => stage.kind === kind)
  const last = kind === 'OPEN' ? stages.find(({ id }) => id === lastOpenStageId) : undefined
  const found = last ?? stages[0]
  if (!found) throw new Error(`pipeline ${pipelineId} has no ${kind} stage, which it must have`)
  return found
}
