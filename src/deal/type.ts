import { dealAmounts, exactAmount } from '../amounts.ts'
import { builder } from '../builder.ts'
import { closeReasonNames } from '../close-reason/loaders.ts'
import { Contact } from '../contact/type.ts'
import { Member } from '../member/type.ts'
import { Organization } from '../organization/type.ts'
import { pipelineNames } from '../pipeline/loaders.ts'
import { Pipeline } from '../pipeline/type.ts'
import { byId, byNumber, type Declaration, type RowSql } from '../rows.ts'
import { sourceNames } from '../source/loaders.ts'
import { stageFacts } from '../stage/loaders.ts'
import { Stage } from '../stage/type.ts'
import { DealPriority, DealStatus, ValuePeriod } from './filters.ts'

const reasonOf = (status: string) => (deal: RowSql) =>
  `CASE WHEN ${deal.column('status')} = '${status}' THEN ${deal.relation('closeReason').column('name')} END`

export const Deal = builder.prismaNode('Deal', {
  description: 'A business in the making: where it stands, what it is worth, with whom.',
  select: { tenantId: true, id: true },
  nullable: true,
  id: { resolve: (deal) => deal.id },
  findUnique: (id, ctx) => ({ tenantId_id: { tenantId: ctx.viewer.tenantId, id } }),
  fields: (t) => ({
    number: t.exposeInt('number', { description: 'Counts from 1 within the tenant.' }),
    externalId: t.exposeString('externalId', {
      nullable: true,
      description: 'The id that another system knows it by, unique in the tenant.',
    }),
    name: t.exposeString('name', { description: '1 to 255 characters.' }),
    description: t.exposeString('description', {
      nullable: true,
      description: 'Anything worth knowing.',
    }),
    amount: t.field({
      type: 'Decimal',
      nullable: true,
      description: 'What it is worth in `currency`, for each `valuePeriod`.',
      extensions: { sql: (deal) => deal.column('amount') } satisfies Declaration,
      select: { id: true, amount: true },
      resolve: (deal, _args, ctx) => exactAmount(deal, ctx.loader(dealAmounts)),
    }),
    currency: t.expose('currency', {
      type: 'CurrencyCode',
      description: 'The currency of `amount`.',
    }),
    valuePeriod: t.expose('valuePeriod', {
      type: ValuePeriod,
      description: 'For how long `amount` is paid.',
    }),
    confidence: t.exposeInt('confidence', {
      nullable: true,
      description:
        'The user’s own probability, 0 to 100, which goes before the stage’s; null for none.',
    }),
    status: t.expose('status', {
      type: DealStatus,
      description: 'How it stands: the kind of its stage.',
    }),
    priority: t.expose('priority', {
      type: DealPriority,
      nullable: true,
      description: 'How urgent it is.',
    }),
    pipeline: t.relation('pipeline', {
      type: Pipeline,
      description: 'The pipeline that it goes through.',
    }),
    pipelineName: t.string({
      description: 'The name of its pipeline. Costs one lookup however many deals are asked for.',
      extensions: { sql: (deal) => deal.relation('pipeline').column('name') } satisfies Declaration,
      select: { pipelineId: true },
      resolve: ({ pipelineId }, _args, ctx) => ctx.loader(pipelineNames).load(pipelineId),
    }),
    stage: t.relation('stage', { type: Stage, description: 'The stage that it is in.' }),
    stageName: t.string({
      description: 'The name of its stage. Costs one lookup however many deals are asked for.',
      extensions: { sql: (deal) => deal.relation('stage').column('name') } satisfies Declaration,
      select: { stageId: true },
      resolve: async ({ stageId }, _args, ctx) => (await ctx.loader(stageFacts).load(stageId)).name,
    }),
    rank: t.exposeString('rank', {
      description:
        'Its place on the board: sorts letter by letter, ASCII order, among the deals of its stage.',
    }),
    stageEnteredAt: t.expose('stageEnteredAt', {
      type: 'DateTime',
      description: 'Since when it is in its stage.',
    }),
    lastOpenStage: t.relation('lastOpenStage', {
      type: Stage,
      nullable: true,
      description: 'The last stage of kind OPEN that it was in; where a closed deal reopens.',
    }),
    rottingAt: t.expose('rottingAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it begins to rot if it stays in its stage; null where nothing rots.',
    }),
    organization: t.relation('organization', {
      type: Organization,
      nullable: true,
      description: 'The organization that it is made with.',
    }),
    owner: t.relation('owner', {
      type: Member,
      nullable: true,
      description: 'The member who answers for it.',
    }),
    primaryContact: t.relation('primaryContact', {
      type: Contact,
      nullable: true,
      description: 'Its first person to talk to; null when none of its contacts is primary.',
    }),
    source: t.string({
      nullable: true,
      description: 'The name of where it came from: `Referral`.',
      extensions: { sql: (deal) => deal.relation('source').column('name') } satisfies Declaration,
      select: { sourceId: true },
      resolve: ({ sourceId }, _args, ctx) => sourceId && ctx.loader(sourceNames).load(sourceId),
    }),
    nextStep: t.exposeString('nextStep', { nullable: true, description: 'What to do next.' }),
    expectedCloseDate: t.expose('expectedCloseDate', {
      type: 'Date',
      nullable: true,
      description: 'When it is expected to close.',
    }),
    closedAt: t.expose('closedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was won or lost; null while it is open.',
    }),
    wonReason: t.string({
      nullable: true,
      description: 'Why it was won.',
      extensions: { sql: reasonOf('WON') } satisfies Declaration,
      select: { closeReasonId: true, status: true },
      resolve: ({ closeReasonId: id, status }, _args, ctx) =>
        id && status === 'WON' ? ctx.loader(closeReasonNames).load(id) : null,
    }),
    lostReason: t.string({
      nullable: true,
      description: 'Why it was lost.',
      extensions: { sql: reasonOf('LOST') } satisfies Declaration,
      select: { closeReasonId: true, status: true },
      resolve: ({ closeReasonId: id, status }, _args, ctx) =>
        id && status === 'LOST' ? ctx.loader(closeReasonNames).load(id) : null,
    }),
    leadRef: t.exposeString('leadRef', {
      nullable: true,
      description: 'The lead that it came from, elsewhere.',
    }),
    metadata: t.expose('metadata', {
      type: 'JSON',
      description: 'Anything that a program keeps with it.',
    }),
    version: t.exposeInt('version', {
      description:
        'Counts its changes. Pass it as `expectedVersion`, so that nobody’s change is lost.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was created.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When it last changed.' }),
    deletedAt: t.expose('deletedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was deleted; it is in no list until it is restored.',
    }),
  }),
})

const dealById = byId('Deal')

builder.queryFields((t) => ({
  deal: t.prismaField({
    type: Deal,
    authScopes: { scope: 'deals:read' },
    nullable: true,
    extensions: { rows: dealById },
    description: 'A deal by its id, deleted or not.',
    args: { id: t.arg.id({ required: true, description: 'Such as `deal_0198c0de-…`.' }) },
    resolve: (query, _root, args, ctx) =>
      ctx.db.deal.findUnique({ ...query, ...dealById(args, ctx) }),
  }),
  dealByNumber: t.prismaField({
    type: Deal,
    authScopes: { scope: 'deals:read' },
    nullable: true,
    extensions: { rows: byNumber },
    description: 'A deal by its number, deleted or not.',
    args: {
      number: t.arg.int({ required: true, description: 'Its number in the tenant, from 1.' }),
    },
    resolve: (query, _root, args, ctx) =>
      ctx.db.deal.findUnique({ ...query, ...byNumber(args, ctx) }),
  }),
}))
