import { randomUUID } from 'node:crypto'
import type { Config } from '../config.ts'
import { connectDatabase } from '../database/connect.ts'
import type { Database } from '../database/database.ts'
import { wholeTenant } from '../database/tenant-view.ts'
import { operator, type WriteScope } from '../database/transaction.ts'
import { findTenantBySlug } from '../tenant/service.ts'

/** Opens the configured database for one command and closes it, whatever becomes of the work. */
export type WithDatabase = <T>(
  holder: string,
  work: (database: Database) => Promise<T>,
) => Promise<T>

export function withDatabaseOf(config: () => Config): WithDatabase {
  return async (holder, work) => {
    const connection = await connectDatabase(config().database, holder)
    try {
      return await work(connection.database)
    } finally {
      await connection.close()
    }
  }
}

export async function tenantBySlug(database: Database, slug: string): Promise<string> {
  const tenantId = await findTenantBySlug(database, slug)
  if (!tenantId)
    throw new Error(`There is no tenant ${slug}. Create it: dealgraph tenant create ${slug}`)
  return tenantId
}

/** The scope of a write that an operator makes from the command line. */
export function operatorScope(tenantId: string): WriteScope {
  return { ...wholeTenant(tenantId), actor: operator, now: new Date(), requestId: randomUUID() }
}
