import { Prisma } from '../generated/prisma/client.ts'
import { checkExternalId, checkName, checkTexts } from '../texts.ts'
import { alwaysSet, invalid, type UserError } from '../user-errors.ts'

export type ValuePeriod = 'ONE_TIME' | 'MONTHLY' | 'QUARTERLY' | 'ANNUAL'
export type Priority = 'LOW' | 'MEDIUM' | 'HIGH'

const Exact = Prisma.Decimal.clone({ precision: 40 })

const yearly: Record<ValuePeriod, number | null> = {
  ONE_TIME: null,
  MONTHLY: 12,
  QUARTERLY: 4,
  ANNUAL: 1,
}

/** 100 for a won deal and 0 for a lost one; else the user's own confidence, else the stage's. */
export function effectiveProbability(
  deal: { status: string; confidence: number | null },
  stageProbability: number,
): number {
  if (deal.status === 'WON') return 100
  if (deal.status === 'LOST') return 0
  return deal.confidence ?? stageProbability
}

/** Exact, as an amount has up to 19 digits and the usual arithmetic rounds to 20. */
export function weighted(amount: Prisma.Decimal, probability: number): Prisma.Decimal {
  return new Exact(amount).mul(probability).div(100)
}

/** What an amount comes to that is paid so many times a year. */
export function annualized(amount: Prisma.Decimal, times: number): Prisma.Decimal {
  return new Exact(amount).mul(times)
}

/** How many amounts a year has; null where nothing recurs. */
export function amountsPerYear(period: string): number | null {
  return yearly[period as ValuePeriod] ?? null
}

export interface DealValues {
  name?: string | null
  currency?: string | null
  valuePeriod?: string | null
  confidence?: number | null
  description?: string | null
  nextStep?: string | null
  leadRef?: string | null
  externalId?: string | null
}

/** Why a deal cannot have these values; empty when it can. What is left out is not looked at. */
export function checkDealValues(values: DealValues, path: string[]): UserError[] {
  const { name, confidence, externalId } = values
  return [
    ...alwaysSet('A deal', values, ['name', 'currency', 'valuePeriod'], path),
    ...checkName(name, [...path, 'name']),
    ...(confidence == null || (confidence >= 0 && confidence <= 100)
      ? []
      : [invalid('A confidence is 0 to 100.', [...path, 'confidence'])]),
    ...checkExternalId(externalId, [...path, 'externalId']),
    ...checkTexts(values, ['description', 'nextStep', 'leadRef'], path),
  ]
}

/** What is compared becomes parameters of one statement, and how it is nested its text. */
const mostNested = 50
const mostCompared = 1_000

interface NestedFilter {
  and?: NestedFilter[] | null
  or?: NestedFilter[] | null
  not?: NestedFilter | null
}

/** Why a filter is too large, or nothing. */
export function filterSizeProblem(filter: NestedFilter): string | undefined {
  const all = withNested(filter)
  if (all.length - 1 > mostNested) return `\`filter\` takes at most ${mostNested} filters in it.`
  const compared = all.flatMap(({ and: _, or: __, not: ___, ...columns }) => leaves(columns))
  if (compared.length <= mostCompared) return undefined
  return `\`filter\` compares to at most ${mostCompared} values.`
}

function withNested(filter: NestedFilter): NestedFilter[] {
  const { and, or, not } = filter
  return [filter, ...[...(and ?? []), ...(or ?? []), ...(not ? [not] : [])].flatMap(withNested)]
}

/** The values that a comparison names, however it is nested. */
function leaves(value: unknown): unknown[] {
  if (value == null) return []
  const isPlain = [Array.prototype, Object.prototype, null].includes(Object.getPrototypeOf(value))
  return isPlain ? Object.values(value).flatMap(leaves) : [value]
}
