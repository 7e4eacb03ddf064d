import { builder } from '../builder.ts'
import { compareAddress, compareIds } from '../conditions.ts'
import { AddressFilter, IdFilter, orderInput } from '../list-inputs.ts'

export const { input: ContactOrder, keyset: contactKeyset } = orderInput(
  'ContactOrder',
  'contacts',
  {
    NAME: { column: 'name', kind: 'text', description: 'The name, in the database’s collation.' },
    CREATED_AT: { column: 'createdAt', kind: 'instant', description: 'When they were created.' },
    NUMBER: { column: 'number', kind: 'integer', unique: true, description: 'Their number.' },
  },
)

export const byName = { field: 'NAME', direction: 'ASC' } as const

export const ContactFilter = builder.inputType('ContactFilter', {
  description: 'Which contacts. Every condition given must hold.',
  fields: (t) => ({
    organizationId: t.field({
      type: IdFilter,
      description: 'The organization that they belong to.',
    }),
    email: t.field({ type: AddressFilter, description: 'Their email address.' }),
  }),
})

export function contactWhere(filter: typeof ContactFilter.$inferInput | null | undefined): object {
  return {
    AND: [
      ...compareIds('organizationId', 'Organization', filter?.organizationId),
      ...compareAddress('emailKey', filter?.email ?? {}),
    ],
  }
}
