import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createApiKey } from '../api-key/service.ts'
import { authenticateApiKey } from '../auth/api-key.ts'
import type { Database } from '../database/database.ts'
import { wholeTenant } from '../database/tenant-view.ts'
import { writeTransaction } from '../database/transaction.ts'
import { seedDemo } from '../demo/service.ts'
import { findTenantBySlug } from '../tenant/service.ts'
import { operatorScope } from './with-database.ts'

/**
 * A key for the demo tenant of the embedded database, which is seeded when it is missing. The key
 * is kept beside the database, so that a restart prints the same one; no other database has its
 * keys in a file.
 */
export async function demoKey(database: Database, dataDir: string): Promise<string> {
  const file = join(dataDir, 'demo-key')
  const kept = await readFile(file, 'utf8').catch(() => '')
  if (kept && (await authenticateApiKey(database, kept.trim()))) return kept.trim()
  const secret = await newDemoKey(database)
  await writeFile(file, `${secret}\n`, { mode: 0o600 })
  return secret
}

async function newDemoKey(database: Database): Promise<string> {
  const tenantId = await findTenantBySlug(database, 'demo')
  if (!tenantId || (await isEmpty(database, tenantId))) {
    return (await seedDemo(database, { now: new Date() })).secret
  }
  const { secret } = await writeTransaction(database, operatorScope(tenantId), async (tx) => {
    const admin = await tx.db.member.findFirst({
      where: { tenantId, role: 'ADMIN', deactivatedAt: null },
    })
    return createApiKey(tx, { name: 'Demo', role: 'ADMIN', memberId: admin?.id ?? null })
  })
  return secret
}

/** Whether a first start was cut short between the tenant and its data. */
async function isEmpty(database: Database, tenantId: string): Promise<boolean> {
  const { revision } = await database.read(wholeTenant(tenantId), (db) =>
    db.tenantRevision.findUniqueOrThrow({ where: { tenantId } }),
  )
  return revision === 0n
}
