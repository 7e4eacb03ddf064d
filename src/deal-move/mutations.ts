import { dealOfPayload, versionedOf, versionFields } from '../deal/mutations.ts'
import { idOf, optionalIdOf } from '../ids.ts'
import { mutation, type PayloadFields } from '../mutation.ts'
import { StageChange } from '../stage-change/type.ts'
import * as moves from './service.ts'

/** The payload of a mutation that may bring a deal into another stage. */
const movedPayload = {
  description: 'The deal where it is now, or why it was not moved.',
  fields: (t: PayloadFields<moves.MovedDeal>) => ({
    deal: t.prismaField(dealOfPayload),
    stageChange: t.prismaField({
      type: StageChange,
      nullable: true,
      description: 'The new entry of its audit; null when it stayed in its stage.',
      resolve: (query, { stageChangeId }, _args, ctx) => {
        const where = { tenantId: ctx.viewer.tenantId, id: stageChangeId ?? '' }
        const find = { ...query, where: { tenantId_id: where } }
        return stageChangeId ? ctx.db.stageChange.findUnique(find) : null
      },
    }),
  }),
}

mutation('moveDeal', {
  scope: 'deals:write',
  description:
    'Moves a deal to a stage of its pipeline and a place on its board, and writes the audit. To the stage where it is, without a place, nothing changes.',
  input: {
    description:
      'Where to move a deal. Without `before` and `after` it goes to the end of the stage.',
    fields: (t) => ({
      ...versionFields(t),
      stageId: t.id({ required: true, description: 'A live stage of the deal’s pipeline.' }),
      before: t.id({ description: 'The deal in that stage to stand directly before.' }),
      after: t.id({ description: 'The deal in that stage to stand directly after.' }),
      reason: t.string({ description: 'Why it is won or lost; some stages require it.' }),
      note: t.string({ description: 'Anything to add to the audit.' }),
    }),
  },
  payload: movedPayload,
  write: (input) => {
    const move = {
      ...input,
      ...versionedOf(input),
      stageId: idOf('Stage', input.stageId),
      before: optionalIdOf('Deal', input.before),
      after: optionalIdOf('Deal', input.after),
    }
    return (tx) => moves.moveDeal(tx, move)
  },
})
