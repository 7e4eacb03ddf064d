import { builder } from '../builder.ts'
import { compareAddress } from '../conditions.ts'
import { AddressFilter, orderInput } from '../list-inputs.ts'

export const { input: OrganizationOrder, keyset: organizationKeyset } = orderInput(
  'OrganizationOrder',
  'organizations',
  {
    NAME: { column: 'name', kind: 'text', description: 'The name, in the database’s collation.' },
    CREATED_AT: { column: 'createdAt', kind: 'instant', description: 'When it was created.' },
    NUMBER: { column: 'number', kind: 'integer', unique: true, description: 'Its number.' },
  },
)

export const byName = { field: 'NAME', direction: 'ASC' } as const

export const OrganizationFilter = builder.inputType('OrganizationFilter', {
  description: 'Which organizations. Every condition given must hold.',
  fields: (t) => ({
    domain: t.field({ type: AddressFilter, description: 'The internet domain.' }),
    email: t.field({ type: AddressFilter, description: 'The general email address.' }),
  }),
})

export function organizationWhere(
  filter: typeof OrganizationFilter.$inferInput | null | undefined,
): object {
  return {
    AND: [
      ...compareAddress('domainKey', filter?.domain ?? {}),
      ...compareAddress('emailKey', filter?.email ?? {}),
    ],
  }
}
