import { z } from 'zod'
import {
  currency,
  day,
  decimal,
  type Format,
  longText,
  type Notation,
  text,
} from '../import-format/rules.ts'
import { cellAs, isSameJson, jsonOf, namesOf } from '../import-json/rules.ts'
import { maxNameLength } from '../texts.ts'

export interface FieldDefinition {
  key: string
  type: string
  options: string[]
}

/** Values of custom fields by their keys. */
export type CustomValues = Record<string, unknown>

/** How a cell tells a value of the field, in the form in which it is stored. */
export function customFormat({ type }: FieldDefinition, notation: Notation): Format<unknown> {
  switch (type) {
    case 'NUMBER':
      return number(notation)
    case 'MONEY':
      return money(notation)
    case 'DATE':
      return stored(day(notation), (date) => date.toISOString().slice(0, 10))
    case 'BOOLEAN':
      return boolean
    case 'MULTI_SELECT':
      return namesOf(maxNameLength)
    case 'SELECT':
      return text(maxNameLength)
    case 'URL':
      return url
    default:
      return longText
  }
}

/**
 * What a deal then has of custom fields, or why it cannot. An option that was removed stays with
 * the deals that have it.
 */
export function mergeCustomValues(
  definitions: FieldDefinition[],
  { stored, given }: { stored: CustomValues; given: CustomValues },
): { values: CustomValues; reasons: string[] } {
  const changed = Object.entries(given).filter(([key, value]) => !isSameJson(value, stored[key]))
  const reasons = changed.flatMap(([key, value]) => {
    const field = definitions.find((definition) => definition.key === key)
    if (!field || !['SELECT', 'MULTI_SELECT'].includes(field.type)) return []
    const known = [...field.options, ...[stored[key]].flat()]
    const unknown = [value].flat().find((option) => !known.includes(option))
    const options = field.options.join(', ')
    return unknown === undefined ? [] : [`${key} has no option "${unknown}", only ${options}`]
  })
  return { values: { ...stored, ...Object.fromEntries(changed) }, reasons }
}

function stored<T>({ parse, otherwise }: Format<T>, toStored: (value: T) => unknown) {
  const format: Format<unknown> = {
    otherwise,
    parse(cell) {
      const value = parse(cell)
      return value === undefined ? undefined : toStored(value)
    },
  }
  return format
}

/** A number is stored as one of JSON: one that would be rounded by it is none. */
function number(notation: Notation): Format<unknown> {
  const { parse, otherwise } = decimal(notation)
  return {
    otherwise: `${otherwise}, of 15 digits in all`,
    parse(cell) {
      const value = parse(cell)
      return value && String(value.toNumber()) === value.toFixed() ? value.toNumber() : undefined
    },
  }
}

function money(notation: Notation): Format<unknown> {
  const { parse } = decimal(notation)
  const shape = z
    .strictObject({ amount: cellAs(decimal({})), currency: cellAs(currency) })
    .transform(({ amount, currency }) => ({ amount: amount.toFixed(), currency }))
  const json = jsonOf('amount with its currency', shape)
  return {
    otherwise: 'is no amount with its currency such as 12.50 USD',
    parse(cell) {
      if (cell.startsWith('{')) return json.parse(cell)
      const [, digits = '', code = ''] = /^(.*\S)\s*([A-Za-z]{3})$/.exec(cell) ?? []
      const [amount, known] = [parse(digits), currency.parse(code)]
      return amount && known ? { amount: amount.toFixed(), currency: known } : undefined
    },
  }
}

const boolean: Format<unknown> = {
  otherwise: 'is neither true nor false',
  parse: (cell) => ({ true: true, false: false })[cell.toLowerCase()],
}

const url: Format<unknown> = {
  otherwise: 'is no http or https address of at most 2000 characters',
  parse: (cell) =>
    cell.length <= 2_000 && /^https?:\/\/\S+$/i.test(cell) && URL.canParse(cell) ? cell : undefined,
}
