import type { CsvReject, CsvRow } from '../csv/service.ts'
import type { Database } from '../database/database.ts'
import { type Transaction, type WriteScope, writeTransaction } from '../database/transaction.ts'
import type { ImportRow } from '../import-batch/rules.ts'
import { writeBatch } from '../import-batch/service.ts'
import type { ImportStage } from '../import-history/rules.ts'
import { cellOf, decodeRow, type FieldIndexes } from '../import-row/rules.ts'
import { checkNewPipeline, type NewStage } from '../pipeline/rules.ts'
import { createPipeline, createStages } from '../pipeline/service.ts'
import { isCurrency } from '../scalars.ts'
import { refuse } from '../user-errors.ts'
import {
  findColumns,
  findEntryStage,
  type Mapping,
  planStages,
  type StageOptions,
} from './rules.ts'

export interface ImportOptions extends StageOptions {
  map: Mapping
  /** The name of the pipeline, in any case. It is created if there is none. */
  pipeline: string
  /** Of new deals whose row tells none. Default: the tenant's. */
  currency?: string
  /** The stage in which closed deals started. Default: the pipeline's first open one. */
  entry?: string
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
  file: { columns: string[]; rows: AsyncIterable<CsvRow> }
  options: ImportOptions
  /** Called after each batch that has some, in the order of the file, and waited for. */
  onRejects?: (rejects: CsvReject[]) => Promise<void>
  onProgress?: (counts: Counts) => void
}

/** What every batch needs to know. */
interface Target {
  options: ImportOptions
  pipelineId: string
  currency: string
  columnCount: number
  indexes: FieldIndexes
}

type NumberedRow = CsvRow & { sameAsLine?: number }
type Outcome = { outcome: Exclude<keyof Counts, 'read'>; reasons?: string[] }

const batchSize = 500

/**
 * Creates or updates a deal for each row, by its externalId, in transactions of 500 rows, so that
 * nobody waits long.
 *
 * A row that cannot be imported is rejected and stops nothing. An import that is interrupted has
 * written whole batches; the next one finishes it, as rows that are imported already change
 * nothing.
 */
