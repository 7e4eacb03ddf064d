import { AsyncLocalStorage } from 'node:async_hooks'
import pg from 'pg'

/** What a transaction sees: rows of one tenant, and of its deals all or those of one member. */
export interface TenantView {
  tenantId: string
  /** The member beside whose own deals none is seen; null for all deals of the tenant. */
  dealsOf: string | null
}

export interface TransactionScope extends TenantView {
  access: 'read' | 'write'
}

/** For what nobody asks who could be limited: operators, imports, exports and the demo. */
export function wholeTenant(tenantId: string): TenantView {
  return { tenantId, dealsOf: null }
}

export interface PoolSettings {
  statementTimeoutMs: number
  idleInTransactionTimeoutMs: number
  onStatement?: OnStatement
}

/** Sees each statement as it is sent, with the values of its parameters. */
export type OnStatement = (text: string, values: unknown[]) => void

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** What the next BEGIN on this asynchronous path is for. It is read at BEGIN and nowhere else. */
const scope = new AsyncLocalStorage<TransactionScope>()

export function withTransactionScope<T>(of: TransactionScope, work: () => T): T {
  if (!uuid.test(of.tenantId)) throw new Error('a transaction needs the id of its tenant')
  if (of.dealsOf !== null && !uuid.test(of.dealsOf))
    throw new Error('a transaction needs to know whose deals it sees')
  return scope.run(of, work)
}

/**
 * A pool on which a statement runs only inside a transaction of one tenant.
 *
 * BEGIN and what is seen of the tenant leave in one round trip; queries are READ ONLY on one snapshot, so
 * that a count and its page agree. A statement outside a transaction, or a BEGIN that names no
 * tenant, throws: forgetting is loud.
 */
export function createTenantPool(config: pg.PoolConfig, settings: PoolSettings): pg.Pool {
  const setUp = [
    // The login may own the tables or be a superuser, to whom row level security does not apply.
    'SET ROLE dealgraph_app',
    "SET TimeZone = 'UTC'",
    `SET statement_timeout = ${settings.statementTimeoutMs}`,
    `SET idle_in_transaction_session_timeout = ${settings.idleInTransactionTimeoutMs}`,
  ].join(';')
  const options: pg.PoolConfig & { pipeline: boolean } = {
    ...config,
    Client: tenantClient(settings.onStatement),
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

class TenantPool extends pg.Pool {
  override query(): never {
    throw new Error('this database call names no tenant: it must run inside a tenant transaction')
  }
}

function tenantClient(onStatement: PoolSettings['onStatement']): typeof pg.Client {
  return class TenantClient extends pg.Client {
    // biome-ignore lint/suspicious/noExplicitAny: pg overloads `query` in nine ways; this passes every one of them on.
    override query(statement: any, ...rest: any[]): any {
      const text: string = typeof statement === 'string' ? statement : (statement?.text ?? '')
      const values = Array.isArray(rest[0]) ? rest[0] : (statement?.values ?? [])
      const sent = text === 'BEGIN' ? begin(scope.getStore()) : text
      onStatement?.(sent, values)
      return sent === text ? super.query(statement, ...rest) : super.query(sent)
    }
  }
}

function begin(of: TransactionScope | undefined): string {
  if (!of) throw new Error('this transaction names no tenant')
  const mode = of.access === 'read' ? ' ISOLATION LEVEL REPEATABLE READ READ ONLY' : ''
  const tenant = `set_config('app.tenant_id', '${of.tenantId}', true)`
  return `BEGIN${mode}; SELECT ${tenant}, set_config('app.deals_of', '${of.dealsOf ?? 'all'}', true)`
}
