import type { Prisma } from '../generated/prisma/client.ts'
import { Decimal, isCurrency } from '../scalars.ts'
import { maxTextLength } from '../texts.ts'

export type DateOrder = 'DMY' | 'MDY' | 'YMD'
export type DecimalMark = '.' | ','

/** How the file writes days and numbers, beside ISO 8601 and plain decimals. */
export interface Notation {
  dates?: DateOrder
  decimal?: DecimalMark
}

/**
 * How a cell is read; `parse` gives undefined for what it is not, and `otherwise` says what it
 * would have to be.
 */
export interface Format<T> {
  parse(cell: string): T | undefined
  otherwise: string | ((cell: string) => string)
  /** Whether blanks around a value belong to it. */
  verbatim?: boolean
}

/** The order that the name of an order or of a locale stands for. */
export function dateOrderOf(format: string): DateOrder {
  const named = (['DMY', 'MDY', 'YMD'] as const).find((order) => order === format.toUpperCase())
  return named ?? orderInLocale(format)
}

function orderInLocale(locale: string): DateOrder {
  const known = /^[a-z]{2,3}(-|$)/i.test(locale) && isLocale(locale)
  if (!known) {
    throw new Error(
      `--dates takes DMY, MDY, YMD or a locale such as de-DE, and "${locale}" is none.`,
    )
  }
  const format = new Intl.DateTimeFormat(locale, { calendar: 'gregory', dateStyle: 'short' })
  const parts = format.formatToParts(0).map(({ type }) => type)
  const order = parts.filter((type) => ['day', 'month', 'year'].includes(type))
  return order.map((type) => type.charAt(0).toUpperCase()).join('') as DateOrder
}

function isLocale(locale: string): boolean {
  try {
    return Intl.DateTimeFormat.supportedLocalesOf([locale]).length > 0
  } catch {
    return false
  }
}

export function text(longest: number): Format<string> {
  const otherwise = `has more than ${longest} characters`
  return { parse: (cell) => ([...cell].length <= longest ? cell : undefined), otherwise }
}

export const longText: Format<string> = { ...text(maxTextLength), verbatim: true }

export function oneOf<Name extends string>(names: readonly Name[]): Format<Name> {
  const otherwise = `is none of ${names.join(', ')}`
  return { parse: (cell) => names.find((name) => name === cell.toUpperCase()), otherwise }
}

export const isoDay: Format<Date> = {
  otherwise: 'is no day such as 2026-03-31',
  parse(cell) {
    const date = new Date(`${cell}T00:00:00Z`)
    // Without the comparison 2026-02-30 would be the 2nd of March.
    const isDay = /^\d{4}-\d\d-\d\d$/.test(cell) && inRange(date) && date.toJSON().startsWith(cell)
    return isDay ? date : undefined
  },
}

