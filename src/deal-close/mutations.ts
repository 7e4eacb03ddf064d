import { mannerFields, mannerOf, movedPayload } from '../deal-move/mutations.ts'
import { optionalIdOf } from '../ids.ts'
import { type InputFields, mutation } from '../mutation.ts'
import * as closes from './service.ts'

const inputFields = (stage: string) => (t: InputFields) => ({
  ...mannerFields(t),
  stageId: t.id({ description: stage }),
})

/** The same input with its ids decoded. */
function closeOf<Input extends Parameters<typeof mannerOf>[0] & { stageId?: string | null }>(
  input: Input,
) {
  return { ...mannerOf(input), stageId: optionalIdOf('Stage', input.stageId) }
}

mutation('winDeal', {
  scope: 'deals:write',
  description: 'Wins a deal: moves it to a stage of kind WON.',
  input: {
    description: 'The deal to win.',
    fields: inputFields('A live WON stage of its pipeline. Default: the first one.'),
  },
  payload: movedPayload,
  write: (input) => {
    const close = closeOf(input)
    return (tx) => closes.winDeal(tx, close)
  },
})

mutation('loseDeal', {
  scope: 'deals:write',
  description: 'Loses a deal: moves it to a stage of kind LOST.',
  input: {
    description: 'The deal to lose.',
    fields: inputFields('A live LOST stage of its pipeline. Default: the first one.'),
  },
  payload: movedPayload,
  write: (input) => {
    const close = closeOf(input)
    return (tx) => closes.loseDeal(tx, close)
  },
})

mutation('reopenDeal', {
  scope: 'deals:write',
  description:
    'Reopens a closed deal. Administrators may, and members where the tenant lets them: `Tenant.membersMayReopen`.',
  input: {
    description: 'The deal to reopen.',
    fields: inputFields(
      'A live OPEN stage of its pipeline. Default: `lastOpenStage`, or the first one where that is gone.',
    ),
  },
  payload: movedPayload,
  write: (input) => {
    const reopen = closeOf(input)
    return (tx) => closes.reopenDeal(tx, reopen)
  },
})
