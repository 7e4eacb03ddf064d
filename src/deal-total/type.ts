import { builder } from '../builder.ts'
import { Contact } from '../contact/type.ts'
import type { Context } from '../context.ts'
import { DealStatus } from '../deal/filters.ts'
import { Member } from '../member/type.ts'
import { Organization } from '../organization/type.ts'
import { Pipeline } from '../pipeline/type.ts'
import type { ListScope, RowSql } from '../rows.ts'
import { Stage } from '../stage/type.ts'
import { dealTotals, stageTotals, type Total, type TotalsParent, totalsOfRow } from './loaders.ts'

type TotalFields = PothosSchemaTypes.ObjectFieldBuilder<typeof builder.$inferSchemaTypes, Total>

const totalFields = (t: TotalFields) => ({
  currency: t.expose('currency', {
    type: 'CurrencyCode',
    description: 'The currency of the amounts.',
  }),
  count: t.exposeInt('count', { description: 'How many deals, those without an amount too.' }),
  amount: t.expose('amount', { type: 'Decimal', description: 'The sum of their amounts.' }),
  weightedAmount: t.expose('weightedAmount', {
    type: 'Decimal',
    description: 'The sum of their weighted amounts.',
  }),
})

const StageTotal = builder.objectRef<Total>('StageTotal').implement({
  description:
    'What the live deals of a stage come to in one currency; currencies are never mixed.',
  fields: totalFields,
})

const DealTotal = builder.objectRef<Total>('DealTotal').implement({
  description: 'What live deals come to in one currency; currencies are never mixed.',
  fields: totalFields,
})

builder.prismaObjectField(Stage, 'totals', (t) =>
  t.field({
    type: [StageTotal],
    extensions: {
      cost: { fixed: 5 },
      table: (stage: RowSql, _args: object, scope: ListScope) => totalsOfRow('stage', stage, scope),
    },
    description:
      'One total for each currency of its live deals. One statement for all stages asked for.',
    resolve: ({ id }, _args, ctx) => ctx.loader(stageTotals).load(id),
  }),
)

const totalsArgs = builder.args((t) => ({
  status: t.field({ type: DealStatus, description: 'Only of deals that stand so. Default: all.' }),
}))

const totalsOf = (parent: TotalsParent) => ({
  type: [DealTotal] as [typeof DealTotal],
  extensions: {
    cost: { fixed: 5 },
    table: (row: RowSql, { status }: { status?: string | null }, scope: ListScope) =>
      totalsOfRow(parent, row, scope, status),
  },
  args: totalsArgs,
  resolve({ id }: { id: string }, { status }: { status?: string | null }, ctx: Context) {
    const { batch, key } = dealTotals(parent, status)
    return ctx.loader(batch, key).load(id)
  },
})

builder.prismaObjectField(Pipeline, 'totals', (t) =>
  t.field({
    ...totalsOf('pipeline'),
    description:
      'One total for each currency of its live deals, those in archived stages too. One statement for all pipelines asked for.',
  }),
)

builder.prismaObjectField(Organization, 'totals', (t) =>
  t.field({
    ...totalsOf('organization'),
    description:
      'One total for each currency of the live deals that are made with it. One statement for all organizations asked for.',
  }),
)

builder.prismaObjectField(Contact, 'totals', (t) =>
  t.field({
    ...totalsOf('contact'),
    description:
      'One total for each currency of the live deals that they are a contact of. One statement for all contacts asked for.',
  }),
)

builder.prismaObjectField(Member, 'totals', (t) =>
  t.field({
    ...totalsOf('owner'),
    authScopes: { scope: 'deals:read' },
    description:
      'One total for each currency of the live deals that they own. One statement for all members asked for.',
  }),
)
