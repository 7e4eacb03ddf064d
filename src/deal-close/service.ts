import type { Transaction } from '../database/transaction.ts'
import { type Manner, type MovedDeal, moveDeal } from '../deal-move/service.ts'
import { dealToChange } from '../deal-version/service.ts'
import type { Deal } from '../generated/prisma/client.ts'
import type { StageKind } from '../pipeline/rules.ts'
import { liveStage, liveStages } from '../stage/service.ts'
import { invalid, refuse } from '../user-errors.ts'

export interface CloseDeal extends Manner {
  /** Default: the pipeline's first live stage of that kind. */
  stageId?: string | null
}

/** Moves a deal to a stage of kind WON. A won deal stays where it is unless a stage is named. */
export function winDeal(tx: Transaction, close: CloseDeal): Promise<MovedDeal> {
  return moveToKind(tx, close, 'WON')
}

/** Moves a deal to a stage of kind LOST. A lost deal stays where it is unless a stage is named. */
export function loseDeal(tx: Transaction, close: CloseDeal): Promise<MovedDeal> {
  return moveToKind(tx, close, 'LOST')
}

/**
 * Moves a closed deal back to the stage in which it was open last, or to the first open one where
 * that is gone. An open deal stays where it is.
 */
export async function reopenDeal(tx: Transaction, reopen: CloseDeal): Promise<MovedDeal> {
  const deal = await dealToChange(tx, reopen)
  const named = reopen.stageId ? await stageOfKind(tx, reopen.stageId, 'OPEN') : null
  if (deal.status === 'OPEN' && named && named !== deal.stageId)
    refuse(invalid('The deal is open: use moveDeal.', ['input', 'stageId']))
  return moveToKind(tx, reopen, 'OPEN', deal.lastOpenStageId)
}

async function moveToKind(
  tx: Transaction,
  close: CloseDeal,
  kind: StageKind,
  preferred: string | null = null,
): Promise<MovedDeal> {
  const deal = await dealToChange(tx, close)
  const stageId = close.stageId
    ? await stageOfKind(tx, close.stageId, kind)
    : deal.status === kind
      ? deal.stageId
      : await firstOfKind(tx, deal, kind, preferred)
  return moveDeal(tx, { ...close, stageId })
}

async function stageOfKind(tx: Transaction, stageId: string, kind: StageKind): Promise<string> {
  const path = ['input', 'stageId']
  const stage = await liveStage(tx, stageId, path)
  if (stage.kind === kind) return stageId
  return refuse(invalid(`The stage "${stage.name}" is of kind ${stage.kind}, not ${kind}.`, path))
}

/** The pipeline's preferred live stage of a kind, else its first, which every pipeline has. */
async function firstOfKind(
  tx: Transaction,
  { pipelineId }: Deal,
  kind: StageKind,
  preferred: string | null,
): Promise<string> {
  const stages = (await liveStages(tx, pipelineId)).filter((stage) => stage.kind === kind)
  const found = stages.find(({ id }) => id === preferred) ?? stages[0]
  if (!found) throw new Error(`pipeline ${pipelineId} has no ${kind} stage, which it must have`)
  return found.id
}
