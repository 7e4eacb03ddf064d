import { builder } from '../builder.ts'
import type { ListScope, Rows } from '../rows.ts'

export const Source = builder.prismaNode('Source', {
  description: 'Where deals come from. The list grows from use: a name that is new joins it.',
  nullable: true,
  id: { resolve: (source) => source.id },
  findUnique: (id, ctx) => ({ tenantId_id: { tenantId: ctx.viewer.tenantId, id } }),
  fields: (t) => ({
    name: t.exposeString('name', { description: 'Unique in the tenant, in any case.' }),
    archivedAt: t.expose('archivedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'Since when no more deals get it; those that have it keep it.',
    }),
    createdAt: t.expose('createdAt', {
      type: 'DateTime',
      description: 'When it was created or first used.',
    }),
  }),
})

interface SourceArgs {
  includeArchived?: boolean | null
}

function sourceRows({ includeArchived }: SourceArgs, { viewer: { tenantId } }: ListScope): Rows {
  return {
    where: { tenantId, ...(includeArchived ? {} : { archivedAt: null }) },
    orderBy: [{ name: 'asc' }, { id: 'asc' }],
  }
}

builder.queryField('sources', (t) =>
  t.prismaField({
    type: [Source],
    authScopes: { scope: 'deals:read' },
    extensions: { cost: { size: 20 }, rows: sourceRows },
    description: 'Where deals come from, by name.',
    args: {
      includeArchived: t.arg.boolean({
        description: 'Also those that no more deals get. Default: false.',
      }),
    },
    resolve: (query, _root, args, ctx) =>
      ctx.db.source.findMany({ ...query, ...sourceRows(args, ctx) }),
  }),
)
