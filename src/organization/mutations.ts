import { idOf } from '../ids.ts'
import { type InputFields, mutation, type PayloadFields } from '../mutation.ts'
import { rowOfPayload } from '../payload.ts'
import * as organizations from './service.ts'
import { Organization } from './type.ts'

const valueFields = (t: InputFields) => ({
  domain: t.string({ description: 'Its internet domain: `acme.example`.' }),
  email: t.string({ description: 'Its general email address.' }),
  phone: t.string({ description: 'Its general phone number.' }),
})

const payload = {
  description: 'The organization, or why nothing was done.',
  fields: (t: PayloadFields<{ organizationId: string }>) => ({
    organization: t.prismaField(
      rowOfPayload({
        type: Organization,
        key: 'organizationId',
        description: 'The organization as it is now; null when the mutation was refused.',
        find: (db, byId) => db.organization.findUnique(byId),
      }),
    ),
    duplicates: t.prismaField({
      type: [Organization],
      extensions: { cost: { size: 10 } },
      description:
        'A warning: others with the same email or the same domain, in any case; at most 10, the oldest first.',
      resolve: async (query, { organizationId: id }, _args, { db, viewer: { tenantId } }) => {
        const others = id ? await organizations.duplicatesOf({ db, tenantId }, id) : null
        const find = { ...query, ...others }
        return others ? db.organization.findMany(find) : []
      },
    }),
  }),
}

mutation('createOrganization', {
  scope: 'contacts:write',
  description: 'Creates an organization.',
  input: {
    description: 'An organization to create.',
    fields: (t) => ({
      name: t.string({ required: true, description: '1 to 255 characters.' }),
      ...valueFields(t),
    }),
  },
  payload,
  write: (input) => (tx) => organizations.createOrganization(tx, input),
})

mutation('updateOrganization', {
  scope: 'contacts:write',
  description: 'Changes an organization.',
  input: {
    description:
      'What to change of an organization. A field that is left out stays as it is; null clears it.',
    fields: (t) => ({
      organizationId: t.id({ required: true, description: 'The organization.' }),
      name: t.string({ description: '1 to 255 characters.' }),
      ...valueFields(t),
    }),
  },
  payload,
  write: (input) => {
    const change = { ...input, organizationId: idOf('Organization', input.organizationId) }
    return (tx) => organizations.updateOrganization(tx, change)
  },
})