export const isoInstant: Format<Date> = {
  otherwise: 'is neither a day such as 2026-03-31 nor an instant such as 2026-03-31T09:30:00Z',
  parse(cell) {
    const form = /^(\d{4}-\d\d-\d\d)(?:(T\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(Z|[+-]\d\d:?\d\d))?$/
    const [, date = '', time = 'T00:00:00', zone = 'Z'] = form.exec(cell) ?? []
    if (!isoDay.parse(date)) return undefined
    const parsed = new Date(`${date}${time}${zone.replace(/(\d\d)(\d\d)$/, '$1:$2')}`)
    return inRange(parsed) ? parsed : undefined
  },
}

/** Typing errors such as the year 0217 are dates to JavaScript and to PostgreSQL. */
function inRange(date: Date): boolean {
  return date.getUTCFullYear() >= 1900 && date.getUTCFullYear() <= 9999
}

export function day({ dates }: Notation): Format<Date> {
  return dates ? alsoIn(dates, isoDay) : isoDay
}

/** A day stands for its beginning in UTC. */
export function instant({ dates }: Notation): Format<Date> {
  return dates ? alsoIn(dates, isoInstant) : isoInstant
}

const examples: Record<DateOrder, string> = {
  DMY: '31.3.2026',
  MDY: '3/31/2026',
  YMD: '2026/3/31',
}

function alsoIn(order: DateOrder, { parse, otherwise }: Format<Date>): Format<Date> {
  const hint = `${otherwise}, nor a day such as ${examples[order]} with a year of four digits`
  return { parse: (cell) => parse(cell) ?? dayIn(order, cell), otherwise: hint }
}

function dayIn(order: DateOrder, cell: string): Date | undefined {
  const form = /^(\d{1,4})( ?[./-] ?| )(\d{1,2})\2(\d{1,4})\.?$/
  const [, first = '', , second = '', third = ''] = form.exec(cell) ?? []
  const numbers = [first, second, third]
  const of = (letter: string) => numbers[order.indexOf(letter)] ?? ''
  const [year, month, date] = [of('Y'), of('M'), of('D')]
  if (year.length !== 4 || month.length > 2 || date.length > 2) return undefined
  return isoDay.parse(`${year}-${month.padStart(2, '0')}-${date.padStart(2, '0')}`)
}

const plainNumber = /^-?\d+(?:\.\d+)?$/
const groupedNumbers: Record<DecimalMark, RegExp> = {
  '.': /^-?\d{1,3}([, \u00a0\u202f])\d{3}(?:\1\d{3})*(?:\.\d+)?$/,
  ',': /^-?\d{1,3}([. \u00a0\u202f])\d{3}(?:\1\d{3})*(?:,\d+)?$/,
}

/**
 * Without a decimal mark only a plain decimal is one beyond doubt; with one, groups of three digits
 * may be parted by the other mark or by blanks.
 */
export function decimal({ decimal: mark }: Notation): Format<Prisma.Decimal> {
  const shown = mark === ',' ? '1054,50 or 1.054,50' : mark ? '1054.50 or 1,054.50' : '1054.50'
  return {
    otherwise: `is no plain decimal such as ${shown}, with at most 4 decimals and below 900000000000000`,
    parse(cell) {
      const plain = mark === ',' ? cell.replace(',', '.') : cell
      const isPlain = plainNumber.test(plain) && !(mark === ',' && cell.includes('.'))
      if (isPlain) return exact(plain)
      if (!mark || !groupedNumbers[mark].test(cell)) return undefined
      const [whole = '', fraction] = cell.split(mark)
      const digits = whole.replace(/[^\d-]/g, '')
      return exact(fraction === undefined ? digits : `${digits}.${fraction}`)
    },
  }
}

function exact(plain: string): Prisma.Decimal | undefined {
  try {
    const parsed = Decimal.parseValue(plain.replace(/^(-?)0+(?=\d)/, '$1'))
    // There is a negative zero, and PostgreSQL gives it back as zero.
    return parsed.isZero() ? parsed.abs() : parsed
  } catch {
    return undefined
  }
}

export const currency: Format<string> = {
  otherwise: 'is no ISO 4217 currency such as USD',
  parse: (cell) => (isCurrency(cell.toUpperCase()) ? cell.toUpperCase() : undefined),
}

export const percent: Format<number> = {
  otherwise: 'is no whole number from 0 to 100',
  parse: (cell) => (/^\d{1,3}$/.test(cell) && Number(cell) <= 100 ? Number(cell) : undefined),
}

/** The uuid of `deal_<uuid>`, or one that stands alone. */
export function id(prefix: string): Format<string> {
  const form = new RegExp(`^(?:${prefix}_)?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$`, 'i')
  return {
    otherwise: `is no id such as ${prefix}_0198c0de-0000-7000-8000-000000000001`,
    parse: (cell) => form.exec(cell)?.[1]?.toLowerCase(),
  }
}

/** What no text of the database can contain. */
export function textFault(cell: string): string | undefined {
  if (cell.includes('\0')) return 'contains a NUL byte'
  if (/\p{Cs}/u.test(cell)) return 'contains half of a surrogate pair'
  return undefined
}

/** Leaves out what is undefined, which Prisma refuses. */
export function defined<T extends object>(values: T): T {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as T
}
