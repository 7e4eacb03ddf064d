import { builder } from '../builder.ts'
import type { Context } from '../context.ts'
import { Deal } from '../deal/type.ts'
import { codedError } from '../errors.ts'
import type { Move } from '../feed.ts'
import { idOf } from '../ids.ts'
import { StageChange } from '../stage-change/type.ts'

const DealMoved = builder.objectRef<Move>('DealMoved').implement({
  description: 'That a deal came from one stage into another.',
  // Who may still read is asked at each event, and not only where the subscription began.
  authScopes: { scope: 'deals:read' },
  fields: (t) => ({
    deal: t.prismaField({
      type: Deal,
      nullable: true,
      description: 'The deal as it is when this is told; null when it is deleted by then.',
      resolve: (query, { dealId: id }, _args, { db, viewer: { tenantId } }) =>
        db.deal.findFirst({ ...query, where: { tenantId, id, deletedAt: null } }),
    }),
    stageChange: t.prismaField({
      type: StageChange,
      description: 'The entry of its audit that tells the move.',
      resolve: (query, { stageChangeId }, _args, ctx) =>
        ctx.db.stageChange.findUniqueOrThrow({ ...query, ...byId(ctx, stageChangeId) }),
    }),
  }),
})

builder.subscriptionField('dealMoved', (t) =>
  t.field({
    type: DealMoved,
    authScopes: { scope: 'deals:read' },
    description:
      'Each move of a deal into, within or out of a pipeline, from now on: those made through this process of the gateway, once they are committed. What is missed while not connected is not told again. Who reads too slowly for more than 1,000 moves to wait, or where one change moves as many, gets SUBSCRIPTION_OVERRUN: subscribe again, and read what you show anew.',
    args: {
      pipelineId: t.arg.id({ required: true, description: 'The pipeline to listen to.' }),
    },
    subscribe: async (_root, args, ctx) => {
      const pipelineId = idOf('Pipeline', args.pipelineId)
      const found = await ctx.db.pipeline.findUnique(byId(ctx, pipelineId))
      if (!found) throw codedError('NOT_FOUND', 'There is no such pipeline.')
      const moves = ctx.feed.moves({ tenantId: ctx.viewer.tenantId, pipelineId })
      return Object.assign(moves, { isSeen })
    },
    resolve: (move) => move,
  }),
)

/** A move of a deal that the viewer does not see is not told, deleted or not. */
async function isSeen({ dealId }: Move, ctx: Context): Promise<boolean> {
  const deal = await ctx.db.deal.findUnique({ ...byId(ctx, dealId), select: { id: true } })
  return deal !== null
}

function byId({ viewer: { tenantId } }: Context, id: string) {
  return { where: { tenantId_id: { tenantId, id } } }
}
