import { LRUCache } from 'lru-cache'
import type { Database } from '../database/database.ts'
import { wholeTenant } from '../database/tenant-pool.ts'
import type { Client } from './client.ts'

/** How many operations and releases a process remembers to have recorded within the last minute. */
const remembered = 50_000

export interface Use {
  tenantId: string
  /** The row of the operation. */
  operationId: string
  client: Client
}

/**
 * Records when a registered operation was last sent, and which releases still do so, beside the
 * requests and at most once a minute for each. A row that somebody holds is left alone: it is being
 * recorded, or retired.
 */
export function createRecordUse(database: Database): (use: Use) => void {
  const recorded = new LRUCache<string, true>({ max: remembered, ttl: 60_000 })
  const isDue = (...parts: (string | null)[]) => {
    const key = JSON.stringify(parts)
    if (recorded.has(key)) return false
    recorded.set(key, true)
    return true
  }
  return ({ tenantId, operationId, client: { name, version } }) => {
    const view = wholeTenant(tenantId)
    if (isDue(tenantId, operationId)) {
      database.beside(
        view,
        (db) => db.$executeRaw`
          UPDATE persisted_operation SET last_used_at = now()
          WHERE (tenant_id, id) = (
            SELECT tenant_id, id FROM persisted_operation
            WHERE tenant_id = ${tenantId}::uuid AND id = ${operationId}::uuid
              AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')
            FOR NO KEY UPDATE SKIP LOCKED)`,
      )
    }
    if (name && version && isDue(tenantId, name, version)) {
      database.beside(
        view,
        (db) => db.$executeRaw`
          UPDATE client_release SET last_used_at = now()
          WHERE (tenant_id, id) = (
            SELECT tenant_id, id FROM client_release
            WHERE tenant_id = ${tenantId}::uuid AND client = ${name} AND version = ${version}
              AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')
            FOR NO KEY UPDATE SKIP LOCKED)`,
      )
    }
  }
}
