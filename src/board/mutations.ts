import { builder } from '../builder.ts'
import { dealOfPayload } from '../deal/mutations.ts'
import { idOf, optionalIdOf } from '../ids.ts'
import { userErrors } from '../payload.ts'
import { StageChange } from '../stage-change/type.ts'
import { type Payload, toPayload } from '../user-errors.ts'
import * as board from './service.ts'

const Input = builder.inputType('MoveDealInput', {
  description:
    'Where to move a deal. Without `before` and `after` it goes to the end of the stage.',
  fields: (t) => ({
    dealId: t.id({ required: true, description: 'The deal.' }),
    stageId: t.id({ required: true, description: 'A live stage of the deal’s pipeline.' }),
    expectedVersion: t.int({ required: true, description: 'The deal’s `version` as it was read.' }),
    before: t.id({ description: 'The deal in that stage to stand directly before.' }),
    after: t.id({ description: 'The deal in that stage to stand directly after.' }),
    reason: t.string({ description: 'Why it is won or lost; some stages require it.' }),
    note: t.string({ description: 'Anything to add to the audit.' }),
  }),
})

const MoveDealPayload = builder.objectRef<Payload<board.MovedDeal>>('MoveDealPayload').implement({
  description: 'The deal where it is now, or why it was not moved.',
  fields: (t) => ({
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
    userErrors: t.expose('userErrors', userErrors),
  }),
})

builder.mutationField('moveDeal', (t) =>
  t.field({
    type: MoveDealPayload,
    authScopes: { scope: 'deals:write' },
    description:
      'Moves a deal to a stage of its pipeline and a place on its board, and writes the audit. To the stage where it is, without a place, nothing changes.',
    args: { input: t.arg({ type: Input, required: true, description: 'What to move where.' }) },
    resolve: (_root, { input }, ctx) => {
      const move = {
        ...input,
        dealId: idOf('Deal', input.dealId),
        stageId: idOf('Stage', input.stageId),
        before: optionalIdOf('Deal', input.before),
        after: optionalIdOf('Deal', input.after),
      }
      return toPayload(ctx.write((tx) => board.moveDeal(tx, move)))
    },
  }),
)
