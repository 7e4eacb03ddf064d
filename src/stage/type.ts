import { builder } from '../builder.ts'
import { Pipeline, StageKind } from '../pipeline/type.ts'
import { byNumber } from '../rows.ts'

export const Stage = builder.prismaNode('Stage', {
  description: 'A step of a pipeline; every deal is in exactly one.',
  nullable: true,
  id: { resolve: (stage) => stage.id },
  findUnique: (id, ctx) => ({ tenantId_id: { tenantId: ctx.viewer.tenantId, id } }),
  fields: (t) => ({
    number: t.exposeInt('number', { description: 'Counts from 1 within the tenant.' }),
    name: t.exposeString('name', { description: 'Unique in the pipeline, in any case.' }),
    kind: t.expose('kind', {
      type: StageKind,
      description: 'What it means for a deal to be here.',
    }),
    position: t.exposeInt('position', {
      description: 'Its place among the live stages, from 0; of an archived one, where it stood.',
    }),
    probability: t.exposeInt('probability', {
      description: 'How likely a deal here is won, 0 to 100: 100 for WON, 0 for LOST.',
    }),
    rottingDays: t.exposeInt('rottingDays', {
      nullable: true,
      description: 'After how many days here a deal counts as rotting; null for never.',
    }),
    reasonRequired: t.exposeBoolean('reasonRequired', {
      description: 'Whether a deal enters only with a reason.',
    }),
    requiredFields: t.exposeStringList('requiredFields', {
      description:
        'What a deal must have to enter: names of fields of `Deal`, and keys of custom fields.',
    }),
    archivedAt: t.expose('archivedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'Since when it takes no deals.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was created.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When it last changed.' }),
    pipeline: t.relation('pipeline', { description: 'The pipeline that it is a step of.' }),
  }),
})

builder.prismaObjectField(Pipeline, 'stages', (t) =>
  t.relation('stages', {
    extensions: { cost: { size: 8 } },
    description: 'Its live stages in their order.',
    args: {
      includeArchived: t.arg.boolean({
        description: 'Also those that take no deals. Default: false.',
      }),
    },
    query: ({ includeArchived }) => ({
      where: includeArchived ? {} : { archivedAt: null },
      orderBy: [{ position: 'asc' as const }, { id: 'asc' as const }],
    }),
  }),
)

builder.queryField('stageByNumber', (t) =>
  t.prismaField({
    type: Stage,
    authScopes: { scope: 'deals:read' },
    nullable: true,
    extensions: { rows: byNumber },
    description: 'A stage by its number, of any pipeline, archived or not.',
    args: {
      number: t.arg.int({ required: true, description: 'Its number in the tenant, from 1.' }),
    },
    resolve: (query, _root, args, ctx) =>
      ctx.db.stage.findUnique({ ...query, ...byNumber(args, ctx) }),
  }),
)
