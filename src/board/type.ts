import { builder } from '../builder.ts'
import { Stage } from '../stage/type.ts'
import { type StageTotal as StageTotalShape, stageTotals } from './loaders.ts'

const StageTotal = builder.objectRef<StageTotalShape>('StageTotal').implement({
  description:
    'What the live deals of a stage come to in one currency; currencies are never mixed.',
  fields: (t) => ({
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
  }),
})

builder.prismaObjectField(Stage, 'totals', (t) =>
  t.field({
    type: [StageTotal],
    description:
      'One total for each currency of its live deals. One statement for all stages asked for.',
    resolve: ({ id }, _args, ctx) => ctx.loader(stageTotals).load(id),
  }),
)
