import { idOf } from '../ids.ts'
import { type InputFields, mutation, type PayloadFields } from '../mutation.ts'
import { rowOfPayload } from '../payload.ts'
import { pipelineOfPayload } from '../pipeline/mutations.ts'
import { StageKind } from '../pipeline/type.ts'
import * as stages from './service.ts'
import { Stage } from './type.ts'

/** The stage that a payload is about, read after the write. */
const stageOfPayload = rowOfPayload({
  type: Stage,
  key: 'stageId',
  description: 'The stage as it is now; null when the mutation was refused.',
  find: (db, byId) => db.stage.findUnique(byId),
})

/** The payload of a mutation of one stage. */
export const stagePayload = {
  description: 'The stage and its pipeline, or why nothing was done.',
  fields: (t: PayloadFields<stages.ChangedStage>) => ({
    stage: t.prismaField(stageOfPayload),
    pipeline: t.prismaField(pipelineOfPayload),
  }),
}

/** What a stage says of the deals in it. */
export const stageValueFields = (t: InputFields) => ({
  probability: t.int({
    description: '0 to 100, for an OPEN stage; a new one has 50. WON is 100, LOST is 0.',
  }),
  rottingDays: t.int({
    description: 'After how many days here a deal counts as rotting; null for never.',
  }),
  reasonRequired: t.boolean({
    description: 'Whether a deal enters only with a reason. A new stage: false.',
  }),
  requiredFields: t.stringList({
    description:
      'What a deal must have to enter: names of fields of `Deal`, such as `amount`, and keys of custom fields. A new stage: nothing.',
  }),
})

const name = '1 to 255 characters, unique among the live stages of the pipeline in any case.'

mutation('createStage', {
  scope: 'pipelines:write',
  description: 'Creates a stage of a pipeline.',
  input: {
    description: 'A stage to create.',
    fields: (t) => ({
      pipelineId: t.id({ required: true, description: 'The pipeline.' }),
      name: t.string({ required: true, description: name }),
      kind: t.field({
        type: StageKind,
        required: true,
        description: 'What it means for a deal to be here.',
      }),
      position: t.int({
        description:
          'Its place among the live stages, from 0. Default: before the first closed one for an OPEN stage, else the end.',
      }),
      ...stageValueFields(t),
    }),
  },
  payload: stagePayload,
  write: (input) => {
    const stage = { ...input, pipelineId: idOf('Pipeline', input.pipelineId) }
    return (tx) => stages.createStage(tx, stage)
  },
})

mutation('updateStage', {
  scope: 'pipelines:write',
  description:
    'Changes what a stage says. Its kind stays while deals are in it, and while it is the last live one of that kind.',
  input: {
    description:
      'What to change of a stage. A field that is left out stays as it is; null clears `rottingDays`.',
    fields: (t) => ({
      stageId: t.id({ required: true, description: 'The stage.' }),
      name: t.string({ description: name }),
      kind: t.field({
        type: StageKind,
        description: 'What it means for a deal to be here. Another one brings its probability.',
      }),
      ...stageValueFields(t),
    }),
  },
  payload: stagePayload,
  write: (input) => {
    const change = { ...input, stageId: idOf('Stage', input.stageId) }
    return (tx) => stages.updateStage(tx, change)
  },
})
