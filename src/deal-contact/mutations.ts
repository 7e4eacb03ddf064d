import { builder } from '../builder.ts'
import { dealOfPayload } from '../deal/mutations.ts'
import { idOf, optionalIdOf } from '../ids.ts'
import { userErrors } from '../payload.ts'
import { type Payload, toPayload } from '../user-errors.ts'
import * as dealContacts from './service.ts'
import { DealContact } from './type.ts'

type InputFields = PothosSchemaTypes.InputFieldBuilder<
  typeof builder.$inferSchemaTypes,
  'InputObject'
>

const versionFields = (t: InputFields) => ({
  dealId: t.id({ required: true, description: 'The deal.' }),
  expectedVersion: t.int({ required: true, description: 'The deal’s `version` as it was read.' }),
})

const valueFields = (t: InputFields) => ({
  role: t.string({ description: 'Their part in it: `Decision maker`.' }),
  isPrimary: t.boolean({
    description:
      'Whether they are the first to talk to; the one before is then no longer. Default: when nobody else is on the deal.',
  }),
  introducedById: t.id({ description: 'The contact who brought them in.' }),
  metadata: t.field({ type: 'JSON', description: 'Anything that a program keeps with it.' }),
})

const AddInput = builder.inputType('AddDealContactInput', {
  description: 'A contact to put on a deal.',
  fields: (t) => ({
    ...versionFields(t),
    contactId: t.id({ required: true, description: 'The person.' }),
    ...valueFields(t),
  }),
})

const UpdateInput = builder.inputType('UpdateDealContactInput', {
  description:
    'What to change of a contact on a deal. A field that is left out stays as it is; null clears it.',
  fields: (t) => ({
    ...versionFields(t),
    dealContactId: t.id({ required: true, description: 'The contact on the deal.' }),
    ...valueFields(t),
  }),
})

const RemoveInput = builder.inputType('RemoveDealContactInput', {
  description: 'A contact to take off a deal.',
  fields: (t) => ({
    ...versionFields(t),
    dealContactId: t.id({ required: true, description: 'The contact on the deal.' }),
  }),
})

function payloadType(name: string) {
  return builder.objectRef<Payload<dealContacts.ChangedDealContact>>(name).implement({
    description: 'The contact on the deal, or why nothing was done.',
    fields: (t) => ({
      dealContact: t.prismaField({
        type: DealContact,
        nullable: true,
        description: 'The contact on the deal; null when it is no longer there.',
        resolve: (query, { dealContactId }, _args, ctx) => {
          const where = { tenantId: ctx.viewer.tenantId, id: dealContactId ?? '' }
          const find = { ...query, where: { tenantId_id: where } }
          return dealContactId ? ctx.db.dealContact.findUnique(find) : null
        },
      }),
      deal: t.prismaField(dealOfPayload),
      userErrors: t.expose('userErrors', userErrors),
    }),
  })
}

function decodeValues({
  introducedById,
  metadata,
  ...values
}: Partial<typeof UpdateInput.$inferInput>) {
  return {
    ...values,
    ...(introducedById !== undefined && {
      introducedById: optionalIdOf('Contact', introducedById),
    }),
    ...(metadata !== undefined && { metadata: metadata ?? {} }),
  }
}

builder.mutationFields((t) => ({
  addDealContact: t.field({
    type: payloadType('AddDealContactPayload'),
    description: 'Puts a contact on a deal.',
    args: { input: t.arg({ type: AddInput, required: true, description: 'Whom to add.' }) },
    resolve: (_root, { input }, ctx) => {
      const { dealId, expectedVersion, contactId, ...values } = input
      const add = {
        ...decodeValues(values),
        expectedVersion,
        dealId: idOf('Deal', dealId),
        contactId: idOf('Contact', contactId),
      }
      return toPayload(ctx.write((tx) => dealContacts.addDealContact(tx, add)))
    },
  }),
  updateDealContact: t.field({
    type: payloadType('UpdateDealContactPayload'),
    description: 'Changes the part that a contact plays on a deal.',
    args: { input: t.arg({ type: UpdateInput, required: true, description: 'What to change.' }) },
    resolve: (_root, { input }, ctx) => {
      const { dealId, expectedVersion, dealContactId, ...values } = input
      const change = {
        ...decodeValues(values),
        expectedVersion,
        dealId: idOf('Deal', dealId),
        dealContactId: idOf('DealContact', dealContactId),
      }
      return toPayload(ctx.write((tx) => dealContacts.updateDealContact(tx, change)))
    },
  }),
  removeDealContact: t.field({
    type: payloadType('RemoveDealContactPayload'),
    description: 'Takes a contact off a deal. When it was the primary one, the deal then has none.',
    args: { input: t.arg({ type: RemoveInput, required: true, description: 'Whom to remove.' }) },
    resolve: (_root, { input }, ctx) => {
      const remove = {
        expectedVersion: input.expectedVersion,
        dealId: idOf('Deal', input.dealId),
        dealContactId: idOf('DealContact', input.dealContactId),
      }
      return toPayload(ctx.write((tx) => dealContacts.removeDealContact(tx, remove)))
    },
  }),
}))
