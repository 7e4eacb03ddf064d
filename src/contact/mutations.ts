import { idOf, optionalIdOf } from '../ids.ts'
import { type InputFields, mutation, type PayloadFields } from '../mutation.ts'
import { rowOfPayload } from '../payload.ts'
import * as contacts from './service.ts'
import { Contact } from './type.ts'

const valueFields = (t: InputFields) => ({
  email: t.string({ description: 'Their email address.' }),
  phone: t.string({ description: 'Their phone number.' }),
  jobTitle: t.string({ description: 'What they do there.' }),
  organizationId: t.id({ description: 'The organization that they belong to.' }),
})

const payload = {
  description: 'The contact, or why nothing was done.',
  fields: (t: PayloadFields<{ contactId: string }>) => ({
    contact: t.prismaField(
      rowOfPayload({
        type: Contact,
        key: 'contactId',
        description: 'The contact as it is now; null when the mutation was refused.',
        find: (db, byId) => db.contact.findUnique(byId),
      }),
    ),
    duplicates: t.prismaField({
      type: [Contact],
      extensions: { cost: { size: 10 } },
      description:
        'A warning: others with the same email, in any case; at most 10, the oldest first.',
      resolve: async (query, { contactId: id }, _args, { db, viewer: { tenantId } }) => {
        const others = id ? await contacts.duplicatesOf({ db, tenantId }, id) : null
        const find = { ...query, ...others }
        return others ? db.contact.findMany(find) : []
      },
    }),
  }),
}

function decodeOrganization<Input extends { organizationId?: string | null }>(input: Input) {
  const { organizationId, ...others } = input
  if (organizationId === undefined) return others
  return { ...others, organizationId: optionalIdOf('Organization', organizationId) }
}

mutation('createContact', {
  scope: 'contacts:write',
  description: 'Creates a contact.',
  input: {
    description: 'A contact to create.',
    fields: (t) => ({
      name: t.string({ required: true, description: 'Their full name, 1 to 255 characters.' }),
      ...valueFields(t),
    }),
  },
  payload,
  write: (input) => {
    const contact = { ...decodeOrganization(input), name: input.name }
    return (tx) => contacts.createContact(tx, contact)
  },
})

mutation('updateContact', {
  scope: 'contacts:write',
  description: 'Changes a contact.',
  input: {
    description:
      'What to change of a contact. A field that is left out stays as it is; null clears it.',
    fields: (t) => ({
      contactId: t.id({ required: true, description: 'The contact.' }),
      name: t.string({ description: 'Their full name, 1 to 255 characters.' }),
      ...valueFields(t),
    }),
  },
  payload,
  write: (input) => {
    const change = { ...decodeOrganization(input), contactId: idOf('Contact', input.contactId) }
    return (tx) => contacts.updateContact(tx, change)
  },
})
