import type { Role, Scope } from './scopes.ts'

/** Who is asking, always of one tenant: a member, an API key, or a key that acts for a member. */
export interface Viewer {
  tenantId: string
  memberId: string | null
  apiKeyId: string | null
  role: Role
  scopes: ReadonlySet<Scope>
  /** The member beside whose own deals the viewer sees none; null for all deals of the tenant. */
  dealsOf: string | null
}
