import { checkExternalId, checkName, checkTexts } from '../texts.ts'
import { alwaysSet, invalid, type UserError } from '../user-errors.ts'

export type ValuePeriod = 'ONE_TIME' | 'MONTHLY' | 'QUARTERLY' | 'ANNUAL'
export type Priority = 'LOW' | 'MEDIUM' | 'HIGH'

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
