import type { Transaction } from '../database/transaction.ts'
import { newId } from '../ids.ts'
import { takeNumbers } from '../tenant/service.ts'
import { checkName, checkTexts } from '../texts.ts'
import { refuse } from '../user-errors.ts'

export interface CreateOrganization {
  name: string
  domain?: string | null
  email?: string | null
  phone?: string | null
}

export async function createOrganization(
  tx: Transaction,
  input: CreateOrganization,
): Promise<{ organizationId: string }> {
  const errors = [
    ...checkName(input.name, ['input', 'name']),
    ...checkTexts(input, ['domain', 'email', 'phone'], ['input']),
  ]
  if (errors.length > 0) refuse(...errors)
  const id = newId()
  await tx.db.organization.create({
    data: {
      tenantId: tx.tenantId,
      id,
      number: await takeNumbers(tx, 'organization'),
      name: input.name.trim(),
      domain: input.domain ?? null,
      email: input.email ?? null,
      phone: input.phone ?? null,
      createdAt: tx.now,
      updatedAt: tx.now,
    },
  })
  tx.emit({ type: 'organization.created', payload: { organizationId: id } })
  return { organizationId: id }
}
