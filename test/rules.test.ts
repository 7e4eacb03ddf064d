import { describe, expect, it } from 'vitest'
import { amountsPerYear, checkDealValues, effectiveProbability } from '../src/deal/rules.ts'
import { checkNewPipeline, type StageKind, stageProbability } from '../src/pipeline/rules.ts'
import { directionOf } from '../src/stage-change/rules.ts'
import { checkTenant } from '../src/tenant/rules.ts'
import { checkName, checkTexts } from '../src/texts.ts'

describe('effectiveProbability', () => {
  it.each([
    ['WON', null, 40, 100],
    ['WON', 5, 40, 100],
    ['LOST', null, 40, 0],
    ['LOST', 95, 40, 0],
    ['OPEN', null, 40, 40],
    ['OPEN', 65, 40, 65],
    ['OPEN', 0, 40, 0],
    ['OPEN', 100, 40, 100],
  ])(
    'of a deal that is %s with confidence %s in a stage of %i is %i',
    (status, confidence, stage, is) => {
      expect(effectiveProbability({ status, confidence }, stage)).toBe(is)
    },
  )
})

describe('amountsPerYear', () => {
  it.each([
    ['ONE_TIME', null],
    ['MONTHLY', 12],
    ['QUARTERLY', 4],
    ['ANNUAL', 1],
    ['DAILY', null],
  ])('of %s is %s', (period, times) => {
    expect(amountsPerYear(period)).toBe(times)
  })
})

describe('checkDealValues', () => {
  const accepted = [
    {},
    { name: 'x' },
    { name: ` ${'x'.repeat(255)} ` },
    { name: '😀'.repeat(255) },
    { confidence: 0 },
    { confidence: 100 },
    { confidence: null },
    { description: null, nextStep: null, leadRef: null, externalId: null },
    { description: 'x'.repeat(10_000) },
    { externalId: 'x'.repeat(255) },
  ]
  const refused: [object, ...string[][]][] = [
    [{ name: '' }, ['name']],
    [{ name: ' \t\n' }, ['name']],
    [{ name: 'x'.repeat(256) }, ['name']],
    [{ name: null }, ['name']],
    [{ currency: null }, ['currency']],
    [{ valuePeriod: null }, ['valuePeriod']],
    [{ confidence: -1 }, ['confidence']],
    [{ confidence: 101 }, ['confidence']],
    [{ description: 'x'.repeat(10_001) }, ['description']],
    [{ nextStep: 'x'.repeat(10_001) }, ['nextStep']],
    [{ leadRef: 'x'.repeat(10_001) }, ['leadRef']],
    [{ externalId: '' }, ['externalId']],
    [{ externalId: 'x'.repeat(256) }, ['externalId']],
    [{ name: '', confidence: 101 }, ['name'], ['confidence']],
  ]

  it.each(accepted)('accepts %j', (values) => {
    expect(checkDealValues(values, ['input'])).toEqual([])
  })

  it.each(refused)('refuses %j', (values, ...paths) => {
    const errors = checkDealValues(values, ['input'])
    expect(errors.map(({ path }) => path)).toEqual(paths.map((path) => ['input', ...path]))
    for (const error of errors) expect(error.code).toBe('VALIDATION_ERROR')
  })
})

describe('directionOf', () => {
  const place = (kind: StageKind, position: number, pipelineId = 'a') => ({
    pipelineId,
    kind,
    position,
  })

  it.each([
    [null, place('OPEN', 0), 'CREATED'],
    [null, place('WON', 3), 'CREATED'],
    [place('OPEN', 0), place('OPEN', 1), 'FORWARD'],
    [place('OPEN', 2), place('OPEN', 0), 'BACKWARD'],
    [place('OPEN', 9), place('WON', 3), 'WON'],
    [place('OPEN', 0), place('LOST', 4), 'LOST'],
    [place('WON', 3), place('LOST', 4), 'LOST'],
    [place('LOST', 4), place('WON', 3), 'WON'],
    [place('WON', 3), place('WON', 5), 'WON'],
    [place('WON', 3), place('OPEN', 9), 'REOPENED'],
    [place('LOST', 4), place('OPEN', 0), 'REOPENED'],
    [place('OPEN', 4), place('OPEN', 0, 'b'), 'TRANSFERRED'],
    [place('LOST', 4), place('OPEN', 0, 'b'), 'REOPENED'],
    [place('OPEN', 4), place('WON', 0, 'b'), 'WON'],
  ])('from %j to %j is %s', (from, to, direction) => {
    expect(directionOf(from, to)).toBe(direction)
  })
})

