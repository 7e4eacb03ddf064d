import { builder } from '../builder.ts'
import type { Context } from '../context.ts'
import { idOf, optionalIdOf } from '../ids.ts'
import { UserErrorInterface, userErrors } from '../payload.ts'
import {
  type Payload,
  type ReasonRequired,
  toPayload,
  type VersionConflict,
} from '../user-errors.ts'
import { DealPriority } from './filters.ts'
import * as deals from './service.ts'
import { Deal, ValuePeriod } from './type.ts'

type DealPayload = Payload<{ dealId: string }>

/** The deal that a payload is about, read after the write. */
export const dealOfPayload = {
  type: Deal,
  nullable: true,
  description: 'The deal as it is now; null when it was not changed.',
  resolve: (query: object, { dealId }: { dealId?: string }, _args: object, ctx: Context) => {
    const find = { ...query, where: dealKey(ctx, dealId ?? '') }
    return dealId ? ctx.db.deal.findUnique(find) : null
  },
} as const

function dealKey(ctx: Context, id: string) {
  return { tenantId_id: { tenantId: ctx.viewer.tenantId, id } }
}

builder.objectRef<VersionConflict>('VersionConflict').implement({
  description: 'Somebody changed the deal since it was read. Nothing of this change was made.',
  interfaces: [UserErrorInterface],
  fields: (t) => ({
    currentVersion: t.exposeInt('currentVersion', {
      description: 'The version that the deal has now.',
    }),
    deal: t.prismaField({
      type: Deal,
      nullable: true,
      description: 'The deal as it is now.',
      resolve: (query, { dealId }, _args, ctx) =>
        ctx.db.deal.findUnique({ ...query, where: dealKey(ctx, dealId) }),
    }),
  }),
})

builder.objectRef<ReasonRequired>('ReasonRequired').implement({
  description: 'The stage takes a deal only with a reason.',
  interfaces: [UserErrorInterface],
  fields: (t) => ({
    knownReasons: t.exposeStringList('knownReasons', {
      description:
        'Reasons given before in this pipeline, the most frequent first. Any other text is accepted too.',
    }),
  }),
})

type InputFields = PothosSchemaTypes.InputFieldBuilder<
  typeof builder.$inferSchemaTypes,
  'InputObject'
>

const valueFields = (t: InputFields) => ({
  description: t.string({ description: 'Anything worth knowing, at most 10 000 characters.' }),
  amount: t.field({ type: 'Decimal', description: 'What it is worth in `currency`.' }),
  currency: t.field({
    type: 'CurrencyCode',
    description: 'The currency of `amount`. A new deal has the tenant’s by default.',
  }),
  valuePeriod: t.field({
    type: ValuePeriod,
    description: 'For how long `amount` is paid. A new deal: ONE_TIME.',
  }),
  confidence: t.int({ description: 'The user’s own probability, 0 to 100; null for the stage’s.' }),
  priority: t.field({ type: DealPriority, description: 'How urgent it is.' }),
  organizationId: t.id({ description: 'The company that it is made with.' }),
  ownerId: t.id({ description: 'The member who answers for it. A new deal: the viewer.' }),
  source: t.string({ description: 'Where it came from.' }),
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
    description: 'Values by keys like `cf_region`; replaces what was there.',
  }),
})

const CreateDealInput = builder.inputType('CreateDealInput', {
  description: 'A deal to create.',
  fields: (t) => ({
    id: t.id({
      description:
        'An id made by the client, `deal_` and a UUIDv7: sent again after a lost answer, nothing is created twice.',
    }),
    name: t.string({ required: true, description: '1 to 255 characters.' }),
    pipelineId: t.id({
      description: 'Its pipeline. Default: that of `stageId`, else the tenant’s default pipeline.',
    }),
    stageId: t.id({ description: 'Its first stage. Default: the first OPEN one of the pipeline.' }),
    reason: t.string({ description: 'Why it is won or lost, where the stage is a closed one.' }),
    contactIds: t.idList({ description: 'Contacts to add; the first of them is primary.' }),
    ...valueFields(t),
  }),
})

