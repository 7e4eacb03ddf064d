import { GraphQLScalarType, type ValueNode, visit } from 'graphql'
import { GraphQLDateTimeISO, GraphQLJSON, GraphQLLocalDate } from 'graphql-scalars'
import { codedError } from './errors.ts'
import { Prisma } from './generated/prisma/client.ts'

const decimal = /^-?(0|[1-9]\d{0,14})(\.\d{1,4})?$/
const maxJsonDepth = 64
const maxJsonKilobytes = 64
const currencies = new Set(Intl.supportedValuesOf('currency'))

/** Amounts from here on do not fit the index's BIGINT of ten-thousandths. */
const amountLimit = new Prisma.Decimal('900000000000000')

export const DateTime = new GraphQLScalarType({
  ...GraphQLDateTimeISO.toConfig(),
  name: 'DateTime',
  description:
    'An instant as ISO 8601 with milliseconds and offset; answers are in UTC: `2026-03-31T09:30:00.000Z`.',
  parseValue: (value) => inOurEra(GraphQLDateTimeISO.parseValue(value)),
  parseLiteral: (node) => inOurEra(GraphQLDateTimeISO.parseLiteral(node, {})),
})

export const DateOnly = new GraphQLScalarType<Date, string>({
  ...GraphQLLocalDate.toConfig(),
  name: 'Date',
  description: 'A calendar day without a time zone, as ISO 8601: `2026-03-31`.',
  serialize: (value) => (value as Date).toISOString().slice(0, 10),
  parseValue: (value) => parseDay(value),
  parseLiteral: (node) => parseDay('value' in node ? node.value : undefined),
})

export const Decimal = new GraphQLScalarType<Prisma.Decimal, string>({
  name: 'Decimal',
  description:
    'An exact decimal as a string, below 900 000 000 000 000 and with at most 4 decimals: `"1054.5000"`. Input takes integers too.',
  serialize: (value) => (value as Prisma.Decimal).toFixed(),
  parseValue: (value) => parseDecimal(value),
  parseLiteral: (node) => parseDecimal('value' in node ? node.value : undefined),
})

export const CurrencyCode = new GraphQLScalarType<string, string>({
  name: 'CurrencyCode',
  description: 'A currency as its ISO 4217 code: `USD`.',
  parseValue: (value) => parseCurrency(value),
  parseLiteral: (node) => parseCurrency('value' in node ? node.value : undefined),
})

export const Json = new GraphQLScalarType({
  ...GraphQLJSON.toConfig(),
  name: 'JSON',
  description: `Any JSON value of at most ${maxJsonKilobytes} KB and ${maxJsonDepth} levels, kept and given back as it is.`,
  parseValue: (value) => bounded(value),
  parseLiteral: (node, variables) => parseJsonLiteral(node, variables ?? {}),
})

export function isCurrency(code: string): boolean {
  return currencies.has(code)
}

/** The decimal that a text like "1054.50" is; null where no Decimal could be it. */
export function decimalOf(text: string): Prisma.Decimal | null {
  const parsed = decimal.test(text) ? new Prisma.Decimal(text) : null
  return parsed?.abs().lt(amountLimit) ? parsed : null
}

/** Whether the text is a day that a Date could be. */
export function isDay(text: string): boolean {
  const day = new Date(`${text}T00:00:00Z`)
  if (Number.isNaN(day.getTime()) || day.toISOString().slice(0, 10) !== text) return false
  return day.getUTCFullYear() >= 1
}

function parseDay(value: unknown): Date {
  const day = new Date(`${value}T00:00:00Z`)
  if (!Number.isNaN(day.getTime()) && day.toISOString().slice(0, 10) === value) return inOurEra(day)
  throw codedError('BAD_USER_INPUT', 'A Date is a day of the calendar like "2026-03-31".')
}

/** PostgreSQL has no year 0, and ISO 8601 writes no year beyond 9999 with four digits. */
function inOurEra(instant: Date): Date {
  const year = instant.getUTCFullYear()
  if (year >= 1 && year <= 9999) return instant
  throw codedError('BAD_USER_INPUT', 'A year is 1 to 9999.')
}

function parseJsonLiteral(node: ValueNode, variables: Record<string, unknown>): unknown {
  visit(node, {
    EnumValue({ value }) {
      throw codedError('BAD_USER_INPUT', `JSON has no value ${value}: write it as a text.`)
    },
  })
  const value = bounded(GraphQLJSON.parseLiteral(node, variables))
  // A variable that was not given leaves an undefined, which JSON does not know.
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value))
}

/** The value itself unless it is too large, or nests deeper than the database's driver can write. */
function bounded(value: unknown): unknown {
  let level = [value]
  for (let depth = 0; level.length > 0; depth += 1) {
    if (level.some(isInfinite)) {
      throw codedError('BAD_USER_INPUT', 'A number in JSON is below 1.8e308 here.')
    }
    const outer = containers(level)
    if (outer.length > 0 && depth === maxJsonDepth) {
      throw codedError('BAD_USER_INPUT', `JSON is at most ${maxJsonDepth} levels deep here.`)
    }
    level = outer.flatMap((item) => Object.values(item))
  }
  if (Buffer.byteLength(JSON.stringify(value) ?? '') > maxJsonKilobytes * 1024) {
    throw codedError('BAD_USER_INPUT', `JSON has at most ${maxJsonKilobytes} KB here.`)
  }
  return value
}

/** JSON.parse makes infinity of 1e999, and JSON.stringify would make null of that. */
function isInfinite(value: unknown): boolean {
  return typeof value === 'number' && !Number.isFinite(value)
}

function containers(values: unknown[]): object[] {
  return values.filter((value) => typeof value === 'object' && value !== null) as object[]
}

function parseDecimal(value: unknown): Prisma.Decimal {
  const text = typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value
  if (typeof text !== 'string' || !decimal.test(text)) {
    throw codedError(
      'BAD_USER_INPUT',
      'A Decimal is a string like "1054.50" with at most 4 decimals.',
    )
  }
  const parsed = new Prisma.Decimal(text)
  if (parsed.abs().gte(amountLimit)) {
    throw codedError('BAD_USER_INPUT', 'A Decimal must be below 900 000 000 000 000.')
  }
  return parsed
}

function parseCurrency(value: unknown): string {
  if (typeof value === 'string' && isCurrency(value)) return value
  throw codedError('BAD_USER_INPUT', 'A CurrencyCode is an ISO 4217 code in capitals, like "USD".')
}
