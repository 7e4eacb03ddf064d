import { bulkInsert } from '../database/bulk-insert.ts'
import type { Transaction } from '../database/transaction.ts'
import type { Deal, Prisma } from '../generated/prisma/client.ts'
import { newId } from '../ids.ts'
import { type AuditedColumn, auditedFields, type FieldChange, fieldChanges } from './rules.ts'

export interface ChangedDeal {
  before: Pick<Deal, AuditedColumn | 'id'>
  values: Parameters<typeof fieldChanges>[1]
}

/** Adds to the audit what the writes change of the audited fields, with the names of that moment. */
export async function recordDealChanges(tx: Transaction, deals: ChangedDeal[]): Promise<void> {
  const changes = deals.flatMap(({ before, values }) =>
    fieldChanges(before, values).map((change) => ({ ...change, dealId: before.id })),
  )
  if (changes.length === 0) return
  const nameOf = await namesOf(tx, changes)
  await bulkInsert(
    tx.db,
    'deal_change',
    changes.map((change) => toRow(tx, change, nameOf)),
  )
}

type NameOf = (id: string | null) => string | null

function toRow(
  { tenantId, actor, requestId, now }: Transaction,
  { dealId, column, from, to }: FieldChange & { dealId: string },
  nameOf: NameOf,
): Prisma.DealChangeCreateManyInput {
  const named = column === 'ownerId' || column === 'organizationId'
  return {
    tenantId,
    id: newId(),
    dealId,
    field: auditedFields[column],
    fromValue: named ? nameOf(from) : from,
    toValue: named ? nameOf(to) : to,
    fromId: named ? from : null,
    toId: named ? to : null,
    actorKind: actor.kind,
    actorMemberId: actor.memberId,
    actorApiKeyId: actor.apiKeyId,
    requestId,
    occurredAt: now,
  }
}

async function namesOf({ db, tenantId }: Transaction, changes: FieldChange[]): Promise<NameOf> {
  const idsOf = (wanted: string) =>
    changes.flatMap(({ column, from, to }) => (column === wanted ? [from, to] : []))
  const find = (ids: (string | null)[]) => ({
    where: { tenantId, id: { in: ids.filter((id) => id !== null) } },
    select: { id: true, name: true },
  })
  const [owners, organizations] = [idsOf('ownerId'), idsOf('organizationId')]
  const found = [
    ...(owners.length > 0 ? await db.member.findMany(find(owners)) : []),
    ...(organizations.length > 0 ? await db.organization.findMany(find(organizations)) : []),
  ]
  const names = new Map(found.map(({ id, name }) => [id, name]))
  return (id) => names.get(id ?? '') ?? null
}
