import type { FileReject, FileRow } from '../csv/service.ts'
import type { Database } from '../database/database.ts'
import { wholeTenant } from '../database/tenant-view.ts'
import {
  importer,
  type Transaction,
  type WriteScope,
  writeTransaction,
} from '../database/transaction.ts'
import { writeBatch } from '../import-batch/service.ts'
import { findDefinitions } from '../import-custom-field/service.ts'
import type { ImportRow } from '../import-deal/rules.ts'
import { type FieldIndexes, findColumns, isCustomKey, type Mapping } from '../import-field/rules.ts'
import { id, type Notation } from '../import-format/rules.ts'
import { findPastStages } from '../import-history/service.ts'
import { findEntryStage } from '../import-pipeline/rules.ts'
import { type PipelineOptions, preparePipeline } from '../import-pipeline/service.ts'
import { cellOf, decodeRow, type RawRow } from '../import-row/rules.ts'
import { isCurrency } from '../scalars.ts'
import { liveStages } from '../stage/service.ts'

export interface ImportOptions extends PipelineOptions, Notation {
  map: Mapping
  /** Of new deals whose row tells none. Default: the tenant's. */
  currency?: string
  /** The stage in which closed deals started. Default: the pipeline's first open one. */
  entry?: string
  /** Whether nothing is to be written: each transaction is rolled back. */
  check?: boolean
}

export interface Counts {
  read: number
  created: number
  updated: number
  unchanged: number
  rejected: number
}

export interface Import {
  database: Database
  tenantId: string
  clock: () => Date
  requestId: string
  file: { columns: string[]; rows: AsyncIterable<FileRow> }
  options: ImportOptions
  /** Called after each batch that has some, in the order of the file, and waited for. */
  onRejects?: (rejects: FileReject[]) => Promise<void>
  onProgress?: (counts: Counts) => void
}

/** What every batch needs to know. */
interface Target {
  options: ImportOptions
  columnCount: number
  indexes: FieldIndexes
  /** Which a check has only planned. */
  pipelineId: string
  /** The deals that rows have told of. */
  seen: Set<string>
}

type NumberedRow = FileRow & Pick<RawRow, 'sameAs'>
type Outcome = { outcome: Exclude<keyof Counts, 'read'>; reasons?: string[] }

const batchSize = 500

/**
 * Creates or updates a deal for each row, by its id or externalId, in transactions of 500 rows, so
 * that nobody waits long.
 *
 * A row that cannot be imported is rejected and stops nothing. An import that is interrupted has
 * written whole batches; the next one finishes it, as rows that are imported already change
 * nothing.
 */
export async function importDeals(job: Import): Promise<Counts> {
  const { file, options, onRejects, onProgress } = job
  const indexes = findColumns(options.map, file.columns)
  const pipelineId = await inTransaction(job, (tx) => prepare(tx, { options, indexes }))
  const columnCount = file.columns.length
  const target = { options, indexes, columnCount, pipelineId, seen: new Set<string>() }
  const counts: Counts = { read: 0, created: 0, updated: 0, unchanged: 0, rejected: 0 }
  const lines = new Map<string, number>()
  for await (const batch of inBatches(file.rows)) {
    const rows = batch.map((row) => withEarlierLine(row, indexes, lines))
    const outcomes = await inTransaction(job, (tx) => importRows(tx, target, rows))
    counts.read += rows.length
    for (const { outcome } of outcomes) counts[outcome] += 1
    await onRejects?.(
      rows.flatMap((row, index) => {
        const { reasons } = outcomes[index] ?? {}
        return reasons ? { ...row, reasons } : []
      }),
    )
    onProgress?.({ ...counts })
  }
  return counts
}

/** Carries a result out of a transaction that only checks. */
class Checked<T> {
  readonly result: T
  constructor(result: T) {
    this.result = result
  }
}

