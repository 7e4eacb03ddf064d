import { builder } from '../builder.ts'
import { Deal } from '../deal/type.ts'
import { UserErrorInterface } from '../payload.ts'
import { Stage } from '../stage/type.ts'
import { judge } from '../transition/rules.ts'
import type { UserError } from '../user-errors.ts'
import { type PipelineOrder, pipelineOrders } from './loaders.ts'

interface TransitionShape {
  stage: PipelineOrder['stages'][number]
  reasonRequired: boolean
  reasons: UserError[]
}

const Transition = builder.objectRef<TransitionShape>('Transition').implement({
  description: 'A stage that a deal could go to, and whether the viewer may move it there.',
  fields: (t) => ({
    stage: t.field({
      type: Stage,
      description: 'A live stage of the deal’s pipeline.',
      resolve: ({ stage }) => stage,
    }),
    allowed: t.boolean({
      description: 'Whether `moveDeal` would move it there, given a reason where one is required.',
      resolve: ({ reasons }) => reasons.length === 0,
    }),
    reasonRequired: t.exposeBoolean('reasonRequired', {
      description: 'Whether it goes there only with a `reason`.',
    }),
    reasons: t.expose('reasons', {
      type: [UserErrorInterface],
      extensions: { cost: { size: 1 } },
      description: 'Why it is not allowed: the errors that `moveDeal` would answer with.',
    }),
  }),
})

builder.prismaObjectField(Deal, 'allowedTransitions', (t) =>
  t.field({
    type: [Transition],
    extensions: { cost: { size: 8 } },
    description:
      'The other stages of its pipeline in their order, and whether the viewer may move it there: decided as `moveDeal` decides.',
    select: {
      pipelineId: true,
      stageId: true,
      lastOpenStageId: true,
      amount: true,
      expectedCloseDate: true,
      organizationId: true,
      ownerId: true,
      primaryContactId: true,
      sourceId: true,
      nextStep: true,
      description: true,
      priority: true,
      confidence: true,
      leadRef: true,
      customFields: true,
    },
    resolve: async (deal, _args, ctx) => {
      const { rules, stages, membersMayReopen } = await ctx
        .loader(pipelineOrders)
        .load(deal.pipelineId)
      const stageOf = (wanted: string | null) => stages.find(({ id }) => id === wanted) ?? null
      const from = stageOf(deal.stageId)
      const lastOpen = stageOf(deal.lastOpenStageId)
      const mayReopen = ctx.viewer.role === 'ADMIN' || membersMayReopen
      const live = stages.filter(({ archivedAt }) => archivedAt === null)
      return live.flatMap((stage): TransitionShape[] => {
        if (stage === from) return []
        const judged = { to: stage, from, lastOpen, deal, rules, stages: live, mayReopen }
        const { refusals, reasonRequired } = judge(judged)
        return [{ stage, reasonRequired, reasons: refusals }]
      })
    },
  }),
)
