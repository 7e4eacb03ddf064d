import { idOf } from '../ids.ts'
import { type InputFields, mutation, type PayloadFields } from '../mutation.ts'
import { rowOfPayload } from '../payload.ts'
import * as closeReasons from './service.ts'
import { ClosedKind, CloseReason } from './type.ts'

const closeReasonId = (t: InputFields) => ({
  closeReasonId: t.id({ required: true, description: 'The reason.' }),
})
const name = (t: InputFields) => ({
  name: t.string({
    required: true,
    description: '1 to 255 characters, unique among those of its kind in any case.',
  }),
})

const payload = {
  description: 'The reason, or why nothing was done.',
  fields: (t: PayloadFields<closeReasons.ChangedCloseReason>) => ({
    closeReason: t.prismaField(
      rowOfPayload({
        type: CloseReason,
        key: 'closeReasonId',
        description: 'The reason as it is now; null when the mutation was refused.',
        find: (db, byId) => db.closeReason.findUnique(byId),
      }),
    ),
  }),
}

mutation('createCloseReason', {
  scope: 'pipelines:write',
  description:
    'Creates a reason that no deal has yet. Reasons also come from deals that name them.',
  input: {
    description: 'A reason to create.',
    fields: (t) => ({
      kind: t.field({
        type: ClosedKind,
        required: true,
        description: 'Whether it is for deals that are won or lost.',
      }),
      ...name(t),
    }),
  },
  payload,
  write: (input) => (tx) => closeReasons.createCloseReason(tx, input),
})

mutation('updateCloseReason', {
  scope: 'pipelines:write',
  description: 'Renames a reason, on all its deals at once.',
  input: {
    description: 'A reason and its new name.',
    fields: (t) => ({ ...closeReasonId(t), ...name(t) }),
  },
  payload,
  write: (input) => {
    const change = { ...input, closeReasonId: idOf('CloseReason', input.closeReasonId) }
    return (tx) => closeReasons.updateCloseReason(tx, change)
  },
})

mutation('archiveCloseReason', {
  scope: 'pipelines:write',
  description: 'Archives a reason: its deals keep it, and no more deals get it.',
  input: { description: 'The reason to archive.', fields: closeReasonId },
  payload,
  write: (input) => {
    const reason = { closeReasonId: idOf('CloseReason', input.closeReasonId) }
    return (tx) => closeReasons.archiveCloseReason(tx, reason)
  },
})

mutation('restoreCloseReason', {
  scope: 'pipelines:write',
  description: 'Brings an archived reason back. One that is not archived stays as it is.',
  input: { description: 'The reason to restore.', fields: closeReasonId },
  payload,
  write: (input) => {
    const reason = { closeReasonId: idOf('CloseReason', input.closeReasonId) }
    return (tx) => closeReasons.restoreCloseReason(tx, reason)
  },
})
