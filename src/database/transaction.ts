import { type Scope, scopes } from '../auth/scopes.ts'
import type { Prisma } from '../generated/prisma/client.ts'
import { Refusal } from '../user-errors.ts'
import { type AuditInput, toAuditRow } from './audit.ts'
import { bulkInsert } from './bulk-insert.ts'
import type { Database, Db } from './database.ts'
import { claimKey, firstResult, keepResult, type Retryable } from './idempotency.ts'
import { checkStanding, type Standing } from './standing.ts'
import type { TransactionView } from './tenant-view.ts'

/** Who changes something, as history tells it. */
export interface Actor extends Standing {
  kind: 'MEMBER' | 'API_KEY' | 'IMPORT' | 'OPERATOR'
  /** Whether the rules take them for an administrator. */
  isAdmin: boolean
  /** What they may do, and so what they may let others do. */
  scopes: ReadonlySet<Scope>
}

const nobody: Standing = { memberId: null, memberRole: null, apiKeyId: null }
const allowedAll = { ...nobody, isAdmin: true, scopes: new Set(scopes) }

/** Whoever runs the gateway, on its command line: may do everything. */
export const operator: Actor = { kind: 'OPERATOR', ...allowedAll }

/** An import, in which history tells what a file says. */
export const importer: Actor = { kind: 'IMPORT', ...allowedAll }

export interface WriteScope extends TransactionView {
  actor: Actor
  now: Date
  requestId: string
}

export interface EventInput {
  type: `${string}.${string}`
  dealId?: string
  payload?: Prisma.InputJsonObject
  occurredAt?: Date
}

/** What a service works with: one write transaction of one tenant, at one revision. */
export interface Transaction extends WriteScope {
  db: Db
  revision: bigint
  /** Puts an event into the outbox; it is committed with the write or not at all. */
  emit(event: EventInput): void
  /** Adds to the audit of who may do what; it is committed with the write or not at all. */
  audit(entry: AuditInput): void
}

/** A write transaction that has no revision yet. */
export interface Write extends WriteScope {
  db: Db
}

export interface Done<T> {
  result: T
  /** What was put into the outbox; nothing by a write that was not kept. */
  events: readonly EventInput[]
}

export interface Written<T> extends Done<T> {
  /** Whether an earlier request with the same key had the result first. */
  replayed: boolean
}

/** What is done in a write transaction. */
export type Work<T> = ((tx: Transaction) => Promise<T>) | UsualWork<T>

/** Work that is usually done by one statement. */
export interface UsualWork<T> {
  /**
   * All of the write, its standing, revision and events as well; or nothing of it, and null, where
   * the work is not the usual.
   */
  whole(write: Write): Promise<Done<T> | null>
  /** The work where it is not the usual. */
  unusual(tx: Transaction): Promise<T>
  /** Either, where more belongs to the write. */
  part(tx: Transaction): Promise<T>
}

/** Carries a result out of a transaction that is rolled back, as it has changed nothing. */
class RolledBack<T> {
  readonly written: Written<T>
  constructor(written: Written<T>) {
    this.written = written
  }
}

/**
 * Takes the tenant's next revision, which puts all writes of a tenant in one order, then does the
 * work and its events. Work that emits no event has changed nothing: it is rolled back, so that
 * every revision has its events.
 */
export async function writeTransaction<T>(
  database: Database,
  scope: WriteScope,
  work: Work<T>,
): Promise<T> {
  return (await writeOnce(database, scope, work)).result
}

/**
 * The same, once: a request with a key that was seen before gets the result of the first one, which
 * is kept in the transaction of its work. A refused request keeps nothing and can be sent again.
 */
export async function writeOnce<T>(
  database: Database,
  scope: WriteScope,
  work: Work<T>,
  retryable?: Retryable,
): Promise<Written<T>> {
  const steps = typeof work === 'function' ? { part: work, unusual: work } : work
  try {
    return await database.write(scope, async (db) => {
      const owner = { ...scope, db }
      const done = retryable || typeof work === 'function' ? null : await work.whole(owner)
      if (done) return { ...done, replayed: false }
      if (retryable) await claimKey(owner, retryable)
      const revision = await stepRevision(owner, 1)
      await checkStanding(owner, scope.actor)
      const first = retryable && (await firstResult<T>(owner, retryable))
      if (first) throw new RolledBack({ result: first.result, replayed: true, events: [] })
      if (retryable) await db.$executeRaw`SAVEPOINT work`
      const records = recording()
      const { events, entries } = records
      const tx = { ...owner, revision, emit: records.emit, audit: records.audit }
      const result = await (retryable ? steps.part(tx) : steps.unusual(tx))
      const written = { result, replayed: false, events }
      if (events.length === 0) {
        if (!retryable) throw new RolledBack(written)
        await db.$executeRaw`ROLLBACK TO SAVEPOINT work`
        await stepRevision(owner, -1)
      }
      await bulkInsert(
        db,
        'event',
        events.map((event, position) => toRow(scope, revision, event, position)),
      )
      await bulkInsert(
        db,
        'audit_event',
        entries.map((entry) => toAuditRow(scope, entry)),
      )
      if (retryable) await keepResult(owner, retryable, result)
      return written
    })
  } catch (error) {
    if (error instanceof RolledBack) return error.written as Written<T>
    throw error
  }
}

/**
 * Does a part of the work that may be refused by itself: what the part wrote and emitted is then
 * undone, and its refusal is the answer. Any other failure fails the whole work.
 */
export async function attempt<T>(
  tx: Transaction,
  part: (tx: Transaction) => Promise<T>,
): Promise<T | Refusal> {
  const { db } = tx
  const { events, entries, emit, audit } = recording()
  await db.$executeRaw`SAVEPOINT part`
  const outcome = await part({ ...tx, emit, audit }).catch(refusalOf)
  if (outcome instanceof Refusal) await db.$executeRaw`ROLLBACK TO SAVEPOINT part`
  else {
    events.forEach(tx.emit)
    entries.forEach(tx.audit)
  }
  await db.$executeRaw`RELEASE SAVEPOINT part`
  return outcome
}

/** What work emits and audits, kept until it is known to stand. */
function recording() {
  const events: EventInput[] = []
  const entries: AuditInput[] = []
  const emit = (event: EventInput) => void events.push(event)
  const audit = (entry: AuditInput) => void entries.push(entry)
  return { events, entries, emit, audit }
}

function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error
  throw error
}

async function stepRevision(
  { db, tenantId }: { db: Db; tenantId: string },
  by: 1 | -1,
): Promise<bigint> {
  const { revision } = await db.tenantRevision.update({
    where: { tenantId },
    data: { revision: { increment: by } },
    select: { revision: true },
  })
  return revision
}

function toRow(
  { tenantId, now }: WriteScope,
  revision: bigint,
  event: EventInput,
  position: number,
): Prisma.EventCreateManyInput {
  return {
    tenantId,
    revision,
    position,
    type: event.type,
    dealId: event.dealId ?? null,
    payload: event.payload ?? {},
    occurredAt: event.occurredAt ?? now,
  }
}
