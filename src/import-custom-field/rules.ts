import { z } from 'zod'
import type { FieldDefinition } from '../custom-field/rules.ts'
import {
  currency,
  day,
  decimal,
  type Format,
  longText,
  type Notation,
  text,
} from '../import-format/rules.ts'
import { cellAs, jsonOf, namesOf } from '../import-json/rules.ts'
import { maxNameLength } from '../texts.ts'

/** Values of custom fields by their keys. */
export type CustomValues = Record<string, unknown>

/** How a cell tells a value of the field, in the form in which it is stored. */
export function customFormat(
  { type }: Pick<FieldDefinition, 'type'>,
  notation: Notation,
): Format<unknown> {
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
 * The definitions by which values of a copy are checked. An export has values of archived fields
 * and of the pipelines where a deal was before, and lacks those that were not required then.
 */
export function forCopies(definitions: FieldDefinition[]): FieldDefinition[] {
  return definitions.map((field) => ({
    ...field,
    pipelineId: null,
    archivedAt: null,
    required: false,
  }))
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
