import type { Prisma } from '../generated/prisma/client.ts'
import { bulkInsert } from './bulk-insert.ts'
import type { Database, Db } from './database.ts'

/** Who changes something, as history tells it. */
export interface Actor {
  kind: 'MEMBER' | 'API_KEY' | 'IMPORT'
  memberId: string | null
  apiKeyId: string | null
}

export interface WriteScope {
  tenantId: string
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
}

/** Carries the result of a write that changed nothing out of the transaction rolled back. */
class NothingWritten<T> {
  readonly result: T
  constructor(result: T) {
    this.result = result
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
  const { tenantId } = scope
  try {
    return await database.write(tenantId, async (db) => {
      const { revision } = await db.tenantRevision.update({
        where: { tenantId },
        data: { revision: { increment: 1 } },
        select: { revision: true },
      })
      const events: EventInput[] = []
      const result = await work({ ...scope, db, revision, emit: (event) => events.push(event) })
      if (events.length === 0) throw new NothingWritten(result)
      await bulkInsert(db, 'event', events.map(toRow))
      return result

      function toRow(event: EventInput, position: number): Prisma.EventCreateManyInput {
        return {
          tenantId,
          revision,
          position,
          type: event.type,
          dealId: event.dealId ?? null,
          payload: event.payload ?? {},
          occurredAt: event.occurredAt ?? scope.now,
        }
      }
    })
  } catch (error) {
    if (error instanceof NothingWritten) return error.result as T
    throw error
  }
}
