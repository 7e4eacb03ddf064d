import { mutation, type PayloadFields } from '../mutation.ts'
import * as organizations from './service.ts'
import { Organization } from './type.ts'

mutation('createOrganization', {
  scope: 'contacts:write',
  description: 'Creates an organization.',
  input: {
    description: 'An organization to create.',
    fields: (t) => ({
      name: t.string({ required: true, description: '1 to 255 characters.' }),
      domain: t.string({ description: 'Its internet domain: `acme.example`.' }),
      email: t.string({ description: 'Its general email address.' }),
      phone: t.string({ description: 'Its general phone number.' }),
    }),
  },
  payload: {
    description: 'The new organization, or why there is none.',
    fields: (t: PayloadFields<{ organizationId: string }>) => ({
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
    }),
  },
  write: (input) => (tx) => organizations.createOrganization(tx, input),
})
