import { builder, textEnum } from '../builder.ts'
import { compareRequired } from '../conditions.ts'
import type { Prisma } from '../generated/prisma/client.ts'

export const Role = textEnum('Role', 'What a member or an API key may do.', {
  ADMIN: 'Everything, including pipelines, members and API keys.',
  MEMBER:
    'Reads everything but API keys and who changed them; changes deals, organizations and contacts.',
  READ_ONLY: 'Reads what a MEMBER reads; changes nothing.',
})

const RoleFilter = builder.inputType('RoleFilter', {
  description: 'Compares a role. Every condition given must hold.',
  fields: (t) => ({
    eq: t.field({ type: Role, description: 'This one.' }),
    in: t.field({ type: [Role], description: 'One of these.' }),
  }),
})

export const MemberFilter = builder.inputType('MemberFilter', {
  description: 'Which members. Every condition given must hold.',
  fields: (t) => ({
    role: t.field({ type: RoleFilter, description: 'What they may do.' }),
    deactivated: t.boolean({ description: 'Whether they may no longer sign in.' }),
  }),
})

/** The members that a filter lets through, none of them deleted. */
export function memberWhere(
  filter: typeof MemberFilter.$inferInput | null | undefined,
): Prisma.MemberWhereInput {
  const { role, deactivated } = filter ?? {}
  return {
    deletedAt: null,
    AND: [
      ...compareRequired('role', role),
      ...(deactivated == null ? [] : [{ deactivatedAt: deactivated ? { not: null } : null }]),
    ],
  }
}
