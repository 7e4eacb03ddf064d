export const roles = ['ADMIN', 'MEMBER', 'READ_ONLY'] as const
export type Role = (typeof roles)[number]

export type Scope =
  | 'deals:read'
  | 'deals:write'
  | 'pipelines:write'
  | 'contacts:write'
  | 'members:read'
  | 'members:write'

/** Which scopes a role has. A field names the one that it needs, and nothing else decides. */
export const scopesOfRole: Record<Role, readonly Scope[]> = {
  ADMIN: [
    'deals:read',
    'deals:write',
    'pipelines:write',
    'contacts:write',
    'members:read',
    'members:write',
  ],
  MEMBER: ['deals:read', 'deals:write', 'contacts:write', 'members:read'],
  READ_ONLY: ['deals:read', 'members:read'],
}
