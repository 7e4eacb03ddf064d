import { changedValues } from '../changes.ts'
import type { Transaction } from '../database/transaction.ts'
import type { Prisma } from '../generated/prisma/client.ts'
import { newId } from '../ids.ts'
import { takeNumbers } from '../tenant/service.ts'
import { trimTexts } from '../texts.ts'
import { notFound, refuse } from '../user-errors.ts'
import { checkOrganization, type OrganizationValues } from './rules.ts'

const mostDuplicates = 10

export interface CreateOrganization extends OrganizationValues {
  name: string
}

export interface UpdateOrganization extends OrganizationValues {
  organizationId: string
}

export async function createOrganization(
  tx: Transaction,
  input: CreateOrganization,
): Promise<{ organizationId: string }> {
  const values = checked(input)
  const id = newId()
  await tx.db.organization.create({
    data: {
      ...values,
      name: input.name.trim(),
      tenantId: tx.tenantId,
      id,
      number: await takeNumbers(tx, 'organization'),
      createdAt: tx.now,
      updatedAt: tx.now,
    },
  })
  tx.emit({ type: 'organization.created', payload: { organizationId: id } })
  return { organizationId: id }
}

/** Writes the values that differ from the organization's; when none does nothing changes. */
export async function updateOrganization(
  { db, tenantId, now, emit }: Transaction,
  { organizationId: id, ...input }: UpdateOrganization,
): Promise<{ organizationId: string }> {
  const where = { tenantId_id: { tenantId, id } }
  const organization = await db.organization.findUnique({ where })
  if (!organization) return refuse(notFound('organization', ['input', 'organizationId']))
  const changed = changedValues(organization, checked(input))
  const fields = Object.keys(changed)
  if (fields.length === 0) return { organizationId: id }
  await db.organization.update({ where, data: { ...changed, updatedAt: now } })
  emit({ type: 'organization.updated', payload: { organizationId: id, fields } })
  return { organizationId: id }
}

/** How to find the others with the same email or domain, in any case; null without either. */
export async function duplicatesOf(
  { db, tenantId }: Pick<Transaction, 'db' | 'tenantId'>,
  id: string,
): Promise<Prisma.OrganizationFindManyArgs | null> {
  const where = { tenantId_id: { tenantId, id } }
  const keys = { emailKey: true, domainKey: true }
  const { emailKey, domainKey } = (await db.organization.findUnique({ where, select: keys })) ?? {}
  const same = [...(emailKey ? [{ emailKey }] : []), ...(domainKey ? [{ domainKey }] : [])]
  if (same.length === 0) return null
  const others = { tenantId, id: { not: id }, OR: same }
  return { where: others, orderBy: [{ createdAt: 'asc' }, { id: 'asc' }], take: mostDuplicates }
}

function checked(input: OrganizationValues) {
  const { name } = input
  const texts = trimTexts(input, ['domain', 'email', 'phone'])
  const errors = checkOrganization({ ...texts, ...(name !== undefined && { name }) }, ['input'])
  if (errors.length > 0) refuse(...errors)
  return { ...texts, ...(name != null && { name: name.trim() }) }
}
