import { builder, textEnum } from '../builder.ts'
import type { Keyset } from '../connection.ts'
import { OrderDirection } from '../list-inputs.ts'

const Field = textEnum('OrganizationOrderField', 'What organizations can be ordered by.', {
  NAME: 'The name, in the database’s collation.',
  CREATED_AT: 'When it was created.',
  NUMBER: 'Its number.',
})

export const OrganizationOrder = builder.inputType('OrganizationOrder', {
  description: 'How to order organizations.',
  fields: (t) => ({
    field: t.field({ type: Field, required: true, description: 'What to order by.' }),
    direction: t.field({ type: OrderDirection, required: true, description: 'Which end first.' }),
  }),
})

const columns = {
  NAME: { column: 'name', kind: 'text' },
  CREATED_AT: { column: 'createdAt', kind: 'instant' },
  NUMBER: { column: 'number', kind: 'integer', unique: true },
} as const

export function organizationKeyset(
  order: typeof OrganizationOrder.$inferInput | null | undefined,
): Keyset {
  const { field, direction } = order ?? { field: 'NAME', direction: 'ASC' }
  return { name: field, direction: direction === 'ASC' ? 'asc' : 'desc', ...columns[field] }
}
