import { createHash, randomBytes } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { Database } from '../database/database.ts'
import { wholeTenant } from '../database/tenant-pool.ts'
import type { Authenticator } from './authenticate.ts'
import { type Role, type Scope, scopesOfKey } from './scopes.ts'
import { dealsSeenBy, type Viewer } from './viewer.ts'

const form = /^dg_[A-Za-z0-9_-]{43}$/

/** The part of a key that may be shown again, to tell keys apart. */
const prefixLength = 'dg_'.length + 6

interface KeyRow {
  tenant_id: string
  id: string
  role: Role
  scopes: Scope[]
  member_id: string | null
  member_role: Role | null
  member_deactivated: boolean
  members_see_only_their_deals: boolean
  operations_revision: number
}

/** A new key of 256 random bits. Only its hash is stored: this is the one moment to show it. */
export function newApiKey(): { secret: string; prefix: string; hash: Uint8Array<ArrayBuffer> } {
  const secret = `dg_${randomBytes(32).toString('base64url')}`
  return { secret, prefix: secret.slice(0, prefixLength), hash: hashApiKey(secret) }
}

/**
 * SHA-256 is enough for 256 random bits: no dictionary to try, and every request pays for it. A key
 * is looked up by this hash, which needs no constant time: all that an index could tell by its
 * timing is a part of a hash, and from a hash no key follows.
 */
function hashApiKey(secret: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(createHash('sha256').update(secret).digest())
}

/**
 * The viewer of an API key; `undefined` for what is no API key, `null` for one that is unknown,
 * expired or revoked. The lookup only reads.
 */
export async function authenticateApiKey(
  database: Database,
  credential: string,
): Promise<Viewer | null | undefined> {
  if (!credential.startsWith('dg_')) return undefined
  if (!form.test(credential)) return null
  const [key] = await database.ask<KeyRow>('SELECT * FROM authenticate_api_key($1)', [
    Buffer.from(hashApiKey(credential)),
  ])
  if (!key || key.member_deactivated) return null
  return {
    tenantId: key.tenant_id,
    memberId: key.member_id,
    memberRole: key.member_role,
    apiKeyId: key.id,
    role: key.role,
    dealsOf: dealsSeenBy({
      membersSeeOnlyTheirDeals: key.members_see_only_their_deals,
      role: key.role,
      memberId: key.member_id,
      memberRole: key.member_role,
    }),
    scopes: new Set(scopesOfKey(key.role, key.scopes)),
    operationsRevision: key.operations_revision,
  }
}

/** How many keys a process remembers to have recorded within the last minute. */
const rememberedKeys = 10_000

/** Accepts API keys, and records when each was last used. */
export function createApiKeyAuthenticator(database: Database): Authenticator {
  const recorded = new LRUCache<string, true>({ max: rememberedKeys, ttl: 60_000 })
  return async (credential) => {
    const viewer = await authenticateApiKey(database, credential)
    if (viewer?.apiKeyId && !recorded.has(viewer.apiKeyId)) {
      recorded.set(viewer.apiKeyId, true)
      recordUse(database, viewer.tenantId, viewer.apiKeyId)
    }
    return viewer
  }
}

/**
 * Records that a key is used, beside the request and at most once a minute, whatever the number of
 * processes. A row that somebody holds is left alone: another process is recording it, or it is
 * being revoked.
 */
function recordUse(database: Database, tenantId: string, id: string): void {
  database.beside(
    wholeTenant(tenantId),
    (db) => db.$executeRaw`
      UPDATE api_key SET last_used_at = now()
      WHERE (tenant_id, id) = (
        SELECT tenant_id, id FROM api_key
        WHERE tenant_id = ${tenantId}::uuid AND id = ${id}::uuid AND revoked_at IS NULL
          AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')
        FOR NO KEY UPDATE SKIP LOCKED)`,
  )
}
