import { builder, textEnum } from './builder.ts'
import type { Keyset } from './connection.ts'
import { codedError } from './errors.ts'
import { idOf } from './ids.ts'

/** A statement has a bounded number of parameters. */
export const mostValues = 500

export interface Comparison<T> {
  eq?: T | null
  in?: T[] | null
  gt?: T | null
  gte?: T | null
  lt?: T | null
  lte?: T | null
  isNull?: boolean | null
}

const OrderDirection = textEnum('OrderDirection', 'Which end of an order comes first.', {
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
    contains: t.string({ description: 'Contains this, in any case. `%` and `_` mean themselves.' }),
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

/**
 * What no row meets. Prisma drops an empty AND, OR or NOT wherever it stands, whatever it would
 * mean there.
 */
const never = { id: { in: [] } }
const always = { id: { notIn: [] } }

export function allOf(conditions: object[]): object {
  return conditions.length > 0 ? { AND: conditions } : always
}

export function anyOf(conditions: object[]): object {
  return conditions.length > 0 ? { OR: conditions } : never
}

/** The Prisma conditions on one column; empty when nothing was asked. All of them must hold. */
export function compare<T>(column: string, comparison: Comparison<T> | null | undefined): object[] {
  const { isNull, ...values } = comparison ?? {}
  const conditions = compareValues(column, values)
  return [...conditions, ...presence(column, conditions.length > 0, isNull)]
}

/** The same on a column that always has a value. */
export function compareRequired<T>(
  column: string,
  comparison: Comparison<T> | null | undefined,
): object[] {
  const { isNull, ...values } = comparison ?? {}
  return [...compareValues(column, values), ...(isNull ? [never] : [])]
}

function compareValues<T>(column: string, { eq, ...others }: Comparison<T>): object[] {
  if ((others.in?.length ?? 0) > mostValues) {
    throw codedError('BAD_USER_INPUT', `\`in\` takes at most ${mostValues} values.`)
  }
  const conditions = Object.entries(others).filter(([, value]) => value != null)
  return [
    ...(eq != null ? [{ [column]: { equals: eq } }] : []),
    ...(conditions.length > 0 ? [{ [column]: Object.fromEntries(conditions) }] : []),
  ]
}

/**
 * A null is neither equal nor unequal to anything: without its own condition a `not` would leave
 * out such rows as well.
 */
function presence(column: string, compared: boolean, isNull: boolean | null | undefined): object[] {
  return [
    ...(compared || isNull === false ? [{ [column]: { not: null } }] : []),
    ...(isNull ? [{ [column]: null }] : []),
  ]
}

/** The same on a column of ids of the named type. */
export function compareIds(
  column: string,
  typename: string,
  comparison: Pick<Comparison<string>, 'eq' | 'in' | 'isNull'> | null | undefined,
  { required = false } = {},
): object[] {
  const ids = {
    eq: comparison?.eq == null ? null : idOf(typename, comparison.eq),
    in: comparison?.in?.map((id) => idOf(typename, id)) ?? null,
    isNull: comparison?.isNull ?? null,
  }
  return required ? compareRequired(column, ids) : compare(column, ids)
}

/** A substring for LIKE in which `%`, `_` and `\` mean themselves. */
export function escapeLike(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&')
}

export interface TextComparison extends Pick<Comparison<string>, 'eq' | 'in' | 'isNull'> {
  contains?: string | null
}

/**
 * How the condition that a column contains a text is put; a list looks the ids up before it is
 * read.
 */
export type Containing = (column: string, text: string) => object

/** Reads every row: for lists that are small, or where ids cannot be looked up beforehand. */
export const scanning: Containing = (column, text) => ({
  [column]: { contains: escapeLike(text), mode: 'insensitive' },
})

export function compareText(
  column: string,
  comparison: TextComparison | null | undefined,
  containing: Containing,
  { required = false } = {},
): object[] {
  const { contains, ...others } = comparison ?? {}
  return [
    ...(required ? compareRequired(column, others) : compare(column, others)),
    ...(contains != null ? [containing(column, contains)] : []),
    ...presence(column, contains != null && !required, null),
  ]
}

/**
 * Compares the generated key of a column, which an index serves; a row without a value compares to
 * nothing.
 */
export function compareKey<T, K>(
  key: string,
  column: string,
  toKey: (value: T) => K,
  comparison: Comparison<T> | null | undefined,
): object[] {
  const { isNull, ...values } = comparison ?? {}
  const given = Object.entries(values).filter(([, value]) => value != null)
  const keys = Object.fromEntries(given.map(([name, value]) => [name, toKey(value as T)]))
  return [...compareRequired(key, keys), ...presence(column, given.length > 0, isNull)]
}
