import { builder } from '../builder.ts'
import { keysetPage, nestedPageSelection, type PageArgs, pageSelection } from '../connection.ts'
import type { Context } from '../context.ts'
import { DealFilter, type DealFilterInput } from '../deal/filters.ts'
import { dealsContaining, dealWhere, matchingDeals } from '../deal/loaders.ts'
import { Deal } from '../deal/type.ts'
import { Pipeline } from '../pipeline/type.ts'
import { Stage } from '../stage/type.ts'
import { boardOrder, DealOrder, dealKeyset, newestFirst } from './filters.ts'
import { countDeals } from './loaders.ts'

interface DealArgs {
  filter?: DealFilterInput | null
  orderBy?: typeof DealOrder.$inferInput | null
}

interface DealKey {
  tenantId: string
  id: string
}

const DealConnection = builder.connectionObject(
  { type: Deal, name: 'DealConnection', description: 'A page of deals.' },
  { name: 'DealEdge', description: 'A deal and its cursor.' },
)

builder.queryField('deals', (t) =>
  t.connection(
    {
      type: Deal,
      description: 'The live deals of the tenant.',
      args: {
        filter: t.arg({ type: DealFilter, description: 'Which deals.' }),
        search: t.arg.string({
          description: 'A part of the name or the description, in any case.',
        }),
        orderBy: t.arg({ type: DealOrder, description: 'Default: CREATED_AT DESC.' }),
      },
      resolve: async (_root, args, ctx, info) => {
        const keyset = dealKeyset(args.orderBy ?? newestFirst)
        const page = keysetPage(args, keyset)
        const { tenantId } = ctx.viewer
        const filtered = await matchingDeals({ db: ctx.db, tenantId }, args.filter, ctx.now())
        const found = args.search ? await dealsContaining(ctx.db, args.search) : {}
        const where = { AND: [{ tenantId }, filtered, found] }
        const { orderBy, take } = page
        const selection = pageSelection(ctx, info, keyset)
        const rows = await page.find((bounds) =>
          ctx.db.deal.findMany({ ...selection, where: { AND: [where, bounds] }, orderBy, take }),
        )
        return page.toConnection(rows, () => ctx.db.deal.count({ where }))
      },
    },
    DealConnection,
  ),
)

const nestedArgs = builder.args((t) => ({
  filter: t.field({ type: DealFilter, description: 'Which deals.' }),
  orderBy: t.field({ type: DealOrder, description: 'How to order them.' }),
}))

type NestedArgs = PageArgs & DealArgs

/** The deals below a stage or a pipeline come with it in one statement, however many there are. */
function dealsBelow(column: 'stageId' | 'pipelineId', defaultOrder: DealArgs['orderBy']) {
  const pageOf = (args: NestedArgs) => keysetPage(args, keysetOf(args))
  const keysetOf = ({ orderBy }: NestedArgs) => dealKeyset(orderBy ?? defaultOrder ?? newestFirst)
  return {
    select(args: NestedArgs, ctx: Context, nested: unknown) {
      const { where, orderBy, take } = pageOf(args)
      const selection = nestedPageSelection(nested, 'Deal', keysetOf(args))
      const filtered = { AND: [dealWhere(args.filter, { now: ctx.now() }), where] }
      return {
        tenantId: true,
        id: true,
        deals: { ...selection, where: filtered, orderBy, take },
      } as const
    },
    toConnection(parent: { id: string; deals: DealKey[] }, args: NestedArgs, ctx: Context) {
      const { batch, key } = countDeals(column, dealWhere(args.filter, { now: ctx.now() }))
      return pageOf(args).toConnection(parent.deals, () => ctx.loader(batch, key).load(parent.id))
    },
  }
}

const dealsOfStage = dealsBelow('stageId', boardOrder)
const dealsOfPipeline = dealsBelow('pipelineId', newestFirst)

builder.prismaObjectField(Stage, 'deals', (t) =>
  t.connection(
    {
      type: Deal,
      description: 'The live deals in the stage; by default in their order on the board.',
      args: nestedArgs,
      select: (args, ctx, nested) => dealsOfStage.select(args, ctx, nested),
      resolve: (stage, args, ctx) => dealsOfStage.toConnection(stage, args, ctx),
    },
    DealConnection,
  ),
)

builder.prismaObjectField(Pipeline, 'deals', (t) =>
  t.connection(
    {
      type: Deal,
      description: 'The live deals in the pipeline; by default the newest first.',
      args: nestedArgs,
      select: (args, ctx, nested) => dealsOfPipeline.select(args, ctx, nested),
      resolve: (pipeline, args, ctx) => dealsOfPipeline.toConnection(pipeline, args, ctx),
    },
    DealConnection,
  ),
)
