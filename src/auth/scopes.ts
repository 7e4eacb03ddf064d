export const roles = ['ADMIN', 'MEMBER', 'READ_ONLY'] as const
export type Role = (typeof roles)[number]

/** What each scope lets its holder do. A field names the one that it needs, and nothing else decides. */
const scopeMeanings = {
  'deals:read': 'Reads pipelines, deals, their history, organizations, contacts and catalogues.',
  'deals:write': 'Creates, changes, moves and deletes deals and tags.',
  'pipelines:write': 'Changes pipelines, stages, custom fields, catalogues and settings.',
  'contacts:write':
    'Creates, changes and deletes organizations and contacts; another takes over their deals.',
  'members:read': 'Reads members, wherever something leads to them.',
  'members:write': 'Creates, changes and deletes members; another takes over their deals.',
  'keys:write': 'Reads, creates and revokes API keys, and reads who changed keys and roles.',
  'operations:write': 'Registers and retires persisted operations.',
  'operations:bypass':
    'Sends operations that are not registered where only registered ones are served.',
} as const

export type Scope = keyof typeof scopeMeanings

export const scopes = Object.keys(scopeMeanings) as readonly Scope[]

/** All scopes and their meaning, as a description lists them. */
export const scopeList = Object.entries(scopeMeanings)
  .map(([scope, meaning]) => `- \`${scope}\`: ${meaning}`)
  .join('\n')

/** Which scopes a role has. */
export const scopesOfRole: Record<Role, readonly Scope[]> = {
  ADMIN: scopes,
  MEMBER: ['deals:read', 'deals:write', 'contacts:write', 'members:read'],
  READ_ONLY: ['deals:read', 'members:read'],
}

/** The scopes of a key: all of its role, or those of them that it was limited to. */
export function scopesOfKey(role: string, limits: readonly string[]): Scope[] {
  const granted = scopesOfRole[role as Role]
  return granted.filter((scope) => limits.length === 0 || limits.includes(scope))
}
