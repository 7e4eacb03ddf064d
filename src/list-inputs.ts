import { builder, textEnum } from './builder.ts'
import type { Keyset } from './connection.ts'

export const OrderDirection = textEnum('OrderDirection', 'Which end of an order comes first.', {
  ASC: 'The smallest, earliest or alphabetically first.',
  DESC: 'The greatest, latest or alphabetically last.',
})

type OrderColumn = Pick<Keyset, 'column' | 'kind' | 'unique'> & { description: string }

/** The input by which a list is ordered, and the keyset that it asks for. */
export function orderInput<const Columns extends Record<string, OrderColumn>>(
  name: string,
  things: string,
  columns: Columns,
) {
  type Field = keyof Columns & string
  const fields = Object.entries(columns).map(([field, { description }]) => [field, description])
  const values = Object.fromEntries(fields) as Record<Field, string>
  const what = `What ${things} can be ordered by; equal ones are ordered by id.`
  const type = textEnum(`${name}Field`, what, values)
  const input = builder.inputType(name, {
    description: `How to order ${things}.`,
    fields: (t) => ({
      field: t.field({ type, required: true, description: 'What to order by.' }),
      direction: t.field({ type: OrderDirection, required: true, description: 'Which end first.' }),
    }),
  })
  const keyset = ({ field, direction }: { field: Field; direction: 'ASC' | 'DESC' }): Keyset => {
    const { description: _, ...column } = columns[field] as OrderColumn
    return { name: field, direction: direction === 'ASC' ? 'asc' : 'desc', ...column }
  }
  return { input, keyset }
}

const isNull = 'Whether there is no value.'

export const IdFilter = builder.inputType('IdFilter', {
  description: 'Compares an id. Every condition given must hold.',
  fields: (t) => ({
    eq: t.id({ description: 'This one.' }),
    in: t.idList({ description: 'One of these, at most 500.' }),
    isNull: t.boolean({ description: isNull }),
  }),
})

export const StringFilter = builder.inputType('StringFilter', {
  description: 'Compares a text. Every condition given must hold.',
  fields: (t) => ({
    eq: t.string({ description: 'Equal, letter by letter.' }),
    in: t.stringList({ description: 'Equal to one of these, at most 500.' }),
    contains: t.string({
      description:
        'Contains this, at most 255 characters, in any case. `%` and `_` mean themselves.',
    }),
    isNull: t.boolean({ description: isNull }),
  }),
})

export const ExternalIdFilter = builder.inputType('ExternalIdFilter', {
  description:
    'Compares an id of another system, letter by letter. Every condition given must hold.',
  fields: (t) => ({
    eq: t.string({ description: 'This one.' }),
    in: t.stringList({ description: 'One of these, at most 500.' }),
    isNull: t.boolean({ description: isNull }),
  }),
})

export const AddressFilter = builder.inputType('AddressFilter', {
  description: 'Compares an email or a domain, in any case. Every condition given must hold.',
  fields: (t) => ({
    eq: t.string({ description: 'This one.' }),
    in: t.stringList({ description: 'One of these, at most 500.' }),
    isNull: t.boolean({ description: isNull }),
  }),
})

/** For what a catalogue holds: its names are one whatever their case. */
export const NameFilter = builder.inputType('NameFilter', {
  description: 'Compares a name, in any case. Every condition given must hold.',
  fields: (t) => ({
    eq: t.string({ description: 'This one.' }),
    in: t.stringList({ description: 'One of these, at most 500.' }),
    contains: t.string({
      description: 'Contains this, at most 255 characters. `%` and `_` mean themselves.',
    }),
    isNull: t.boolean({ description: isNull }),
  }),
})

export const IntFilter = builder.inputType('IntFilter', {
  description:
    'Compares a whole number. Every condition given must hold; no number compares to none.',
  fields: (t) => ({
    eq: t.int({ description: 'Equal.' }),
    gt: t.int({ description: 'Greater than.' }),
    gte: t.int({ description: 'At least.' }),
    lt: t.int({ description: 'Less than.' }),
    lte: t.int({ description: 'At most.' }),
    isNull: t.boolean({ description: isNull }),
  }),
})

export const DecimalFilter = builder.inputType('DecimalFilter', {
  description:
    'Compares an amount, whatever its currency. Every condition given must hold; no amount compares to none.',
  fields: (t) => ({
    eq: t.field({ type: 'Decimal', description: 'Equal.' }),
    gt: t.field({ type: 'Decimal', description: 'Greater than.' }),
    gte: t.field({ type: 'Decimal', description: 'At least.' }),
    lt: t.field({ type: 'Decimal', description: 'Less than.' }),
    lte: t.field({ type: 'Decimal', description: 'At most.' }),
    isNull: t.boolean({ description: isNull }),
  }),
})

export const DateFilter = builder.inputType('DateFilter', {
  description: 'Compares a calendar day. Every condition given must hold; no day compares to none.',
  fields: (t) => ({
    eq: t.field({ type: 'Date', description: 'That day.' }),
    gt: t.field({ type: 'Date', description: 'After that day.' }),
    gte: t.field({ type: 'Date', description: 'That day or after.' }),
    lt: t.field({ type: 'Date', description: 'Before that day.' }),
    lte: t.field({ type: 'Date', description: 'That day or before.' }),
    isNull: t.boolean({ description: isNull }),
  }),
})

export const DateTimeFilter = builder.inputType('DateTimeFilter', {
  description: 'Compares an instant. Every condition given must hold; no instant compares to none.',
  fields: (t) => ({
    gt: t.field({ type: 'DateTime', description: 'After.' }),
    gte: t.field({ type: 'DateTime', description: 'At or after.' }),
    lt: t.field({ type: 'DateTime', description: 'Before.' }),
    lte: t.field({ type: 'DateTime', description: 'At or before.' }),
    isNull: t.boolean({ description: isNull }),
  }),
})
