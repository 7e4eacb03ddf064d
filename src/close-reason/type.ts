import { builder, textEnum } from '../builder.ts'
import type { ListScope, Rows } from '../rows.ts'

export const ClosedKind = textEnum('ClosedKind', 'How a deal ends.', {
  WON: 'It is won.',
  LOST: 'It is lost.',
})

export const CloseReason = builder.prismaNode('CloseReason', {
  description:
    'Why deals are won or lost. The list grows from use: a name that is new for its kind joins it.',
  nullable: true,
  id: { resolve: (reason) => reason.id },
  findUnique: (id, ctx) => ({ tenantId_id: { tenantId: ctx.viewer.tenantId, id } }),
  fields: (t) => ({
    kind: t.expose('kind', {
      type: ClosedKind,
      description: 'Whether it is for deals that are won or lost.',
    }),
    name: t.exposeString('name', { description: 'Unique among those of its kind, in any case.' }),
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

interface CloseReasonArgs {
  kind?: string | null
  includeArchived?: boolean | null
}

function closeReasonRows(
  { kind, includeArchived }: CloseReasonArgs,
  { viewer: { tenantId } }: ListScope,
): Rows {
  return {
    where: {
      tenantId,
      ...(kind ? { kind } : {}),
      ...(includeArchived ? {} : { archivedAt: null }),
    },
    orderBy: [{ name: 'asc' }, { kind: 'asc' }, { id: 'asc' }],
  }
}

builder.queryField('closeReasons', (t) =>
  t.prismaField({
    type: [CloseReason],
    authScopes: { scope: 'deals:read' },
    extensions: { cost: { size: 20 }, rows: closeReasonRows },
    description: 'Why deals are won or lost, by name.',
    args: {
      kind: t.arg({ type: ClosedKind, description: 'Only those of this kind.' }),
      includeArchived: t.arg.boolean({
        description: 'Also those that no more deals get. Default: false.',
      }),
    },
    resolve: (query, _root, args, ctx) =>
      ctx.db.closeReason.findMany({ ...query, ...closeReasonRows(args, ctx) }),
  }),
)
