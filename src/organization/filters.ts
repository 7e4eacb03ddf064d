import { orderInput } from '../list-inputs.ts'

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
