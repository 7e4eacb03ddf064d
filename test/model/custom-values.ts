import type { State } from './state.ts'

export interface CustomField {
  id: string
  key: string
  label: string
  description: string | null
  type: 'TEXT' | 'NUMBER' | 'SELECT'
  required: boolean
  options: string[]
  pipeline: string | null
  position: number
  archivedAt: string | null
}

type Values = Record<string, unknown>

interface Given {
  stored: Values
  given: Values | null | undefined
  /** Whether the deal is new, or comes into the pipeline. */
  entering: boolean
}

/** The fields that the deals of a pipeline have, in their order. */
export function fieldsOf(state: State, pipeline: string): CustomField[] {
  return state.customFields
    .filter((field) => !field.archivedAt && (field.pipeline ?? pipeline) === pipeline)
    .sort((a, b) => a.position - b.position)
}

/** The values that a deal in the pipeline then has, and what is wrong with those given. */
export function merged(state: State, pipeline: string, { stored, given, entering }: Given) {
  if (given === undefined && !entering) return { values: stored, errors: [] }
  const fields = fieldsOf(state, pipeline)
  const all =
    given ?? (given === null ? Object.fromEntries(fields.map(({ key }) => [key, null])) : {})
  const values = { ...stored }
  const wrong: string[] = []
  for (const [key, value] of Object.entries(all)) {
    const field = fields.find((one) => one.key === key)
    const form = field && formOf(field, value, stored[key])
    if (form === undefined) wrong.push(key)
    else if (form === null) delete values[key]
    else values[key] = form
  }
  for (const { key, required } of fields) {
    const lacks = values[key] === undefined && (entering || stored[key] !== undefined)
    if (required && lacks && !wrong.includes(key)) wrong.push(key)
  }
  return { values, errors: wrong.map((key) => `VALIDATION_ERROR customFields.${key}`) }
}

/** A value as it is kept: null for none, undefined where it is not of the field's type. */
function formOf({ type, options }: CustomField, value: unknown, before: unknown): unknown {
  if (value === null) return null
  if (type === 'NUMBER') return /^[\d.]+$/.test(String(value)) ? Number(value) : undefined
  if (typeof value !== 'string') return undefined
  if (type === 'TEXT') return value.trim() ? value : null
  return options.includes(value) || value === before ? value : undefined
}
