import { Prisma } from '../generated/prisma/client.ts'
import type { Db } from './database.ts'

export type Table =
  | 'member'
  | 'pipeline'
  | 'stage'
  | 'organization'
  | 'contact'
  | 'tag'
  | 'deal'
  | 'deal_contact'
  | 'deal_tag'
  | 'deal_assignee'
  | 'source'
  | 'close_reason'
  | 'custom_field_definition'
  | 'deal_change'
  | 'stage_change'
  | 'audit_event'
  | 'event'

/**
 * Inserts any number of rows, given by their Prisma fields, by one short statement, in a small part
 * of the time that `createMany` takes for its thousands of parameters. A column that no row names
 * keeps its default; one that some rows name is null in the others.
 */
export async function bulkInsert(db: Db, table: Table, rows: readonly object[]): Promise<void> {
  if (rows.length === 0) return
  const columnOf = (key: string) => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
  const records = rows.map((row) =>
    Object.fromEntries(Object.entries(row).map(([key, value]) => [columnOf(key), value])),
  )
  const plain = (_: string, value: unknown) => (typeof value === 'bigint' ? `${value}` : value)
  const names = [...new Set(records.flatMap(Object.keys))].map((column) => `"${column}"`)
  const [into, columns] = [Prisma.raw(table), Prisma.raw(names.join(', '))]
  await db.$executeRaw`
    INSERT INTO ${into} (${columns})
    SELECT ${columns}
    FROM jsonb_populate_recordset(NULL::${into}, ${JSON.stringify(records, plain)}::jsonb)`
}
