import { LRUCache } from 'lru-cache'
import { Prisma } from '../generated/prisma/client.ts'
import type { Database } from './database.ts'
import { wholeTenant } from './tenant-view.ts'

/** How many things a process remembers to have recorded within the last minute. */
const remembered = 50_000

export interface LastUse {
  tenantId: string
  table: 'api_key' | 'persisted_operation' | 'client_release'
  /** What the process remembers it by, within its table and tenant. */
  key: string
  /** The condition on its row; made only where it is recorded. */
  row: () => Prisma.Sql
}

/**
 * Records when something was last used, beside the request and at most once a minute, whatever the
 * number of processes. A row that somebody holds is left alone: another process is recording it, or
 * it is being revoked or retired.
 */
export function createRecordUse(database: Database): (use: LastUse) => void {
  // By sizes of one: by `max` there would be memory for all of them from the start.
  const recorded = new LRUCache<string, true>({
    maxSize: remembered,
    sizeCalculation: () => 1,
    ttl: 60_000,
  })
  return ({ tenantId, table: name, key: own, row }) => {
    const key = `${name} ${tenantId} ${own}`
    if (recorded.has(key)) return
    recorded.set(key, true)
    const table = Prisma.raw(name)
    database.beside(
      wholeTenant(tenantId),
      (db) => db.$executeRaw`
        UPDATE ${table} SET last_used_at = now()
        WHERE (tenant_id, id) = (
          SELECT tenant_id, id FROM ${table}
          WHERE tenant_id = ${tenantId}::uuid AND ${row()}
            AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')
          FOR NO KEY UPDATE SKIP LOCKED)`,
    )
  }
}
