import { isDeepStrictEqual } from 'node:util'
import type { Transaction } from '../database/transaction.ts'
import { dealToChange, saveDeal, type Versioned } from '../deal-version/service.ts'
import type { Prisma } from '../generated/prisma/client.ts'
import { newId } from '../ids.ts'
import { checkTexts } from '../texts.ts'
import { notFound, refuse } from '../user-errors.ts'

/** What can be written of a contact on a deal. A value that is left out stays; null clears. */
export interface DealContactInput {
  role?: string | null
  isPrimary?: boolean | null
  introducedById?: string | null
  metadata?: Prisma.InputJsonValue
}

export interface ChangedDealContact {
  dealId: string
  dealContactId: string
}

/** Puts a contact on a deal. The first one is primary unless the input says otherwise. */
export async function addDealContact(
  tx: Transaction,
  { contactId, isPrimary, ...input }: Versioned & DealContactInput & { contactId: string },
): Promise<ChangedDealContact> {
  const { db, tenantId, now } = tx
  const { dealId, expectedVersion, ...values } = input
  await dealToChange(tx, input)
  checkRole(values)
  await requireContact(tx, contactId, ['input', 'contactId'])
  await requireContact(tx, values.introducedById, ['input', 'introducedById'])
  const others = await db.dealContact.findMany({
    where: { tenantId, dealId },
    select: { contactId: true },
  })
  if (others.some((other) => other.contactId === contactId)) {
    refuse({
      code: 'CONTACT_ALREADY_ADDED',
      message: 'The contact is on the deal already.',
      path: ['input', 'contactId'],
    })
  }
  const primary = isPrimary ?? others.length === 0
  if (primary) await releasePrimary(tx, dealId)
  const id = newId()
  const times = { createdAt: now, updatedAt: now }
  await db.dealContact.create({
    data: { ...values, tenantId, id, dealId, contactId, isPrimary: primary, ...times },
  })
  await saveDeal(tx, { dealId, expectedVersion }, {})
  tx.emit({ type: 'deal.contact_added', dealId, payload: { dealContactId: id, contactId } })
  return { dealId, dealContactId: id }
}

export async function updateDealContact(
  tx: Transaction,
  input: Versioned & DealContactInput & { dealContactId: string },
): Promise<ChangedDealContact> {
  const { db, tenantId, now } = tx
  const { dealId, expectedVersion, dealContactId: id, isPrimary, ...values } = input
  await dealToChange(tx, input)
  checkRole(values)
  const current = await contactOfDeal(tx, dealId, id)
  await requireContact(tx, values.introducedById, ['input', 'introducedById'])
  const given = Object.entries({ ...values, ...(isPrimary != null && { isPrimary }) })
  const data = Object.fromEntries(
    given.filter(([key, value]) => !isDeepStrictEqual(value, current[key as keyof typeof current])),
  )
  if (Object.keys(data).length === 0) return { dealId, dealContactId: id }
  if (data.isPrimary) await releasePrimary(tx, dealId)
  await db.dealContact.update({
    where: { tenantId_id: { tenantId, id } },
    data: { ...data, updatedAt: now },
  })
  await saveDeal(tx, { dealId, expectedVersion }, {})
  tx.emit({ type: 'deal.contact_updated', dealId, payload: { dealContactId: id } })
  return { dealId, dealContactId: id }
}

/**
 * Takes a contact off a deal. When it was the primary one the deal has none until another is made
 * primary.
 */
export async function removeDealContact(
  tx: Transaction,
  { dealId, expectedVersion, dealContactId: id }: Versioned & { dealContactId: string },
): Promise<ChangedDealContact> {
  const { db, tenantId } = tx
  await dealToChange(tx, { dealId, expectedVersion })
  const { contactId } = await contactOfDeal(tx, dealId, id)
  await db.dealContact.delete({ where: { tenantId_id: { tenantId, id } } })
  await saveDeal(tx, { dealId, expectedVersion }, {})
  tx.emit({ type: 'deal.contact_removed', dealId, payload: { dealContactId: id, contactId } })
  return { dealId, dealContactId: id }
}

function checkRole(input: DealContactInput): void {
  const errors = checkTexts(input, ['role'], ['input'])
  if (errors.length > 0) refuse(...errors)
}

async function contactOfDeal({ db, tenantId }: Transaction, dealId: string, id: string) {
  const found = await db.dealContact.findFirst({ where: { tenantId, dealId, id } })
  return found ?? refuse(notFound('contact on this deal', ['input', 'dealContactId']))
}

async function releasePrimary({ db, tenantId, now }: Transaction, dealId: string): Promise<void> {
  await db.dealContact.updateMany({
    where: { tenantId, dealId, isPrimary: true },
    data: { isPrimary: false, updatedAt: now },
  })
}

async function requireContact(
  { db, tenantId }: Transaction,
  id: string | null | undefined,
  path: string[],
) {
  if (id && !(await db.contact.findFirst({ where: { tenantId, id }, select: { id: true } }))) {
    refuse(notFound('contact', path))
  }
}
