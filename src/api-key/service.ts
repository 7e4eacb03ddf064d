import { newApiKey } from '../auth/api-key.ts'
import { type Role, scopesOfKey, scopesOfRole } from '../auth/scopes.ts'
import type { Transaction } from '../database/transaction.ts'
import type { ApiKey, Prisma } from '../generated/prisma/client.ts'
import { encodeId, newId } from '../ids.ts'
import { invalid, notFound, refuse, type UserError } from '../user-errors.ts'
import { type ApiKeyValues, checkApiKey } from './rules.ts'

export interface NewApiKey extends ApiKeyValues {
  role: Role
  memberId?: string | null
}

const path = ['input']

/** Creates a key and returns its secret, which is stored nowhere and cannot be shown again. */
export async function createApiKey(
  tx: Transaction,
  input: NewApiKey,
): Promise<{ id: string; secret: string }> {
  const { tenantId, now, actor } = tx
  const { role, memberId = null, expiresAt = null } = input
  const key = await givingKey(tx)
  const giver = { ofRole: scopesOfRole[role], own: actor.scopes, end: key?.expiresAt ?? null, now }
  const holder = { memberId, onlyFor: key?.memberId ?? null }
  const errors = [...checkApiKey(input, giver, path), ...(await checkHolder(tx, holder))]
  if (errors.length > 0) refuse(...errors)
  const id = newId()
  const { secret, prefix, hash } = newApiKey()
  const [name, scopes] = [input.name.trim(), [...new Set(input.scopes)]]
  const values = { name, prefix, role, scopes, memberId, expiresAt }
  await tx.db.apiKey.create({ data: { ...values, tenantId, id, hash, createdAt: now } })
  tx.emit({ type: 'api_key.created', payload: { apiKeyId: id } })
  tx.audit({
    type: 'API_KEY_CREATED',
    apiKeyId: id,
    details: {
      ...{ name, prefix, role, scopes: scopesOfKey(role, scopes) },
      memberId: memberId && encodeId('Member', memberId),
      expiresAt: expiresAt?.toISOString() ?? null,
    },
  })
  return { id, secret }
}

/** The key whose request this is, if a key's it is. */
function givingKey({ db, tenantId, actor: { apiKeyId: id } }: Transaction) {
  const select = { memberId: true, expiresAt: true }
  return id ? db.apiKey.findFirst({ where: { tenantId, id }, select }) : null
}

/** Why a key cannot act for the member, or for nobody. */
async function checkHolder(
  { db, tenantId }: Transaction,
  { memberId, onlyFor }: { memberId: string | null; onlyFor: string | null },
): Promise<UserError[]> {
  const at = [...path, 'memberId']
  const another = onlyFor && onlyFor !== memberId
  const problem = 'A key that acts for a member gives only keys that act for them.'
  if (!memberId) return another ? [invalid(problem, at)] : []
  const member = await db.member.findFirst({ where: { tenantId, id: memberId, deletedAt: null } })
  if (!member) return [notFound('member', at)]
  if (another) return [invalid(problem, at)]
  return member.deactivatedAt
    ? [invalid('The member is deactivated, so that the key rests.', at)]
    : []
}

export type ListedApiKey = Omit<ApiKey, 'hash' | 'tenantId'>

export function listApiKeys({
  db,
  tenantId,
}: Pick<Transaction, 'db' | 'tenantId'>): Promise<ListedApiKey[]> {
  return db.apiKey.findMany({
    where: { tenantId },
    omit: { hash: true, tenantId: true },
    orderBy: { createdAt: 'asc' },
  })
}

/** Revokes a key, at once and for good. For one that is revoked nothing changes. */
export async function revokeApiKey(
  tx: Transaction,
  { id }: { id: string },
): Promise<{ id: string }> {
  const key = await tx.db.apiKey.findFirst({ where: { tenantId: tx.tenantId, id } })
  if (!key) refuse(notFound('API key', [...path, 'apiKeyId']))
  await revokeLive(tx, { id })
  return { id }
}

/** Revokes the key with exactly this prefix. False when there is none, or it was revoked. */
export async function revokeApiKeyByPrefix(tx: Transaction, prefix: string): Promise<boolean> {
  return (await revokeLive(tx, { prefix })) > 0
}

/** Revokes every key that acts for the member. */
export async function revokeKeysOfMember(tx: Transaction, memberId: string): Promise<void> {
  await revokeLive(tx, { memberId })
}

async function revokeLive(tx: Transaction, which: Prisma.ApiKeyWhereInput): Promise<number> {
  const revoked = await tx.db.apiKey.updateManyAndReturn({
    where: { ...which, tenantId: tx.tenantId, revokedAt: null },
    data: { revokedAt: tx.now },
    select: { id: true, name: true, prefix: true },
  })
  for (const { id, name, prefix } of revoked) {
    tx.emit({ type: 'api_key.revoked', payload: { apiKeyId: id } })
    tx.audit({ type: 'API_KEY_REVOKED', apiKeyId: id, details: { name, prefix } })
  }
  return revoked.length
}
