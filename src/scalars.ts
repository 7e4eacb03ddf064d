import { GraphQLScalarType } from 'graphql'
import { GraphQLDateTimeISO, GraphQLJSON, GraphQLLocalDate } from 'graphql-scalars'
import { codedError } from './errors.ts'
import { Prisma } from './generated/prisma/client.ts'

const decimal = /^-?(0|[1-9]\d{0,14})(\.\d{1,4})?$/
const currencies = new Set(Intl.supportedValuesOf('currency'))

/** Amounts from here on do not fit the index's BIGINT of ten-thousandths. */
const amountLimit = new Prisma.Decimal('900000000000000')

export const DateTime = new GraphQLScalarType({
  ...GraphQLDateTimeISO.toConfig(),
  name: 'DateTime',
  description:
    'An instant as ISO 8601 with milliseconds and offset; answers are in UTC: `2026-03-31T09:30:00.000Z`.',
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
  description: 'Any JSON value, kept and given back as it is.',
})

export function isCurrency(code: string): boolean {
  return currencies.has(code)
}

function parseDay(value: unknown): Date {
  const day = new Date(`${GraphQLLocalDate.parseValue(value)}T00:00:00Z`)
  if (Number.isNaN(day.getTime()))
    throw codedError('BAD_USER_INPUT', 'A Date looks like "2026-03-31".')
  return day
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