const UpdateDealInput = builder.inputType('UpdateDealInput', {
  description: 'What to change of a deal. A field that is left out stays as it is; null clears it.',
  fields: (t) => ({
    dealId: t.id({ required: true, description: 'The deal.' }),
    expectedVersion: t.int({ required: true, description: 'The deal’s `version` as it was read.' }),
    name: t.string({ description: '1 to 255 characters.' }),
    ...valueFields(t),
  }),
})

const DealVersionInput = builder.inputType('DealVersionInput', {
  description: 'A deal at the version that was read.',
  fields: (t) => ({
    dealId: t.id({ required: true, description: 'The deal.' }),
    expectedVersion: t.int({ required: true, description: 'The deal’s `version` as it was read.' }),
  }),
})

function payloadType(name: string) {
  return builder.objectRef<DealPayload>(name).implement({
    description: 'The deal, or why nothing was done.',
    fields: (t) => ({
      deal: t.prismaField(dealOfPayload),
      userErrors: t.expose('userErrors', userErrors),
    }),
  })
}

/** The input with the ids inside decoded, and with an empty object where null clears JSON. */
function decodeValues<Input extends Partial<typeof UpdateDealInput.$inferInput>>(input: Input) {
  const { organizationId, ownerId, metadata, customFields, ...others } = input
  return {
    ...others,
    ...(organizationId !== undefined && {
      organizationId: optionalIdOf('Organization', organizationId),
    }),
    ...(ownerId !== undefined && { ownerId: optionalIdOf('Member', ownerId) }),
    ...(metadata !== undefined && { metadata: metadata ?? {} }),
    ...(customFields !== undefined && { customFields: customFields ?? {} }),
  }
}

/** A new deal has nothing to clear: null is what clients send for a variable that was left out. */
function withoutNulls<Input extends object>(input: Input): Input {
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== null)) as Input
}

builder.mutationFields((t) => ({
  createDeal: t.field({
    type: payloadType('CreateDealPayload'),
    description: 'Creates a deal at the end of a stage, with the first entry of its audit.',
    args: {
      input: t.arg({ type: CreateDealInput, required: true, description: 'What to create.' }),
    },
    resolve: (_root, { input }, ctx) => {
      const { id, pipelineId, stageId, contactIds, ...values } = input
      const deal = {
        ...decodeValues(withoutNulls(values)),
        name: input.name,
        id: optionalIdOf('Deal', id),
        pipelineId: optionalIdOf('Pipeline', pipelineId),
        stageId: optionalIdOf('Stage', stageId),
        contactIds: contactIds?.map((contactId) => idOf('Contact', contactId)) ?? [],
      }
      return toPayload(ctx.write((tx) => deals.createDeal(tx, deal)))
    },
  }),
  updateDeal: t.field({
    type: payloadType('UpdateDealPayload'),
    description: 'Changes what a deal says, but not its stage: that is `moveDeal`.',
    args: {
      input: t.arg({ type: UpdateDealInput, required: true, description: 'What to change.' }),
    },
    resolve: (_root, { input: { dealId, ...values } }, ctx) => {
      const change = {
        ...decodeValues(values),
        expectedVersion: values.expectedVersion,
        dealId: idOf('Deal', dealId),
      }
      return toPayload(ctx.write((tx) => deals.updateDeal(tx, change)))
    },
  }),
  deleteDeal: t.field({
    type: payloadType('DeleteDealPayload'),
    description:
      'Deletes a deal: it leaves every list and total, and can be restored with its history.',
    args: { input: t.arg({ type: DealVersionInput, required: true, description: 'Which deal.' }) },
    resolve: (_root, { input: { dealId, expectedVersion } }, ctx) => {
      const versioned = { dealId: idOf('Deal', dealId), expectedVersion }
      return toPayload(ctx.write((tx) => deals.deleteDeal(tx, versioned)))
    },
  }),
  restoreDeal: t.field({
    type: payloadType('RestoreDealPayload'),
    description:
      'Brings a deleted deal back to the end of its stage. A deal that is not deleted stays as it is.',
    args: { input: t.arg({ type: DealVersionInput, required: true, description: 'Which deal.' }) },
    resolve: (_root, { input: { dealId, expectedVersion } }, ctx) => {
      const versioned = { dealId: idOf('Deal', dealId), expectedVersion }
      return toPayload(ctx.write((tx) => deals.restoreDeal(tx, versioned)))
    },
  }),
}))
