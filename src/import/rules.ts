import { parse } from 'csv-parse/sync'
import {
  type FieldIndexes,
  type ImportField,
  importFields,
  requiredFields,
} from '../import-row/rules.ts'
import type { NewStage, StageKind } from '../pipeline/rules.ts'

/** Which column of the file tells a field. */
export type Mapping = Partial<Record<ImportField, string>>

/**
 * Reads `field=column,field=column`. A column with a comma in its name is quoted as in CSV:
 * `"amount=Amount, net"`.
 */
export function parseMap(text: string): Mapping {
  const mapping: Mapping = {}
  for (const pair of parseList(text)) {
    const [, field = '', column = ''] = /^([^=]*)=(.*)$/s.exec(pair) ?? []
    if (!column.trim()) throw new Error(`--map takes field=column pairs, and "${pair}" is none.`)
    const known = importFields.find((name) => name === field.trim())
    if (!known) {
      throw new Error(`--map knows no field "${field.trim()}", only ${importFields.join(', ')}.`)
    }
    if (mapping[known]) throw new Error(`--map names the field ${known} twice.`)
    mapping[known] = column.trim()
  }
  const missing = requiredFields.filter((field) => !mapping[field])
  if (missing.length > 0) throw new Error(`--map must tell the columns of ${missing.join(', ')}.`)
  return mapping
}

/** Reads a list separated by commas; an item with a comma in it is quoted as in CSV. */
export function parseList(text: string): string[] {
  const [items = []] = parse(text, { relax_quotes: true, trim: true }) as string[][]
  return items.filter((item) => item !== '')
}

export function findColumns(mapping: Mapping, columns: string[]): FieldIndexes {
  const indexes: FieldIndexes = {}
  for (const field of importFields) {
    const column = mapping[field]
    if (column === undefined) continue
    const index = columns.indexOf(column)
    if (index === -1) {
      throw new Error(
        `The file has no column "${column}" for ${field}, only ${columns.join(', ')}.`,
      )
    }
    if (columns.lastIndexOf(column) !== index)
      throw new Error(`The file has two columns "${column}".`)
    indexes[field] = index
  }
  return indexes
}

/** Names of stages, in any case. */
export interface StageOptions {
  stages?: string[]
  won?: string[]
  lost?: string[]
}

/**
 * The stages that the pipeline needs and does not have. One it has keeps its kind, whatever the
 * options say.
 */
export function planStages(
  { stages = [], won = [], lost = [] }: StageOptions,
  existing: { name: string; kind: StageKind }[],
): NewStage[] {
  const kindOf = (name: string) =>
    isAmong(name, won) ? 'WON' : isAmong(name, lost) ? 'LOST' : ('OPEN' as StageKind)
  const existingNames = existing.map(({ name }) => name)
  const known = [...stages, ...existingNames]
  for (const [option, names] of Object.entries({ won, lost })) {
    const unknown = names.find((name) => !isAmong(name, known))
    if (unknown) throw new Error(`--${option} names "${unknown}", which is not among the stages.`)
  }
  const both = won.find((name) => isAmong(name, lost))
  if (both) throw new Error(`"${both}" cannot be won and lost.`)
  const missing = stages.filter((name) => !isAmong(name, existingNames))
  const twice = missing.find((name, index) => isAmong(name, missing.slice(0, index)))
  if (twice) throw new Error(`--stages names "${twice}" twice.`)
  const planned = missing.map((name) => ({ name, kind: kindOf(name) }))
  const open = [...existing, ...planned].filter(({ kind }) => kind === 'OPEN')
  return planned.map((stage) => {
    if (stage.kind !== 'OPEN') return stage
    const place = open.findIndex(({ name }) => name === stage.name) + 1
    return { ...stage, probability: Math.round((place / (open.length + 1)) * 100) }
  })
}

/** The stage in which closed deals started: the one named, else the first open one. */
export function findEntryStage<Stage extends { name: string; kind: StageKind }>(
  stages: Stage[],
  entry: string | undefined,
): Stage {
  const found = stages.find(({ name, kind }) => (entry ? isAmong(name, [entry]) : kind === 'OPEN'))
  if (found?.kind === 'OPEN') return found
  const open = stages.filter(({ kind }) => kind === 'OPEN').map(({ name }) => name)
  throw new Error(`The entry stage must be an open stage of the pipeline: ${open.join(', ')}.`)
}

function isAmong(name: string, names: string[]): boolean {
  return names.some((other) => other.toLowerCase() === name.toLowerCase())
}
