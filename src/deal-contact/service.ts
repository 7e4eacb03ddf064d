import { changedValues } from '../changes.ts'
import type { Transaction } from '../database/transaction.ts'
import { dealToChange, saveDeal, type Versioned } from '../deal-version/service.ts'
import type { Prisma } from '../generated/prisma/client.ts'
import { newId } from '../ids.ts'
import { checkTexts } from '../texts.ts'
import { invalid, notFound, refuse } from '../user-errors.ts'

/** What can be written of a contact on a deal. A value that is left out stays; null clears. */
export interface DealContactInput {
  role?: string | null
  isPrimary?: boolean | null
  introducedById?: string | null
  metadata?: Prisma.InputJsonValue
}

export interface AddDealContact extends Versioned, DealContactInput {
  contactId: string
  /** Where in the input the contact is. */
  path?: string[]
}

export interface ChangedDealContact {
  dealId: string
  dealContactId: string
}

/** Puts a contact on a deal. The first one is primary unless the input says otherwise. */
export async function addDealContact(
  tx: Transaction,
  { contactId, isPrimary, path = ['input', 'contactId'], ...input }: AddDealContact,
): Promise<ChangedDealContact> {
  const { db, tenantId, now } = tx
  const { dealId, expectedVersion, ...values } = input
  await dealToChange(tx, input)
  checkRole(values)
  await requireContact(tx, contactId, path)
  await requireIntroducer(tx, values, contactId)
  const others = await db.dealContact.findMany({
    where: { tenantId, dealId },
    select: { contactId: true },
  })
  if (others.some((other) => other.contactId === contactId)) {
    refuse({
      code: 'CONTACT_ALREADY_ADDED',
      message: 'The contact is on the deal already.',
      path,
    })
  }
  const id = newId()
  const times = { createdAt: now, updatedAt: now }
  await db.dealContact.create({
    data: { ...values, tenantId, id, dealId, contactId, isPrimary: false, ...times },
  })
  if (isPrimary ?? others.length === 0) await makePrimary(tx, dealId, id)
  await saveDeal(tx, { dealId, expectedVersion }, {})
  tx.emit({ type: 'deal.contact_added', dealId, payload: { dealContactId: id, contactId } })
  return { dealId, dealContactId: id }
}

/** Writes the values that differ from the contact's on the deal; when none does nothing changes. */
export async function updateDealContact(
  tx: Transaction,
  input: Versioned & DealContactInput & { dealContactId: string },
): Promise<ChangedDealContact> {
  const { db, tenantId, now } = tx
  const { dealId, expectedVersion, dealContactId: id, isPrimary, ...values } = input
  await dealToChange(tx, input)
  checkRole(values)
  const current = await contactOfDeal(tx, dealId, id)
  await requireIntroducer(tx, values, current.contactId)
  const primary = isPrimary ?? current.isPrimary
  const changed = changedValues(current, values)
  const isChanged = Object.keys(changed).length > 0 || primary !== current.isPrimary
  if (!isChanged) return { dealId, dealContactId: id }
  const row = { ...changed, ...(!primary && { isPrimary: false }) }
  await db.dealContact.update({
    where: { tenantId_id: { tenantId, id } },
    data: { ...row, updatedAt: now },
  })
  if (primary && !current.isPrimary) await makePrimary(tx, dealId, id)
  await saveDeal(tx, { dealId, expectedVersion }, {})
  tx.emit({ type: 'deal.contact_updated', dealId, payload: { dealContactId: id } })
  return { dealId, dealContactId: id }
}

/**
 * Makes a contact the primary one, who is put on the deal where they are not on it yet. With null
 * none is primary, and who was stays on the deal.
 */
export async function setPrimaryContact(
  tx: Transaction,
  { contactId, path, ...versioned }: Versioned & { contactId: string | null; path: string[] },
): Promise<void> {
  const { db, tenantId } = tx
  const { dealId } = versioned
  const wanted = contactId === null ? { isPrimary: true } : { contactId }
  const present = await db.dealContact.findFirst({ where: { tenantId, dealId, ...wanted } })
  if (present) {
    const change = { ...versioned, dealContactId: present.id, isPrimary: contactId !== null }
    await updateDealContact(tx, change)
  } else if (contactId !== null) {
    await addDealContact(tx, { ...versioned, contactId, path, isPrimary: true })
  }
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

/**
 * Makes one contact primary and releases the one before, in a single statement. The index that
 * allows one primary contact looks at each row as it is written: the count makes sure that the
 * release is done by then.
 */
async function makePrimary(
  { db, tenantId, now }: Transaction,
  dealId: string,
  id: string,
): Promise<void> {
  await db.$executeRaw`
    WITH released AS (
      UPDATE deal_contact SET is_primary = false, updated_at = ${now}
      WHERE tenant_id = ${tenantId}::uuid AND deal_id = ${dealId}::uuid AND is_primary
      RETURNING id
    )
    UPDATE deal_contact SET is_primary = true, updated_at = ${now}
    FROM (SELECT count(*) FROM released) AS others
    WHERE tenant_id = ${tenantId}::uuid AND id = ${id}::uuid`
}

async function requireIntroducer(
  tx: Transaction,
  { introducedById }: DealContactInput,
  contactId: string,
): Promise<void> {
  const path = ['input', 'introducedById']
  await requireContact(tx, introducedById, path)
  if (introducedById === contactId) refuse(invalid('Nobody introduces themselves.', path))
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
