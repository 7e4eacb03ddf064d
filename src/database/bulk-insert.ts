import { Prisma } from '../generated/prisma/client.ts'
import type { Db } from './database.ts'

interface Rows {
  deal: Prisma.DealCreateManyInput
  stage_change: Prisma.StageChangeCreateManyInput
}

/**
 * Inserts any number of rows by one short statement, in a small part of the time that `createMany` takes for its thousands
 * of parameters. A column that no row names keeps its default; one that some rows name is null in the others.
 */
export async function bulkInsert<Table extends keyof Rows>(
  db: Db,
  table: Table,
  rows: Rows[Table][],
): Promise<void> {
  if (rows.length === 0) return
  const columnOf = (key: string) => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
  const records = rows.map((row) =>
    Object.fromEntries(Object.entries(row).map(([key, value]) => [columnOf(key), value])),
  )
  const columns = [...new Set(records.flatMap(Object.keys))]
    .map((column) => `"${column}"`)
    .join(', ')
  await db.$executeRaw`
    INSERT INTO ${Prisma.raw(table)} (${Prisma.raw(columns)})
    SELECT ${Prisma.raw(columns)}
    FROM jsonb_populate_recordset(NULL::${Prisma.raw(table)}, ${JSON.stringify(records)}::jsonb)`
}
