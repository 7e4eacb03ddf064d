import { newApiKey } from '../auth/api-key.ts'
import type { Role } from '../auth/scopes.ts'
import type { Transaction } from '../database/transaction.ts'
import type { ApiKey } from '../generated/prisma/client.ts'
import { newId } from '../ids.ts'

export interface NewApiKey {
  name: string
  role: Role
  memberId?: string | null
  expiresAt?: Date | null
}

/** Creates a key and returns its secret, which is stored nowhere and cannot be shown again. */
export async function createApiKey(
  tx: Transaction,
  { name, role, memberId = null, expiresAt = null }: NewApiKey,
): Promise<{ id: string; secret: string }> {
  const id = newId()
  const { secret, prefix, hash } = newApiKey()
  const { tenantId, now: createdAt } = tx
  const data = {
    tenantId,
    id,
    name,
    role,
    prefix,
    hash,
    scopes: [],
    memberId,
    expiresAt,
    createdAt,
  }
  await tx.db.apiKey.create({ data })
  tx.emit({ type: 'api_key.created', payload: { apiKeyId: id } })
  return { id, secret }
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

/**
 * Revokes the key with this id or this exact prefix, at once and for good. False when there is none
 * or it was revoked.
 */
export async function revokeApiKey(
  tx: Transaction,
  key: { id: string } | { prefix: string },
): Promise<boolean> {
  const { count } = await tx.db.apiKey.updateMany({
    where: { ...key, tenantId: tx.tenantId, revokedAt: null },
    data: { revokedAt: tx.now },
  })
  if (count > 0) tx.emit({ type: 'api_key.revoked', payload: key })
  return count > 0
}

/** Revokes every key that acts for the member. */
export async function revokeKeysOfMember(tx: Transaction, memberId: string): Promise<void> {
  const { tenantId, now } = tx
  const revoked = await tx.db.apiKey.updateManyAndReturn({
    where: { tenantId, memberId, revokedAt: null },
    data: { revokedAt: now },
    select: { id: true },
  })
  for (const key of revoked) tx.emit({ type: 'api_key.revoked', payload: key })
}
