import { builder } from '../builder.ts'
import { Prisma } from '../generated/prisma/client.ts'
import { readPage } from '../page-field.ts'
import { byNumber, type PageOf } from '../rows.ts'
import { type SearchCall, searchFor } from '../search.ts'
import {
  byName,
  OrganizationFilter,
  OrganizationOrder,
  organizationKeyset,
  organizationWhere,
} from './filters.ts'

export const Organization = builder.prismaNode('Organization', {
  description: 'A company that deals are made with.',
  select: { tenantId: true, id: true },
  nullable: true,
  id: { resolve: (organization) => organization.id },
  findUnique: (id, ctx) => ({ tenantId_id: { tenantId: ctx.viewer.tenantId, id } }),
  fields: (t) => ({
    number: t.exposeInt('number', { description: 'Counts from 1 within the tenant.' }),
    name: t.exposeString('name', { description: 'Its name.' }),
    domain: t.exposeString('domain', {
      nullable: true,
      description: 'Its internet domain: `acme.example`.',
    }),
    email: t.exposeString('email', { nullable: true, description: 'Its general email address.' }),
    phone: t.exposeString('phone', { nullable: true, description: 'Its general phone number.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was created.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When it last changed.' }),
  }),
})

builder.queryField('organizationByNumber', (t) =>
  t.prismaField({
    type: Organization,
    authScopes: { scope: 'deals:read' },
    nullable: true,
    extensions: { rows: byNumber },
    description: 'An organization by its number.',
    args: {
      number: t.arg.int({ required: true, description: 'Its number in the tenant, from 1.' }),
    },
    resolve: (query, _root, args, ctx) =>
      ctx.db.organization.findUnique({ ...query, ...byNumber(args, ctx) }),
  }),
)

const OrganizationConnection = builder.connectionObject(
  { type: Organization, name: 'OrganizationConnection', description: 'A page of organizations.' },
  { name: 'OrganizationEdge', description: 'An organization and its cursor.' },
)

const search: SearchCall = (pattern, most) => Prisma.sql`search_organizations(${pattern}, ${most})`

const organizationPage: PageOf = {
  keyset: ({ orderBy }) => organizationKeyset(orderBy ?? byName),
  where: ({ filter, search: text }) => [
    organizationWhere(filter),
    ...(text ? [searchFor(search, ['name', 'domain'], text)] : []),
  ],
}

builder.queryField('organizations', (t) =>
  t.connection(
    {
      type: Organization,
      authScopes: { scope: 'deals:read' },
      extensions: { page: organizationPage },
      description: 'The organizations that deals are made with.',
      args: {
        filter: t.arg({ type: OrganizationFilter, description: 'Which organizations.' }),
        search: t.arg.string({
          description: 'A part of the name or the domain, at most 255 characters, in any case.',
        }),
        orderBy: t.arg({ type: OrganizationOrder, description: 'Default: NAME ASC.' }),
      },
      resolve: (_root, args, ctx, info) =>
        readPage(ctx.db.organization, organizationPage, args, { ctx, info }),
    },
    OrganizationConnection,
  ),
)
