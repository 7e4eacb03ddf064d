import { stringify } from 'csv-stringify/sync'
import type { Database } from '../database/database.ts'
import { wholeTenant } from '../database/tenant-view.ts'
import { pipelineNamed } from '../pipeline/service.ts'
import { cellsOf, columnsOf, dealSelection, lineOf, recordOf } from './rules.ts'

export interface Export {
  database: Database
  tenantId: string
  format: 'csv' | 'jsonl'
  /** The name of the pipeline, in any case. Default: all of them. */
  pipeline?: string
  /** Whether deleted deals are among them. */
  deleted?: boolean
  onProgress?: (deals: number) => void
}

const pageSize = 500

/**
 * The deals of a tenant as the text of a file, piece by piece: each page of 500 deals is read in a
 * transaction of its own and only when it is asked for. So a deal is as it was at one moment, but
 * two deals need not be as they were at the same.
 */
export async function* exportDeals(job: Export): AsyncGenerator<string> {
  const { format, onProgress } = job
  const { pipelineId, columns } = await prepare(job)
  if (format === 'csv') yield stringify([columns])
  let deals = 0
  for (let after: string | undefined; ; ) {
    const page = await readPage(job, pipelineId, after)
    const records = page.map(recordOf)
    if (format === 'csv') yield stringify(records.map((record) => cellsOf(record, columns)))
    else yield records.map((record) => lineOf(record, columns)).join('')
    deals += page.length
    onProgress?.(deals)
    after = page.at(-1)?.id
    if (page.length < pageSize) return
  }
}

async function prepare({ database, tenantId, pipeline, deleted = false }: Export) {
  return database.read(wholeTenant(tenantId), async (db) => {
    const definitions = await db.customFieldDefinition.findMany({
      where: { tenantId },
      orderBy: [{ position: 'asc' }, { id: 'asc' }],
      select: { key: true },
    })
    const columns = columnsOf(
      definitions.map(({ key }) => key),
      { deleted },
    )
    if (pipeline === undefined) return { columns }
    const found = await pipelineNamed({ db, tenantId }, pipeline)
    if (!found) throw new Error(`There is no pipeline "${pipeline}".`)
    return { columns, pipelineId: found.id }
  })
}

function readPage(
  { database, tenantId, deleted }: Export,
  pipelineId: string | undefined,
  after: string | undefined,
) {
  return database.read(wholeTenant(tenantId), (db) =>
    db.deal.findMany({
      where: {
        tenantId,
        ...(pipelineId && { pipelineId }),
        ...(!deleted && { deletedAt: null }),
        ...(after && { id: { gt: after } }),
      },
      orderBy: { id: 'asc' },
      take: pageSize,
      select: dealSelection,
      relationLoadStrategy: 'query',
    }),
  )
}
