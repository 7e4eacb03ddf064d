import { builder } from '../builder.ts'
import { escapeLike } from '../conditions.ts'
import type { Keyset } from '../connection.ts'
import type { Prisma } from '../generated/prisma/client.ts'
import { readPage } from '../page-field.ts'
import { byNumber, type PageOf } from '../rows.ts'
import { MemberFilter, memberWhere, Role } from './filters.ts'

export const Member = builder.prismaNode('Member', {
  description: 'A person of the tenant: owns deals, is assigned to them, changes them.',
  // Checked for each member once, wherever a field leads to one.
  authScopes: { scope: 'members:read' },
  runScopesOnType: true,
  select: { tenantId: true, id: true },
  nullable: true,
  id: { resolve: (member) => member.id },
  findUnique: (id, ctx) => ({ tenantId_id: { tenantId: ctx.viewer.tenantId, id } }),
  fields: (t) => ({
    number: t.exposeInt('number', { description: 'Counts from 1 within the tenant.' }),
    name: t.exposeString('name', { description: 'Their full name.' }),
    email: t.exposeString('email', {
      nullable: true,
      description: 'Unique in the tenant, in any case.',
    }),
    externalId: t.exposeString('externalId', {
      nullable: true,
      description: 'The id that a sign-in service knows them by, unique in the tenant.',
    }),
    role: t.expose('role', { type: Role, description: 'What they may do.' }),
    deactivatedAt: t.expose('deactivatedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'Since when they may no longer sign in.',
    }),
    deletedAt: t.expose('deletedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When they were deleted: they are in no list, but history goes on naming them.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When they joined.' }),
  }),
})

builder.queryField('memberByNumber', (t) =>
  t.prismaField({
    type: Member,
    authScopes: { scope: 'members:read' },
    nullable: true,
    extensions: { rows: byNumber },
    description: 'A member by their number, deactivated or deleted too.',
    args: {
      number: t.arg.int({ required: true, description: 'Their number in the tenant, from 1.' }),
    },
    resolve: (query, _root, args, ctx) =>
      ctx.db.member.findUnique({ ...query, ...byNumber(args, ctx) }),
  }),
)

const byName: Keyset = { name: 'NAME', column: 'name', kind: 'text', direction: 'asc' }

const MemberConnection = builder.connectionObject(
  { type: Member, name: 'MemberConnection', description: 'A page of members.' },
  { name: 'MemberEdge', description: 'A member and its cursor.' },
)

const memberPage: PageOf = {
  keyset: () => byName,
  where: ({ filter, search }) => [memberWhere(filter), ...(search ? [matching(search)] : [])],
}

builder.queryField('members', (t) =>
  t.connection(
    {
      type: Member,
      authScopes: { scope: 'members:read' },
      extensions: { page: memberPage },
      description: 'The people of the tenant, by name.',
      args: {
        filter: t.arg({ type: MemberFilter, description: 'Which members.' }),
        search: t.arg.string({
          description: 'A part of the name or the email, at most 255 characters, in any case.',
        }),
      },
      resolve: (_root, args, ctx, info) => readPage(ctx.db.member, memberPage, args, { ctx, info }),
    },
    MemberConnection,
  ),
)

function matching(search: string): Prisma.MemberWhereInput {
  const contains = { contains: escapeLike(search), mode: 'insensitive' as const }
  return { OR: [{ name: contains }, { email: contains }] }
}
