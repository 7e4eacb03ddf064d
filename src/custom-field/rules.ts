import {
  type Comparison,
  type CustomFieldType,
  comparisonProblem,
  expected,
  hasOptions,
  storedForm,
  type ValueField,
} from '../custom-value/rules.ts'
import type { Prisma } from '../generated/prisma/client.ts'
import { checkName, checkTexts, maxNameLength } from '../texts.ts'
import { alwaysSet, invalid, type UserError } from '../user-errors.ts'

export const maxLiveFields = 200

const keyForm = /^cf_[a-z0-9_]{1,60}$/
const maxOptions = 200

/** What decides which values a deal may have. */
export interface FieldDefinition extends ValueField {
  key: string
  label: string
  required: boolean
  /** Of whose deals it is; null for all. */
  pipelineId: string | null
  archivedAt: Date | null
}

export interface DefinitionValues {
  label?: string | null
  description?: string | null
  required?: boolean | null
  options?: string[] | null
}

/** Why this cannot be a key; empty when it can. */
export function checkKey(key: string, path: string[]): UserError[] {
  if (keyForm.test(key)) return []
  const form = 'begins with cf_ and has 1 to 60 small letters, digits or underscores behind it'
  return [invalid(`A key ${form}, like cf_region.`, path)]
}

/**
 * Why a definition of the type cannot have these values; empty when it can. What is left out is not
 * looked at.
 */
export function checkDefinition(
  type: CustomFieldType,
  values: DefinitionValues,
  path: string[],
): UserError[] {
  const { label, options } = values
  return [
    ...alwaysSet('A field', values, ['label', 'required'], path),
    ...checkName(label, [...path, 'label']),
    ...checkTexts(values, ['description'], path),
    ...(options === undefined ? [] : checkOptions(type, options ?? [], [...path, 'options'])),
  ]
}

function checkOptions(type: CustomFieldType, options: string[], path: string[]): UserError[] {
  const { length } = options
  if (!hasOptions(type)) {
    return length === 0 ? [] : [invalid(`A field of type ${type} has no options.`, path)]
  }
  const folded = options.map((option) => option.trim().toLowerCase())
  const fits = (option: string) => option !== '' && [...option].length <= maxNameLength
  return [
    ...(length >= 1 && length <= maxOptions
      ? []
      : [invalid(`A field of type ${type} has 1 to ${maxOptions} options, not ${length}.`, path)]),
    ...(new Set(folded).size === length ? [] : [invalid('Two options are the same.', path)]),
    ...options.flatMap((option, index) =>
      fits(option.trim())
        ? []
        : [invalid(`An option has 1 to ${maxNameLength} characters.`, [...path, String(index)])],
    ),
  ]
}

export interface CustomValuesChange {
  /** The pipeline in which the deal is, or into which it comes. */
  pipelineId: string
  /** What the deal has: `{}` when it is new. */
  stored: unknown
  /** Values by keys: what is left out stays, null clears. Null instead of them clears all. */
  given: unknown
  /** Whether the deal is new or comes into the pipeline, and so needs what is required there. */
  entering: boolean
  /** Where in the input the values are. */
  path?: string[]
}

export interface CustomValues {
  /** All that the deal then has, values of archived fields and of other pipelines among them. */
  values: Prisma.InputJsonObject
  /** Why it cannot have them; empty when it can. */
  errors: UserError[]
}

type Values = Record<string, unknown>

/** Merges given values into those that a deal has, by all definitions of its tenant. */
export function mergeCustomValues(
  definitions: readonly FieldDefinition[],
  change: CustomValuesChange,
): CustomValues {
  const { pipelineId, given, entering, path = ['input', 'customFields'] } = change
  const stored = change.stored as Values
  if (given !== undefined && (typeof given !== 'object' || Array.isArray(given))) {
    const errors = [invalid('customFields is an object of values by their keys.', path)]
    return { values: stored as Prisma.InputJsonObject, errors }
  }
  const live = definitions.filter((field) => !field.archivedAt && isOf(field, pipelineId))
  const byKey = new Map(definitions.map((field) => [field.key, field]))
  const cleared = Object.fromEntries(live.map(({ key }) => [key, null]))
  const values = { ...stored }
  const problems = new Map<string, string>()
  for (const [key, value] of Object.entries(given === null ? cleared : ((given ?? {}) as Values))) {
    const field = byKey.get(key)
    const form = field && value !== null ? storedForm(field, value, stored[key]) : null
    const problem = field ? unwritable(field, pipelineId, form) : unknownKey(key)
    if (problem) problems.set(key, problem)
    else values[key] = form
  }
  for (const field of live) {
    const { key, required } = field
    const lacks = values[key] == null && (entering || stored[key] != null)
    if (required && lacks && !problems.has(key))
      problems.set(key, `${must(field)}: it is required.`)
  }
  const present = Object.entries(values).filter(([, value]) => value !== null)
  return {
    values: Object.fromEntries(present) as Prisma.InputJsonObject,
    errors: [...problems].map(([key, message]) => invalid(message, [...path, key])),
  }
}

function isOf(field: FieldDefinition, pipelineId: string): boolean {
  return field.pipelineId === null || field.pipelineId === pipelineId
}

function unknownKey(key: string): string {
  return `No custom field has the key "${key}": \`customFields\` lists those that there are.`
}

function unwritable(field: FieldDefinition, pipelineId: string, form: unknown): string | undefined {
  const { key, archivedAt } = field
  if (archivedAt) return `The custom field "${key}" is archived: restore it first.`
  if (!isOf(field, pipelineId)) return `The custom field "${key}" is of another pipeline’s deals.`
  return form === undefined ? `${must(field)}.` : undefined
}

function must(field: FieldDefinition): string {
  return `The custom field "${field.key}" (${field.label}) must be ${expected(field)}`
}

/** Why deals cannot be filtered so; nothing when they can. Archived fields can be compared too. */
export function filterProblem(
  definitions: readonly { key: string; type: string }[],
  comparisons: readonly Comparison[],
): string | undefined {
  const types = new Map(definitions.map(({ key, type }) => [key, type as CustomFieldType]))
  for (const comparison of comparisons) {
    const type = types.get(comparison.key)
    const problem = type ? comparisonProblem(type, comparison) : unknownKey(comparison.key)
    if (problem) return problem
  }
  return undefined
}
