import { directionOf } from '../stage-change/rules.ts'
import type { Chance, Company, DemoPipeline, Stage } from './company.ts'
import type { Offer } from './words.ts'

/** From this place on a customer has a quote, so that the price is no guess any more. */
const quotedFrom = 2
const slipDays = 30

/** What a deal is about, before anything has happened to it. */
export interface Subject {
  pipeline: DemoPipeline
  account: Company['accounts'][number]
  offer: Offer
  count: number
  name: string
}

/**
 * That a deal came into a stage, and what was believed of it then. Days are before today, in the
 * future negative.
 */
export interface Visit {
  stage: Stage
  daysAgo: number
  amount: string | null
  expectedDaysAgo: number | null
}

/** The way of a deal from the first stage until it is closed for good or today has come. */
export function walk(
  chance: Chance,
  { pipeline, offer, count }: Subject,
  daysAgo: number,
): Visit[] {
  const price = priceOf(chance, offer.price * count)
  const amount = chance.often(70) ? String(Number(Number(price).toPrecision(1))) : null
  const expectedDaysAgo = chance.often(88) ? daysAgo - chance.between(45, 140) : null
  let here: Visit = { stage: pipeline.stages[0] as Stage, daysAgo, amount, expectedDaysAgo }
  const visits = [here]
  for (;;) {
    const leaves = here.daysAgo - stay(chance, here.stage)
    const stage = leaves < 1 ? null : nextStage(chance, pipeline.stages, visits)
    if (!stage) return visits
    here = goOn(here, { stage, daysAgo: leaves, price })
    visits.push(here)
  }
}

function priceOf(chance: Chance, listPrice: number): string {
  const step = listPrice < 10_000 ? 5 : 100
  const price = Math.round((listPrice * chance.between(85, 115)) / 100 / step) * step
  return chance.often(10) ? `${price}.5` : String(price)
}

/** Most deals go on before they rot. */
function stay(chance: Chance, { rottingDays }: Stage): number {
  if (rottingDays === null) return chance.between(10, 40)
  if (chance.often(60)) return chance.between(3, rottingDays)
  return chance.between(rottingDays, 4 * rottingDays)
}

/**
 * Where a deal goes from its last stage, null when it stays there: won deals do, and nearly all
 * lost ones.
 */
function nextStage(chance: Chance, stages: Stage[], visits: Visit[]): Stage | null {
  const [before, here] = visits.slice(-2).map(({ stage }) => stage)
  const stage = here ?? before
  if (!stage || stage.kind === 'WON') return null
  if (stage.kind === 'LOST') {
    const lostOnce = visits.filter((visit) => visit.stage === stage).length === 1
    return lostOnce && chance.often(20) ? (before ?? null) : null
  }
  const [won, lost] = stages.slice(-2)
  if (chance.often((100 - stage.probability) / 3)) return lost ?? null
  if (stage.position > 0 && chance.often(7)) return stages[stage.position - 1] ?? null
  const next = stage.position + (chance.often(10) ? 2 : 1)
  return stages[next]?.kind === 'OPEN' ? (stages[next] ?? null) : (won ?? null)
}

/**
 * What is believed of a deal after a step: a quote settles its amount, and a step back makes it
 * later.
 */
function goOn(from: Visit, to: { stage: Stage; daysAgo: number; price: string }): Visit {
  const { stage, daysAgo, price } = to
  const quoted = stage.kind === 'WON' || (stage.kind === 'OPEN' && stage.position >= quotedFrom)
  const slips = ['BACKWARD', 'REOPENED'].includes(directionOf(from.stage, stage))
  const { expectedDaysAgo } = from
  return {
    stage,
    daysAgo,
    amount: quoted ? price : from.amount,
    expectedDaysAgo:
      slips && expectedDaysAgo !== null
        ? Math.min(expectedDaysAgo, daysAgo) - slipDays
        : expectedDaysAgo,
  }
}