async function inTransaction<T>(
  { database, tenantId, clock, requestId, options: { check } }: Import,
  work: (tx: Transaction) => Promise<T>,
): Promise<T> {
  const scope: WriteScope = {
    ...wholeTenant(tenantId),
    actor: importer,
    now: clock(),
    requestId,
  }
  if (!check) return writeTransaction(database, scope, work)
  try {
    return await writeTransaction(database, scope, async (tx) => {
      const result = await work(tx)
      await tx.db.$executeRaw`SET CONSTRAINTS ALL IMMEDIATE`
      throw new Checked(result)
    })
  } catch (error) {
    if (error instanceof Checked) return error.result
    throw error
  }
}

async function* inBatches(rows: AsyncIterable<FileRow>): AsyncGenerator<FileRow[]> {
  let batch: FileRow[] = []
  for await (const row of rows) {
    batch.push(row)
    if (batch.length < batchSize) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}

function withEarlierLine(
  row: FileRow,
  indexes: FieldIndexes,
  lines: Map<string, number>,
): NumberedRow {
  if (row.fault) return row
  const keys = (['id', 'externalId'] as const).flatMap((field) => {
    const told = cellOf(row.cells, indexes[field])
    const cell = field === 'id' ? (id('deal').parse(told) ?? told) : told
    return cell === '' ? [] : [{ field, key: `${field} ${cell}` }]
  })
  const same = keys.find(({ key }) => lines.has(key))
  if (same) return { ...row, sameAs: { field: same.field, line: lines.get(same.key) ?? 0 } }
  for (const { key } of keys) lines.set(key, row.line)
  return row
}

/** Whatever is wrong with the options is thrown before the pipeline is written. */
async function prepare(
  tx: Transaction,
  { options, indexes }: Pick<Target, 'options' | 'indexes'>,
): Promise<string> {
  await currencyOf(tx, options)
  await findDefinitions(tx, Object.keys(indexes).filter(isCustomKey))
  const pipelineId = await preparePipeline(tx, options)
  findEntryStage(await liveStages(tx, pipelineId), options.entry)
  return pipelineId
}

async function currencyOf({ db, tenantId }: Transaction, options: ImportOptions): Promise<string> {
  const tenant = await db.tenant.findUniqueOrThrow({ where: { id: tenantId } })
  const currency = options.currency?.toUpperCase() ?? tenant.defaultCurrency
  if (isCurrency(currency)) return currency
  throw new Error(`--currency ${currency} is no ISO 4217 currency such as USD.`)
}

/**
 * Stages and fields are read in each batch, as they may be renamed or archived while a long import
 * runs; a check makes the pipeline anew, as it keeps nothing. Plans are made anew, as foreign keys
 * would go on being checked by one made for an empty table, in time that grows with the square of
 * the rows.
 */
async function importRows(
  tx: Transaction,
  target: Target,
  rows: NumberedRow[],
): Promise<Outcome[]> {
  const { options, seen, indexes, columnCount } = target
  await tx.db.$executeRaw`DISCARD PLANS`
  const pipelineId = options.check ? await prepare(tx, target) : target.pipelineId
  const stages = await liveStages(tx, pipelineId)
  const entryStage = findEntryStage(stages, options.entry)
  const definitions = await findDefinitions(tx, Object.keys(indexes).filter(isCustomKey))
  const pastStages = 'history' in indexes ? await findPastStages(tx) : []
  const { pipeline, ...notation } = options
  const known = { stages, pastStages, definitions }
  const decoding = { ...known, pipeline, notation, indexes, columnCount }
  const decoded = rows.map((row) => decodeRow(row, decoding))
  const good = decoded.filter((row): row is ImportRow => !('reasons' in row))
  const currency = await currencyOf(tx, options)
  const batch = { pipelineId, entryStage, currency, definitions, rows: good, seen }
  const decisions = await writeBatch(tx, batch)
  const decisionOf = new Map(good.map((row, index) => [row, decisions[index]]))
  return decoded.map((row): Outcome => {
    if ('reasons' in row) return { outcome: 'rejected', reasons: row.reasons }
    const decision = decisionOf.get(row)
    if (!decision) throw new Error('a row was left undecided')
    return decision.outcome === 'rejected'
      ? { outcome: 'rejected', reasons: decision.reasons }
      : { outcome: decision.outcome }
  })
}
