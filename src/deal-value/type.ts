import { dealAmounts, exactAmount } from '../amounts.ts'
import { builder } from '../builder.ts'
import { amountsPerYear, annualized, effectiveProbability, weighted } from '../deal/rules.ts'
import { Deal } from '../deal/type.ts'
import type { Declaration, RowSql } from '../rows.ts'
import { stageFacts } from '../stage/loaders.ts'

/** In SQL what `effectiveProbability` is in TypeScript. */
function probability(deal: RowSql): string {
  const otherwise = `coalesce(${deal.column('confidence')}, ${deal.relation('stage').column('probability')})`
  return `CASE ${deal.column('status')} WHEN 'WON' THEN 100 WHEN 'LOST' THEN 0 ELSE ${otherwise} END`
}

function secondsInStage(deal: RowSql): string {
  const seconds = `extract(epoch FROM ${deal.now()} - ${deal.column('stageEnteredAt')})`
  return `greatest(0, floor(${seconds}))::int`
}

builder.prismaObjectFields(Deal, (t) => ({
  secondsInStage: t.int({
    description: 'How long it has been in its stage, in whole seconds.',
    extensions: { sql: secondsInStage } satisfies Declaration,
    select: { stageEnteredAt: true },
    resolve: ({ stageEnteredAt }, _args, ctx) =>
      Math.max(0, Math.floor((ctx.now().getTime() - stageEnteredAt.getTime()) / 1000)),
  }),
  probability: t.int({
    description: '100 when won, 0 when lost, else `confidence`, else the probability of its stage.',
    extensions: { sql: probability } satisfies Declaration,
    select: { status: true, confidence: true, stageId: true },
    resolve: async (deal, _args, ctx) =>
      effectiveProbability(deal, (await ctx.loader(stageFacts).load(deal.stageId)).probability),
  }),
  weightedAmount: t.field({
    type: 'Decimal',
    nullable: true,
    description: '`amount` times `probability`, in `currency`; null without an amount.',
    extensions: {
      sql: (deal) => `${deal.column('amount')} * ${probability(deal)} * 0.01`,
    } satisfies Declaration,
    select: { id: true, amount: true, status: true, confidence: true, stageId: true },
    resolve: async (deal, _args, ctx) => {
      const { probability } = await ctx.loader(stageFacts).load(deal.stageId)
      const amount = await exactAmount(deal, ctx.loader(dealAmounts))
      return amount && weighted(amount, effectiveProbability(deal, probability))
    },
  }),
  annualizedAmount: t.field({
    type: 'Decimal',
    nullable: true,
    description:
      'What `amount` comes to in a year: 12 times a monthly one. Null for a one-time deal.',
    extensions: {
      sql: (deal) =>
        `${deal.column('amount')} * CASE ${deal.column('valuePeriod')} WHEN 'MONTHLY' THEN 12 WHEN 'QUARTERLY' THEN 4 WHEN 'ANNUAL' THEN 1 END`,
    } satisfies Declaration,
    select: { id: true, amount: true, valuePeriod: true },
    resolve: async (deal, _args, ctx) => {
      const times = amountsPerYear(deal.valuePeriod)
      const amount = times && (await exactAmount(deal, ctx.loader(dealAmounts)))
      return amount ? annualized(amount, times) : null
    },
  }),
  isRotting: t.boolean({
    description: 'Whether it has stayed in its stage for longer than the stage’s `rottingDays`.',
    extensions: {
      sql: (deal) => `coalesce(${deal.column('rottingAt')} <= ${deal.now()}, false)`,
    } satisfies Declaration,
    select: { rottingAt: true },
    resolve: ({ rottingAt }, _args, ctx) => rottingAt !== null && rottingAt <= ctx.now(),
  }),
}))
