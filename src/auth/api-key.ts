import { hash, randomBytes } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { Database } from '../database/database.ts'
import type { FlushRow } from '../database/flush.ts'
import { createRecordUse } from '../database/last-use.ts'
import type { Proof } from '../database/tenant-view.ts'
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
  /** It may be too long for a number. */
  revision: string
}

/** A new key of 256 random bits. Only its hash is stored: this is the one moment to show it. */
export function newApiKey(): { secret: string; prefix: string; hash: Uint8Array<ArrayBuffer> } {
  const secret = `dg_${randomBytes(32).toString('base64url')}`
  return { secret, prefix: secret.slice(0, prefixLength), hash: new Uint8Array(hashApiKey(secret)) }
}

/**
 * SHA-256 is enough for 256 random bits: no dictionary to try, and every request pays for it. A key
 * is looked up by this hash, which needs no constant time: all that an index could tell by its
 * timing is a part of a hash, and from a hash no key follows.
 */
function hashApiKey(secret: string): Buffer {
  return hash('sha256', secret, 'buffer')
}

const lookup = `SELECT to_jsonb(k)::text, k.revision FROM authenticate_api_key($1) k`

/** The revision of the tenant, as long as the key is what it was. */
const unchanged = 'prove_api_key($1, $2, $3, $4, $5, $6, $7, $8, $9)'

/** What was found of a key; null for one that is unknown, expired or revoked. */
function keyOf(row: FlushRow): KeyRow | null {
  const [found, revision = ''] = row ?? []
  if (!found) return null
  const key = { ...JSON.parse(found), revision } as KeyRow
  return key.member_deactivated ? null : key
}

function viewerOf(key: KeyRow): Viewer {
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
    revision: key.revision,
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
  const key = await find(database, hashApiKey(credential))
  return key && viewerOf(key)
}

async function find(database: Database, keyHash: Buffer): Promise<KeyRow | null> {
  return keyOf(await database.look({ text: lookup, values: [keyHash] }))
}

function proofOf(keyHash: Buffer, key: KeyRow): Proof {
  const { tenant_id, id, role, scopes, member_id, member_role } = key
  const { members_see_only_their_deals, operations_revision } = key
  const told = [tenant_id, id, role, scopes, member_id, member_role]
  const values = [keyHash, ...told, members_see_only_their_deals, operations_revision]
  return { expression: unchanged, values }
}

/** So many keys are known by what they were, to be asked for together with what is asked by them. */
const mostRecalled = 10_000

/** Accepts API keys, and records when each was last used. */
export function createApiKeyAuthenticator(database: Database): Authenticator {
  const record = createRecordUse(database)
  const known = new LRUCache<string, Omit<Recalled, 'proven'>>({ max: mostRecalled })
  const recordUse = ({ tenantId, apiKeyId: key }: Viewer) => {
    if (!key) return
    const row = () => Prisma.sql`id = ${key}::uuid AND revoked_at IS NULL`
    record({ tenantId, table: 'api_key', key, row })
  }
  async function authenticate(credential: string) {
    if (!credential.startsWith('dg_')) return undefined
    if (!form.test(credential)) return null
    const keyHash = hashApiKey(credential)
    const name = keyHash.toString('latin1')
    const key = await find(database, keyHash)
    if (!key) {
      known.delete(name)
      return null
    }
    const viewer = viewerOf(key)
    known.set(name, { viewer, proof: proofOf(keyHash, key) })
    recordUse(viewer)
    return viewer
  }
  function recall(credential: string): Recalled | undefined {
    if (!form.test(credential)) return undefined
    const before = known.get(hashApiKey(credential).toString('latin1'))
    if (!before) return undefined
    const { viewer, proof } = before
    const proven = (revision: string) => {
      recordUse(viewer)
      return { ...viewer, revision }
    }
    return { viewer, proof, proven }
  }
  return Object.assign(authenticate, { recall })
}
