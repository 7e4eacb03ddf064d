import { changedValues } from '../changes.ts'
import { closeOrReopen, correctedReason } from '../close-reason/service.ts'
import { customValues } from '../custom-field/service.ts'
import type { Transaction } from '../database/transaction.ts'
import { recordDealChanges } from '../deal-change/service.ts'
import { checkReferences } from '../deal-reference/service.ts'
import { dealToChange, saveDeal, type Versioned } from '../deal-version/service.ts'
import type { Deal, Prisma } from '../generated/prisma/client.ts'
import { newId } from '../ids.ts'
import { lastPlace } from '../rank/service.ts'
import { sourceIdOf } from '../source/service.ts'
import { entryStage, type Stage } from '../stage/service.ts'
import { recordStageChange } from '../stage-change/service.ts'
import { takeNumbers } from '../tenant/service.ts'
import { enterStage } from '../transition/service.ts'
import { invalid, refuse } from '../user-errors.ts'
import { checkDealValues, effectiveProbability, type Priority, type ValuePeriod } from './rules.ts'

/** What can be written of a deal, apart from its stage. What is left out stays; null clears. */
export interface DealInput {
  name?: string | null
  description?: string | null
  amount?: Prisma.Decimal | null
  currency?: string | null
  valuePeriod?: ValuePeriod | null
  confidence?: number | null
  priority?: Priority | null
  organizationId?: string | null
  ownerId?: string | null
  source?: string | null
  nextStep?: string | null
  expectedCloseDate?: Date | null
  leadRef?: string | null
  externalId?: string | null
  metadata?: Prisma.InputJsonValue
  /** Values by keys, merged into those that the deal has; null clears all. */
  customFields?: Prisma.InputJsonValue | null
}

export interface CreateDeal extends DealInput {
  id?: string | null
  name: string
  pipelineId?: string | null
  stageId?: string | null
  reason?: string | null
  contactIds?: string[]
  tagIds?: string[]
  assigneeIds?: string[]
}

/**
 * Creates a deal at the end of its stage, with the first entry of its audit. With an id that the
 * client made, a second call creates nothing and returns the deal that the first one made.
 */
export async function createDeal(tx: Transaction, input: CreateDeal): Promise<{ dealId: string }> {
  const { id: wanted, pipelineId, stageId, reason = null, ...others } = input
  const { contactIds = [], tagIds = [], assigneeIds = [], ...values } = others
  const id = wanted ?? newId()
  if (wanted && (await isMade(tx, wanted))) return { dealId: id }
  const stage = await entryStage(tx, { pipelineId, stageId })
  const { pipelineId: entered } = stage
  const references = { contactIds, tagIds, assigneeIds }
  const customFields = await checkInput(tx, { ...values, ...references }, { pipelineId: entered })
  const row = { ...(await toRow(tx, values)), customFields }
  const owner = { ownerId: tx.actor.memberId }
  const becoming = { ...owner, ...row, primaryContactId: contactIds[0] }
  const { reasonRequired } = await enterStage(tx, { deal: becoming, from: null, to: stage })
  const closed = await closeOrReopen(tx, stage, { reason, required: reasonRequired })
  const deal = await insertDeal(tx, stage, { ...row, ...closed, id, name: values.name.trim() })
  const probability = effectiveProbability(deal, stage.probability)
  await recordStageChange(tx, { deal, from: null, to: stage, probability, reason })
  await addContacts(tx, id, contactIds)
  await addTagsAndAssignees(tx, id, { tagIds, assigneeIds })
  tx.emit({ type: 'deal.created', dealId: id, payload: { stageId: stage.id } })
  return { dealId: id }
}

/** Whether an earlier call made the deal with this id; refuses where the viewer does not see it. */
async function isMade({ db, tenantId }: Transaction, id: string): Promise<boolean> {
  const [found] = await db.$queryRaw<{ exists: boolean }[]>`
    SELECT deal_exists(${id}::uuid) AS exists`
  if (!found?.exists) return false
  const seen = await db.deal.findFirst({ where: { tenantId, id }, select: { id: true } })
  if (!seen) refuse(invalid('Another deal has this id: make a new one.', ['input', 'id']))
  return true
}

async function insertDeal(
  tx: Transaction,
  stage: Stage,
  values: Partial<Prisma.DealUncheckedCreateInput> & { id: string; name: string },
): Promise<Deal> {
  const { db, tenantId, now } = tx
  const tenant = await db.tenant.findUniqueOrThrow({ where: { id: tenantId } })
  return db.deal.create({
    data: {
      currency: tenant.defaultCurrency,
      valuePeriod: 'ONE_TIME',
      ownerId: tx.actor.memberId,
      ...values,
      tenantId,
      number: await takeNumbers(tx, 'deal'),
      pipelineId: stage.pipelineId,
      stageId: stage.id,
      status: stage.kind,
      rank: await lastPlace(tx, stage.id),
      stageEnteredAt: now,
      lastOpenStageId: stage.kind === 'OPEN' ? stage.id : null,
      version: 1,
      createdAt: now,
      updatedAt: now,
    },
  })
}

