import { scopeList } from '../auth/scopes.ts'
import type { Viewer as ViewerShape } from '../auth/viewer.ts'
import { builder } from '../builder.ts'
import { Role } from '../member/filters.ts'
import { Member } from '../member/type.ts'
import type { Declaration, ListScope } from '../rows.ts'
import { Tenant } from '../tenant/type.ts'

function ownTenant(_args: object, { viewer }: ListScope) {
  return { where: { id: viewer.tenantId } }
}

function ownMember(_args: object, { viewer: { tenantId, memberId } }: ListScope) {
  return { where: { tenantId, id: { in: memberId === null ? [] : [memberId] } } }
}

const Viewer = builder.objectRef<ViewerShape>('Viewer').implement({
  description: 'Who is asking, and what they may do.',
  fields: (t) => ({
    tenant: t.prismaField({
      type: Tenant,
      extensions: { rows: ownTenant },
      description: 'The tenant that every answer of this request is about.',
      resolve: (query, _viewer, args, ctx) =>
        ctx.db.tenant.findUniqueOrThrow({ ...query, ...ownTenant(args, ctx) }),
    }),
    member: t.prismaField({
      type: Member,
      nullable: true,
      extensions: { rows: ownMember },
      description:
        'The member who asks, or for whom the API key acts; null for a key of the tenant itself.',
      resolve: (query, { memberId }, args, ctx) => {
        const find = { ...query, ...ownMember(args, ctx) }
        return memberId ? ctx.db.member.findFirst(find) : null
      },
    }),
    apiKeyName: t.string({
      nullable: true,
      description: 'The name of the API key in use.',
      resolve: async ({ tenantId, apiKeyId: id }, _args, ctx) =>
        id ? ((await ctx.db.apiKey.findFirst({ where: { tenantId, id } }))?.name ?? null) : null,
    }),
    role: t.expose('role', {
      type: Role,
      extensions: { viewerValue: ({ role }) => role } satisfies Declaration,
      description: 'What the viewer may do in general.',
    }),
    scopes: t.stringList({
      extensions: { viewerValue: ({ scopes }) => [...scopes] } satisfies Declaration,
      description: `What the viewer may do, one by one:\n\n${scopeList}`,
      resolve: (viewer) => [...viewer.scopes],
    }),
  }),
})

builder.queryField('viewer', (t) =>
  t.field({
    type: Viewer,
    extensions: { embedded: true },
    authScopes: { authenticated: true },
    description: 'Who is asking; open to every credential.',
    resolve: (_root, _args, ctx) => ctx.viewer,
  }),
)
