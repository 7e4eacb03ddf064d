import { encodeId, idOf } from '../ids.ts'
import { type InputFields, mutation, type PayloadFields } from '../mutation.ts'
import { rowOfPayload } from '../payload.ts'
import * as tags from './service.ts'
import { Tag } from './type.ts'

const tagIdField = (t: InputFields) => t.id({ required: true, description: 'The tag.' })
const colorField = (t: InputFields) =>
  t.string({ description: 'As `#rrggbb`, in any case; null for none.' })

const payload = {
  description: 'The tag, or why nothing was done.',
  fields: (t: PayloadFields<{ tagId: string }>) => ({
    tag: t.prismaField(
      rowOfPayload({
        type: Tag,
        key: 'tagId',
        description: 'The tag as it is now; null when the mutation was refused.',
        find: (db, byId) => db.tag.findUnique(byId),
      }),
    ),
  }),
}

mutation('createTag', {
  scope: 'deals:write',
  description: 'Creates a tag.',
  input: {
    description: 'A tag to create.',
    fields: (t) => ({
      name: t.string({
        required: true,
        description: '1 to 255 characters, unique in the tenant in any case.',
      }),
      color: colorField(t),
    }),
  },
  payload,
  write: (input) => (tx) => tags.createTag(tx, input),
})

mutation('updateTag', {
  scope: 'deals:write',
  description: 'Renames or recolours a tag, on all its deals at once.',
  input: {
    description: 'What to change of a tag. A field that is left out stays as it is.',
    fields: (t) => ({
      tagId: tagIdField(t),
      name: t.string({ description: '1 to 255 characters, unique in the tenant in any case.' }),
      color: colorField(t),
    }),
  },
  payload,
  write: (input) => {
    const change = { ...input, tagId: idOf('Tag', input.tagId) }
    return (tx) => tags.updateTag(tx, change)
  },
})

mutation('deleteTag', {
  scope: 'deals:write',
  description:
    'Deletes a tag for good and takes it off every deal, whose versions stay as they are.',
  input: { description: 'The tag to delete.', fields: (t) => ({ tagId: tagIdField(t) }) },
  payload: {
    description: 'What became of the tag, or why nothing was done.',
    fields: (t: PayloadFields<tags.DeletedTag>) => ({
      deletedTagId: t.id({
        nullable: true,
        description: 'The id that the tag had; null when the mutation was refused.',
        resolve: ({ deletedTagId }) => deletedTagId && encodeId('Tag', deletedTagId),
      }),
      untaggedCount: t.int({
        description: 'From how many deals it was taken, deleted ones too.',
        resolve: ({ untaggedCount }) => untaggedCount ?? 0,
      }),
    }),
  },
  write: (input) => {
    const tag = { tagId: idOf('Tag', input.tagId) }
    return (tx) => tags.deleteTag(tx, tag)
  },
})
