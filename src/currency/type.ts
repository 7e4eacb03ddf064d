import { builder } from '../builder.ts'
import type { ListScope, Rows } from '../rows.ts'

export const Currency = builder.prismaNode('Currency', {
  description:
    'A currency that the tenant uses. The list grows from use: that of a deal or of the default joins it, and none leaves it.',
  nullable: true,
  id: { resolve: (currency) => currency.id },
  findUnique: (id, ctx) => ({ tenantId_id: { tenantId: ctx.viewer.tenantId, id } }),
  fields: (t) => ({
    number: t.exposeInt('number', {
      description:
        'Counts from 1, the default that the tenant began with; it never changes and is never given twice.',
    }),
    code: t.expose('code', {
      type: 'CurrencyCode',
      description: 'What deals, totals and settings call it; unique in the tenant.',
    }),
  }),
})

function allCurrencies(_args: object, { viewer: { tenantId } }: ListScope): Rows {
  return { where: { tenantId }, orderBy: { number: 'asc' } }
}

builder.queryField('currencies', (t) =>
  t.prismaField({
    type: [Currency],
    authScopes: { scope: 'deals:read' },
    extensions: { cost: { size: 20 }, rows: allCurrencies },
    description: 'All currencies that the tenant has ever used, by number.',
    resolve: (query, _root, args, ctx) =>
      ctx.db.currency.findMany({ ...query, ...allCurrencies(args, ctx) }),
  }),
)
