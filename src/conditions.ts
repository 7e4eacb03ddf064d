import { idOf } from './ids.ts'

export interface Comparison<T> {
  eq?: T | null
  in?: T[] | null
  gt?: T | null
  gte?: T | null
  lt?: T | null
  lte?: T | null
  isNull?: boolean | null
}

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

/** The same on a generated column that has an address in small letters. */
export function compareAddress(
  key: string,
  { eq, in: some, isNull }: Pick<Comparison<string>, 'eq' | 'in' | 'isNull'>,
): object[] {
  const fold = (address: string) => address.trim().toLowerCase()
  return compare(key, {
    eq: eq == null ? null : fold(eq),
    in: some?.map(fold) ?? null,
    isNull: isNull ?? null,
  })
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

/** How the condition on the name of what a deal refers to is put; a list looks the ids up. */
export type Named = (relation: string, names: object) => object

/** Joins what the name belongs to: for lists that are small. */
export const joining: Named = (relation, names) => ({ [relation]: names })

/** The same on the name of what another column refers to, in any case. */
export function compareName(
  relation: string,
  { eq, in: several, contains, isNull }: TextComparison,
  named: Named,
): object[] {
  const like = (name: string) => ({ name: { equals: escapeLike(name), mode: 'insensitive' } })
  const names = [
    ...(eq != null ? [like(eq)] : []),
    ...(several ? [anyOf(several.map(like))] : []),
    ...(contains != null ? [scanning('name', contains)] : []),
  ]
  const compared = names.length > 0 ? [named(relation, allOf(names))] : []
  return [...compared, ...presence(`${relation}Id`, names.length > 0, isNull)]
}
