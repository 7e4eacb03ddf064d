import { describe, expect, it } from 'vitest'
import type { PipelineRules, StageKind } from '../src/pipeline/rules.ts'
import { judge, type Transition, type TransitionStage } from '../src/transition/rules.ts'

const off: PipelineRules = { noSkipping: false, noMovingBack: false, reasonToClose: false }
const strict: PipelineRules = { noSkipping: true, noMovingBack: true, reasonToClose: true }

function stage(id: string, kind: StageKind, position: number): TransitionStage {
  const plain = { reasonRequired: false, requiredFields: [], pipelineId: 'p' }
  return { ...plain, id, name: id, kind, position }
}

const lead = stage('Lead', 'OPEN', 0)
const offer = stage('Offer', 'OPEN', 1)
const talks = stage('Talks', 'OPEN', 2)
const won = stage('Won', 'WON', 3)
const lost = stage('Lost', 'LOST', 4)
const stages = [lead, offer, talks, won, lost]
const elsewhere = { ...stage('Elsewhere', 'OPEN', 0), pipelineId: 'q' }

function verdictOf(change: Partial<Transition> & Pick<Transition, 'from' | 'to'>) {
  const { refusals, reasonRequired } = judge({
    ...{ lastOpen: null, deal: {}, rules: off, stages, mayReopen: true },
    ...change,
  })
  const named = refusals.map((error) => ('rule' in error ? error.rule : error.code))
  return { refusals: named, reasonRequired }
}

const free = { refusals: [], reasonRequired: false }

describe('judge', () => {
  it.each(stages.flatMap((from) => stages.map((to) => [from, to] as const)))(
    'lets a deal go anywhere while no rule is on: $0.id to $1.id',
    (from, to) => {
      expect(verdictOf({ from, to, lastOpen: lead })).toEqual(free)
    },
  )

  it.each([
    [lead, offer, []],
    [lead, talks, ['NO_SKIPPING']],
    [lead, won, ['NO_SKIPPING']],
    [offer, won, ['NO_SKIPPING']],
    [talks, won, []],
    [lead, lost, []],
    [offer, lead, ['NO_MOVING_BACK']],
    [talks, lead, ['NO_MOVING_BACK']],
    [talks, lost, []],
    [null, lead, []],
    [null, talks, []],
    [null, won, []],
    [elsewhere, talks, []],
    [elsewhere, won, []],
  ])('with strict rules from %j to %j: %j', (from, to, refusals) => {
    expect(verdictOf({ from, to, rules: strict }).refusals).toEqual(refusals)
  })

  it.each([
    [lost, lead, offer, ['NO_MOVING_BACK']],
    [lost, offer, offer, []],
    [lost, talks, offer, []],
    [lost, talks, lead, ['NO_SKIPPING']],
    [lost, won, talks, []],
    [lost, won, lead, ['NO_SKIPPING']],
    [won, lost, lead, []],
    [won, lead, null, []],
    [won, lead, elsewhere, []],
  ])(
    'counts a closed deal from where it was open last: %j to %j',
    (from, to, lastOpen, refusals) => {
      expect(verdictOf({ from, to, lastOpen, rules: strict }).refusals).toEqual(refusals)
    },
  )

  it.each([
    ['archived', stages.filter((one) => one !== talks)],
    ['of another kind now', stages.map((one) => (one === talks ? { ...one, kind: 'WON' } : one))],
  ] as [string, TransitionStage[]][])(
    'counts no closed deal from a stage that is %s',
    (_, stages) => {
      const change = { from: won, lastOpen: talks, rules: strict, stages }
      expect(verdictOf({ ...change, to: lead }).refusals).toEqual([])
      expect(verdictOf({ ...change, from: lost, to: won }).refusals).toEqual([])
    },
  )

  it('skips no stage that is archived, which is none of the live ones', () => {
    const live = stages.filter((one) => one !== offer)
    expect(verdictOf({ from: lead, to: talks, rules: strict, stages: live }).refusals).toEqual([])
  })

  it('lets nobody reopen who may not, and everybody do all else', () => {
    const mayReopen = false
    expect(verdictOf({ from: won, to: lead, mayReopen }).refusals).toEqual(['REOPENING'])
    for (const [from, to] of [
      [won, lost],
      [lead, won],
      [lead, offer],
      [null, lead],
    ] as const)
      expect(verdictOf({ from, to, mayReopen })).toEqual(free)
  })

  it('asks for a reason where the stage does, or the pipeline for any closed one', () => {
    const asking = { ...offer, reasonRequired: true }
    expect(verdictOf({ from: lead, to: asking }).reasonRequired).toBe(true)
    const rules = { ...off, reasonToClose: true }
    expect(verdictOf({ from: lead, to: offer, rules }).reasonRequired).toBe(false)
    expect(verdictOf({ from: lead, to: won, rules }).reasonRequired).toBe(true)
    expect(verdictOf({ from: lead, to: lost, rules }).reasonRequired).toBe(true)
  })

  it.each([
    ['amount', { amount: 0 }],
    ['expectedCloseDate', { expectedCloseDate: new Date() }],
    ['organization', { organizationId: 'o' }],
    ['owner', { ownerId: 'm' }],
    ['primaryContact', { primaryContactId: 'c' }],
    ['source', { sourceId: 's' }],
    ['nextStep', { nextStep: 'Call' }],
    ['description', { description: 'Text' }],
    ['priority', { priority: 'LOW' }],
    ['confidence', { confidence: 0 }],
    ['leadRef', { leadRef: 'lead-1' }],
    ['cf_region', { customFields: { cf_region: false } }],
  ])('asks for %s where the stage does', (field, deal) => {
    const to = { ...offer, requiredFields: [field] }
    expect(verdictOf({ from: lead, to }).refusals).toEqual(['FIELDS_REQUIRED'])
    expect(verdictOf({ from: lead, to, deal })).toEqual(free)
  })

  it('takes an empty text and a cleared custom field for no value', () => {
    const to = { ...offer, requiredFields: ['nextStep', 'cf_region'] }
    const deal = { nextStep: '', customFields: { cf_region: null } }
    const [error] = judge({
      ...{ from: lead, to, deal, rules: off, stages, mayReopen: true },
      lastOpen: null,
    }).refusals
    expect(error).toMatchObject({ code: 'FIELDS_REQUIRED', fields: ['nextStep', 'cf_region'] })
  })

  it('tells every rule that is broken', () => {
    const to = { ...talks, requiredFields: ['amount'] }
    const change = { from: won, to, lastOpen: lead, rules: strict, mayReopen: false }
    expect(verdictOf(change).refusals).toEqual(['REOPENING', 'NO_SKIPPING', 'FIELDS_REQUIRED'])
  })
})
