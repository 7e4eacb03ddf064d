import { Actor, actorSelection } from '../actor/type.ts'
import { changeAmounts, exactAmount } from '../amounts.ts'
import { builder, textEnum } from '../builder.ts'
import { pipelineNames } from '../pipeline/loaders.ts'
import type { Declaration, RowSql } from '../rows.ts'
import { stageFacts } from '../stage/loaders.ts'
import { Stage } from '../stage/type.ts'

const Direction = textEnum('StageChangeDirection', 'What a stage change was.', {
  CREATED: 'The deal was created in the stage.',
  FORWARD: 'From an open stage to a later open stage.',
  BACKWARD: 'From an open stage to an earlier open stage.',
  WON: 'Into a stage of kind WON.',
  LOST: 'Into a stage of kind LOST.',
  REOPENED: 'From a closed stage back to an open one.',
  TRANSFERRED: 'From an open stage to an open stage of another pipeline.',
})

/** The change before has the number before it. */
function secondsInPreviousStage(change: RowSql): string {
  const before = ['tenantId', 'dealId'].map((key) => change.column(key)).join(', ')
  return `(SELECT floor(extract(epoch FROM ${change.column('occurredAt')} - previous.occurred_at))::int
    FROM stage_change previous
    WHERE (previous.tenant_id, previous.deal_id) = (${before}) AND previous.seq = ${change.column('seq')} - 1)`
}

export const StageChange = builder.prismaNode('StageChange', {
  description:
    'One entry of a deal’s audit: that it came into a stage. Entries are only ever added.',
  select: { tenantId: true, id: true },
  nullable: true,
  id: { resolve: (change) => change.id },
  findUnique: (id, ctx) => ({ tenantId_id: { tenantId: ctx.viewer.tenantId, id } }),
  fields: (t) => ({
    seq: t.exposeInt('seq', {
      description: 'Counts the changes of the deal from 1, without a gap.',
    }),
    direction: t.expose('direction', { type: Direction, description: 'What the change was.' }),
    fromStage: t.relation('fromStage', {
      type: Stage,
      nullable: true,
      description: 'The stage that the deal left; null for the first change.',
    }),
    fromStageName: t.exposeString('fromStageName', {
      nullable: true,
      description: 'The name that `fromStage` had at that moment.',
    }),
    toStage: t.relation('toStage', {
      type: Stage,
      description: 'The stage that the deal came into.',
    }),
    toStageName: t.exposeString('toStageName', {
      description: 'The name that `toStage` had at that moment.',
    }),
    stageName: t.string({
      description: 'The name that `toStage` has today.',
      extensions: {
        sql: (change) => change.relation('toStage').column('name'),
      } satisfies Declaration,
      select: { toStageId: true },
      resolve: async ({ toStageId }, _args, ctx) =>
        (await ctx.loader(stageFacts).load(toStageId)).name,
    }),
    pipelineName: t.string({
      description: 'The name that the pipeline of `toStage` has today.',
      extensions: {
        sql: (change) => change.relation('toPipeline').column('name'),
      } satisfies Declaration,
      select: { toPipelineId: true },
      resolve: ({ toPipelineId }, _args, ctx) => ctx.loader(pipelineNames).load(toPipelineId),
    }),
    amount: t.field({
      type: 'Decimal',
      nullable: true,
      description: 'The deal’s amount at that moment.',
      extensions: { sql: (change) => change.column('amount') } satisfies Declaration,
      select: { id: true, amount: true },
      resolve: (change, _args, ctx) => exactAmount(change, ctx.loader(changeAmounts)),
    }),
    currency: t.expose('currency', {
      type: 'CurrencyCode',
      description: 'The currency of `amount`.',
    }),
    probability: t.exposeInt('probability', {
      description: 'The deal’s probability just after the change, 0 to 100.',
    }),
    expectedCloseDate: t.expose('expectedCloseDate', {
      type: 'Date',
      nullable: true,
      description: 'When the deal was expected to close, at that moment.',
    }),
    actor: t.field({
      type: Actor,
      extensions: { embedded: true },
      description: 'Who made the change.',
      select: (_args, _ctx, nested) => actorSelection(nested),
      resolve: (change) => change,
    }),
    reason: t.exposeString('reason', {
      nullable: true,
      description: 'Why the deal was won or lost.',
    }),
    note: t.exposeString('note', { nullable: true, description: 'What the mover wanted to add.' }),
    override: t.exposeBoolean('override', {
      description: 'Whether an administrator set a rule of the pipeline aside for it.',
    }),
    requestId: t.exposeString('requestId', {
      description: 'The request that made the change, as in the logs.',
    }),
    occurredAt: t.expose('occurredAt', {
      type: 'DateTime',
      description: 'When the deal changed stage.',
    }),
    secondsInPreviousStage: t.int({
      nullable: true,
      description:
        'How long the deal had been in `fromStage`, in whole seconds; null for the first change.',
      extensions: { sql: secondsInPreviousStage } satisfies Declaration,
      select: { occurredAt: true, previous: { select: { occurredAt: true } } },
      resolve: ({ occurredAt, previous }) =>
        previous && Math.floor((occurredAt.getTime() - previous.occurredAt.getTime()) / 1000),
    }),
  }),
})
