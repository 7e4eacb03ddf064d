import { changedValues } from '../changes.ts'
import type { Database } from '../database/database.ts'
import { wholeTenant } from '../database/tenant-view.ts'
import type { Transaction } from '../database/transaction.ts'
import type { Prisma } from '../generated/prisma/client.ts'
import { newId } from '../ids.ts'
import { refuse } from '../user-errors.ts'
import { accessSettings, checkTenantChange, type TenantChange } from './rules.ts'

export type NumberedNoun =
  | 'deal'
  | 'pipeline'
  | 'stage'
  | 'organization'
  | 'contact'
  | 'member'
  | 'tag'

export interface NewTenant {
  slug: string
  name: string
  defaultCurrency: string
  timeZone: string
  now: Date
}

/**
 * Creates a tenant at revision 0 and returns its id. The caller has checked the values against
 * rules.ts.
 */
export async function createTenant(database: Database, tenant: NewTenant): Promise<string> {
  const { now, ...values } = tenant
  const id = newId()
  await database.write(wholeTenant(id), async (db) => {
    await db.tenant.create({ data: { ...values, id, createdAt: now } })
    await db.tenantRevision.create({ data: { tenantId: id, revision: 0 } })
  })
  return id
}

export interface ChangedTenant {
  tenantId: string
}

/** Writes the settings that differ from the tenant's. */
export async function updateTenant(tx: Transaction, change: TenantChange): Promise<ChangedTenant> {
  const { db, tenantId } = tx
  const errors = checkTenantChange(change, ['input'])
  if (errors.length > 0) refuse(...errors)
  const tenant = await db.tenant.findUniqueOrThrow({ where: { id: tenantId } })
  const values = { ...change, ...(change.name != null && { name: change.name.trim() }) }
  const changed = changedValues(tenant, values)
  const fields = Object.keys(changed)
  if (fields.length === 0) return { tenantId }
  const data = changed as Prisma.TenantUncheckedUpdateInput
  await db.tenant.update({ where: { id: tenantId }, data })
  tx.emit({ type: 'tenant.updated', payload: { fields } })
  for (const setting of accessSettings.filter((name) => fields.includes(name))) {
    const details = { setting, from: tenant[setting], to: changed[setting] ?? null }
    tx.audit({ type: 'TENANT_ACCESS_CHANGED', details })
  }
  return { tenantId }
}

/** The id of the tenant with exactly this slug. */
export async function findTenantBySlug(database: Database, slug: string): Promise<string | null> {
  const [row] = await database.ask<{ id: string | null }>('SELECT tenant_id_of_slug($1) AS id', [
    slug,
  ])
  return row?.id ?? null
}

/**
 * Takes the next `count` numbers of a noun and returns the first of them. Numbers start at 1 and
 * are never given twice, even when what they were given to is gone.
 */
export async function takeNumbers(
  { db, tenantId }: Pick<Transaction, 'db' | 'tenantId'>,
  noun: NumberedNoun,
  count = 1,
): Promise<number> {
  const { lastNumber } = await db.tenantCounter.upsert({
    where: { tenantId_noun: { tenantId, noun } },
    create: { tenantId, noun, lastNumber: count },
    update: { lastNumber: { increment: count } },
    select: { lastNumber: true },
  })
  return lastNumber - count + 1
}
