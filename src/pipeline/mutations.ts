import { builder } from '../builder.ts'
import { idOf } from '../ids.ts'
import { type InputFields, mutation, type PayloadFields } from '../mutation.ts'
import { rowOfPayload } from '../payload.ts'
import * as pipelines from './service.ts'
import { Pipeline, ruleDescriptions } from './type.ts'

/** The pipeline that a payload is about, read after the write. */
export const pipelineOfPayload = rowOfPayload({
  type: Pipeline,
  key: 'pipelineId',
  description: 'The pipeline as it is now; null when the mutation was refused.',
  find: (db, byId) => db.pipeline.findUnique(byId),
})

const PipelineRulesInput = builder.inputType('PipelineRulesInput', {
  description: 'Rules of a pipeline. One that is left out stays as it is; in a new one it is off.',
  fields: (t) => ({
    noSkipping: t.boolean({ description: ruleDescriptions.noSkipping }),
    noMovingBack: t.boolean({ description: ruleDescriptions.noMovingBack }),
    reasonToClose: t.boolean({ description: ruleDescriptions.reasonToClose }),
  }),
})

export const rulesField = (t: InputFields) =>
  t.field({ type: PipelineRulesInput, description: 'What it does not let its deals do.' })

const pipelineField = (t: InputFields) => ({
  pipelineId: t.id({ required: true, description: 'The pipeline.' }),
})

/** The payload of a mutation of one pipeline. */
export const pipelinePayload = {
  description: 'The pipeline, or why nothing was done.',
  fields: (t: PayloadFields<pipelines.ChangedPipeline>) => ({
    pipeline: t.prismaField(pipelineOfPayload),
  }),
}

mutation('updatePipeline', {
  scope: 'pipelines:write',
  description: 'Changes what a pipeline is called, where it stands and what it forbids.',
  input: {
    description: 'What to change of a pipeline. A field that is left out stays as it is.',
    fields: (t) => ({
      ...pipelineField(t),
      name: t.string({ description: '1 to 255 characters, unique in the tenant in any case.' }),
      position: t.int({
        description: 'Its place among all pipelines, from 0; the others move along.',
      }),
      rules: rulesField(t),
    }),
  },
  payload: pipelinePayload,
  write: (input) => {
    const change = { ...input, pipelineId: idOf('Pipeline', input.pipelineId) }
    return (tx) => pipelines.updatePipeline(tx, change)
  },
})

mutation('archivePipeline', {
  scope: 'pipelines:write',
  description:
    'Archives a pipeline: it takes no new deals, and those that it has stay where they are. The default one is not archived.',
  input: { description: 'The pipeline to archive.', fields: pipelineField },
  payload: pipelinePayload,
  write: (input) => {
    const id = idOf('Pipeline', input.pipelineId)
    return (tx) => pipelines.archivePipeline(tx, id)
  },
})

mutation('restorePipeline', {
  scope: 'pipelines:write',
  description: 'Brings an archived pipeline back. One that is not archived stays as it is.',
  input: { description: 'The pipeline to restore.', fields: pipelineField },
  payload: pipelinePayload,
  write: (input) => {
    const id = idOf('Pipeline', input.pipelineId)
    return (tx) => pipelines.restorePipeline(tx, id)
  },
})

mutation('setDefaultPipeline', {
  scope: 'pipelines:write',
  description:
    'Makes a live pipeline the one where deals go that name none; the one before is then no longer.',
  input: { description: 'The pipeline to make the default.', fields: pipelineField },
  payload: pipelinePayload,
  write: (input) => {
    const id = idOf('Pipeline', input.pipelineId)
    return (tx) => pipelines.setDefaultPipeline(tx, id)
  },
})
