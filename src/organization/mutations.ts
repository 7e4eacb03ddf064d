import { builder } from '../builder.ts'
import { userErrors } from '../payload.ts'
import { type Payload, toPayload } from '../user-errors.ts'
import * as organizations from './service.ts'
import { Organization } from './type.ts'

const Input = builder.inputType('CreateOrganizationInput', {
  description: 'An organization.',
  fields: (t) => ({
    name: t.string({ required: true, description: '1 to 255 characters.' }),
    domain: t.string({ description: 'Its internet domain: `acme.example`.' }),
    email: t.string({ description: 'Its general email address.' }),
    phone: t.string({ description: 'Its general phone number.' }),
  }),
})

const CreateOrganizationPayload = builder
  .objectRef<Payload<{ organizationId: string }>>('CreateOrganizationPayload')
  .implement({
    description: 'The new organization, or why there is none.',
    fields: (t) => ({
      organization: t.prismaField({
        type: Organization,
        nullable: true,
        description: 'The new organization.',
        resolve: (query, { organizationId }, _args, ctx) => {
          const where = { tenantId: ctx.viewer.tenantId, id: organizationId ?? '' }
          const find = { ...query, where: { tenantId_id: where } }
          return organizationId ? ctx.db.organization.findUnique(find) : null
        },
      }),
      userErrors: t.expose('userErrors', userErrors),
    }),
  })

builder.mutationField('createOrganization', (t) =>
  t.field({
    type: CreateOrganizationPayload,
    authScopes: { scope: 'contacts:write' },
    description: 'Creates an organization.',
    args: { input: t.arg({ type: Input, required: true, description: 'What to create.' }) },
    resolve: (_root, { input }, ctx) =>
      toPayload(ctx.write((tx) => organizations.createOrganization(tx, input))),
  }),
)
