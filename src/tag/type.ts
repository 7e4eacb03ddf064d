import { builder } from '../builder.ts'
import type { ListScope, Rows } from '../rows.ts'

export const Tag = builder.prismaNode('Tag', {
  description: 'A label that deals can have.',
  nullable: true,
  id: { resolve: (tag) => tag.id },
  findUnique: (id, ctx) => ({ tenantId_id: { tenantId: ctx.viewer.tenantId, id } }),
  fields: (t) => ({
    number: t.exposeInt('number', { description: 'Counts from 1 within the tenant.' }),
    name: t.exposeString('name', { description: 'Unique in the tenant, in any case.' }),
    color: t.exposeString('color', {
      nullable: true,
      description: 'As `#rrggbb` in small letters.',
    }),
  }),
})

function allTags(_args: object, { viewer: { tenantId } }: ListScope): Rows {
  return { where: { tenantId }, orderBy: [{ name: 'asc' }, { id: 'asc' }] }
}

builder.queryField('tags', (t) =>
  t.prismaField({
    type: [Tag],
    authScopes: { scope: 'deals:read' },
    extensions: { cost: { size: 20 }, rows: allTags },
    description: 'All tags, by name.',
    resolve: (query, _root, args, ctx) => ctx.db.tag.findMany({ ...query, ...allTags(args, ctx) }),
  }),
)
