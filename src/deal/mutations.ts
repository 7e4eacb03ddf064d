import type { Prisma } from '../generated/prisma/client.ts'
import { idOf, optionalIdOf } from '../ids.ts'
import { type InputFields, mutation, type PayloadFields } from '../mutation.ts'
import { rowOfPayload } from '../payload.ts'
import { DealPriority, DealStatus, ValuePeriod } from './filters.ts'
import * as deals from './service.ts'
import { Deal } from './type.ts'

/** The deal that a payload is about, read after the write. */
export const dealOfPayload = rowOfPayload({
  type: Deal,
  key: 'dealId',
  description: 'The deal as it is now; null when the mutation was refused.',
  find: (db, byId) => db.deal.findUnique(byId),
})

const valueFields = (t: InputFields) => ({
  description: t.string({ description: 'Anything worth knowing, at most 10 000 characters.' }),
  amount: t.field({ type: 'Decimal', description: 'What it is worth in `currency`.' }),
  currency: t.field({
    type: 'CurrencyCode',
    description: 'The currency of `amount`. A new deal: the tenant’s `defaultCurrency`.',
  }),
  valuePeriod: t.field({
    type: ValuePeriod,
    description: 'For how long `amount` is paid. A new deal: ONE_TIME.',
  }),
  confidence: t.int({ description: 'The user’s own probability, 0 to 100; null for the stage’s.' }),
  priority: t.field({ type: DealPriority, description: 'How urgent it is.' }),
  organizationId: t.id({ description: 'The organization that it is made with.' }),
  ownerId: t.id({ description: 'The member who answers for it. A new deal: the viewer.' }),
  source: t.string({
    description:
      'Where it came from. A new name joins `sources`; names that differ only in case are one.',
  }),
  nextStep: t.string({ description: 'What to do next.' }),
  expectedCloseDate: t.field({ type: 'Date', description: 'When it is expected to close.' }),
  leadRef: t.string({ description: 'The lead that it came from, elsewhere.' }),
  externalId: t.string({
    description: 'The id that another system knows it by, unique in the tenant.',
  }),
  metadata: t.field({
    type: 'JSON',
    description: 'Anything that a program keeps with it; replaces what was there.',
  }),
  customFields: t.field({
    type: 'JSON',
    description:
      'Values by the keys of `customFields`, such as `{"cf_region": "EMEA"}`. A key that is left out stays as it is; null clears its value, and null instead of them all clears each.',
  }),
})

/** The deal that a mutation changes, at the version that its sender has seen. */
export const versionFields = (t: InputFields) => ({
  dealId: t.id({ required: true, description: 'The deal.' }),
  expectedVersion: t.int({ required: true, description: 'The deal’s `version` as it was read.' }),
})

export const versionedOf = (input: { dealId: string; expectedVersion: number }) => ({
  dealId: idOf('Deal', input.dealId),
  expectedVersion: input.expectedVersion,
})

/** The values of UpdateDealInput besides the deal and its version. */
export const changeFields = (t: InputFields) => ({
  name: t.string({ description: '1 to 255 characters.' }),
  reason: t.string({
    description:
      'Corrects why it was won or lost; an open deal has no reason. The audit keeps what was said at its closing.',
  }),
  ...valueFields(t),
})

/** How a deal shall stand. */
export const statusField = (t: InputFields, description: string) =>
  t.field({ type: DealStatus, description })

/** The input with the ids inside decoded, and with an empty object where null clears metadata. */
export function decodeValues<
  Input extends {
    organizationId?: string | null
    ownerId?: string | null
    metadata?: unknown
  },
>(input: Input) {
  const { organizationId, ownerId, metadata, ...others } = input
  return {
    ...others,
    ...(organizationId !== undefined && {
      organizationId: optionalIdOf('Organization', organizationId),
    }),
    ...(ownerId !== undefined && { ownerId: optionalIdOf('Member', ownerId) }),
    ...(metadata !== undefined && { metadata: (metadata ?? {}) as Prisma.InputJsonValue }),
  }
}

/** A new deal has nothing to clear: null is what clients send for a variable that was left out. */
function withoutNulls<Input extends object>(input: Input): Input {
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== null)) as Input
}

/** The payload of a mutation of one deal. */
export const dealPayload = {
  description: 'The deal, or why nothing was done.',
  fields: (t: PayloadFields<{ dealId: string }>) => ({ deal: t.prismaField(dealOfPayload) }),
}

mutation('createDeal', {
  scope: 'deals:write',
  description: 'Creates a deal at the end of a stage, with the first entry of its audit.',
  input: {
    description: 'A deal to create.',
    fields: (t) => ({
      id: t.id({
        description:
          'An id made by the client, `deal_` and a UUIDv7: sent again after a lost answer, nothing is created twice.',
      }),
      name: t.string({ required: true, description: '1 to 255 characters.' }),
      pipelineId: t.id({
        description:
          'Its pipeline. Default: that of `stageId`, else the tenant’s default pipeline.',
      }),
      stageId: t.id({
        description: 'Its first stage. Default: the first OPEN one of the pipeline.',
      }),
      reason: t.string({ description: 'Why it is won or lost, where the stage is a closed one.' }),
      contactIds: t.idList({ description: 'Contacts to add; the first of them is primary.' }),
      tagIds: t.idList({ description: 'Tags to put on it.' }),
      assigneeIds: t.idList({ description: 'Members who work on it beside its owner.' }),
      ...valueFields(t),
    }),
  },
  payload: dealPayload,
  write: (input) => {
    const { id, pipelineId, stageId, contactIds, tagIds, assigneeIds, ...values } = input
    const deal = {
      ...decodeValues(withoutNulls(values)),
      name: input.name,
      id: optionalIdOf('Deal', id),
      pipelineId: optionalIdOf('Pipeline', pipelineId),
      stageId: optionalIdOf('Stage', stageId),
      contactIds: contactIds?.map((contactId) => idOf('Contact', contactId)) ?? [],
      tagIds: tagIds?.map((tagId) => idOf('Tag', tagId)) ?? [],
      assigneeIds: assigneeIds?.map((memberId) => idOf('Member', memberId)) ?? [],
    }
    return (tx) => deals.createDeal(tx, deal)
  },
})

mutation('updateDeal', {
  scope: 'deals:write',
  description: 'Changes what a deal says, but not its stage: that is `moveDeal`.',
  input: {
    description:
      'What to change of a deal. A field that is left out stays as it is; null clears it.',
    fields: (t) => ({ ...versionFields(t), ...changeFields(t) }),
  },
  payload: dealPayload,
  write: (input) => {
    const change = { ...decodeValues(input), ...versionedOf(input) }
    return (tx) => deals.updateDeal(tx, change)
  },
})

mutation('deleteDeal', {
  scope: 'deals:write',
  description:
    'Deletes a deal: it leaves every list and total, and can be restored with its history.',
  input: { description: 'The deal to delete.', fields: versionFields },
  payload: dealPayload,
  write: (input) => {
    const deal = versionedOf(input)
    return (tx) => deals.deleteDeal(tx, deal)
  },
})

mutation('restoreDeal', {
  scope: 'deals:write',
  description:
    'Brings a deleted deal back to the end of its stage. A deal that is not deleted stays as it is.',
  input: { description: 'The deal to restore.', fields: versionFields },
  payload: dealPayload,
  write: (input) => {
    const deal = versionedOf(input)
    return (tx) => deals.restoreDeal(tx, deal)
  },
})
