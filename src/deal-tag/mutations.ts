import { dealPayload, versionedOf, versionFields } from '../deal/mutations.ts'
import { idOf } from '../ids.ts'
import { type InputFields, mutation } from '../mutation.ts'
import * as dealTags from './service.ts'
import './type.ts'

const fields = (t: InputFields) => ({
  ...versionFields(t),
  tagIds: t.idList({ required: true, description: 'The tags, 1 to 100.' }),
})

interface TagInput {
  dealId: string
  expectedVersion: number
  tagIds: string[]
}

const decode = (input: TagInput) => ({
  ...versionedOf(input),
  tagIds: input.tagIds.map((id) => idOf('Tag', id)),
})

mutation('tagDeal', {
  scope: 'deals:write',
  description: 'Puts tags on a deal. Where it has all of them nothing changes.',
  input: { description: 'Tags to put on a deal.', fields },
  payload: dealPayload,
  write: (input) => {
    const change = decode(input)
    return (tx) => dealTags.tagDeal(tx, change)
  },
})

mutation('untagDeal', {
  scope: 'deals:write',
  description: 'Takes tags off a deal. Where it has none of them nothing changes.',
  input: { description: 'Tags to take off a deal.', fields },
  payload: dealPayload,
  write: (input) => {
    const change = decode(input)
    return (tx) => dealTags.untagDeal(tx, change)
  },
})
