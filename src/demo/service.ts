import { createApiKey } from '../api-key/service.ts'
import { bulkInsert, type Table } from '../database/bulk-insert.ts'
import type { Database } from '../database/database.ts'
import { wholeTenant } from '../database/tenant-view.ts'
import { operator, type Transaction, writeTransaction } from '../database/transaction.ts'
import {
  createTenant,
  findTenantBySlug,
  type NumberedNoun,
  takeNumbers,
} from '../tenant/service.ts'
import { foundedOn, startOfDay } from './company.ts'
import { type DemoRows, demoRows } from './rules.ts'
import { tenant } from './words.ts'

/**
 * Changing it changes every name, number and id of the demo data, also those in the README and in
 * GraphiQL.
 */
export const demoSeed = 346

/**
 * Writes the demo tenant and returns the secret of its key "Demo", which may do everything an
 * administrator may. The data is the same on every installation but for its dates, which end before
 * the UTC day of `now`. A tenant `demo` that has anything in it is refused; one that is empty,
 * because its seeding was cut short, is filled.
 */
export async function seedDemo(
  database: Database,
  { now }: { now: Date },
): Promise<{ tenantId: string; secret: string }> {
  const found = await findTenantBySlug(database, tenant.slug)
  const day = startOfDay(now)
  const tenantId = found ?? (await createTenant(database, { ...tenant, now: foundedOn(day) }))
  const rows = demoRows(demoSeed, day)
  const secret = await writeTransaction(
    database,
    { ...wholeTenant(tenantId), actor: operator, now, requestId: 'demo' },
    async (tx) => {
      if (tx.revision > 1n) throw new Error(`There is a tenant "${tenant.slug}" with data already.`)
      await writeRows(tx, rows)
      emitHistory(tx, rows)
      for (const { id: memberId, role } of rows.members) {
        tx.audit({ type: 'MEMBER_CREATED', memberId, details: { role, externalId: null } })
      }
      const memberId = rows.members.find(({ role }) => role === 'ADMIN')?.id ?? null
      return (await createApiKey(tx, { name: 'Demo', role: 'ADMIN', memberId })).secret
    },
  )
  return { tenantId, secret }
}

async function writeRows(tx: Transaction, rows: DemoRows): Promise<void> {
  await insert(tx, 'member', await numbered(tx, 'member', rows.members))
  await insert(tx, 'pipeline', await numbered(tx, 'pipeline', rows.pipelines))
  await insert(tx, 'stage', await numbered(tx, 'stage', rows.stages))
  await insert(tx, 'tag', await numbered(tx, 'tag', rows.tags))
  await insert(tx, 'organization', await numbered(tx, 'organization', rows.organizations))
  await insert(tx, 'contact', await numbered(tx, 'contact', rows.contacts))
  await insert(tx, 'source', rows.sources)
  await insert(tx, 'close_reason', rows.closeReasons)
  await insert(tx, 'custom_field_definition', rows.customFields)
  await insert(tx, 'deal', await numbered(tx, 'deal', rows.deals))
  await insert(tx, 'deal_contact', rows.dealContacts)
  await insert(tx, 'deal_tag', rows.dealTags)
  await insert(tx, 'deal_assignee', rows.dealAssignees)
  await insert(tx, 'stage_change', rows.stageChanges)
}

async function numbered(tx: Transaction, noun: NumberedNoun, rows: object[]): Promise<object[]> {
  const first = await takeNumbers(tx, noun, rows.length)
  return rows.map((row, index) => ({ ...row, number: first + index }))
}

/** The rows of a table, each of them of the tenant. */
function insert({ db, tenantId }: Transaction, table: Table, rows: object[]): Promise<void> {
  return bulkInsert(
    db,
    table,
    rows.map((row) => ({ ...row, tenantId })),
  )
}

/** The outbox tells the history of all deals in the order in which it happened. */
function emitHistory(tx: Transaction, { stageChanges }: DemoRows): void {
  const inOrder = stageChanges.toSorted((a, b) => a.occurredAt.getTime() - b.occurredAt.getTime())
  for (const { id: stageChangeId, dealId, fromStageId, toStageId, occurredAt } of inOrder) {
    if (fromStageId === null) {
      tx.emit({ type: 'deal.created', dealId, payload: { stageId: toStageId }, occurredAt })
    } else {
      const payload = { stageChangeId, fromStageId, toStageId }
      tx.emit({ type: 'deal.moved', dealId, payload, occurredAt })
    }
  }
}
