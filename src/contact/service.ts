import { changedValues } from '../changes.ts'
import type { Transaction } from '../database/transaction.ts'
import type { Prisma } from '../generated/prisma/client.ts'
import { newId } from '../ids.ts'
import { takeNumbers } from '../tenant/service.ts'
import { trimTexts } from '../texts.ts'
import { notFound, refuse } from '../user-errors.ts'
import { type ContactValues, checkContact } from './rules.ts'

const mostDuplicates = 10

export interface ContactInput extends ContactValues {
  organizationId?: string | null
}

export interface CreateContact extends ContactInput {
  name: string
}

export interface UpdateContact extends ContactInput {
  contactId: string
}

export async function createContact(
  tx: Transaction,
  input: CreateContact,
): Promise<{ contactId: string }> {
  const values = await checked(tx, input)
  const id = newId()
  await tx.db.contact.create({
    data: {
      ...values,
      name: input.name.trim(),
      tenantId: tx.tenantId,
      id,
      number: await takeNumbers(tx, 'contact'),
      createdAt: tx.now,
      updatedAt: tx.now,
    },
  })
  tx.emit({ type: 'contact.created', payload: { contactId: id } })
  return { contactId: id }
}

/** Writes the values that differ from the contact's; when none does nothing changes. */
export async function updateContact(
  tx: Transaction,
  { contactId: id, ...input }: UpdateContact,
): Promise<{ contactId: string }> {
  const { db, tenantId, now } = tx
  const where = { tenantId_id: { tenantId, id } }
  const contact = await db.contact.findUnique({ where })
  if (!contact) return refuse(notFound('contact', ['input', 'contactId']))
  const changed = changedValues(contact, await checked(tx, input))
  if (Object.keys(changed).length === 0) return { contactId: id }
  await db.contact.update({ where, data: { ...changed, updatedAt: now } })
  const nameOf = (column: string) => (column === 'organizationId' ? 'organization' : column)
  const fields = Object.keys(changed).map(nameOf)
  tx.emit({ type: 'contact.updated', payload: { contactId: id, fields } })
  return { contactId: id }
}

/** How to find the others with the same email, in any case; null without one. */
export async function duplicatesOf(
  { db, tenantId }: Pick<Transaction, 'db' | 'tenantId'>,
  id: string,
): Promise<Prisma.ContactFindManyArgs | null> {
  const find = { where: { tenantId_id: { tenantId, id } }, select: { emailKey: true } }
  const { emailKey } = (await db.contact.findUnique(find)) ?? {}
  if (!emailKey) return null
  const others = { tenantId, id: { not: id }, emailKey }
  return { where: others, orderBy: [{ createdAt: 'asc' }, { id: 'asc' }], take: mostDuplicates }
}

async function checked({ db, tenantId }: Transaction, input: ContactInput) {
  const { name, organizationId } = input
  const texts = trimTexts(input, ['email', 'phone', 'jobTitle'])
  const errors = checkContact({ ...texts, ...(name !== undefined && { name }) }, ['input'])
  const find = { where: { tenantId, id: organizationId ?? '' }, select: { id: true } }
  if (organizationId && !(await db.organization.findFirst(find))) {
    errors.push(notFound('organization', ['input', 'organizationId']))
  }
  if (errors.length > 0) refuse(...errors)
  return {
    ...texts,
    ...(name != null && { name: name.trim() }),
    ...(organizationId !== undefined && { organizationId }),
  }
}
