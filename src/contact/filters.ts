import { builder, textEnum } from '../builder.ts'
import type { Keyset } from '../connection.ts'
import { compareIds, IdFilter, OrderDirection } from '../list-inputs.ts'

const Field = textEnum('ContactOrderField', 'What contacts can be ordered by.', {
  NAME: 'The name, in the database’s collation.',
  CREATED_AT: 'When they were created.',
  NUMBER: 'Their number.',
})

export const ContactOrder = builder.inputType('ContactOrder', {
  description: 'How to order contacts.',
  fields: (t) => ({
    field: t.field({ type: Field, required: true, description: 'What to order by.' }),
    direction: t.field({ type: OrderDirection, required: true, description: 'Which end first.' }),
  }),
})

export const ContactFilter = builder.inputType('ContactFilter', {
  description: 'Which contacts. Every condition given must hold.',
  fields: (t) => ({
    organizationId: t.field({
      type: IdFilter,
      description: 'The organization that they belong to.',
    }),
  }),
})

const columns = {
  NAME: { column: 'name', kind: 'text' },
  CREATED_AT: { column: 'createdAt', kind: 'instant' },
  NUMBER: { column: 'number', kind: 'integer', unique: true },
} as const

export function contactKeyset(order: typeof ContactOrder.$inferInput | null | undefined): Keyset {
  const { field, direction } = order ?? { field: 'NAME', direction: 'ASC' }
  return { name: field, direction: direction === 'ASC' ? 'asc' : 'desc', ...columns[field] }
}

export function contactWhere(filter: typeof ContactFilter.$inferInput | null | undefined): object {
  return { AND: compareIds('organizationId', 'Organization', filter?.organizationId) }
}