export interface UpdateDeal extends Versioned, DealInput {
  /** Corrects why a closed deal was closed. */
  reason?: string | null
}

/** Writes the values that differ from the deal's; when none does nothing changes. */
export async function updateDeal(
  tx: Transaction,
  { dealId, expectedVersion, reason, ...values }: UpdateDeal,
): Promise<{ dealId: string }> {
  const deal = await dealToChange(tx, { dealId, expectedVersion })
  const customFields = await checkInput(tx, values, deal)
  const row = { ...(await toRow(tx, values, deal)), customFields }
  const corrected = reason === undefined ? {} : await correctedReason(tx, deal, reason)
  const changed = changedValues(deal, { ...row, ...corrected })
  const fields = Object.keys(changed).map((column) => fieldOf[column] ?? column)
  if (fields.length === 0) return { dealId }
  await saveDeal(tx, { dealId, expectedVersion }, changed)
  await recordDealChanges(tx, [{ before: deal, values: changed }])
  tx.emit({ type: 'deal.updated', dealId, payload: { fields } })
  return { dealId }
}

/** What events call the columns that refer to something. */
const fieldOf: Record<string, string> = {
  organizationId: 'organization',
  ownerId: 'owner',
  sourceId: 'source',
  closeReasonId: 'reason',
}

/** Marks a deal as deleted: it leaves every list and total, and can be restored. */
export async function deleteDeal(
  tx: Transaction,
  versioned: Versioned,
): Promise<{ dealId: string }> {
  await dealToChange(tx, versioned)
  await saveDeal(tx, versioned, { deletedAt: tx.now })
  tx.emit({ type: 'deal.deleted', dealId: versioned.dealId })
  return { dealId: versioned.dealId }
}

/** Brings a deleted deal back to the end of its stage. One that is not deleted stays as it is. */
export async function restoreDeal(
  tx: Transaction,
  versioned: Versioned,
): Promise<{ dealId: string }> {
  const deal = await dealToChange(tx, versioned, { deleted: true })
  if (!deal.deletedAt) return { dealId: deal.id }
  const rank = await lastPlace(tx, deal.stageId)
  await saveDeal(tx, versioned, { deletedAt: null, rank })
  tx.emit({ type: 'deal.restored', dealId: deal.id })
  return { dealId: deal.id }
}

/** The values as columns; checkDealValues has refused a null where the column takes none. */
async function toRow(
  tx: Transaction,
  { name, currency, valuePeriod, source, customFields: _, ...values }: DealInput,
  deal?: Deal,
) {
  const asked = { path: ['input', 'source'], present: deal?.sourceId ?? null }
  return {
    ...values,
    ...(name != null && { name: name.trim() }),
    ...(currency != null && { currency }),
    ...(valuePeriod != null && { valuePeriod }),
    ...(source !== undefined && {
      sourceId: source === null ? null : await sourceIdOf(tx, source, asked),
    }),
  }
}

/** Refuses what cannot be, and gives the custom values that the deal then has. */
async function checkInput(
  tx: Transaction,
  input: DealInput & Pick<CreateDeal, 'contactIds' | 'tagIds' | 'assigneeIds'>,
  { id, pipelineId, customFields = {} }: Pick<Deal, 'pipelineId'> & Partial<Deal>,
): Promise<Prisma.InputJsonObject> {
  const custom = await customValues(tx, {
    ...{ pipelineId, stored: customFields, given: input.customFields },
    entering: id === undefined,
  })
  const errors = [
    ...checkDealValues(input, ['input']),
    ...(await checkReferences(tx, input, id)),
    ...custom.errors,
  ]
  if (errors.length > 0) refuse(...errors)
  return custom.values
}

async function addContacts(
  { db, tenantId, now }: Transaction,
  dealId: string,
  contactIds: string[],
) {
  const times = { createdAt: now, updatedAt: now }
  await db.dealContact.createMany({
    data: [...new Set(contactIds)].map((contactId, index) => ({
      tenantId,
      id: newId(),
      dealId,
      contactId,
      isPrimary: index === 0,
      ...times,
    })),
  })
}

async function addTagsAndAssignees(
  { db, tenantId }: Transaction,
  dealId: string,
  { tagIds, assigneeIds }: { tagIds: string[]; assigneeIds: string[] },
) {
  const tags = [...new Set(tagIds)].map((tagId) => ({ tenantId, dealId, tagId }))
  const assignees = [...new Set(assigneeIds)].map((memberId) => ({ tenantId, dealId, memberId }))
  if (tags.length > 0) await db.dealTag.createMany({ data: tags })
  if (assignees.length > 0) await db.dealAssignee.createMany({ data: assignees })
}
