import { PrismaPg } from '@prisma/adapter-pg'
import type pg from 'pg'
import { type Prisma, PrismaClient } from '../generated/prisma/client.ts'
import type { FlushRow, Statement } from './flush.ts'
import {
  createTenantPool,
  type Flushed,
  type OnStatement,
  withTransactionScope,
} from './tenant-pool.ts'
import type { FlushScope, TransactionView } from './tenant-view.ts'

/** Prisma inside one tenant's transaction. There is no other way to reach a table. */
export type Db = Prisma.TransactionClient

export interface Database {
  /** Runs the work in one read-only transaction of the tenant, on one snapshot. */
  read<T>(view: TransactionView, work: (db: Db) => Promise<T>): Promise<T>
  /**
   * Runs the work in one transaction of the tenant; what it throws rolls everything back, and so
   * does the end of the deadline, which rejects with a DEADLINE_EXCEEDED.
   */
  write<T>(view: TransactionView, work: (db: Db) => Promise<T>): Promise<T>
  /**
   * Runs statements in one transaction, all of which is one round trip; null where the proof of who
   * asks does not hold, and nothing was done.
   */
  flush(scope: FlushScope, statements: readonly Statement[]): Promise<Flushed | null>
  /** The row of one statement before a tenant is known, which each connection prepares once. */
  look(statement: Statement): Promise<FlushRow>
  /** One statement before a tenant is known; row level security shows it no tenant's row. */
  ask<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]>
  /**
   * Runs the work in a transaction of the tenant beside its caller, who neither waits for it nor
   * hears of a failure; closing waits.
   */
  beside(view: TransactionView, work: (db: Db) => Promise<unknown>): void
  /** Waits for all work that runs beside its callers. */
  settle(): Promise<void>
  close(): Promise<void>
}

export interface DatabaseOptions {
  /** How long a transaction may wait for a connection; the embedded database has only one. */
  maxWaitMs?: number
  statementTimeoutMs?: number
  onStatement?: OnStatement
}

const marginMs = 5_000

export function createDatabase(config: pg.PoolConfig, options: DatabaseOptions = {}): Database {
  const { maxWaitMs = 10_000, statementTimeoutMs = 10_000, onStatement } = options
  const pool = createTenantPool(config, {
    statementTimeoutMs,
    idleInTransactionTimeoutMs: statementTimeoutMs,
    ...(onStatement && { onStatement }),
  })
  // Other formats put the values of a failed call into its message, and so into the logs.
  const prisma = new PrismaClient({ adapter: new PrismaPg(pool), errorFormat: 'minimal' })
  const transaction = <T>(
    { tenantId, dealsOf, deadline }: TransactionView,
    access: 'read' | 'write',
    work: (db: Db) => Promise<T>,
  ): Promise<T> => {
    const limits = limitsOf(deadline?.remainingMs)
    const scope = { tenantId, dealsOf, deadline, access }
    return withTransactionScope(scope, () => prisma.$transaction(work, limits))
  }
  // PostgreSQL gives up first: a transaction that Prisma gave up on could still commit a late
  // statement. Nor does Prisma stop waiting for a connection before the deadline does.
  const limitsOf = (leftMs: number | undefined) => ({
    maxWait: leftMs === undefined ? maxWaitMs : Math.max(0, leftMs) + marginMs,
    timeout: Math.max(0, leftMs ?? statementTimeoutMs) + marginMs,
  })

  const pending = new Set<Promise<unknown>>()
  const settle = async () => void (await Promise.all(pending))

  return {
    read: (view, work) => transaction(view, 'read', work),
    write: (view, work) => transaction(view, 'write', work),
    flush: (scope, statements) => pool.flush(scope, statements),
    look: (statement) => pool.look(statement),
    async ask<Row extends pg.QueryResultRow>(text: string, values: unknown[] = []) {
      const client: pg.PoolClient = await pool.connect()
      let failure: unknown
      try {
        return (await client.query<Row>(text, values)).rows
      } catch (error) {
        failure = error
        throw error
      } finally {
        client.release(Boolean(failure))
      }
    },
    beside(view, work) {
      const done = transaction(view, 'write', work)
        .catch(() => {})
        .finally(() => pending.delete(done))
      pending.add(done)
    },
    settle,
    async close() {
      await settle()
      await prisma.$disconnect()
      await pool.end()
    },
  }
}
