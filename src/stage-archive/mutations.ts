import { idOf, optionalIdOf } from '../ids.ts'
import { mutation, type PayloadFields } from '../mutation.ts'
import { stagePayload } from '../stage/mutations.ts'
import * as stages from './service.ts'

mutation('archiveStage', {
  scope: 'pipelines:write',
  description:
    'Archives a stage: it takes no deals. Those that it has go to `reassignTo`, each with an entry of its audit; without it a stage with deals is refused, and so is the last live one of its kind.',
  input: {
    description: 'The stage to archive, and the one that takes its deals.',
    fields: (t) => ({
      stageId: t.id({ required: true, description: 'The stage.' }),
      reassignTo: t.id({
        description:
          'A live stage of the same pipeline and kind: the deals go to its end in the order of their board, deleted ones too.',
      }),
    }),
  },
  payload: {
    description: 'The archived stage, or why nothing was done.',
    fields: (t: PayloadFields<stages.ArchivedStage>) => ({
      ...stagePayload.fields(t),
      reassignedCount: t.int({
        description: 'How many deals went to `reassignTo`, deleted ones too.',
        resolve: ({ reassignedCount = 0 }) => reassignedCount,
      }),
    }),
  },
  write: (input) => {
    const archive = {
      stageId: idOf('Stage', input.stageId),
      reassignTo: optionalIdOf('Stage', input.reassignTo),
    }
    return (tx) => stages.archiveStage(tx, archive)
  },
})

mutation('restoreStage', {
  scope: 'pipelines:write',
  description:
    'Brings an archived stage back to where it stood. One that is not archived stays as it is.',
  input: {
    description: 'The stage to restore.',
    fields: (t) => ({ stageId: t.id({ required: true, description: 'The stage.' }) }),
  },
  payload: stagePayload,
  write: (input) => {
    const id = idOf('Stage', input.stageId)
    return (tx) => stages.restoreStage(tx, id)
  },
})
