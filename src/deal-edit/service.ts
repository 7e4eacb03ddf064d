import type { Transaction } from '../database/transaction.ts'
import { type DealInput, updateDeal } from '../deal/service.ts'
import { assignDeal, keepAssignees } from '../deal-assignee/service.ts'
import { firstOfKind } from '../deal-close/service.ts'
import { setPrimaryContact } from '../deal-contact/service.ts'
import { type Manner, type MovedDeal, moveTo } from '../deal-move/service.ts'
import { keepTags, tagDeal } from '../deal-tag/service.ts'
import { type Transfer, transferTo } from '../deal-transfer/service.ts'
import { dealToChange, type Versioned, versionNow } from '../deal-version/service.ts'
import type { Deal } from '../generated/prisma/client.ts'
import type { StageKind } from '../pipeline/rules.ts'
import { entryStage, liveStage, type Stage } from '../stage/service.ts'
import { refuse } from '../user-errors.ts'
import { checkStage, shareOut } from './rules.ts'

const assigneePath = ['input', 'assigneeIds']
const contactPath = ['input', 'primaryContactId']

/** What a form of a deal saves at once. What is left out stays. */
export interface EditDeal extends Versioned, Pick<Manner, 'reason' | 'note' | 'override'> {
  values: DealInput
  pipelineId?: string | null
  stageId?: string | null
  status?: StageKind | null
  tagIds?: string[] | null
  assigneeIds?: string[] | null
  /** Null for no primary contact. */
  primaryContactId?: string | null
}

/**
 * Does what the mutations of a deal do one by one, each at the version that those before it have
 * made. What a stage may require comes before the stage. Assignees are added first and taken off
 * last, so that who sees only their own deals sees this one all the while.
 */
export async function editDeal(tx: Transaction, edit: EditDeal): Promise<MovedDeal> {
  const { dealId, tagIds, assigneeIds: memberIds, primaryContactId: contactId } = edit
  const now = () => versionNow(tx, dealId)
  const deal = await dealToChange(tx, edit)
  const to = await destination(tx, deal, edit)
  const transfers = to !== null && to.pipelineId !== deal.pipelineId
  const { ofValues, ofMove } = shareOut(edit, { moves: to !== null, transfers })
  if (memberIds?.length) await assignDeal(tx, { ...(await now()), memberIds, path: assigneePath })
  await updateDeal(tx, { ...(await now()), ...ofValues })
  if (contactId !== undefined)
    await setPrimaryContact(tx, { ...(await now()), contactId, path: contactPath })
  const stageChangeId = to && (await enter(tx, to, { ...(await now()), ...ofMove }))
  if (tagIds?.length) await tagDeal(tx, { ...(await now()), tagIds })
  if (tagIds) await keepTags(tx, { ...(await now()), tagIds })
  if (memberIds) await keepAssignees(tx, { ...(await now()), memberIds, path: assigneePath })
  return { dealId, stageChangeId }
}

/** The stage to which the edit brings the deal; null where that is the one in which it is. */
async function destination(tx: Transaction, deal: Deal, edit: EditDeal): Promise<Stage | null> {
  const stage = await stageAsked(tx, deal, edit)
  if (!stage) return null
  const { pipelineId, status } = edit
  const errors = checkStage(stage, { pipelineId: pipelineId ?? deal.pipelineId, status })
  if (errors.length > 0) refuse(...errors)
  return stage.id === deal.stageId ? null : stage
}

/** The stage that the edit names, else the one of its pipeline or status. */
async function stageAsked(tx: Transaction, deal: Deal, edit: EditDeal): Promise<Stage | null> {
  const { pipelineId, stageId, status } = edit
  if (pipelineId && pipelineId !== deal.pipelineId)
    return entryStage(tx, { pipelineId, stageId, kind: status ?? deal.status })
  if (stageId) return liveStage(tx, stageId, ['input', 'stageId'])
  return status && status !== deal.status ? firstOfKind(tx, deal, status) : null
}

async function enter(tx: Transaction, to: Stage, move: Transfer): Promise<string | null> {
  const deal = await dealToChange(tx, move)
  const enters = to.pipelineId === deal.pipelineId ? moveTo : transferTo
  return (await enters(tx, deal, to, move)).stageChangeId
}
