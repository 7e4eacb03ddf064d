import { optionalIdOf } from '../ids.ts'
import { mutation, type PayloadFields } from '../mutation.ts'
import * as contacts from './service.ts'
import { Contact } from './type.ts'

mutation('createContact', {
  scope: 'contacts:write',
  description: 'Creates a contact.',
  input: {
    description: 'A contact to create.',
    fields: (t) => ({
      name: t.string({ required: true, description: 'Their full name, 1 to 255 characters.' }),
      email: t.string({ description: 'Their email address.' }),
      phone: t.string({ description: 'Their phone number.' }),
      jobTitle: t.string({ description: 'What they do there.' }),
      organizationId: t.id({ description: 'The organization that they belong to.' }),
    }),
  },
  payload: {
    description: 'The new contact, or why there is none.',
    fields: (t: PayloadFields<{ contactId: string }>) => ({
      contact: t.prismaField({
        type: Contact,
        nullable: true,
        description: 'The new contact.',
        resolve: (query, { contactId }, _args, ctx) => {
          const where = { tenantId: ctx.viewer.tenantId, id: contactId ?? '' }
          const find = { ...query, where: { tenantId_id: where } }
          return contactId ? ctx.db.contact.findUnique(find) : null
        },
      }),
    }),
  },
  write: ({ organizationId, ...values }) => {
    const contact = { ...values, organizationId: optionalIdOf('Organization', organizationId) }
    return (tx) => contacts.createContact(tx, contact)
  },
})
