import { AsyncLocalStorage } from 'node:async_hooks'
import pg from 'pg'
import type { Deadline } from '../deadline.ts'
import { Flush, type FlushRow, type Statement } from './flush.ts'
import { InterruptibleTransaction } from './interruption.ts'
import {
  beginning,
  checkView,
  type FlushScope,
  type TransactionScope,
  viewStatement,
} from './tenant-view.ts'
import { connectFailure } from './unavailable.ts'

export interface Flushed {
  /** The tenant’s revision as the proof found it; null where none was asked for. */
  revision: string | null
  /** The last row of each statement. */
  rows: FlushRow[]
}

export interface PoolSettings {
  statementTimeoutMs: number
  idleInTransactionTimeoutMs: number
  onStatement?: OnStatement
}

/** Sees each statement as it is sent, with the values of its parameters. */
export type OnStatement = (text: string, values: unknown[]) => void

/**
 * What the next BEGIN on this asynchronous path is for. It is read where a connection is taken for
 * it and at BEGIN, and nowhere else.
 */
const scope = new AsyncLocalStorage<TransactionScope>()

/** Those whose BEGIN has not been sent. */
const notBegun = new Set<TransactionScope>()

export function withTransactionScope<T>(of: TransactionScope, work: () => Promise<T>): Promise<T> {
  checkView(of)
  notBegun.add(of)
  return scope.run(of, work).finally(() => letGo(of))
}

/** While none is read, no promise of the process pays for the storage, as before Node.js 24 each does. */
function letGo(of: TransactionScope): void {
  if (notBegun.delete(of) && notBegun.size === 0) scope.disable()
}

/**
 * A pool on which a statement runs only inside a transaction of one tenant.
 *
 * BEGIN and what is seen of the tenant leave in one round trip; queries are READ ONLY on one
 * snapshot, so that a count and its page agree. A statement outside a transaction, or a BEGIN that
 * names no tenant, throws: forgetting is loud. With a deadline, PostgreSQL is told in the same round
 * trip how long each statement may take, so that it keeps to that even if this process cannot.
 */
export function createTenantPool(config: pg.PoolConfig, settings: PoolSettings): TenantPool {
  const setUp = [
    // The login may own the tables or be a superuser, to whom row level security does not apply.
    'SET ROLE dealgraph_app',
    "SET TimeZone = 'UTC'",
    // Compiling a statement takes longer than all but the largest run, and cannot be cancelled.
    'SET jit = off',
    `SET statement_timeout = ${settings.statementTimeoutMs}`,
    `SET idle_in_transaction_session_timeout = ${settings.idleInTransactionTimeoutMs}`,
  ].join(';')
  const options: pg.PoolConfig & { pipeline: boolean } = {
    ...config,
    Client: tenantClient(settings.onStatement, !config.stream),
    // Fields of one operation are read at the same time: their statements leave together and are
    // answered in turn.
    pipeline: true,
    onConnect: async (client) => {
      await client.query(setUp)
    },
  }
  const pool = new TenantPool(options)
  // An idle connection that breaks has left the pool already; without a listener it would end the
  // process.
  pool.on('error', () => {})
  return pool
}

export class TenantPool extends pg.Pool {
  /**
   * Runs statements that are one transaction and one round trip. Without its proof they have no
   * tenant, see nothing and can write nothing; what they came to is null then.
   */
  async flush(scope: FlushScope, statements: readonly Statement[]): Promise<Flushed | null> {
    checkView(scope)
    const sent = [viewStatement(scope), ...statements]
    const [view = null, ...rows] = await this.#send(sent, scope.deadline)
    return view && { revision: scope.proof ? (view[0] ?? null) : null, rows }
  }

  /** The row of one statement that belongs to no tenant. */
  async look(statement: Statement): Promise<FlushRow> {
    const [row = null] = await this.#send([statement])
    return row
  }

  async #send(statements: readonly Statement[], deadline?: Deadline): Promise<FlushRow[]> {
    const client = (await this.#connect(deadline)) as TenantClient
    let failure: unknown
    try {
      return await client.flush(statements, deadline)
    } catch (error) {
      failure = error
      throw error
    } finally {
      client.release(Boolean(failure))
    }
  }

  /** Who waits for a connection until the deadline gets none, and none is begun on. */
  // biome-ignore lint/suspicious/noExplicitAny: pg overloads `connect` in two ways; a callback is passed on.
  override connect(callback?: any): any {
    return callback ? super.connect(callback) : this.#connect(scope.getStore()?.deadline)
  }

  #connect(deadline: Deadline | undefined): Promise<pg.PoolClient> {
    if (deadline?.end.aborted) return Promise.reject(deadline.end.reason)
    const connected = super.connect().catch((error) => Promise.reject(connectFailure(error)))
    return deadline ? deadline.race(connected, (client) => client.release()) : connected
  }

  override query(): never {
    throw new Error('this database call names no tenant: it must run inside a tenant transaction')
  }
}

interface TenantClient extends pg.PoolClient {
  flush(statements: readonly Statement[], deadline: Deadline | undefined): Promise<FlushRow[]>
}

function tenantClient(
  onStatement: PoolSettings['onStatement'],
  canCancel: boolean,
): typeof pg.Client {
  return class TenantClient extends pg.Client {
    /** The open transaction, if it has a deadline. */
    #transaction: InterruptibleTransaction | undefined

    // biome-ignore lint/suspicious/noExplicitAny: pg overloads `query` in nine ways; this passes every one of them on.
    override query(statement: any, ...rest: any[]): any {
      const text: string = typeof statement === 'string' ? statement : (statement?.text ?? '')
      const values = Array.isArray(rest[0]) ? rest[0] : (statement?.values ?? [])
      const send = (sent = statement) => {
        onStatement?.(sent === statement ? text : sent, values)
        return super.query(sent, ...(sent === statement ? rest : []))
      }
      if (text === 'BEGIN') return send(this.#begin(scope.getStore()))
      const open = this.#transaction
      if (text === 'COMMIT' || text === 'ROLLBACK') this.#transaction = undefined
      if (!open) return send()
      if (text === 'COMMIT') return open.commit(send, () => send('ROLLBACK'))
      return text === 'ROLLBACK' ? open.rollback(send) : open.run(send)
    }

    async flush(statements: readonly Statement[], deadline: Deadline | undefined) {
      const send = () =>
        new Promise<FlushRow[]>((resolve, reject) => {
          for (const { text, values } of statements) onStatement?.(text, [...values])
          const flush = new Flush(statements, (error, rows = []) =>
            error ? reject(error) : resolve(rows),
          )
          super.query(flush as unknown as pg.Submittable)
        })
      if (!deadline) return send()
      const transaction = new InterruptibleTransaction(this, deadline, canCancel)
      try {
        return (await transaction.runWhole(send)) as FlushRow[]
      } finally {
        await transaction.end()
      }
    }

    #begin(of: TransactionScope | undefined): string {
      if (!of) throw new Error('this transaction names no tenant')
      letGo(of)
      if (of.deadline)
        this.#transaction = new InterruptibleTransaction(this, of.deadline, canCancel)
      return beginning(of)
    }
  }
}
