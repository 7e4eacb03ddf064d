import { builder } from '../builder.ts'
import { idOf } from '../ids.ts'
import { mutation } from '../mutation.ts'
import { pipelinePayload, rulesField } from '../pipeline/mutations.ts'
import { StageKind } from '../pipeline/type.ts'
import { stageValueFields } from '../stage/mutations.ts'
import * as setup from './service.ts'

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
    ...stageValueFields(t),
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
      rules: rulesField(t),
    }),
  },
  payload: pipelinePayload,
  write: (input) => (tx) => setup.createPipeline(tx, input),
})

mutation('reorderStages', {
  scope: 'pipelines:write',
  description: 'Puts the live stages of a pipeline into another order.',
  input: {
    description: 'The new order of a pipeline’s stages.',
    fields: (t) => ({
      pipelineId: t.id({ required: true, description: 'The pipeline.' }),
      stageIds: t.idList({
        required: true,
        description:
          'All of its live stages, each once: an order made from an old list is refused.',
      }),
    }),
  },
  payload: pipelinePayload,
  write: (input) => {
    const order = {
      pipelineId: idOf('Pipeline', input.pipelineId),
      stageIds: input.stageIds.map((id) => idOf('Stage', id)),
    }
    return (tx) => setup.reorderStages(tx, order)
  },
})
