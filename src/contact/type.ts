import { builder } from '../builder.ts'
import { Prisma } from '../generated/prisma/client.ts'
import { Organization } from '../organization/type.ts'
import { readPage } from '../page-field.ts'
import { byNumber, type PageOf } from '../rows.ts'
import { type SearchCall, searchFor } from '../search.ts'
import { byName, ContactFilter, ContactOrder, contactKeyset, contactWhere } from './filters.ts'

export const Contact = builder.prismaNode('Contact', {
  description: 'A person on the other side of a deal.',
  select: { tenantId: true, id: true },
  nullable: true,
  id: { resolve: (contact) => contact.id },
  findUnique: (id, ctx) => ({ tenantId_id: { tenantId: ctx.viewer.tenantId, id } }),
  fields: (t) => ({
    number: t.exposeInt('number', { description: 'Counts from 1 within the tenant.' }),
    name: t.exposeString('name', { description: 'Their full name.' }),
    email: t.exposeString('email', { nullable: true, description: 'Their email address.' }),
    phone: t.exposeString('phone', { nullable: true, description: 'Their phone number.' }),
    jobTitle: t.exposeString('jobTitle', { nullable: true, description: 'What they do there.' }),
    organization: t.relation('organization', {
      type: Organization,
      nullable: true,
      description: 'The organization that they belong to.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When they were created.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When they last changed.' }),
  }),
})

builder.queryField('contactByNumber', (t) =>
  t.prismaField({
    type: Contact,
    authScopes: { scope: 'deals:read' },
    nullable: true,
    extensions: { rows: byNumber },
    description: 'A contact by their number.',
    args: {
      number: t.arg.int({ required: true, description: 'Their number in the tenant, from 1.' }),
    },
    resolve: (query, _root, args, ctx) =>
      ctx.db.contact.findUnique({ ...query, ...byNumber(args, ctx) }),
  }),
)

const ContactConnection = builder.connectionObject(
  { type: Contact, name: 'ContactConnection', description: 'A page of contacts.' },
  { name: 'ContactEdge', description: 'A contact and its cursor.' },
)

const search: SearchCall = (pattern, most) => Prisma.sql`search_contacts(${pattern}, ${most})`

const contactPage: PageOf = {
  keyset: ({ orderBy }) => contactKeyset(orderBy ?? byName),
  where: ({ filter, search: text }) => [
    contactWhere(filter),
    ...(text ? [searchFor(search, ['name', 'email'], text)] : []),
  ],
}

builder.queryField('contacts', (t) =>
  t.connection(
    {
      type: Contact,
      authScopes: { scope: 'deals:read' },
      extensions: { page: contactPage },
      description: 'The contacts: people on the other side of deals.',
      args: {
        filter: t.arg({ type: ContactFilter, description: 'Which contacts.' }),
        search: t.arg.string({
          description: 'A part of the name or the email, at most 255 characters, in any case.',
        }),
        orderBy: t.arg({ type: ContactOrder, description: 'Default: NAME ASC.' }),
      },
      resolve: (_root, args, ctx, info) =>
        readPage(ctx.db.contact, contactPage, args, { ctx, info }),
    },
    ContactConnection,
  ),
)
