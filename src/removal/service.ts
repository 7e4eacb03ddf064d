import { revokeKeysOfMember } from '../api-key/service.ts'
import type { Transaction } from '../database/transaction.ts'
import { refuseInUse, refuseUnseenUse } from '../deal-use/service.ts'
import type { Prisma } from '../generated/prisma/client.ts'
import {
  dealsOfContact,
  dealsOfMember,
  dealsOfOrganization,
  type Reassignment,
  reassignContact,
  reassignMember,
  reassignOrganization,
} from '../reassignment/service.ts'
import { invalid, notFound, refuse } from '../user-errors.ts'

export interface Removal {
  id: string
  /** What takes its place where deals need it. */
  reassignTo: string | null
}

interface Leaving extends Removal {
  what: string
  argument: string
  find: (id: string) => Promise<object | null>
  deals: (id: string) => Prisma.DealWhereInput
  reassign: (tx: Transaction, reassignment: Reassignment) => Promise<number>
}

/** Deletes an organization; its contacts go with its deals, or lose it where nothing takes over. */
export async function deleteOrganization(tx: Transaction, { id, reassignTo }: Removal) {
  const { db, tenantId, now } = tx
  const reassignedCount = await leaveDeals(tx, {
    ...{ what: 'organization', argument: 'organizationId', id, reassignTo },
    find: (wanted) => db.organization.findFirst({ where: { tenantId, id: wanted } }),
    deals: dealsOfOrganization,
    reassign: reassignOrganization,
  })
  const contacts = await db.contact.updateManyAndReturn({
    where: { tenantId, organizationId: id },
    data: { organizationId: reassignTo, updatedAt: now },
    select: { id: true },
  })
  for (const { id: contactId } of contacts) {
    tx.emit({ type: 'contact.updated', payload: { contactId, fields: ['organization'] } })
  }
  await db.organization.delete({ where: { tenantId_id: { tenantId, id } } })
  tx.emit({
    type: 'organization.deleted',
    payload: { organizationId: id, reassignedTo: reassignTo },
  })
  return { organizationId: id, reassignedCount }
}

/** Deletes a contact; on deals, and as who introduced others, only another one can replace them. */
export async function deleteContact(tx: Transaction, { id, reassignTo }: Removal) {
  const { db, tenantId } = tx
  const reassignedCount = await leaveDeals(tx, {
    ...{ what: 'contact', argument: 'contactId', id, reassignTo },
    find: (wanted) => db.contact.findFirst({ where: { tenantId, id: wanted } }),
    deals: dealsOfContact,
    reassign: reassignContact,
  })
  await db.contact.delete({ where: { tenantId_id: { tenantId, id } } })
  tx.emit({ type: 'contact.deleted', payload: { contactId: id, reassignedTo: reassignTo } })
  return { contactId: id, reassignedCount }
}

/** Marks a member as deleted, for history to go on naming them, and revokes their keys for good. */
export async function deleteMember(tx: Transaction, { id, reassignTo }: Removal) {
  const { db, tenantId, now } = tx
  const find = (wanted: string) =>
    db.member.findFirst({ where: { tenantId, id: wanted, deletedAt: null } })
  if (tx.actor.memberId === id) {
    const message = 'Nobody deletes themselves: another administrator can.'
    refuse(invalid(message, ['input', 'memberId']))
  }
  const reassignedCount = await leaveDeals(tx, {
    ...{ what: 'member', argument: 'memberId', id, reassignTo },
    find,
    deals: dealsOfMember,
    reassign: reassignMember,
  })
  await revokeKeysOfMember(tx, id)
  const active = { tenantId, id, deactivatedAt: null }
  await db.member.updateMany({ where: active, data: { deactivatedAt: now } })
  await db.member.update({
    where: { tenantId_id: { tenantId, id } },
    data: { deletedAt: now, externalId: null },
  })
  tx.emit({ type: 'member.deleted', payload: { memberId: id, reassignedTo: reassignTo } })
  return { memberId: id, reassignedCount }
}

/** Gives the deals to what takes over; without that, refuses while there are any. */
async function leaveDeals(tx: Transaction, leaving: Leaving): Promise<number> {
  const { what, argument, find, deals, reassign, id, reassignTo } = leaving
  const path = ['input', 'reassignTo']
  if (!(await find(id))) refuse(notFound(what, ['input', argument]))
  await refuseUnseenUse(tx, { id, what, path: ['input', argument] })
  if (!reassignTo) {
    const needs = (count: number) => (count === 1 ? '1 deal needs' : `${count} deals need`)
    const message = (count: number) =>
      `${needs(count)} this ${what}: name in \`reassignTo\` what takes its place, or change them.`
    await refuseInUse(tx, { deals: deals(id), message, path })
    return 0
  }
  if (reassignTo === id) refuse(invalid(`Name another ${what} than the one that goes.`, path))
  if (!(await find(reassignTo))) refuse(notFound(what, path))
  return reassign(tx, { from: id, to: reassignTo })
}
