import { createHash, randomBytes } from 'node:crypto'
import type { Database, Statement } from '../database/database.ts'
import { createRecordUse } from '../database/last-use.ts'
import { Prisma } from '../generated/prisma/client.ts'
import type { Authenticator } from './authenticate.ts'
import { type Role, type Scope, scopesOfKey } from './scopes.ts'
import { dealsSeenBy, type Viewer } from './viewer.ts'

const form = /^dg_[A-Za-z0-9_-]{43}$/

/** The part of a key that may be shown again, to tell keys apart. */
const prefixLength = 'dg_'.length + 6

export interface KeyRow {
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

/** What columns are named of, so that a database that has more of them changes no prepared statement. */
const lookup = `SELECT tenant_id, id, role, scopes, member_id, member_role, member_deactivated,
  members_see_only_their_deals, operations_revision
FROM authenticate_api_key($1)`

/**
 * The statement that looks an API key up, which answers with one row or none; `undefined` for what
 * is no API key, `null` for what can be none that was ever made. It only reads.
 */
export function apiKeyStatement(credential: string): Statement | null | undefined {
  if (!credential.startsWith('dg_')) return undefined
  if (!form.test(credential)) return null
  return {
    name: 'authenticate_api_key',
    text: lookup,
    values: [Buffer.from(hashApiKey(credential))],
  }
}

/** The viewer of the row that was found; `null` for a key that is unknown, expired or revoked. */
export function viewerOfApiKey(key: KeyRow | undefined): Viewer | null {
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

/** The viewer of a credential, if it is an API key that is good. */
export async function authenticateApiKey(
  database: Database,
  credential: string,
): Promise<Viewer | null | undefined> {
  const statement = apiKeyStatement(credential)
  if (!statement) return statement
  const [key] = await database.ask<KeyRow>(statement)
  return viewerOfApiKey(key)
}

/** Accepts API keys, and records when each was last used. */
export function createApiKeyAuthenticator(database: Database): Authenticator {
  const record = createRecordUse(database)
  return async (credential) => {
    const viewer = await authenticateApiKey(database, credential)
    if (viewer?.apiKeyId) {
      const { tenantId, apiKeyId: key } = viewer
      const row = () => Prisma.sql`id = ${key}::uuid AND revoked_at IS NULL`
      record({ tenantId, table: 'api_key', key, row })
    }
    return viewer
  }
}