describe('stageProbability', () => {
  it.each([
    ['OPEN', null, 50],
    ['OPEN', undefined, 50],
    ['OPEN', 0, 0],
    ['OPEN', 100, 100],
    ['WON', 20, 100],
    ['LOST', 20, 0],
  ] as const)('of a stage of kind %s given %s is %i', (kind, given, is) => {
    expect(stageProbability(kind, given)).toBe(is)
  })
})

it('checkTexts names each text that is too long', () => {
  const texts = { role: 'x'.repeat(10_001), note: '🙂'.repeat(10_000), reason: null }
  const errors = checkTexts(texts, ['role', 'note', 'reason'], ['input'])
  expect(errors).toMatchObject([{ code: 'VALIDATION_ERROR', path: ['input', 'role'] }])
})

describe('checkName', () => {
  it.each(['x', ' x ', 'x'.repeat(255), '😀'.repeat(255)])('accepts %j', (name) => {
    expect(checkName(name, ['name'])).toEqual([])
  })

  it.each(['', ' ', '\n', 'x'.repeat(256), '😀'.repeat(256)])('refuses %j', (name) => {
    expect(checkName(name, ['name'])).toMatchObject([{ code: 'VALIDATION_ERROR', path: ['name'] }])
  })
})

describe('checkNewPipeline', () => {
  const stage = (name: string, kind: StageKind = 'OPEN', more: object = {}) => ({
    name,
    kind,
    ...more,
  })
  const closed = [stage('Won', 'WON'), stage('Lost', 'LOST')]
  const many = (count: number) => Array.from({ length: count }, (_, index) => stage(`S${index}`))

  it.each([
    [[stage('Lead'), ...closed]],
    [[...many(48), ...closed]],
    [[stage('Lead', 'OPEN', { probability: 0, rottingDays: 1 }), ...closed]],
    [[stage('Lead', 'OPEN', { probability: 100, rottingDays: 36_500 }), ...closed]],
    [
      [
        stage('Lead'),
        stage('Won', 'WON', { probability: 100 }),
        stage('Lost', 'LOST', { probability: 0 }),
      ],
    ],
  ])('accepts stages of every kind: %j', (stages) => {
    expect(checkNewPipeline({ name: 'Sales', stages }, ['input'])).toEqual([])
  })

  it.each([
    ['no stages', [], ['stages', 'stages', 'stages']],
    ['two open ones', many(2), ['stages', 'stages']],
    ['51', [...many(49), ...closed], ['stages']],
    ['the same name in another case', [stage('won'), ...closed], ['stages']],
    ['no name', [stage(''), ...closed], ['stages.0.name']],
    [
      'a wrong probability',
      [stage('Lead', 'OPEN', { probability: 101 }), ...closed],
      ['stages.0.probability'],
    ],
    [
      'hope for the lost',
      [stage('Lead'), stage('Won', 'WON'), stage('Lost', 'LOST', { probability: 5 })],
      ['stages.2.probability'],
    ],
    [
      'wrong rotting days',
      [stage('Lead', 'OPEN', { rottingDays: 0 }), ...closed],
      ['stages.0.rottingDays'],
    ],
  ])('refuses %s', (_, stages, paths) => {
    const errors = checkNewPipeline({ name: 'Sales', stages }, [])
    expect(errors.map(({ path }) => path.join('.'))).toEqual(paths)
  })
})

describe('checkTenant', () => {
  const tenant = { slug: 'acme', name: 'Acme', timeZone: 'Europe/Berlin' }

  it.each([
    {},
    { slug: 'a' },
    { slug: '0-9' },
    { slug: 'x'.repeat(63) },
    { name: 'x'.repeat(255) },
    { timeZone: 'UTC' },
    { timeZone: 'America/Argentina/Buenos_Aires' },
  ])('accepts %j', (values) => {
    expect(checkTenant({ ...tenant, ...values })).toEqual([])
  })

  it.each([
    [{ slug: '' }, /slug/],
    [{ slug: 'Acme' }, /slug/],
    [{ slug: '-acme' }, /slug/],
    [{ slug: 'acme-' }, /slug/],
    [{ slug: 'ac_me' }, /slug/],
    [{ slug: 'x'.repeat(64) }, /slug/],
    [{ slug: 'acme\n' }, /slug/],
    [{ name: '' }, /name/],
    [{ name: 'x'.repeat(256) }, /name/],
    [{ timeZone: '' }, /time zone/],
    [{ timeZone: 'Mars/Olympus' }, /time zone/],
  ])('refuses %j', (values, sentence) => {
    const problems = checkTenant({ ...tenant, ...values })
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatch(sentence)
  })
})
