import { builder, textEnum } from '../builder.ts'
import { byId, byNumber, type ListScope, type RowSql, type Rows } from '../rows.ts'
import { type PipelineRules as Rules, rulesOf } from './rules.ts'

export const StageKind = textEnum('StageKind', 'What it means for a deal to be in a stage.', {
  OPEN: 'The deal is being worked on.',
  WON: 'The deal is won; its probability is 100.',
  LOST: 'The deal is lost; its probability is 0.',
})

/** What each rule says, for the rules of a pipeline and the input that sets them. */
export const ruleDescriptions = {
  noSkipping:
    'Whether deals go on only to the next open stage, and are won only from the last. Losing is always possible.',
  noMovingBack: 'Whether deals do not go back to an earlier open stage.',
  reasonToClose: 'Whether every closed stage takes a deal only with a reason.',
}

const ruleSql = (rule: keyof Rules) => (pipeline: RowSql) =>
  `coalesce((${pipeline.column('rules')} ->> '${rule}')::boolean, false)`

const PipelineRules = builder.objectRef<Rules>('PipelineRules').implement({
  description: 'What a pipeline does not let its deals do; all of it is off by default.',
  fields: (t) => ({
    noSkipping: t.exposeBoolean('noSkipping', {
      extensions: { sql: ruleSql('noSkipping') },
      description: ruleDescriptions.noSkipping,
    }),
    noMovingBack: t.exposeBoolean('noMovingBack', {
      extensions: { sql: ruleSql('noMovingBack') },
      description: ruleDescriptions.noMovingBack,
    }),
    reasonToClose: t.exposeBoolean('reasonToClose', {
      extensions: { sql: ruleSql('reasonToClose') },
      description: ruleDescriptions.reasonToClose,
    }),
  }),
})

export const Pipeline = builder.prismaNode('Pipeline', {
  description: 'A way that deals go, in stages.',
  nullable: true,
  id: { resolve: (pipeline) => pipeline.id },
  findUnique: (id, ctx) => ({ tenantId_id: { tenantId: ctx.viewer.tenantId, id } }),
  fields: (t) => ({
    number: t.exposeInt('number', { description: 'Counts from 1 within the tenant.' }),
    name: t.exposeString('name', { description: 'Unique in the tenant, in any case.' }),
    position: t.exposeInt('position', { description: 'Its place among the pipelines, from 0.' }),
    isDefault: t.exposeBoolean('isDefault', {
      description: 'Whether a new deal goes here when it names no pipeline.',
    }),
    rules: t.field({
      type: PipelineRules,
      extensions: { embedded: true },
      description: 'What it does not let its deals do.',
      resolve: ({ rules }) => rulesOf(rules),
    }),
    archivedAt: t.expose('archivedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'Since when it takes no new deals.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was created.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When it last changed.' }),
  }),
})

interface PipelineArgs {
  includeArchived?: boolean | null
}

function pipelineRows(
  { includeArchived }: PipelineArgs,
  { viewer: { tenantId } }: ListScope,
): Rows {
  return {
    where: { tenantId, ...(includeArchived ? {} : { archivedAt: null }) },
    orderBy: [{ position: 'asc' }, { id: 'asc' }],
  }
}

const pipelineById = byId('Pipeline')

builder.queryFields((t) => ({
  pipeline: t.prismaField({
    type: Pipeline,
    authScopes: { scope: 'deals:read' },
    nullable: true,
    extensions: { rows: pipelineById },
    description: 'A pipeline by its id.',
    args: { id: t.arg.id({ required: true, description: 'Such as `pipeline_0198c0de-…`.' }) },
    resolve: (query, _root, args, ctx) =>
      ctx.db.pipeline.findUnique({ ...query, ...pipelineById(args, ctx) }),
  }),
  pipelineByNumber: t.prismaField({
    type: Pipeline,
    authScopes: { scope: 'deals:read' },
    nullable: true,
    extensions: { rows: byNumber },
    description: 'A pipeline by its number, archived or not.',
    args: {
      number: t.arg.int({ required: true, description: 'Its number in the tenant, from 1.' }),
    },
    resolve: (query, _root, args, ctx) =>
      ctx.db.pipeline.findUnique({ ...query, ...byNumber(args, ctx) }),
  }),
  pipelines: t.prismaField({
    type: [Pipeline],
    authScopes: { scope: 'deals:read' },
    extensions: { cost: { size: 5 }, rows: pipelineRows },
    description: 'The pipelines in their order.',
    args: {
      includeArchived: t.arg.boolean({
        description: 'Also those that take no new deals. Default: false.',
      }),
    },
    resolve: (query, _root, args, ctx) =>
      ctx.db.pipeline.findMany({ ...query, ...pipelineRows(args, ctx) }),
  }),
}))
