import type { Transaction } from '../database/transaction.ts'
import { recordDealChanges } from '../deal-change/service.ts'
import { saveDeals } from '../deal-version/service.ts'
import type { Deal, Prisma } from '../generated/prisma/client.ts'
import { type PlacedContact, type Replacement, replaceContact } from './rules.ts'

/** Who or what leaves its deals, and what takes its place there. */
export interface Reassignment {
  from: string
  to: string
}

const dealsAtOnce = 1_000

/** The deals of an organization, deleted ones too. */
export function dealsOfOrganization(id: string): Prisma.DealWhereInput {
  return { organizationId: id }
}

/** The deals that a contact is on, or where they introduced somebody, deleted ones too. */
export function dealsOfContact(id: string): Prisma.DealWhereInput {
  return { contacts: { some: { OR: [{ contactId: id }, { introducedById: id }] } } }
}

/** The deals that a member owns or is assigned to, deleted ones too. */
export function dealsOfMember(id: string): Prisma.DealWhereInput {
  return { OR: [{ ownerId: id }, { assignees: { some: { memberId: id } } }] }
}

/** Gives all deals of an organization to another one, and says how many. */
export function reassignOrganization(tx: Transaction, { from, to }: Reassignment): Promise<number> {
  return inChunks(tx, dealsOfOrganization(from), async (deals) => {
    const values = { organizationId: to }
    await recordDealChanges(
      tx,
      deals.map((before) => ({ before, values })),
    )
    await saveDeals(tx, deals, values)
    for (const { id: dealId } of deals) {
      tx.emit({ type: 'deal.updated', dealId, payload: { fields: ['organization'] } })
    }
  })
}

/** Gives what a member owns and is assigned to to another one, and says how many deals that is. */
export function reassignMember(tx: Transaction, { from, to }: Reassignment): Promise<number> {
  return inChunks(tx, dealsOfMember(from), async (deals) => {
    const values = { ownerId: to }
    const owned = deals.filter(({ ownerId }) => ownerId === from)
    await recordDealChanges(
      tx,
      owned.map((before) => ({ before, values })),
    )
    await saveDeals(tx, owned, values)
    await saveDeals(
      tx,
      deals.filter(({ ownerId }) => ownerId !== from),
    )
    for (const { id: dealId } of owned) {
      tx.emit({ type: 'deal.updated', dealId, payload: { fields: ['owner'] } })
    }
    await reassignAssignments(tx, deals, { from, to })
  })
}

/** Assigns the other member where the one is assigned, and nobody twice. */
async function reassignAssignments(
  tx: Transaction,
  deals: Deal[],
  { from, to }: Reassignment,
): Promise<void> {
  const { db, tenantId } = tx
  const here = { tenantId, dealId: { in: deals.map(({ id }) => id) } }
  const rows = await db.dealAssignee.findMany({ where: { ...here, memberId: { in: [from, to] } } })
  const dealsOf = (member: string) =>
    rows.filter(({ memberId }) => memberId === member).map(({ dealId }) => dealId)
  const [left, taken] = [dealsOf(from), new Set(dealsOf(to))]
  const entered = left.filter((dealId) => !taken.has(dealId))
  await db.dealAssignee.deleteMany({ where: { ...here, memberId: from } })
  await db.dealAssignee.createMany({
    data: entered.map((dealId) => ({ tenantId, dealId, memberId: to })),
  })
  for (const dealId of left) {
    tx.emit({ type: 'deal.unassigned', dealId, payload: { memberIds: [from] } })
  }
  for (const dealId of entered) {
    tx.emit({ type: 'deal.assigned', dealId, payload: { memberIds: [to] } })
  }
}

/** Puts a contact in the place of another one on all deals, and says on how many. */
export function reassignContact(tx: Transaction, { from, to }: Reassignment): Promise<number> {
  const { db, tenantId } = tx
  return inChunks(tx, dealsOfContact(from), async (deals) => {
    const rows = await db.dealContact.findMany({
      where: {
        tenantId,
        dealId: { in: deals.map(({ id }) => id) },
        OR: [{ contactId: { in: [from, to] } }, { introducedById: from }],
      },
      orderBy: { id: 'asc' },
    })
    const replacement = replaceContact(rows, from, to)
    await writeReplacement(tx, replacement, to)
    await saveDeals(tx, deals)
    for (const { id, dealId, contactId } of replacement.dropped) {
      tx.emit({ type: 'deal.contact_removed', dealId, payload: { dealContactId: id, contactId } })
    }
    for (const { id: dealId } of deals) {
      const dealContactId = replacement.rowOfDeal.get(dealId)?.id ?? null
      tx.emit({ type: 'deal.contact_updated', dealId, payload: { dealContactId } })
    }
  })
}

/** The dropped go first: a deal has one primary contact at any moment. */
async function writeReplacement(
  { db, tenantId, now: updatedAt }: Transaction,
  { dropped, promoted, replaced, introduced, unintroduced }: Replacement,
  to: string,
): Promise<void> {
  const these = (rows: PlacedContact[]) => ({ tenantId, id: { in: rows.map(({ id }) => id) } })
  if (dropped.length > 0) await db.dealContact.deleteMany({ where: these(dropped) })
  const writes = [
    { rows: promoted, data: { isPrimary: true } },
    { rows: replaced, data: { contactId: to } },
    { rows: introduced, data: { introducedById: to } },
    { rows: unintroduced, data: { introducedById: null } },
  ]
  for (const { rows, data } of writes.filter(({ rows }) => rows.length > 0)) {
    await db.dealContact.updateMany({ where: these(rows), data: { ...data, updatedAt } })
  }
}

/**
 * Does the work on the deals by the thousand, and says how many they are: neither statements nor
 * memory grow with the deals of one chunk or of all.
 */
async function inChunks(
  { db, tenantId }: Transaction,
  using: Prisma.DealWhereInput,
  work: (deals: Deal[]) => Promise<void>,
): Promise<number> {
  let count = 0
  let after: string | undefined
  do {
    const behind = after ? { id: { gt: after } } : {}
    const deals = await db.deal.findMany({
      where: { AND: [{ tenantId }, behind, using] },
      orderBy: { id: 'asc' },
      take: dealsAtOnce,
    })
    if (deals.length > 0) await work(deals)
    count += deals.length
    after = deals.length === dealsAtOnce ? deals.at(-1)?.id : undefined
  } while (after)
  return count
}
