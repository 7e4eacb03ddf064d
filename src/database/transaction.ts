import type { Deadline } from '../deadline.ts'
import type { Prisma } from '../generated/prisma/client.ts'
import { Refusal } from '../user-errors.ts'
import { bulkInsert } from './bulk-insert.ts'
import type { Database, Db } from './database.ts'
import { claimKey, firstResult, keepResult, type Retryable } from './idempotency.ts'

/** Who changes something, as history tells it. */
export interface Actor {
  kind: 'MEMBER' | 'API_KEY' | 'IMPORT'
  memberId: string | null
  apiKeyId: string | null
  /** Whether the rules take them for an administrator. */
  isAdmin: boolean
}

/** An import, or an operator on the command line, who may do everything. */
export const operator: Actor = { kind: 'IMPORT', memberId: null, apiKeyId: null, isAdmin: true }

export interface WriteScope {
  tenantId: string
  actor: Actor
  now: Date
  requestId: string
  deadline?: Deadline
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
}

/** The result of a write, and whether an earlier request with the same key had it first. */
export interface Written<T> {
  result: T
  replayed: boolean
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
  work: (tx: Transaction) => Promise<T>,
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
  work: (tx: Transaction) => Promise<T>,
  retryable?: Retryable,
): Promise<Written<T>> {
  const { tenantId, deadline } = scope
  try {
    return await database.write(
      tenantId,
      async (db) => {
        const owner = { ...scope, db }
        if (retryable) await claimKey(owner, retryable)
        const revision = await stepRevision(owner, 1)
        const first = retryable && (await firstResult<T>(owner, retryable))
        if (first) throw new RolledBack({ result: first.result, replayed: true })
        if (retryable) await db.$executeRaw`SAVEPOINT work`
        const events: EventInput[] = []
        const result = await work({ ...owner, revision, emit: (event) => void events.push(event) })
        const written = { result, replayed: false }
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
        if (retryable) await keepResult(owner, retryable, result)
        return written
      },
      deadline,
    )
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
  const events: EventInput[] = []
  await db.$executeRaw`SAVEPOINT part`
  const outcome = await part({ ...tx, emit: (event) => void events.push(event) }).catch(refusalOf)
  if (outcome instanceof Refusal) await db.$executeRaw`ROLLBACK TO SAVEPOINT part`
  else for (const event of events) tx.emit(event)
  await db.$executeRaw`RELEASE SAVEPOINT part`
  return outcome
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
