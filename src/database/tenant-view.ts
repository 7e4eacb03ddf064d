import type { Deadline } from '../deadline.ts'
import type { Statement } from './flush.ts'

/** What a transaction sees: rows of one tenant, and of its deals all or those of one member. */
export interface TenantView {
  tenantId: string
  /** The member beside whose own deals none is seen; null for all deals of the tenant. */
  dealsOf: string | null
}

export interface TransactionView extends TenantView {
  /** Until when it may run; work on the command line may run for as long as it takes. */
  deadline?: Deadline | undefined
}

export interface TransactionScope extends TransactionView {
  access: 'read' | 'write'
}

/**
 * An expression that gives the tenant’s revision as long as a credential means whom it meant, and
 * otherwise null.
 */
export interface Proof {
  expression: string
  values: readonly unknown[]
}

/** The scope of statements that are done only if the proof of who asks still holds. */
export interface FlushScope extends TransactionScope {
  proof?: Proof | undefined
}

/** For what nobody asks who could be limited: operators, imports, exports and the demo. */
export function wholeTenant(tenantId: string): TenantView {
  return { tenantId, dealsOf: null }
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** Throws for what names no tenant, or nobody whose deals are seen. */
export function checkView({ tenantId, dealsOf }: TenantView): void {
  if (!uuid.test(tenantId)) throw new Error('a transaction needs the id of its tenant')
  if (dealsOf !== null && !uuid.test(dealsOf))
    throw new Error('a transaction needs to know whose deals it sees')
}

/**
 * What a transaction of one round trip sees, if the proof holds, and how long each of its statements
 * may take.
 */
export function viewStatement({
  tenantId,
  dealsOf,
  deadline,
  access,
  proof,
}: FlushScope): Statement {
  const values = proof ? [...proof.values] : []
  const set = (setting: string, value: string) => {
    values.push(value)
    return `set_config('${setting}', $${values.length}, true)`
  }
  const view = [
    set('app.tenant_id', tenantId),
    set('app.deals_of', dealsOf ?? 'all'),
    set('transaction_read_only', access === 'read' ? 'on' : 'off'),
  ]
  if (deadline) view.push(set('statement_timeout', `${timeoutMs(deadline)}`))
  if (!proof) return { text: `SELECT ${view.join(', ')}`, values }
  const proven = `(SELECT ${proof.expression} AS revision OFFSET 0) AS proof`
  const text = `SELECT revision, ${view.join(', ')} FROM ${proven} WHERE revision IS NOT NULL`
  return { text, values }
}

/** Zero would be no limit at all. */
function timeoutMs({ remainingMs }: Deadline): number {
  return Math.max(1, Math.ceil(remainingMs))
}

/** BEGIN with what its transaction sees. */
export function beginning(of: TransactionScope): string {
  const mode = of.access === 'read' ? ' ISOLATION LEVEL REPEATABLE READ READ ONLY' : ''
  const set = [
    `set_config('app.tenant_id', '${of.tenantId}', true)`,
    `set_config('app.deals_of', '${of.dealsOf ?? 'all'}', true)`,
  ]
  if (of.deadline) set.push(`set_config('statement_timeout', '${timeoutMs(of.deadline)}', true)`)
  return `BEGIN${mode}; SELECT ${set.join(', ')}`
}
