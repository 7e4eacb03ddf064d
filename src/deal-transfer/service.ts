import { customValues } from '../custom-field/service.ts'
import type { Transaction } from '../database/transaction.ts'
import { changeStage, type Manner, type MovedDeal } from '../deal-move/service.ts'
import { dealToChange } from '../deal-version/service.ts'
import type { Deal } from '../generated/prisma/client.ts'
import { entryStage, type Stage } from '../stage/service.ts'
import { invalid, refuse } from '../user-errors.ts'

export interface Transfer extends Manner {
  /**
   * Merged into those that the deal has, before the new pipeline asks for its required ones; null
   * clears all.
   */
  customFields?: unknown
}

export interface TransferDeal extends Transfer {
  pipelineId: string
  /** Default: the pipeline's first live stage of the kind that the deal is in. */
  stageId?: string | null
}

/**
 * Moves a deal to a stage of another pipeline, by that pipeline's rules. A closed deal that stays
 * closed keeps when and why it was closed.
 */
export async function moveDealToPipeline(
  tx: Transaction,
  { pipelineId, stageId, ...transfer }: TransferDeal,
): Promise<MovedDeal> {
  const deal = await dealToChange(tx, transfer)
  if (deal.pipelineId === pipelineId)
    refuse(invalid('The deal is in that pipeline: use moveDeal.', ['input', 'pipelineId']))
  const to = await entryStage(tx, { pipelineId, stageId, kind: deal.status })
  return transferTo(tx, deal, to, transfer)
}

/** The same of a deal and a stage that are looked up already. */
export async function transferTo(
  tx: Transaction,
  deal: Deal,
  to: Stage,
  { customFields, ...manner }: Transfer,
): Promise<MovedDeal> {
  const change = {
    pipelineId: to.pipelineId,
    stored: deal.customFields,
    given: customFields,
    entering: true,
  }
  const { values, errors } = await customValues(tx, change)
  if (errors.length > 0) refuse(...errors)
  return changeStage(tx, deal, to, manner, { customFields: values })
}
