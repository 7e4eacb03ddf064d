import { builder, textEnum } from '../builder.ts'
import { optionalIdOf } from '../ids.ts'
import { Pipeline } from '../pipeline/type.ts'
import type { ListScope, Rows } from '../rows.ts'

export const CustomFieldType = textEnum('CustomFieldType', 'What the values of a field are.', {
  TEXT: 'A text of at most 10 000 characters.',
  NUMBER: 'A number with at most 4 decimals.',
  MONEY: 'An amount with its currency: `{"amount": "1054.50", "currency": "USD"}`.',
  DATE: 'A calendar day: `"2026-03-31"`.',
  BOOLEAN: 'True or false.',
  SELECT: 'One of the field’s options.',
  MULTI_SELECT: 'A list of the field’s options, each at most once.',
  URL: 'An absolute http or https address of at most 2 000 characters.',
})

export const CustomFieldDefinition = builder.prismaNode('CustomFieldDefinition', {
  description: 'A field that the tenant adds to its deals. It is archived, never deleted.',
  nullable: true,
  id: { resolve: (field) => field.id },
  findUnique: (id, ctx) => ({ tenantId_id: { tenantId: ctx.viewer.tenantId, id } }),
  fields: (t) => ({
    key: t.exposeString('key', {
      description: 'Names it in inputs: `cf_region`. Unique in the tenant, and never given again.',
    }),
    label: t.exposeString('label', { description: 'Names it for people: 1 to 255 characters.' }),
    description: t.exposeString('description', {
      nullable: true,
      description: 'What it is for.',
    }),
    type: t.expose('type', { type: CustomFieldType, description: 'What its values are.' }),
    required: t.exposeBoolean('required', {
      description:
        'Whether a new deal must have a value. Deals that were there before may go on without one.',
    }),
    options: t.exposeStringList('options', {
      description:
        'What a SELECT or MULTI_SELECT offers; empty for others. Deals keep options that were removed.',
    }),
    pipeline: t.relation('pipeline', {
      type: Pipeline,
      nullable: true,
      description: 'The pipeline of whose deals it is; null when it is of all deals.',
    }),
    position: t.exposeInt('position', { description: 'Its place among the fields, from 0.' }),
    archivedAt: t.expose('archivedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'Since when deals are given no value of it; they keep those that they have.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was created.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When it last changed.' }),
  }),
})

interface CustomFieldArgs {
  includeArchived?: boolean | null
  pipelineId?: string | null
}

function customFieldRows(
  { includeArchived, pipelineId }: CustomFieldArgs,
  { viewer: { tenantId } }: ListScope,
): Rows {
  const id = optionalIdOf('Pipeline', pipelineId)
  return {
    where: {
      tenantId,
      ...(includeArchived ? {} : { archivedAt: null }),
      ...(id === null ? {} : { OR: [{ pipelineId: null }, { pipelineId: id }] }),
    },
    orderBy: [{ position: 'asc' }, { id: 'asc' }],
  }
}

builder.queryField('customFields', (t) =>
  t.prismaField({
    type: [CustomFieldDefinition],
    authScopes: { scope: 'deals:read' },
    extensions: { cost: { size: 20 }, rows: customFieldRows },
    description: 'The fields that the tenant adds to its deals, in their order.',
    args: {
      includeArchived: t.arg.boolean({
        description: 'Also those that deals are given no value of. Default: false.',
      }),
      pipelineId: t.arg.id({
        description: 'Only those of this pipeline’s deals, which those of all deals are as well.',
      }),
    },
    resolve: (query, _root, args, ctx) =>
      ctx.db.customFieldDefinition.findMany({ ...query, ...customFieldRows(args, ctx) }),
  }),
)
