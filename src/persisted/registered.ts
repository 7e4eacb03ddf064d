import { LRUCache } from 'lru-cache'
import type { Viewer } from '../auth/viewer.ts'
import type { Database, Db } from '../database/database.ts'
import { type TransactionView, wholeTenant } from '../database/tenant-view.ts'
import type { Deadline } from '../deadline.ts'
import { Prisma } from '../generated/prisma/client.ts'
import { ambiguous } from './refusals.ts'

/** An operation of a release that is active. */
export interface RegisteredOperation {
  /** The row, and the tenant whose it is. */
  tenantId: string
  id: string
  sha256: string
  text: string
  /** How long anybody's cache may keep an answer; null where none may. */
  maxAgeSeconds: number | null
}

/** By what an operation is looked for: its id or its hash, or the hash of it normalized. */
export interface Wanted {
  by: 'id' | 'hash' | 'normalized'
  value: string
  /** Null for any client of the tenant. */
  client: string | null
  version: string | null
}

export interface Asker {
  viewer: Viewer
  deadline: Deadline
}

export type FindRegistered = (
  wanted: Wanted,
  asker: Asker,
) => Promise<RegisteredOperation | undefined>

const rememberedCharacters = 32_000_000
const charactersOfLookup = 300
/** For how long another tenant's revision is taken to be what it was. */
const sharedForMs = 1_000

/** What was found, the best first: of one text, what is kept the shortest of those that have it. */
type Found = (RegisteredOperation & {
  /** Whether it is its id that was asked for, and not the hash of its text. */
  isNamed: boolean
})[]

/** A tenant's operations as they were at a revision of them. */
interface Registry {
  tenantId: string
  revision: number
}

/**
 * Looks operations up in the tenant's active releases, then in those of the tenant that shares its
 * own with all, and remembers what it found, and what it did not. Each lookup is remembered for a
 * revision of a tenant's operations, which authentication tells with each request: what is activated
 * or retired is so for the next request to any process. What is shared is so within a second.
 */
export function createFindRegistered(
  database: Database,
  sharedTenantId: string | null,
): FindRegistered {
  const remembered = new LRUCache<string, Found>({
    maxSize: rememberedCharacters,
    sizeCalculation: (found) =>
      found.reduce((sum, { text }) => sum + text.length, charactersOfLookup),
  })
  const revisions = new LRUCache<string, Promise<number>>({ max: 1, ttl: sharedForMs })
  const findIn = async ({ tenantId, revision }: Registry, wanted: Wanted, deadline: Deadline) => {
    // A tenant that has never registered anything is not asked what it has registered.
    if (revision === 0) return undefined
    const { by, value, client, version } = wanted
    const key = JSON.stringify([tenantId, revision, by, value, client, version])
    const known = remembered.get(key)
    const found = known ?? (await lookUp(database, { ...wholeTenant(tenantId), deadline }, wanted))
    if (!known) remembered.set(key, found)
    const [first, second] = found
    if (by === 'id' && first?.isNamed && second?.isNamed) throw ambiguous()
    return first
  }
  /** Asked once for all requests of a moment; that it failed is remembered for none of the next. */
  const revisionOfShared = (id: string) => {
    const known = revisions.get(id)
    const asked = known ?? revisionOf(database, id)
    if (!known) {
      revisions.set(id, asked)
      asked.catch(() => revisions.delete(id))
    }
    return asked
  }
  return async (wanted, { viewer, deadline }) => {
    const { tenantId, operationsRevision: revision } = viewer
    const own = await findIn({ tenantId, revision }, wanted, deadline)
    if (own || !sharedTenantId || sharedTenantId === tenantId) return own
    const shared = await deadline.race(revisionOfShared(sharedTenantId))
    return findIn({ tenantId: sharedTenantId, revision: shared }, wanted, deadline)
  }
}

async function revisionOf(database: Database, tenantId: string): Promise<number> {
  const where = { id: tenantId }
  const select = { operationsRevision: true }
  const tenant = await database.read(wholeTenant(tenantId), (db) =>
    db.tenant.findUnique({ where, select }),
  )
  return tenant?.operationsRevision ?? 0
}

function lookUp(database: Database, view: TransactionView, wanted: Wanted): Promise<Found> {
  return database.read(view, (db) => select(db, view.tenantId, wanted))
}

function select(db: Db, tenantId: string, { by, value, client, version }: Wanted): Promise<Found> {
  const matches = {
    id: Prisma.sql`(o.operation_id = ${value} OR o.sha256 = ${value})`,
    hash: Prisma.sql`o.sha256 = ${value}`,
    normalized: Prisma.sql`o.normalized_sha256 = ${value}`,
  }[by]
  const ofClient = client === null ? Prisma.empty : Prisma.sql`AND o.client = ${client}`
  const ofVersion = version === null ? Prisma.empty : Prisma.sql`AND r.version = ${version}`
  return db.$queryRaw<Found>`
    SELECT DISTINCT ON ("isNamed", sha256) * FROM (
      SELECT o.operation_id = ${value} AS "isNamed", o.tenant_id AS "tenantId", o.id, o.sha256, o.text,
        o.max_age_seconds AS "maxAgeSeconds"
      FROM persisted_operation o
      WHERE o.tenant_id = ${tenantId}::uuid AND ${matches} ${ofClient} AND EXISTS (
        SELECT FROM client_release_operation l
        JOIN client_release r ON r.tenant_id = l.tenant_id AND r.id = l.release_id
        WHERE l.tenant_id = o.tenant_id AND l.operation_id = o.id AND r.status = 'ACTIVE' ${ofVersion})
    ) found
    ORDER BY "isNamed" DESC, sha256, "maxAgeSeconds" ASC NULLS FIRST, id LIMIT 2`
}