export async function importDeals(job: Import): Promise<Counts> {
  const { database, file, options, onRejects, onProgress } = job
  const indexes = findColumns(options.map, file.columns)
  const prepared = await writeTransaction(database, scopeOf(job), (tx) => prepare(tx, options))
  const target = { ...prepared, options, indexes, columnCount: file.columns.length }
  const counts: Counts = { read: 0, created: 0, updated: 0, unchanged: 0, rejected: 0 }
  const lines = new Map<string, number>()
  for await (const batch of inBatches(file.rows)) {
    const rows = batch.map((row) => withEarlierLine(row, indexes, lines))
    const outcomes = await writeTransaction(database, scopeOf(job), (tx) =>
      importRows(tx, target, rows),
    )
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

function scopeOf({ tenantId, clock, requestId }: Import): WriteScope {
  const actor = { kind: 'IMPORT', memberId: null, apiKeyId: null, role: 'ADMIN' } as const
  return { tenantId, actor, now: clock(), requestId }
}

async function* inBatches(rows: AsyncIterable<CsvRow>): AsyncGenerator<CsvRow[]> {
  let batch: CsvRow[] = []
  for await (const row of rows) {
    batch.push(row)
    if (batch.length < batchSize) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}

function withEarlierLine(
  row: CsvRow,
  indexes: FieldIndexes,
  lines: Map<string, number>,
): NumberedRow {
  const externalId = cellOf(row.cells, indexes.externalId)
  if (row.fault || externalId === '') return row
  const sameAsLine = lines.get(externalId)
  if (sameAsLine) return { ...row, sameAsLine }
  lines.set(externalId, row.line)
  return row
}

/**
 * Stages are read in each batch, as they may be renamed or archived while a long import runs. Plans
 * are made anew, as foreign keys would go on being checked by one made for an empty table, in time
 * that grows with the square of the rows.
 */
async function importRows(
  tx: Transaction,
  target: Target,
  rows: NumberedRow[],
): Promise<Outcome[]> {
  const { pipelineId, currency, options } = target
  await tx.db.$executeRaw`DISCARD PLANS`
  const stages = await liveStages(tx, pipelineId)
  const entryStage = findEntryStage(stages, options.entry)
  const decoded = rows.map((row) => decodeRow(row, { ...target, stages }))
  const good = decoded.filter((row): row is ImportRow => !('reasons' in row))
  const decisions = await writeBatch(tx, { pipelineId, entryStage, currency, rows: good })
  const decisionOf = new Map(good.map((row, index) => [row, decisions[index]]))
  return decoded.map((row): Outcome => {
    if ('reasons' in row) return { outcome: 'rejected', reasons: row.reasons }
    const decision = decisionOf.get(row)
    if (!decision) throw new Error('a row was left undecided')
    return decision.outcome === 'rejected'
      ? { outcome: 'rejected', reasons: [decision.reason] }
      : { outcome: decision.outcome }
  })
}

/**
 * Makes sure that the pipeline and the stages named exist; whatever is wrong with the options is
 * thrown before that is written.
 */
async function prepare(tx: Transaction, options: ImportOptions) {
  const { db, tenantId } = tx
  const tenant = await db.tenant.findUniqueOrThrow({ where: { id: tenantId } })
  const currency = options.currency?.toUpperCase() ?? tenant.defaultCurrency
  if (!isCurrency(currency))
    throw new Error(`--currency ${currency} is no ISO 4217 currency such as USD.`)
  const pipelineId = (await extendPipeline(tx, options)) ?? (await newPipeline(tx, options))
  findEntryStage(await liveStages(tx, pipelineId), options.entry)
  return { pipelineId, currency }
}

/**
 * Adds the stages that the pipeline lacks behind those it has; null if there is no pipeline of that
 * name.
 */
async function extendPipeline(tx: Transaction, options: ImportOptions): Promise<string | null> {
  const { db, tenantId } = tx
  const [pipeline] = await db.$queryRaw<{ id: string; archived: boolean }[]>`
    SELECT id::text, archived_at IS NOT NULL AS archived FROM pipeline
    WHERE tenant_id = ${tenantId}::uuid AND lower(name) = lower(${options.pipeline.trim()})`
  if (!pipeline) return null
  if (pipeline.archived) throw new Error(`The pipeline "${options.pipeline}" is archived.`)
  const existing = await liveStages(tx, pipeline.id)
  const planned = planStages(options, existing)
  const stages = [...existing, ...planned]
  const errors = checkNewPipeline({ name: options.pipeline, stages }, [])
  if (errors.length > 0) refuse(...errors)
  if (planned.length > 0) await addStages(tx, pipeline.id, planned)
  return pipeline.id
}

async function newPipeline(tx: Transaction, options: ImportOptions): Promise<string> {
  const { pipeline: name, stages, won, lost } = options
  if (!stages || !won || !lost) {
    throw new Error(`There is no pipeline "${name}": give --stages, --won and --lost to create it.`)
  }
  const created = await createPipeline(tx, { name, stages: planStages(options, []) })
  return created.pipelineId
}

async function addStages(tx: Transaction, pipelineId: string, stages: NewStage[]): Promise<void> {
  const { _max } = await tx.db.stage.aggregate({
    where: { tenantId: tx.tenantId, pipelineId },
    _max: { position: true },
  })
  await createStages(tx, pipelineId, stages, (_max.position ?? -1) + 1)
  tx.emit({ type: 'pipeline.updated', payload: { pipelineId } })
}

async function liveStages(
  { db, tenantId }: Transaction,
  pipelineId: string,
): Promise<ImportStage[]> {
  const stages = await db.stage.findMany({
    where: { tenantId, pipelineId, archivedAt: null },
    orderBy: [{ position: 'asc' }, { number: 'asc' }],
  })
  return stages as ImportStage[]
}
