import { Contact } from '../contact/type.ts'
import { dealOfPayload, versionedOf, versionFields } from '../deal/mutations.ts'
import type { Prisma } from '../generated/prisma/client.ts'
import { idOf, optionalIdOf } from '../ids.ts'
import { type InputFields, mutation, type PayloadFields } from '../mutation.ts'
import { rowOfPayload } from '../payload.ts'
import * as dealContacts from './service.ts'
import { DealContact } from './type.ts'

const valueFields = (t: InputFields) => ({
  role: t.string({ description: 'Their part in it: `Decision maker`.' }),
  isPrimary: t.boolean({
    description:
      'Whether they are the first to talk to; the one before is then no longer. When they are added: true where nobody else is on the deal.',
  }),
  introducedById: t.id({ description: 'The contact who brought them in.' }),
  metadata: t.field({ type: 'JSON', description: 'Anything that a program keeps with it.' }),
})

const dealContactId = (t: InputFields) =>
  t.id({ required: true, description: 'The contact on the deal.' })

const payload = {
  description: 'The contact on the deal, or why nothing was done.',
  fields: (t: PayloadFields<dealContacts.ChangedDealContact>) => ({
    dealContact: t.prismaField(
      rowOfPayload({
        type: DealContact,
        key: 'dealContactId',
        description: 'The contact on the deal; null when it was removed, or the mutation refused.',
        find: (db, byId) => db.dealContact.findUnique(byId),
      }),
    ),
    primaryContact: t.prismaField({
      type: Contact,
      nullable: true,
      description:
        'The deal’s primary contact now; null when it has none. Nobody becomes it unasked.',
      resolve: async (query, { dealId }, _args, ctx) => {
        if (!dealId) return null
        const where = { tenantId_id: { tenantId: ctx.viewer.tenantId, id: dealId } }
        const deal = await ctx.db.deal.findUnique({ where, select: { primaryContact: query } })
        return deal?.primaryContact ?? null
      },
    }),
    deal: t.prismaField(dealOfPayload),
  }),
}

interface DealContactValues {
  role?: string | null
  isPrimary?: boolean | null
  introducedById?: string | null
  metadata?: unknown
}

function decodeValues({ introducedById, metadata, ...values }: DealContactValues) {
  return {
    ...values,
    ...(introducedById !== undefined && {
      introducedById: optionalIdOf('Contact', introducedById),
    }),
    ...(metadata !== undefined && { metadata: (metadata ?? {}) as Prisma.InputJsonValue }),
  }
}

mutation('addDealContact', {
  scope: 'deals:write',
  description: 'Puts a contact on a deal.',
  input: {
    description: 'A contact to put on a deal.',
    fields: (t) => ({
      ...versionFields(t),
      contactId: t.id({ required: true, description: 'The contact.' }),
      ...valueFields(t),
    }),
  },
  payload,
  write: ({ dealId, expectedVersion, contactId, ...values }) => {
    const add = {
      ...decodeValues(values),
      ...versionedOf({ dealId, expectedVersion }),
      contactId: idOf('Contact', contactId),
    }
    return (tx) => dealContacts.addDealContact(tx, add)
  },
})

mutation('updateDealContact', {
  scope: 'deals:write',
  description: 'Changes the part that a contact plays on a deal.',
  input: {
    description:
      'What to change of a contact on a deal. A field that is left out stays as it is; null clears it.',
    fields: (t) => ({ ...versionFields(t), dealContactId: dealContactId(t), ...valueFields(t) }),
  },
  payload,
  write: ({ dealId, expectedVersion, dealContactId, ...values }) => {
    const change = {
      ...decodeValues(values),
      ...versionedOf({ dealId, expectedVersion }),
      dealContactId: idOf('DealContact', dealContactId),
    }
    return (tx) => dealContacts.updateDealContact(tx, change)
  },
})

mutation('removeDealContact', {
  scope: 'deals:write',
  description:
    'Takes a contact off a deal. When it was the primary one, the deal then has none: `primaryContact` is null.',
  input: {
    description: 'A contact to take off a deal.',
    fields: (t) => ({ ...versionFields(t), dealContactId: dealContactId(t) }),
  },
  payload,
  write: ({ dealContactId, ...input }) => {
    const remove = { ...versionedOf(input), dealContactId: idOf('DealContact', dealContactId) }
    return (tx) => dealContacts.removeDealContact(tx, remove)
  },
})
