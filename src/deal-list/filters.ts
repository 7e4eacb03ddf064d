import { orderInput } from '../list-inputs.ts'

export const { input: DealOrder, keyset: dealKeyset } = orderInput('DealOrder', 'deals', {
  CREATED_AT: { column: 'createdAt', kind: 'instant', description: 'When they were created.' },
  UPDATED_AT: { column: 'updatedAt', kind: 'instant', description: 'When they last changed.' },
  NAME: { column: 'name', kind: 'text', description: 'The name, in the database’s collation.' },
  AMOUNT: {
    column: 'amountKey',
    kind: 'bigint',
    description: 'The amount, whatever its currency; a deal without one is below all others.',
  },
  EXPECTED_CLOSE_DATE: {
    column: 'expectedCloseKey',
    kind: 'integer',
    description: 'When they are expected to close; a deal without a date is after all others.',
  },
  STAGE_ENTERED_AT: {
    column: 'stageEnteredAt',
    kind: 'instant',
    description: 'Since when they are in their stage.',
  },
  RANK: { column: 'rank', kind: 'text', description: 'The place on the board.' },
  NUMBER: { column: 'number', kind: 'integer', unique: true, description: 'The number.' },
})

export const newestFirst = { field: 'CREATED_AT', direction: 'DESC' } as const
export const boardOrder = { field: 'RANK', direction: 'ASC' } as const
