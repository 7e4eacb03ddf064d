import { customValues } from '../custom-field/service.ts'
import type { Transaction } from '../database/transaction.ts'
import { changeStage, type Manner, type MovedDeal } from '../deal-move/service.ts'
import { dealToChange } from '../deal-version/service.ts'
import { entryStage } from '../stage/service.ts'
import { invalid, refuse } from '../user-errors.ts'

export interface TransferDeal extends Manner {
  pipelineId: string
  /** Default: the pipeline's first live stage of the kind that the deal is in. */
  stageId?: string | null
  /** Merged into those that the deal has, before the new pipeline asks for its required ones. */
  customFields?: unknown
}

/**
 * Moves a deal to a stage of another pipeline, by that pipeline's rules. A closed deal that stays
 * closed keeps when and why it was closed.
 */
export async function moveDealToPipeline(
  tx: Transaction,
  { pipelineId, stageId, customFields, ...manner }: TransferDeal,
): Promise<MovedDeal> {
  const deal = await dealToChange(tx, manner)
  if (deal.pipelineId === pipelineId)
    refuse(invalid('The deal is in that pipeline: use moveDeal.', ['input', 'pipelineId']))
  const to = await entryStage(tx, { pipelineId, stageId, kind: deal.status })
  const change = {
    pipelineId,
    stored: deal.customFields,
    given: customFields ?? undefined,
    entering: true,
  }
  const { values, errors } = await customValues(tx, change)
  if (errors.length > 0) refuse(...errors)
  return changeStage(tx, deal, to, manner, { customFields: values })
}
