import { idOf } from '../ids.ts'
import { type InputFields, mutation, type PayloadFields } from '../mutation.ts'
import { rowOfPayload } from '../payload.ts'
import * as sources from './service.ts'
import { Source } from './type.ts'

const sourceId = (t: InputFields) => ({
  sourceId: t.id({ required: true, description: 'The source.' }),
})
const name = (t: InputFields) => ({
  name: t.string({
    required: true,
    description: '1 to 255 characters, unique in the tenant in any case.',
  }),
})

const payload = {
  description: 'The source, or why nothing was done.',
  fields: (t: PayloadFields<sources.ChangedSource>) => ({
    source: t.prismaField(
      rowOfPayload({
        type: Source,
        key: 'sourceId',
        description: 'The source as it is now; null when the mutation was refused.',
        find: (db, byId) => db.source.findUnique(byId),
      }),
    ),
  }),
}

mutation('createSource', {
  scope: 'pipelines:write',
  description:
    'Creates a source that no deal has yet. Sources also come from deals that name them.',
  input: { description: 'A source to create.', fields: name },
  payload,
  write: (input) => (tx) => sources.createSource(tx, input),
})

mutation('updateSource', {
  scope: 'pipelines:write',
  description: 'Renames a source, on all its deals at once.',
  input: {
    description: 'A source and its new name.',
    fields: (t) => ({ ...sourceId(t), ...name(t) }),
  },
  payload,
  write: (input) => {
    const change = { ...input, sourceId: idOf('Source', input.sourceId) }
    return (tx) => sources.updateSource(tx, change)
  },
})

mutation('archiveSource', {
  scope: 'pipelines:write',
  description: 'Archives a source: its deals keep it, and no more deals get it.',
  input: { description: 'The source to archive.', fields: sourceId },
  payload,
  write: (input) => {
    const source = { sourceId: idOf('Source', input.sourceId) }
    return (tx) => sources.archiveSource(tx, source)
  },
})

mutation('restoreSource', {
  scope: 'pipelines:write',
  description: 'Brings an archived source back. One that is not archived stays as it is.',
  input: { description: 'The source to restore.', fields: sourceId },
  payload,
  write: (input) => {
    const source = { sourceId: idOf('Source', input.sourceId) }
    return (tx) => sources.restoreSource(tx, source)
  },
})
