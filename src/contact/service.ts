import type { Transaction } from '../database/transaction.ts'
import { newId } from '../ids.ts'
import { takeNumbers } from '../tenant/service.ts'
import { checkName, checkTexts } from '../texts.ts'
import { notFound, refuse } from '../user-errors.ts'

export interface CreateContact {
  name: string
  email?: string | null
  phone?: string | null
  jobTitle?: string | null
  organizationId?: string | null
}

export async function createContact(
  tx: Transaction,
  input: CreateContact,
): Promise<{ contactId: string }> {
  const { db, tenantId, now } = tx
  const { organizationId = null } = input
  const errors = [
    ...checkName(input.name, ['input', 'name']),
    ...checkTexts(input, ['email', 'phone', 'jobTitle'], ['input']),
  ]
  if (
    organizationId &&
    !(await db.organization.findFirst({ where: { tenantId, id: organizationId } }))
  ) {
    errors.push(notFound('organization', ['input', 'organizationId']))
  }
  if (errors.length > 0) refuse(...errors)
  const id = newId()
  await db.contact.create({
    data: {
      tenantId,
      id,
      number: await takeNumbers(tx, 'contact'),
      name: input.name.trim(),
      email: input.email ?? null,
      phone: input.phone ?? null,
      jobTitle: input.jobTitle ?? null,
      organizationId,
      createdAt: now,
      updatedAt: now,
    },
  })
  tx.emit({ type: 'contact.created', payload: { contactId: id } })
  return { contactId: id }
}
