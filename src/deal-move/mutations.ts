import { dealOfPayload, dealPayload, versionedOf, versionFields } from '../deal/mutations.ts'
import { idOf, optionalIdOf } from '../ids.ts'
import { type InputFields, mutation, type PayloadFields } from '../mutation.ts'
import { rowOfPayload } from '../payload.ts'
import { StageChange } from '../stage-change/type.ts'
import * as moves from './service.ts'

/** The payload of a mutation that may bring a deal into another stage. */
export const movedPayload = {
  description: 'The deal where it is now, or why it was not moved.',
  fields: (t: PayloadFields<moves.MovedDeal>) => ({
    deal: t.prismaField(dealOfPayload),
    stageChange: t.prismaField(
      rowOfPayload({
        type: StageChange,
        key: 'stageChangeId',
        description: 'The new entry of its audit; null when it stayed in its stage.',
        find: (db, byId) => db.stageChange.findUnique(byId),
      }),
    ),
  }),
}

const placeFields = (t: InputFields) => ({
  before: t.id({ description: 'The deal in that stage to stand directly before.' }),
  after: t.id({ description: 'The deal in that stage to stand directly after.' }),
})

/** What a move says to the audit, and whether it sets rules aside. */
export const entryFields = (t: InputFields) => ({
  note: t.string({ description: 'Anything to add to the audit.' }),
  override: t.boolean({
    description:
      'Sets the rules of the pipeline aside, which only an administrator may; the audit says so. Default: false.',
  }),
})

/** How a deal changes stage, besides where it goes. */
export const mannerFields = (t: InputFields) => ({
  ...versionFields(t),
  ...placeFields(t),
  reason: t.string({
    description:
      'Why it is won or lost; some stages require it. A new one joins `closeReasons`; those that differ only in case are one.',
  }),
  ...entryFields(t),
})

interface PlaceInput {
  dealId: string
  expectedVersion: number
  before?: string | null
  after?: string | null
}

/** The same input with its ids decoded. */
export function mannerOf<Input extends PlaceInput>(input: Input) {
  return {
    ...input,
    ...versionedOf(input),
    before: optionalIdOf('Deal', input.before),
    after: optionalIdOf('Deal', input.after),
  }
}

/** The input of moveDeal. */
export const moveFields = (t: InputFields) => ({
  ...mannerFields(t),
  stageId: t.id({ required: true, description: 'A live stage of the deal’s pipeline.' }),
})

/** The same input with its ids decoded. */
export function moveOf<Input extends PlaceInput & { stageId: string }>(input: Input) {
  return { ...mannerOf(input), stageId: idOf('Stage', input.stageId) }
}

mutation('moveDeal', {
  scope: 'deals:write',
  description:
    'Moves a deal to a stage of its pipeline and a place on its board, and writes the audit. To the stage where it is, without a place, nothing changes.',
  input: {
    description:
      'Where to move a deal. Without `before` and `after` it goes to the end of the stage.',
    fields: moveFields,
  },
  payload: movedPayload,
  asStatement: (input, writer) => moves.moveWritten(writer, moveOf(input)),
  write: (input) => moves.dealMove(moveOf(input)),
})

mutation('reorderDeal', {
  scope: 'deals:write',
  description: 'Moves a deal to another place in its stage. That is no history.',
  input: {
    description: 'Where in its stage a deal shall stand; at the end without `before` and `after`.',
    fields: (t) => ({ ...versionFields(t), ...placeFields(t) }),
  },
  payload: dealPayload,
  write: (input) => {
    const move = mannerOf(input)
    return (tx) => moves.reorderDeal(tx, move)
  },
})
