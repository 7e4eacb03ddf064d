import { builder } from '../builder.ts'
import { optionalIdOf } from '../ids.ts'
import { userErrors } from '../payload.ts'
import { type Payload, toPayload } from '../user-errors.ts'
import * as contacts from './service.ts'
import { Contact } from './type.ts'

const Input = builder.inputType('CreateContactInput', {
  description: 'A contact.',
  fields: (t) => ({
    name: t.string({ required: true, description: 'Their full name, 1 to 255 characters.' }),
    email: t.string({ description: 'Their email address.' }),
    phone: t.string({ description: 'Their phone number.' }),
    jobTitle: t.string({ description: 'What they do there.' }),
    organizationId: t.id({ description: 'The organization that they belong to.' }),
  }),
})

const CreateContactPayload = builder
  .objectRef<Payload<{ contactId: string }>>('CreateContactPayload')
  .implement({
    description: 'The new contact, or why there is none.',
    fields: (t) => ({
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
      userErrors: t.expose('userErrors', userErrors),
    }),
  })

builder.mutationField('createContact', (t) =>
  t.field({
    type: CreateContactPayload,
    authScopes: { scope: 'contacts:write' },
    description: 'Creates a contact.',
    args: { input: t.arg({ type: Input, required: true, description: 'What to create.' }) },
    resolve: (_root, { input: { organizationId, ...input } }, ctx) => {
      const contact = { ...input, organizationId: optionalIdOf('Organization', organizationId) }
      return toPayload(ctx.write((tx) => contacts.createContact(tx, contact)))
    },
  }),
)
