import type { Database, Db } from '../database/database.ts'
import { wholeTenant } from '../database/tenant-view.ts'
import type { Transaction } from '../database/transaction.ts'
import { newId } from '../ids.ts'
import { refuse } from '../user-errors.ts'
import { mostTold, type NewOperation, otherText } from './rules.ts'

interface Registering {
  client: string
  operations: NewOperation[]
  path: string[]
}

/**
 * Registers a client's operations, each text once however many releases have it, and returns the
 * rows in their order. What a cache may do with an answer is as it was said last, if anything was.
 */
export async function registerOperations(
  tx: Transaction,
  { client, operations, path }: Registering,
): Promise<string[]> {
  const { db, tenantId, now: createdAt } = tx
  const ids = operations.map(({ id }) => id)
  const found = await db.persistedOperation.findMany({
    where: { tenantId, client, operationId: { in: ids } },
    select: { id: true, operationId: true, sha256: true, maxAgeSeconds: true },
  })
  const known = new Map(found.map((row) => [row.operationId, row]))
  const others = operations.flatMap((operation, index) => {
    const row = known.get(operation.id)
    const isOther = row && row.sha256 !== operation.sha256
    return isOther ? [otherText(operation, [...path, `${index}`])] : []
  })
  if (others.length > 0) refuse(...others.slice(0, mostTold))
  const rows = new Map(found.map(({ id, operationId }) => [operationId, id]))
  const fresh = operations.filter(({ id }) => !rows.has(id) && rows.set(id, newId()))
  await db.persistedOperation.createMany({
    data: fresh.map(({ id: operationId, problems: _, maxAgeSeconds = null, ...values }) => ({
      ...{ ...values, maxAgeSeconds, tenantId, client, operationId, createdAt },
      id: rows.get(operationId) as string,
    })),
  })
  for (const { id: operationId, maxAgeSeconds } of operations) {
    const row = known.get(operationId)
    if (!row || maxAgeSeconds === undefined || row.maxAgeSeconds === maxAgeSeconds) continue
    const where = { tenantId_id: { tenantId, id: row.id } }
    await db.persistedOperation.update({ where, data: { maxAgeSeconds } })
  }
  return ids.map((id) => rows.get(id) as string)
}

/** Forgets the operations of a client that no release has any more. */
export async function forgetOperations({ db, tenantId }: Transaction, client: string) {
  await db.persistedOperation.deleteMany({ where: { tenantId, client, releases: { none: {} } } })
}

interface TenantRow {
  id: string
}

const pageSize = 200

/**
 * Every operation that apps of any tenant may send, one tenant after another and some at a time, so
 * that however many there are a process holds few of them.
 */
export async function* activeOperations(database: Database) {
  const tenants = await database.ask<TenantRow>('SELECT tenants_with_active_operations() AS id')
  for (const { id: tenantId } of tenants) {
    let after: string | undefined
    do {
      const page = await database.read(wholeTenant(tenantId), (db) =>
        activePage(db, tenantId, after),
      )
      yield* page
      after = page.length === pageSize ? page.at(-1)?.id : undefined
    } while (after)
  }
}

async function activePage(db: Db, tenantId: string, after?: string) {
  const active = { release: { status: 'ACTIVE' } }
  const rows = await db.persistedOperation.findMany({
    where: { tenantId, releases: { some: active }, ...(after && { id: { gt: after } }) },
    orderBy: { id: 'asc' },
    take: pageSize,
    select: {
      ...{ id: true, client: true, operationId: true, name: true, text: true },
      tenant: { select: { slug: true } },
      releases: { where: active, select: { release: { select: { version: true } } } },
    },
  })
  return rows.map(({ tenant, releases, ...row }) => {
    const versions = releases.map(({ release }) => release.version).sort()
    return { ...row, tenantId, tenantSlug: tenant.slug, versions }
  })
}
