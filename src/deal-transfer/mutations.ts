import { mannerFields, mannerOf, movedPayload } from '../deal-move/mutations.ts'
import { idOf, optionalIdOf } from '../ids.ts'
import { mutation } from '../mutation.ts'
import * as transfers from './service.ts'

mutation('moveDealToPipeline', {
  scope: 'deals:write',
  description:
    'Moves a deal to another pipeline, by that pipeline’s rules. A closed deal that stays closed keeps when and why.',
  input: {
    description: 'The deal, and where it goes.',
    fields: (t) => ({
      ...mannerFields(t),
      pipelineId: t.id({ required: true, description: 'The pipeline that it goes to.' }),
      stageId: t.id({
        description:
          'A live stage of that pipeline. Default: the first one of the kind that the deal is in.',
      }),
      customFields: t.field({
        type: 'JSON',
        description:
          'Values by the keys of `customFields`, merged into those that it has: that pipeline may require some.',
      }),
    }),
  },
  payload: movedPayload,
  write: (input) => {
    const transfer = {
      ...mannerOf(input),
      pipelineId: idOf('Pipeline', input.pipelineId),
      stageId: optionalIdOf('Stage', input.stageId),
      customFields: input.customFields ?? undefined,
    }
    return (tx) => transfers.moveDealToPipeline(tx, transfer)
  },
})
