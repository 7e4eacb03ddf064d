import {
  changeFields,
  decodeValues,
  statusField,
  versionedOf,
  versionFields,
} from '../deal/mutations.ts'
import { entryFields, movedPayload } from '../deal-move/mutations.ts'
import { idOf, optionalIdOf } from '../ids.ts'
import { mutation } from '../mutation.ts'
import * as edits from './service.ts'

mutation('editDeal', {
  scope: 'deals:write',
  description:
    'Saves what a form of a deal says, all or nothing: its values, where it stands and what is on it, each by the rules of its own mutation. Where all of it is so already nothing changes.',
  input: {
    description:
      'What a deal shall be. What is left out stays as it is. Null clears a value, but is as if left out of `pipelineId`, `stageId`, `status`, `tagIds` and `assigneeIds`.',
    fields: (t) => ({
      ...versionFields(t),
      ...changeFields(t),
      reason: t.string({
        description:
          'Why it is won or lost: said of the move where the stage changes, some of which require it, else a correction as in `updateDeal`. A new one joins `closeReasons`.',
      }),
      pipelineId: t.id({
        description:
          'The pipeline where it shall be. Another one takes it by its own rules, with `customFields` of that pipeline: to `stageId`, else to its first live stage of `status` or of the kind that the deal is in. Null: as if left out.',
      }),
      stageId: t.id({
        description: 'The live stage of that pipeline where it shall be. Null: as if left out.',
      }),
      status: statusField(
        t,
        'How it shall stand, which a `stageId` must be of. Where it stands otherwise it goes where `winDeal`, `loseDeal` or `reopenDeal` brings it. Null: as if left out.',
      ),
      ...entryFields(t),
      tagIds: t.idList({
        description:
          'The tags that it shall have, at most 100, in place of all others; none where it is empty. Null: as if left out.',
      }),
      assigneeIds: t.idList({
        description:
          'The members who shall work on it beside its owner, at most 100, in place of all others; none where it is empty. Those who stay may be deactivated. Null: as if left out.',
      }),
      primaryContactId: t.id({
        description:
          'The contact who shall be primary, and is put on the deal where they are not on it. Null: none is primary, and who was stays on the deal.',
      }),
    }),
  },
  payload: movedPayload,
  write: (input) => {
    const { dealId, expectedVersion, reason, note, override, status, ...others } = input
    const { pipelineId, stageId, tagIds, assigneeIds, primaryContactId, ...values } = others
    const edit = {
      ...versionedOf({ dealId, expectedVersion }),
      ...{ values: decodeValues(values), reason, note, override, status },
      pipelineId: optionalIdOf('Pipeline', pipelineId),
      stageId: optionalIdOf('Stage', stageId),
      tagIds: tagIds?.map((id) => idOf('Tag', id)),
      assigneeIds: assigneeIds?.map((id) => idOf('Member', id)),
      ...(primaryContactId !== undefined && {
        primaryContactId: optionalIdOf('Contact', primaryContactId),
      }),
    }
    return (tx) => edits.editDeal(tx, edit)
  },
})
