import { z } from '@hono/zod-openapi'
import { encodeId } from '../ids.ts'
import { isStorable, maxTextLength, unstorable } from '../texts.ts'

const maxInteger = 2_147_483_647
const mostDigits = 15
const moneyLimit = 900_000_000_000_000

/** A uuid, as it is found inside the ids of the GraphQL API. */
export const uuid = z.guid('It is not a uuid.').openapi({ format: 'uuid' })

/** A number that counts from 1 within the tenant: of deals, pipelines, stages, people and so on. */
export const number = z.int().min(1).max(maxInteger)

/** The same in a path or a query. */
export const numberText = integerText(1, maxInteger)

/** An integer in a path or a query, within bounds. */
export function integerText(minimum: number, maximum: number) {
  return z
    .string()
    .regex(/^\d{1,10}$/, {
      error: `It is not an integer of ${minimum} to ${maximum}.`,
      abort: true,
    })
    .transform(Number)
    .pipe(z.number().min(minimum).max(maximum))
    .openapi({ type: 'integer', minimum, maximum })
}

/** How far from a number of four decimals what is reckoned in doubles may be, as 0.1 + 0.2 is. */
const slack = 1e-9

/**
 * An amount. JSON’s numbers are doubles, which carry 15 digits: one that has more as it was read
 * may be another one than was sent, and is refused.
 */
export const money = z
  .number()
  .refine((amount) => Math.abs(amount) < moneyLimit, 'It must be below 900 000 000 000 000.')
  .refine((amount) => digitsOf(amount) <= mostDigits, 'It has more than 15 digits.')
  .refine((amount) => Math.abs(amount - nearest(amount)) < slack, 'It has more than 4 decimals.')
  .openapi({
    format: 'double',
    description: 'At most 15 digits, 4 of them decimals: none of those is lost.',
  })

/** An amount as the GraphQL API takes it. */
export function toDecimal(amount: number): string {
  return String(nearest(amount))
}

/** A decimal of the GraphQL API; one of more than 15 digits becomes the nearest double. */
export function toMoney(decimal: string): number
export function toMoney(decimal: string | null): number | null
export function toMoney(decimal: string | null): number | null {
  return decimal === null ? null : Number(decimal)
}

/** A text that can be kept; measured in UTF-16, so that it may still have too many characters. */
export const text = z
  .string()
  .max(2 * maxTextLength, `It has more than ${maxTextLength} characters.`)
  .refine(isStorable, unstorable)
  .openapi({ maxLength: maxTextLength })

/** A day of the calendar, and an instant with its offset, as ISO 8601 has them. */
export const day = z.iso
  .date('It is not a day like 2026-03-31.')
  .refine(hasYear, 'A year is 1 to 9999.')
  .openapi({ format: 'date' })

export const instant = z.iso
  .datetime({ offset: true, error: 'It is not a date-time like 2026-03-31T09:30:00Z.' })
  .refine(hasYear, 'A year is 1 to 9999.')
  .openapi({ format: 'date-time' })

/** Any JSON value, which is there even where it is null. */
export const json = z
  .any()
  .refine((value) => value !== undefined)
  .openapi({ description: 'Any JSON value.' })

/** The id of the GraphQL API with this uuid inside, which may be in capitals. */
export function idWith(typename: string, uuid: string): string {
  return encodeId(typename, uuid.toLowerCase())
}

/** The uuid inside an id of the GraphQL API. */
export function uuidOf(node: { id: string }): string
export function uuidOf(node: { id: string } | null): string | null
export function uuidOf(node: { id: string } | null): string | null {
  return node === null ? null : node.id.slice(node.id.lastIndexOf('_') + 1)
}

/** The number of four decimals that is meant. */
function nearest(amount: number): number {
  return Number(amount.toFixed(4))
}

function digitsOf(amount: number): number {
  return String(Math.abs(nearest(amount)))
    .replace('.', '')
    .replace(/^0+/, '').length
}

/** Whether it is still in one of those years as an instant in UTC; what is none is told already. */
function hasYear(moment: string): boolean {
  const instant = new Date(moment)
  return Number.isNaN(instant.getTime()) || /^(?!0000)\d{4}-/.test(instant.toISOString())
}
