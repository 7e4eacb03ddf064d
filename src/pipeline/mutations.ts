import { builder } from '../builder.ts'
import { mutation, type PayloadFields } from '../mutation.ts'
import * as pipelines from './service.ts'
import { Pipeline, StageKind } from './type.ts'

const StageInput = builder.inputType('CreatePipelineStageInput', {
  description: 'A stage of the pipeline to create.',
  fields: (t) => ({
    name: t.string({
      required: true,
      description: '1 to 255 characters, unique in the pipeline in any case.',
    }),
    kind: t.field({
      type: StageKind,
      required: true,
      description: 'What it means for a deal to be here.',
    }),
    probability: t.int({
      description: '0 to 100, for an OPEN stage. Default: 50; WON is 100, LOST is 0.',
    }),
    rottingDays: t.int({
      description: 'After how many days here a deal counts as rotting; null for never.',
    }),
    reasonRequired: t.boolean({
      description: 'Whether a deal enters only with a reason. Default: false.',
    }),
  }),
})

mutation('createPipeline', {
  scope: 'pipelines:write',
  description: 'Creates a pipeline and its stages.',
  input: {
    description: 'A pipeline with its stages.',
    fields: (t) => ({
      name: t.string({
        required: true,
        description: '1 to 255 characters, unique in the tenant in any case.',
      }),
      stages: t.field({
        type: [StageInput],
        required: true,
        description: 'In their order; at least one of each kind, at most 50.',
      }),
      isDefault: t.boolean({
        description:
          'Whether new deals go here by default. Default: only for the tenant’s first pipeline.',
      }),
    }),
  },
  payload: {
    description: 'The new pipeline, or why there is none.',
    fields: (t: PayloadFields<{ pipelineId: string }>) => ({
      pipeline: t.prismaField({
        type: Pipeline,
        nullable: true,
        description: 'The new pipeline.',
        resolve: (query, { pipelineId }, _args, ctx) => {
          const where = { tenantId: ctx.viewer.tenantId, id: pipelineId ?? '' }
          const find = { ...query, where: { tenantId_id: where } }
          return pipelineId ? ctx.db.pipeline.findUnique(find) : null
        },
      }),
    }),
  },
  write: (input) => (tx) => pipelines.createPipeline(tx, input),
})
