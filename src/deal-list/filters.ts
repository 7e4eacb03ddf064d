import { builder, textEnum } from '../builder.ts'
import type { Keyset } from '../connection.ts'
import { OrderDirection } from '../list-inputs.ts'

const Field = textEnum(
  'DealOrderField',
  'What deals can be ordered by; equal ones are ordered by id.',
  {
    CREATED_AT: 'When they were created.',
    UPDATED_AT: 'When they last changed.',
    NAME: 'The name, in the database’s collation.',
    AMOUNT: 'The amount, whatever its currency; a deal without one is below all others.',
    EXPECTED_CLOSE_DATE:
      'When they are expected to close; a deal without a date is after all others.',
    RANK: 'The place on the board.',
    NUMBER: 'The number.',
  },
)

export const DealOrder = builder.inputType('DealOrder', {
  description: 'How to order deals.',
  fields: (t) => ({
    field: t.field({ type: Field, required: true, description: 'What to order by.' }),
    direction: t.field({ type: OrderDirection, required: true, description: 'Which end first.' }),
  }),
})

const columns = {
  CREATED_AT: { column: 'createdAt', kind: 'instant' },
  UPDATED_AT: { column: 'updatedAt', kind: 'instant' },
  NAME: { column: 'name', kind: 'text' },
  AMOUNT: { column: 'amountKey', kind: 'bigint' },
  EXPECTED_CLOSE_DATE: { column: 'expectedCloseKey', kind: 'integer' },
  RANK: { column: 'rank', kind: 'text' },
  NUMBER: { column: 'number', kind: 'integer', unique: true },
} as const

export const newestFirst = { field: 'CREATED_AT', direction: 'DESC' } as const
export const boardOrder = { field: 'RANK', direction: 'ASC' } as const

export function dealKeyset({ field, direction }: typeof DealOrder.$inferInput): Keyset {
  return { name: field, direction: direction === 'ASC' ? 'asc' : 'desc', ...columns[field] }
}
