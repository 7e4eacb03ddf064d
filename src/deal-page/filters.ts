import { builder, textEnum } from '../builder.ts'
import { OrderDirection } from '../list-inputs.ts'

type Sort = 'asc' | 'desc'

interface PageOrder {
  description: string
  by: (sort: Sort) => object[]
  /** Whether no two deals have the same value. */
  unique?: boolean
}

/**
 * An index has the order of each column of a deal itself. PostgreSQL sorts null as the greatest
 * value there is.
 */
const orders = {
  NUMBER: { by: (number) => [{ number }], unique: true, description: 'The number.' },
  NAME: { by: (name) => [{ name }], description: 'The name, in the database’s collation.' },
  AMOUNT: {
    by: (amountKey) => [{ amountKey }],
    description: 'The amount, whatever its currency; a deal without one is below all others.',
  },
  EXPECTED_CLOSE_DATE: {
    by: (expectedCloseKey) => [{ expectedCloseKey }],
    description: 'When they are expected to close; a deal without a date is after all others.',
  },
  CREATED_AT: { by: (createdAt) => [{ createdAt }], description: 'When they were created.' },
  UPDATED_AT: { by: (updatedAt) => [{ updatedAt }], description: 'When they last changed.' },
  STAGE_ENTERED_AT: {
    by: (stageEnteredAt) => [{ stageEnteredAt }],
    description: 'Since when they are in their stage.',
  },
  SOURCE: {
    by: (name) => [{ source: { name } }],
    description:
      'The name of where they came from; a deal without a source is after all others in ASC and before them in DESC. Reads all deals that match.',
  },
  PIPELINE: {
    by: (number) => [{ pipeline: { number } }],
    description: 'The number of their pipeline. Reads all deals that match.',
  },
  STAGE: {
    by: (sort) => [{ pipeline: { number: sort } }, { stage: { position: sort } }],
    description:
      'The number of their pipeline, and in it the place of their stage. Reads all deals that match.',
  },
  ORGANIZATION: {
    by: (number) => [{ organization: { number } }],
    description:
      'The number of their organization; a deal without one is after all others in ASC and before them in DESC. Reads all deals that match.',
  },
  OWNER: {
    by: (name) => [{ owner: { name } }],
    description:
      'The name of their owner; a deal without one is after all others in ASC and before them in DESC. Reads all deals that match, and needs the scope `members:read`.',
  },
} satisfies Record<string, PageOrder>

type PageOrderField = keyof typeof orders

export interface DealPageOrderInput {
  field: PageOrderField
  direction: 'ASC' | 'DESC'
}

const descriptions = Object.entries(orders).map(([field, { description }]) => [field, description])

const DealPageOrderField = textEnum(
  'DealPageOrderField',
  'What numbered pages of deals can be ordered by; equal ones are ordered by id.',
  Object.fromEntries(descriptions) as Record<PageOrderField, string>,
)

export const DealPageOrder = builder.inputRef<DealPageOrderInput>('DealPageOrder')
DealPageOrder.implement({
  description: 'How to order numbered pages of deals.',
  fields: (t) => ({
    field: t.field({ type: DealPageOrderField, required: true, description: 'What to order by.' }),
    direction: t.field({ type: OrderDirection, required: true, description: 'Which end first.' }),
  }),
})

export const newestFirst: DealPageOrderInput = { field: 'CREATED_AT', direction: 'DESC' }

/** With the id behind it an order gives every deal its one place, so that pages never overlap. */
export function pageOrder({ field, direction }: DealPageOrderInput): object[] {
  const sort = direction === 'ASC' ? 'asc' : 'desc'
  const { by, unique }: PageOrder = orders[field]
  return unique ? by(sort) : [...by(sort), { id: sort }]
}
