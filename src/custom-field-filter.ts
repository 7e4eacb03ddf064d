import { builder } from './builder.ts'
import { anyOf, type Containing, scanning } from './conditions.ts'
import { codedError } from './errors.ts'
import { Prisma } from './generated/prisma/client.ts'
import { decimalOf, isDay } from './scalars.ts'

export interface CustomFieldComparison {
  key: string
  eq?: unknown
  in?: unknown[] | null
  gte?: unknown
  lte?: unknown
  contains?: string | null
  isNull?: boolean | null
}

export const CustomFieldFilter = builder.inputType('CustomFieldFilter', {
  description:
    'Compares the value of a field that the tenant added. Every condition given must hold; no value compares to none. A key that no field has, and a value of another type than the field’s, is an error.',
  fields: (t) => ({
    key: t.string({ required: true, description: 'The field’s key: `cf_region`.' }),
    eq: t.field({
      type: 'JSON',
      description:
        'Equal, letter by letter: a text of at most 255 characters, a number, a day, true or false; of MONEY the amount, whatever its currency; of MULTI_SELECT an option that is one of the value.',
    }),
    in: t.field({
      type: ['JSON'],
      description: 'Equal to one of these, at most 500.',
    }),
    gte: t.field({ type: 'JSON', description: 'At least: of NUMBER, MONEY and DATE.' }),
    lte: t.field({ type: 'JSON', description: 'At most: of NUMBER, MONEY and DATE.' }),
    contains: t.string({
      description:
        'Contains this, at most 255 characters, in any case: of TEXT, URL, SELECT and MULTI_SELECT. `%` and `_` mean themselves.',
    }),
    isNull: t.boolean({ description: 'Whether there is no value.' }),
  }),
})

const mostFields = 20
const maxKeyLength = 255
const [firstDay, lastDay] = ['0001-01-01', '9999-12-31']

/** Whether what contains a text is a custom field, and no column. */
export function isCustomField(column: string): boolean {
  return column.startsWith('cf_')
}

/** That a deal has a value of the field for which the condition holds. */
export function hasValue(key: string, condition: object): object {
  return { customValues: { some: { key, ...condition } } }
}

/** Reads every row, of columns and of custom fields. */
export const scanningValues: Containing = (column, text) =>
  isCustomField(column) ? hasValue(column, scanning('textValue', text)) : scanning(column, text)

/**
 * The Prisma conditions on custom values; all of them must hold. The form of a value tells by which
 * key it is compared, so that nothing needs to be known of the field: a text that could be an
 * amount is compared as both, and a value is never found by the currency that stands in its text.
 */
export function compareCustomFields(
  comparisons: readonly CustomFieldComparison[] | null | undefined,
  containing: Containing,
): object[] {
  if ((comparisons?.length ?? 0) > mostFields) {
    throw refused(`\`customFields\` takes at most ${mostFields} fields.`)
  }
  return (comparisons ?? []).flatMap((comparison) => compareCustomField(comparison, containing))
}

function compareCustomField(
  { key, eq, in: list, gte, lte, contains, isNull }: CustomFieldComparison,
  containing: Containing,
): object[] {
  if (!isCustomField(key)) throw refused(`"${key.slice(0, 80)}" is no key of a custom field.`)
  return [
    ...(eq != null ? [equalToOne(key, [eq])] : []),
    ...(list != null ? [equalToOne(key, list)] : []),
    ...(gte != null || lte != null ? [hasValue(key, between(key, gte, lte))] : []),
    ...(contains != null ? [containing(key, contains)] : []),
    ...(isNull != null ? [{ customValues: { [isNull ? 'none' : 'some']: { key } } }] : []),
  ]
}

function equalToOne(key: string, values: unknown[]): object {
  const texts = values.flatMap((value) => textKey(key, value) ?? [])
  const numbers = values.flatMap((value) => numberKey(value) ?? [])
  if (values.some((value) => textKey(key, value) === null && numberKey(value) === null)) {
    throw refused(`Compare "${key}" to a text, a number with at most 4 decimals, true or false.`)
  }
  const alternatives = [
    ...(texts.length > 0 ? [{ textKey: { in: texts }, numberKey: null }] : []),
    ...(numbers.length > 0 ? [{ numberKey: { in: numbers } }] : []),
  ]
  return alternatives.length > 0 ? hasValue(key, { OR: alternatives }) : anyOf([])
}

function between(key: string, gte: unknown, lte: unknown): object {
  const bounds = Object.entries({ gte, lte }).filter(([, value]) => value != null)
  if (bounds.every(([, value]) => numberKey(value) !== null)) {
    const keys = bounds.map(([name, value]) => [name, numberKey(value)])
    return { numberKey: Object.fromEntries(keys) }
  }
  if (bounds.every(([, value]) => typeof value === 'string' && isDay(value))) {
    return { textKey: { gte: gte ?? firstDay, lte: lte ?? lastDay }, numberKey: null }
  }
  throw refused(`\`gte\` and \`lte\` of "${key}" are two numbers, two amounts or two days.`)
}

/** The index has no more of a text than this. */
function textKey(key: string, value: unknown): string | null {
  if (typeof value === 'boolean') return String(value)
  if (typeof value !== 'string') return null
  if ([...value].length <= maxKeyLength) return value
  throw refused(`\`eq\` and \`in\` of "${key}" take texts of at most ${maxKeyLength} characters.`)
}

/** Ten-thousandths, of a number or of a text that writes one. */
function numberKey(value: unknown): bigint | null {
  const text = typeof value === 'number' ? new Prisma.Decimal(value).toFixed() : value
  const read = typeof text === 'string' ? decimalOf(text) : null
  return read && BigInt(read.mul(10_000).toFixed(0))
}

interface Filter {
  customFields?: CustomFieldComparison[] | null
  and?: Filter[] | null
  or?: Filter[] | null
  not?: Filter | null
}

/** All comparisons of custom fields in a filter, however deep. */
export function customComparisons(filter: Filter | null | undefined): CustomFieldComparison[] {
  if (!filter) return []
  const { customFields, and, or, not } = filter
  const nested = [...(and ?? []), ...(or ?? []), ...(not ? [not] : [])]
  return [...(customFields ?? []), ...nested.flatMap(customComparisons)]
}

function refused(message: string) {
  return codedError('BAD_USER_INPUT', message)
}
