import type { Standing } from '../database/standing.ts'
import type { TenantView } from '../database/tenant-view.ts'
import type { Role, Scope } from './scopes.ts'

/** Who is asking, always of one tenant: a member, an API key, or a key that acts for a member. */
export interface Viewer extends TenantView, Standing {
  memberRole: Role | null
  role: Role
  scopes: ReadonlySet<Scope>
  /** Counts the changes of the operations that the tenant has registered; zero for none ever. */
  operationsRevision: number
  /** How many writes the tenant had seen when they were let in: what is read now is no older. */
  revision: string
}

/** Whether nothing that decides on an answer has changed but what was written. */
export function isSameViewer(one: Viewer, other: Viewer): boolean {
  return facts(one) === facts(other)
}

function facts({ revision: _, scopes, ...viewer }: Viewer): string {
  return JSON.stringify([viewer, [...scopes]])
}

export interface Sight {
  /** Whether the tenant has its members see only their deals. */
  membersSeeOnlyTheirDeals: boolean
  /** The viewer's role, which a key has for itself. */
  role: Role
  memberId: string | null
  memberRole: Role | null
}

/**
 * The member beside whose own deals the viewer sees none; null for all deals of the tenant, as
 * administrators and keys of the tenant itself see them. A key that only reads sees no more than
 * the member for whom it acts.
 */
export function dealsSeenBy(sight: Sight): string | null {
  const { membersSeeOnlyTheirDeals, role, memberId, memberRole } = sight
  const isLimited = role === 'MEMBER' || (role === 'READ_ONLY' && memberRole === 'MEMBER')
  return membersSeeOnlyTheirDeals && isLimited ? memberId : null
}
