import { z } from 'zod'
import type { FieldDefinition } from '../custom-field/rules.ts'
import { type ToldContact, toldContacts } from '../import-contact/rules.ts'
import { type CustomValues, customFormat } from '../import-custom-field/rules.ts'
import type { ImportRow, RowValues } from '../import-deal/rules.ts'
import type { CustomKey, FieldIndexes, ImportField, MappedField } from '../import-field/rules.ts'
import {
  currency,
  day,
  decimal,
  defined,
  type Format,
  id,
  instant,
  longText,
  type Notation,
  oneOf,
  percent,
  text,
  textFault,
} from '../import-format/rules.ts'
import type { ImportStage, PastStage } from '../import-history/rules.ts'
import { jsonOf, namesOf } from '../import-json/rules.ts'
import { isSameName, readHistory, toldHistory } from '../import-past/rules.ts'
import { maxNameLength } from '../texts.ts'

export interface RawRow {
  cells: string[]
  /** Why the cells cannot be trusted. */
  fault?: string
  /** The line itself, where its bytes are known to be UTF-8. */
  text?: string
  /** An earlier row with the same id or externalId. */
  sameAs?: { field: 'id' | 'externalId'; line: number }
}

export interface Decoding {
  columnCount: number
  indexes: FieldIndexes
  notation: Notation
  /** The name of the pipeline, and its live stages. */
  pipeline: string
  stages: ImportStage[]
  /** Those of all pipelines, where a history is told. */
  pastStages: PastStage[]
  /** Of the custom fields that are mapped. */
  definitions: FieldDefinition[]
}

type Read = <T>(field: MappedField, format: Format<T>) => T | undefined

/** What the cells say, or every reason why they cannot be imported. */
export function decodeRow(raw: RawRow, decoding: Decoding): ImportRow | { reasons: string[] } {
  const { columnCount, indexes } = decoding
  const { cells, fault } = raw
  if (fault) return { reasons: [fault] }
  if (cells.length !== columnCount) {
    return { reasons: [`the row has ${cells.length} cells and the file ${columnCount} columns`] }
  }
  const reasons = missingFields(raw, indexes)
  const read: Read = (field, format) => {
    const { value, reason } = readCell(cells[indexes[field] ?? -1] ?? '', format, raw)
    if (reason) reasons.push(`${field} ${reason}`)
    return value
  }
  const row = readFields(read, decoding, reasons)
  return reasons.length > 0 || !row ? { reasons } : row
}

export function cellOf(cells: string[], index: number | undefined): string {
  return (index === undefined ? undefined : cells[index])?.trim() ?? ''
}

function missingFields({ cells, sameAs }: RawRow, indexes: FieldIndexes): string[] {
  const isEmpty = (field: ImportField) => cellOf(cells, indexes[field]) === ''
  const keys = (['id', 'externalId'] as const).filter((field) => field in indexes)
  const missing = (['name', 'stage'] as const).filter(isEmpty)
  return [
    ...(keys.every(isEmpty) ? [`${keys.join(' and ')} ${keys[1] ? 'are' : 'is'} missing`] : []),
    ...missing.map((field) => `${field} is missing`),
    ...(sameAs ? [`${sameAs.field} is the same as on line ${sameAs.line}`] : []),
  ]
}

function readCell<T>(
  content: string,
  { parse, otherwise, verbatim }: Format<T>,
  { text: line }: RawRow,
): { value?: T; reason?: string } {
  const trimmed = content.trim()
  if (trimmed === '') return {}
  const cell = verbatim ? content : trimmed
  const isReplaced = line === undefined && cell.includes('\ufffd')
  const fault = isReplaced ? 'contains bytes that are not UTF-8' : textFault(cell)
  if (fault) return { reason: fault }
  const value = parse(cell)
  if (value !== undefined) return { value }
  return { reason: quoted(cell, typeof otherwise === 'string' ? otherwise : otherwise(cell)) }
}

