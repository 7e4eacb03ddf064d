import type { Prisma } from '../generated/prisma/client.ts'

/** The keys that are neither revoked nor expired. */
export function apiKeyWhere(now: Date): Prisma.ApiKeyWhereInput {
  return { revokedAt: null, OR: [{ expiresAt: null }, { expiresAt: { gt: now } }] }
}
