import { createHash, randomBytes } from 'node:crypto'
import type { Database } from '../database/database.ts'
import { createRecordUse } from '../database/last-use.ts'
import { Prisma } from '../generated/prisma/client.ts'
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

/** Accepts API keys, and records when each was last used. */
export function createApiKeyAuthenticator(database: Database): Authenticator {
  const record = createRecordUse(database)
  return async (credential) => {
    const viewer = await authenticateApiKey(database, credential)
    if (viewer?.apiKeyId) {
      const { tenantId, apiKeyId: key } = viewer
      const row = Prisma.sql`id = ${key}::uuid AND revoked_at IS NULL`
      record({ tenantId, table: 'api_key', key, row })
    }
    return viewer
  }
}
