import type { Prisma } from '../generated/prisma/client.ts'
import type { ImportRow, RowValues } from '../import-batch/rules.ts'
import type { ImportStage } from '../import-history/rules.ts'
import { Decimal, isCurrency } from '../scalars.ts'
import { maxNameLength, maxTextLength } from '../texts.ts'

/** What a column of the file can tell of a deal. */
export const importFields = [
  'externalId',
  'name',
  'stage',
  'organization',
  'owner',
  'source',
  'createdAt',
  'closedAt',
  'amount',
  'currency',
  'description',
  'nextStep',
  'expectedCloseDate',
  'confidence',
  'priority',
  'leadRef',
] as const
export type ImportField = (typeof importFields)[number]
export const requiredFields = ['externalId', 'name', 'stage'] as const satisfies ImportField[]

/** At which index of a row each mapped field is. */
export type FieldIndexes = Partial<Record<ImportField, number>>

export interface RawRow {
  cells: string[]
  /** Why the cells cannot be trusted. */
  fault?: string
  /** The line of an earlier row with the same externalId. */
  sameAsLine?: number
}

export interface Decoding {
  columnCount: number
  indexes: FieldIndexes
  /** The live stages of the pipeline. */
  stages: ImportStage[]
}

/** What the cells say, or every reason why they cannot be imported. */
export function decodeRow(raw: RawRow, decoding: Decoding): ImportRow | { reasons: string[] } {
  const { columnCount, indexes, stages } = decoding
  const { cells, fault, sameAsLine } = raw
  if (fault) return { reasons: [fault] }
  if (cells.length !== columnCount) {
    return { reasons: [`the row has ${cells.length} cells and the file ${columnCount} columns`] }
  }
  const missing = requiredFields.filter((field) => cellOf(cells, indexes[field]) === '')
  const reasons = missing.map((field) => `${field} is missing`)
  if (sameAsLine) reasons.push(`externalId is the same as on line ${sameAsLine}`)
  const read = <T>(field: ImportField, { parse, otherwise }: Format<T>): T | undefined => {
    const cell = cellOf(cells, indexes[field])
    const fault = textFault(cell)
    const value = cell === '' || fault ? undefined : parse(cell)
    if (cell !== '' && value === undefined)
      reasons.push(`${field} ${fault ?? quoted(cell, otherwise)}`)
    return value
  }
  const row = {
    externalId: read('externalId', text(maxNameLength)) ?? '',
    stage: read('stage', stageAmong(stages)),
    createdAt: read('createdAt', instant),
    closedAt: read('closedAt', instant),
    organization: read('organization', text(maxNameLength)),
    owner: read('owner', text(maxNameLength)),
    source: read('source', text(maxNameLength)),
    values: readValues(read),
  }
  if (row.createdAt && row.closedAt && row.closedAt < row.createdAt) {
    reasons.push('closedAt is before createdAt')
  }
  const { stage } = row
  return reasons.length > 0 || !stage ? { reasons } : { ...defined(row), stage }
}

export function cellOf(cells: string[], index: number | undefined): string {
  return (index === undefined ? undefined : cells[index])?.trim() ?? ''
}

function readValues(read: <T>(field: ImportField, format: Format<T>) => T | undefined): RowValues {
  const values = {
    name: read('name', text(maxNameLength)) ?? '',
    amount: read('amount', amount),
    currency: read('currency', currency),
    description: read('description', text(maxTextLength)),
    nextStep: read('nextStep', text(maxTextLength)),
    expectedCloseDate: read('expectedCloseDate', day),
    confidence: read('confidence', confidence),
    priority: read('priority', priority),
    leadRef: read('leadRef', text(maxTextLength)),
  }
  return defined(values)
}

/**
 * How a cell is read; `parse` gives undefined for what it is not, and `otherwise` says what it
 * would have to be.
 */
interface Format<T> {
  parse(cell: string): T | undefined
  otherwise: string
}

function text(longest: number): Format<string> {
  const otherwise = `has more than ${longest} characters`
  return { parse: (cell) => ([...cell].length <= longest ? cell : undefined), otherwise }
}

function stageAmong(stages: ImportStage[]): Format<ImportStage> {
  return {
    parse: (cell) => stages.find(({ name }) => name.toLowerCase() === cell.toLowerCase()),
    otherwise: `is no stage of the pipeline, only ${stages.map(({ name }) => name).join(', ')} are`,
  }
}

const day: Format<Date> = {
  otherwise: 'is no day such as 2026-03-31',
  parse(cell) {
    const date = new Date(`${cell}T00:00:00Z`)
    // Without the comparison 2026-02-30 would be the 2nd of March.
    const isDay = /^\d{4}-\d\d-\d\d$/.test(cell) && inRange(date) && date.toJSON().startsWith(cell)
    return isDay ? date : undefined
  },
}

const instant: Format<Date> = {
  otherwise: 'is neither a day such as 2026-03-31 nor an instant such as 2026-03-31T09:30:00Z',
  parse(cell) {
    const form = /^(\d{4}-\d\d-\d\d)(?:(T\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(Z|[+-]\d\d:?\d\d))?$/
    const [, date = '', time = 'T00:00:00', zone = 'Z'] = form.exec(cell) ?? []
    if (!day.parse(date)) return undefined
    const parsed = new Date(`${date}${time}${zone.replace(/(\d\d)(\d\d)$/, '$1:$2')}`)
    return inRange(parsed) ? parsed : undefined
  },
}

const amount: Format<Prisma.Decimal> = {
  otherwise:
    'is no plain decimal such as 1054.50, with at most 4 decimals and below 900000000000000',
  parse(cell) {
    if (!/^-?\d+(\.\d+)?$/.test(cell)) return undefined
    try {
      const parsed = Decimal.parseValue(cell.replace(/^(-?)0+(?=\d)/, '$1'))
      // There is a negative zero, and PostgreSQL gives it back as zero.
      return parsed.isZero() ? parsed.abs() : parsed
    } catch {
      return undefined
    }
  },
}

const currency: Format<string> = {
  otherwise: 'is no ISO 4217 currency such as USD',
  parse: (cell) => (isCurrency(cell.toUpperCase()) ? cell.toUpperCase() : undefined),
}

const confidence: Format<number> = {
  otherwise: 'is no whole number from 0 to 100',
  parse: (cell) => (/^\d{1,3}$/.test(cell) && Number(cell) <= 100 ? Number(cell) : undefined),
}

const priority: Format<string> = {
  otherwise: 'is none of LOW, MEDIUM, HIGH',
  parse: (cell) => ['LOW', 'MEDIUM', 'HIGH'].find((name) => name === cell.toUpperCase()),
}

/** Typing errors such as the year 0217 are dates to JavaScript and to PostgreSQL. */
function inRange(date: Date): boolean {
  return date.getUTCFullYear() >= 1900 && date.getUTCFullYear() <= 9999
}

function textFault(cell: string): string | undefined {
  if (cell.includes('\0')) return 'contains a NUL byte'
  if (cell.includes('\ufffd')) return 'contains bytes that are not UTF-8'
  return undefined
}

function quoted(cell: string, otherwise: string): string {
  return `"${cell.length > 80 ? `${cell.slice(0, 80)}…` : cell}" ${otherwise}`
}

/** Leaves out what is undefined, which Prisma refuses. */
function defined<T extends object>(values: T): T {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as T
}