function readFields(read: Read, decoding: Decoding, reasons: string[]): ImportRow | undefined {
  const { notation, stages, pipeline } = decoding
  const named = read('pipeline', text(maxNameLength))
  if (named && !isSameName(named, pipeline)) {
    reasons.push(`pipeline "${named}" is not the one of this import, "${pipeline}"`)
  }
  const row = {
    id: read('id', id('deal')),
    stage: read('stage', stageAmong(stages)),
    createdAt: read('createdAt', instant(notation)),
    closedAt: read('closedAt', instant(notation)),
    deletedAt: read('deletedAt', instant(notation)),
    organization: read('organization', text(maxNameLength)),
    owner: read('owner', text(maxNameLength)),
    source: read('source', text(maxNameLength)),
    reason: read('reason', text(maxNameLength)),
    tags: read('tags', namesOf(maxNameLength)),
    assignees: read('assignees', namesOf(maxNameLength)),
    customFields: readCustomFields(read, decoding),
    values: readValues(read, decoding),
  }
  if (row.createdAt && row.closedAt && row.closedAt < row.createdAt) {
    reasons.push('closedAt is before createdAt')
  }
  const contacts = readContacts(read, reasons)
  const changes = read('history', toldHistory)
  const { stage } = row
  if (!stage) return undefined
  const { pastStages } = decoding
  const history = changes && readHistory(changes, { stages: pastStages, pipeline, stage })
  if (history && 'reason' in history) reasons.push(history.reason)
  const past = history && 'reason' in history ? undefined : history
  return defined({ ...row, ...contacts, stage, history: past })
}

/** As in the API, null clears it. */
const metadata = z.unknown().transform((value) => value ?? {})

function readValues(read: Read, { notation }: Decoding): RowValues {
  return defined({
    externalId: read('externalId', text(maxNameLength)),
    name: read('name', text(maxNameLength)) ?? '',
    amount: read('amount', decimal(notation)),
    currency: read('currency', currency),
    valuePeriod: read('valuePeriod', oneOf(['ONE_TIME', 'MONTHLY', 'QUARTERLY', 'ANNUAL'])),
    description: read('description', longText),
    nextStep: read('nextStep', longText),
    expectedCloseDate: read('expectedCloseDate', day(notation)),
    confidence: read('confidence', percent),
    priority: read('priority', oneOf(['LOW', 'MEDIUM', 'HIGH'])),
    leadRef: read('leadRef', longText),
    metadata: read('metadata', jsonOf('JSON', metadata)),
  })
}

function readContacts(
  read: Read,
  reasons: string[],
): { contacts?: ToldContact[]; wholeContacts?: boolean } {
  const all = read('contacts', toldContacts)
  if (all) return { contacts: all, wholeContacts: true }
  const single = defined({
    name: read('contactName', text(maxNameLength)),
    email: read('contactEmail', text(maxNameLength)),
    role: read('contactRole', longText),
  })
  if (single.name || single.email) return { contacts: [single], wholeContacts: false }
  if (single.role) reasons.push('contactRole has no contactName or contactEmail beside it')
  return {}
}

function readCustomFields(
  read: Read,
  { definitions, notation }: Decoding,
): CustomValues | undefined {
  const values = definitions.flatMap((definition) => {
    const value = read(definition.key as CustomKey, customFormat(definition, notation))
    return value === undefined ? [] : [[definition.key, value]]
  })
  return values.length > 0 ? Object.fromEntries(values) : undefined
}

function stageAmong(stages: ImportStage[]): Format<ImportStage> {
  return {
    parse: (cell) => stages.find(({ name }) => name.toLowerCase() === cell.toLowerCase()),
    otherwise: `is no stage of the pipeline, only ${stages.map(({ name }) => name).join(', ')} are`,
  }
}

function quoted(cell: string, otherwise: string): string {
  return `"${cell.length > 80 ? `${cell.slice(0, 80)}…` : cell}" ${otherwise}`
}
