import { builder } from '../builder.ts'
import { Contact } from '../contact/type.ts'
import { Deal } from '../deal/type.ts'

export const DealContact = builder.prismaNode('DealContact', {
  description: 'A contact on a deal, and the part that they play there.',
  select: { tenantId: true, id: true },
  nullable: true,
  id: { resolve: (dealContact) => dealContact.id },
  findUnique: (id, ctx) => ({ tenantId_id: { tenantId: ctx.viewer.tenantId, id } }),
  fields: (t) => ({
    deal: t.relation('deal', { type: Deal, description: 'The deal.' }),
    contact: t.relation('contact', { type: Contact, description: 'The contact.' }),
    role: t.exposeString('role', {
      nullable: true,
      description: 'Their part in it: `Decision maker`.',
    }),
    isPrimary: t.exposeBoolean('isPrimary', {
      description: 'Whether they are the first to talk to; at most one contact of a deal is.',
    }),
    introducedBy: t.relation('introducedBy', {
      type: Contact,
      nullable: true,
      description: 'The contact who brought them in.',
    }),
    metadata: t.expose('metadata', {
      type: 'JSON',
      description: 'Anything that a program keeps with it.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When they were added.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When this last changed.' }),
  }),
})

builder.prismaObjectField(Deal, 'contacts', (t) =>
  t.relation('contacts', {
    extensions: { cost: { size: 3 } },
    type: DealContact,
    description:
      'The contacts on it: the primary one first, then in the order in which they were added.',
    query: { orderBy: [{ isPrimary: 'desc' }, { createdAt: 'asc' }, { id: 'asc' }] },
  }),
)
