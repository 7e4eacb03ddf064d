import { createHash, randomBytes } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { Database } from '../database/database.ts'
import type { FlushRow } from '../database/flush.ts'
import { createRecordUse } from '../database/last-use.ts'
import { Prisma } from '../generated/prisma/client.ts'
import type { Authenticator, Recalled } from './authenticate.ts'
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

/** What a key is and, apart from it, the tenant’s revision, which is another one each time. */
const lookup = `SELECT (to_jsonb(k) - 'revision')::text, k.revision FROM authenticate_api_key($1) k`

/** The viewer of a row that was found; null for a key that is unknown, expired or revoked. */
function viewerOf(row: FlushRow): Viewer | null {
  if (!row) return null
  const [found, revision] = row as [string, string]
  const key = JSON.parse(found) as KeyRow
  if (key.member_deactivated) return null
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
    revision,
  }
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
  return viewerOf(await database.look(statementFor(hashApiKey(credential))))
}

function statementFor(hash: Uint8Array) {
  return { text: lookup, values: [Buffer.from(hash)] }
}

/** So many keys are known by what they were, to be asked for together with what is asked by them. */
const mostRecalled = 10_000

/** Accepts API keys, and records when each was last used. */
export function createApiKeyAuthenticator(database: Database): Authenticator {
  const record = createRecordUse(database)
  const known = new LRUCache<string, { viewer: Viewer; found: string }>({ max: mostRecalled })
  const recordUse = ({ tenantId, apiKeyId: key }: Viewer) => {
    if (!key) return
    const row = () => Prisma.sql`id = ${key}::uuid AND revoked_at IS NULL`
    record({ tenantId, table: 'api_key', key, row })
  }
  async function authenticate(credential: string) {
    if (!credential.startsWith('dg_')) return undefined
    if (!form.test(credential)) return null
    const hash = hashApiKey(credential)
    const row = await database.look(statementFor(hash))
    const viewer = viewerOf(row)
    const name = Buffer.from(hash).toString('base64url')
    if (!viewer) known.delete(name)
    else known.set(name, { viewer, found: row?.[0] ?? '' })
    if (viewer) recordUse(viewer)
    return viewer
  }
  function recall(credential: string): Recalled | undefined {
    if (!form.test(credential)) return undefined
    const hash = hashApiKey(credential)
    const before = known.get(Buffer.from(hash).toString('base64url'))
    if (!before) return undefined
    const { viewer, found } = before
    return {
      viewer,
      proof: statementFor(hash),
      proven(row) {
        const [now, revision] = row ?? []
        if (now !== found || !revision) return null
        recordUse(viewer)
        return { ...viewer, revision }
      },
    }
  }
  return Object.assign(authenticate, { recall })
}
