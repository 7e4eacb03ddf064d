import { Prisma } from '../generated/prisma/client.ts'
import { decimalOf, isCurrency, isDay } from '../scalars.ts'
import { maxTextLength } from '../texts.ts'

export type CustomFieldType =
  | 'TEXT'
  | 'NUMBER'
  | 'MONEY'
  | 'DATE'
  | 'BOOLEAN'
  | 'SELECT'
  | 'MULTI_SELECT'
  | 'URL'

/** What decides whether a value fits a field. */
export interface ValueField {
  type: CustomFieldType
  options: string[]
}

const maxUrlLength = 2_000
const mostOptionsNamed = 20

/** Whether the values of a type are options of their field. */
export function hasOptions(type: string): boolean {
  return type === 'SELECT' || type === 'MULTI_SELECT'
}

/** What a value of the field is, as it follows "must be". */
export function expected({ type, options }: ValueField): string {
  const named = options.slice(0, mostOptionsNamed).map((option) => `"${option}"`)
  const list = [...named, ...(options.length > named.length ? ['…'] : [])].join(', ')
  const expectations: Record<CustomFieldType, string> = {
    TEXT: `a text of at most ${maxTextLength} characters`,
    NUMBER: 'a number below 900 000 000 000 000 with at most 4 decimals, 15 digits in all',
    MONEY: 'an amount with its currency like { "amount": "1054.50", "currency": "USD" }',
    DATE: 'a day of the calendar like "2026-03-31"',
    BOOLEAN: 'true or false',
    SELECT: `one of its options: ${list}`,
    MULTI_SELECT: `a list of its options, each once: ${list}`,
    URL: `an absolute http or https address of at most ${maxUrlLength} characters`,
  }
  return expectations[type]
}

/**
 * A value as it is stored: null where it is empty, undefined where it does not fit the field. An
 * option that was removed fits as long as the value before has it.
 */
export function storedForm({ type, options }: ValueField, value: unknown, before?: unknown) {
  const read = readByType(type, value)
  if (!hasOptions(type)) return read
  const known = [...options, ...[before].flat()]
  return [read ?? []].flat().every((option) => known.includes(option)) ? read : undefined
}

/** Whether a stored value is one of the type; data that is older than its field may not be. */
export function isOfType(type: CustomFieldType, value: unknown): boolean {
  return readByType(type, value) != null
}

export interface Comparison {
  key: string
  eq?: unknown
  in?: unknown[] | null
  gte?: unknown
  lte?: unknown
  contains?: string | null
}

const ranged = ['NUMBER', 'MONEY', 'DATE']

/** Why values of the type cannot be compared so; nothing when they can. */
export function comparisonProblem(
  type: CustomFieldType,
  { key, eq, in: list, gte, lte, contains }: Comparison,
): string | undefined {
  const field = `The custom field "${key}" is of type ${type}`
  const bounds = [gte, lte].filter((value) => value != null)
  const values = [eq, ...(list ?? []), ...bounds].filter((value) => value != null)
  if (bounds.length > 0 && !ranged.includes(type)) return `${field}: it takes no gte or lte.`
  if (contains != null && (ranged.includes(type) || type === 'BOOLEAN')) {
    return `${field}: it takes no contains.`
  }
  if (values.every((value) => isComparable(type, value))) return undefined
  return `${field}: compare it to ${comparedTo[type]}.`
}

const comparedTo: Record<CustomFieldType, string> = {
  TEXT: 'a text',
  NUMBER: 'a number',
  MONEY: 'an amount like "1054.50", whatever its currency',
  DATE: 'a day like "2026-03-31"',
  BOOLEAN: 'true or false',
  SELECT: 'an option',
  MULTI_SELECT: 'an option, which the list then contains',
  URL: 'a text',
}

function isComparable(type: CustomFieldType, value: unknown): boolean {
  if (type === 'NUMBER' || type === 'MONEY') return decimal(value) !== null
  if (type === 'BOOLEAN') return typeof value === 'boolean'
  return typeof value === 'string' && (type !== 'DATE' || isDay(value))
}

function readByType(type: CustomFieldType, value: unknown) {
  switch (type) {
    case 'TEXT':
      return readText(value, maxTextLength)
    case 'NUMBER':
      return readNumber(value)
    case 'MONEY':
      return readMoney(value)
    case 'DATE':
      return typeof value === 'string' && isDay(value) ? value : undefined
    case 'BOOLEAN':
      return typeof value === 'boolean' ? value : undefined
    case 'SELECT':
      return typeof value === 'string' ? value : undefined
    case 'MULTI_SELECT':
      return readOptions(value)
    case 'URL':
      return readUrl(value)
  }
}

function readText(value: unknown, maxLength: number) {
  if (typeof value !== 'string' || [...value].length > maxLength) return undefined
  return value.trim() === '' ? null : value
}

/** A number is kept as a JSON number: one that would be rounded by it does not fit. */
function readNumber(value: unknown) {
  const read = decimal(value)
  const number = Number(read)
  return read && new Prisma.Decimal(number).eq(read) ? number : undefined
}

function readMoney(value: unknown) {
  if (typeof value !== 'object' || value === null) return undefined
  const { amount, currency, ...others } = value as Record<string, unknown>
  const read = decimal(amount)
  const known = typeof currency === 'string' && isCurrency(currency)
  if (!read || !known || Object.keys(others).length > 0) return undefined
  return { amount: read.toFixed(), currency }
}

function readOptions(value: unknown) {
  if (!Array.isArray(value) || new Set(value).size < value.length) return undefined
  if (value.some((option) => typeof option !== 'string')) return undefined
  return value.length === 0 ? null : (value as string[])
}

function readUrl(value: unknown) {
  const text = readText(value, maxUrlLength)
  if (text == null) return text
  return /^https?:\/\/\S+$/i.test(text) && URL.canParse(text) ? text : undefined
}

function decimal(value: unknown): Prisma.Decimal | null {
  if (typeof value === 'number') return decimalOf(new Prisma.Decimal(value).toFixed())
  return typeof value === 'string' ? decimalOf(value) : null
}
