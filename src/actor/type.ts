import { builder, textEnum } from '../builder.ts'
import { Member } from '../member/type.ts'
import type { Declaration } from '../rows.ts'

const ActorKind = textEnum('ActorKind', 'What made a change.', {
  MEMBER: 'A member, signed in.',
  API_KEY: 'A program with an API key, perhaps for a member.',
  IMPORT: 'An import, from what its file says.',
  OPERATOR: 'The operator of the gateway, on its command line.',
})

interface ActorShape {
  actorKind: string
  actorMember: { tenantId: string; id: string; name: string } | null
  actorApiKey: { name: string } | null
}

export const Actor = builder.objectRef<ActorShape>('Actor').implement({
  description: 'Who made a change.',
  fields: (t) => ({
    kind: t.expose('actorKind', { type: ActorKind, description: 'What made the change.' }),
    name: t.string({
      extensions: {
        sql: (change) =>
          `coalesce(${change.relation('actorMember').column('name')}, ${change.relation('actorApiKey').column('name')}, CASE ${change.column('actorKind')} WHEN 'OPERATOR' THEN 'Operator' ELSE 'Import' END)`,
      } satisfies Declaration,
      description:
        'The name of the member, else of the API key, else `Import` or `Operator`. It is part of the history and needs no `members:read`; the member does.',
      resolve: ({ actorMember, actorApiKey, actorKind }) =>
        actorMember?.name ??
        actorApiKey?.name ??
        (actorKind === 'OPERATOR' ? 'Operator' : 'Import'),
    }),
    member: t.field({
      type: Member,
      nullable: true,
      extensions: { relation: 'actorMember' } satisfies Declaration,
      description: 'The member who made it, or for whom the API key acted.',
      resolve: ({ actorMember }) => actorMember,
    }),
  }),
})

/** What to load of a change for its actor, with what is asked for of the member. */
export function actorSelection(nested: unknown) {
  const select = nested as (selection: object, items: object) => never
  const member = { select: { tenantId: true, id: true, name: true } } as const
  const actorMember = select(member, { getType: () => 'Member', paths: [[{ name: 'member' }]] })
  return {
    actorKind: true,
    actorMember: actorMember as typeof member,
    actorApiKey: { select: { name: true } },
  } as const
}
