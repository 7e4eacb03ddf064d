import { describe, expect, it } from 'vitest'
import {
  checkDefinition,
  checkKey,
  type FieldDefinition,
  filterProblem,
  mergeCustomValues,
} from '../src/custom-field/rules.ts'
import { type CustomFieldType, isOfType, storedForm } from '../src/custom-value/rules.ts'

const options = ['EMEA', 'APAC']
const formOf = (type: string, value: unknown, before?: unknown) =>
  storedForm({ type: type as CustomFieldType, options }, value, before)

describe('a value that fits', () => {
  const usd = (amount: unknown) => ({ amount, currency: 'USD' })

  it.each([
    ['TEXT', ' two words ', ' two words '],
    ['TEXT', '😀'.repeat(10_000), '😀'.repeat(10_000)],
    ['TEXT', ' \n', null],
    ['NUMBER', 12, 12],
    ['NUMBER', -0.5, -0.5],
    ['NUMBER', '1054.50', 1054.5],
    ['NUMBER', 0.0001, 0.0001],
    ['NUMBER', '899999999999999', 899_999_999_999_999],
    ['MONEY', usd('1054.5000'), usd('1054.5')],
    ['MONEY', usd(10.5), usd('10.5')],
    ['MONEY', usd('899999999999999.9999'), usd('899999999999999.9999')],
    ['DATE', '2028-02-29', '2028-02-29'],
    ['DATE', '0001-01-01', '0001-01-01'],
    ['BOOLEAN', false, false],
    ['SELECT', 'EMEA', 'EMEA'],
    ['MULTI_SELECT', ['APAC', 'EMEA'], ['APAC', 'EMEA']],
    ['MULTI_SELECT', [], null],
    ['URL', 'https://example.com/a?b=c#d', 'https://example.com/a?b=c#d'],
    ['URL', 'HTTP://example.com', 'HTTP://example.com'],
    ['URL', '', null],
  ])('is kept as it is or in its one form: %s %j', (type, value, stored) => {
    expect(formOf(type, value)).toEqual(stored)
  })

  it.each([
    ['SELECT', 'AMER', 'AMER'],
    ['MULTI_SELECT', ['AMER', 'EMEA'], ['AMER']],
    ['MULTI_SELECT', ['LATAM'], ['AMER', 'LATAM']],
  ])('may keep an option that was removed: %s %j', (type, value, before) => {
    expect(formOf(type, value, before)).toEqual(value)
    expect(formOf(type, value)).toBeUndefined()
  })
})

describe('a value that does not fit', () => {
  it.each([
    ['TEXT', [1, true, [], {}, 'x'.repeat(10_001)]],
    ['NUMBER', ['', ' 1', '1e3', '0x1', true, 0.00001, 1e-7, 9e14, 1e21, '1.00000', [1]]],
    ['NUMBER', ['899999999999999.9999', '01', '+1', '1,5', {}]],
    ['MONEY', ['10', 10, { amount: '1' }, { currency: 'USD' }, [], ['1', 'USD']]],
    [
      'MONEY',
      [
        { amount: '1', currency: 'usd' },
        { amount: '1', currency: 'XYZ' },
      ],
    ],
    [
      'MONEY',
      [
        { amount: '1', currency: 'USD', per: 'month' },
        { amount: 'x', currency: 'USD' },
      ],
    ],
    ['DATE', ['2026-02-29', '2026-1-1', '0000-01-01', '2026-03-31T00:00:00Z', '10000-01-01', 7]],
    ['BOOLEAN', ['true', 1, 0, 'yes']],
    ['SELECT', ['emea', 'AMER', '', ['EMEA'], 1]],
    ['MULTI_SELECT', ['EMEA', ['EMEA', 'EMEA'], ['AMER'], [1], [['EMEA']], [null]]],
    ['URL', ['example.com', 'ftp://example.com', '//example.com', 'http:example.com', 'https://']],
    [
      'URL',
      ['https://exa mple.com', `https://example.com/${'x'.repeat(1_981)}`, 'javascript:1', 1],
    ],
  ])('is refused: %s %j', (type, values) => {
    expect(values.map((value) => formOf(type, value))).toEqual(values.map(() => undefined))
  })

  it.each([
    ['NUMBER', 'twelve'],
    ['NUMBER', 1.00001],
    ['TEXT', { a: 1 }],
    ['DATE', 'soon'],
    ['SELECT', ['EMEA']],
  ])('is not shown as one of its type: %s %j', (type, value) => {
    expect(isOfType(type as CustomFieldType, value)).toBe(false)
  })
})

const field = (key: string, more: Partial<FieldDefinition> = {}): FieldDefinition => ({
  ...{ key, label: key.toUpperCase(), type: 'TEXT', options: [], required: false },
  ...{ pipelineId: null, archivedAt: null },
  ...more,
})
const fields = [
  field('cf_a'),
  field('cf_old', { archivedAt: new Date(0) }),
  field('cf_needed', { type: 'NUMBER', required: true }),
  field('cf_there', { pipelineId: 'there' }),
  field('cf_here', { pipelineId: 'here' }),
]
const stored = { cf_a: 'x', cf_old: 'kept', cf_needed: 1, cf_there: 'kept', cf_here: 'y' }
const merge = (given: unknown, more: object = {}) =>
  mergeCustomValues(fields, { pipelineId: 'here', stored, given, entering: false, ...more })

describe('mergeCustomValues', () => {
  it.each([
    ['nothing', undefined, stored],
    ['an empty object', {}, stored],
    ['a value', { cf_a: 'z' }, { ...stored, cf_a: 'z' }],
    ['a value in another form', { cf_needed: '2.50' }, { ...stored, cf_needed: 2.5 }],
  ])('given %s leaves the others', (_, given, values) => {
    expect(merge(given)).toEqual({ values, errors: [] })
  })

  it('clears a key by null, and never a value of an archived field or of another pipeline', () => {
    const { cf_here: _, ...others } = stored
    expect(merge({ cf_here: null })).toEqual({ values: others, errors: [] })
    const { errors } = merge(null)
    expect(errors.map(({ path }) => path[2])).toEqual(['cf_needed'])
    const free = fields.map((one) => ({ ...one, required: false }))
    const all = { pipelineId: 'here', stored, given: null, entering: false }
    const kept = { cf_old: 'kept', cf_there: 'kept' }
    expect(mergeCustomValues(free, all)).toEqual({ values: kept, errors: [] })
  })

  it.each([
    [{ cf_needed: 'many' }, 'cf_needed', /\(CF_NEEDED\) must be a number/],
    [{ cf_needed: null }, 'cf_needed', /must be a number .*: it is required/],
    [{ cf_nowhere: 1 }, 'cf_nowhere', /No custom field has the key "cf_nowhere"/],
    [{ cf_old: 'x' }, 'cf_old', /"cf_old" is archived/],
    [{ cf_old: null }, 'cf_old', /"cf_old" is archived/],
    [{ cf_there: 'x' }, 'cf_there', /another pipeline/],
    [JSON.parse('{ "__proto__": { "cf_a": 1 } }'), '__proto__', /No custom field/],
  ])('refuses %j, naming the key', (given, key, message) => {
    const { errors } = merge(given)
    expect(errors).toMatchObject([{ path: ['input', 'customFields', key] }])
    expect(errors[0]).toMatchObject({
      code: 'VALIDATION_ERROR',
      message: expect.stringMatching(message),
    })
  })

  it.each([[['cf_a']], ['cf_a'], [1], [true]])('refuses %j, which has no keys', (given) => {
    expect(merge(given).errors).toMatchObject([{ path: ['input', 'customFields'] }])
  })

  it('asks a deal that comes into the pipeline for what is required there', () => {
    const { cf_needed: _, ...lacking } = stored
    expect(merge({ cf_a: 'z' }, { stored: lacking }).errors).toEqual([])
    expect(merge({ cf_needed: null }, { stored: lacking }).errors).toEqual([])
    for (const given of [undefined, {}, null, { cf_needed: null }]) {
      const { errors } = merge(given, { stored: lacking, entering: true })
      expect(errors).toMatchObject([{ path: ['input', 'customFields', 'cf_needed'] }])
    }
    expect(merge({ cf_needed: 3 }, { stored: {}, entering: true }).values).toEqual({ cf_needed: 3 })
  })

  it('tells where in the input the values are, and all that is wrong with them', () => {
    const path = ['input', 'items', '3', 'customFields']
    const { errors } = merge({ cf_a: 1, cf_b: 1 }, { path })
    expect(errors.map((error) => error.path)).toEqual([
      [...path, 'cf_a'],
      [...path, 'cf_b'],
    ])
  })
})

it.each([
  ['cf_a', true],
  ['cf_0_', true],
  [`cf_${'x'.repeat(60)}`, true],
  [`cf_${'x'.repeat(61)}`, false],
  ['cf_', false],
  ['cf_A', false],
  ['cf-a', false],
  ['a', false],
  ['cf_a\n', false],
])('whether %j is a key: %s', (key, is) => {
  expect(checkKey(key, ['key']).length === 0).toBe(is)
})

describe('checkDefinition', () => {
  const names = (count: number) => Array.from({ length: count }, (_, index) => `Option ${index}`)

  it.each([
    ['TEXT', {}],
    ['TEXT', { options: null }],
    ['TEXT', { options: [] }],
    ['SELECT', { options: names(200) }],
    ['MULTI_SELECT', { options: ['x'.repeat(255)] }],
    ['TEXT', { label: 'x'.repeat(255), description: null, required: true }],
  ])('accepts for %s %j', (type, values) => {
    expect(checkDefinition(type as CustomFieldType, values, [])).toEqual([])
  })

  it.each([
    ['TEXT', { options: ['a'] }, 'options'],
    ['SELECT', { options: null }, 'options'],
    ['SELECT', { options: [] }, 'options'],
    ['SELECT', { options: names(201) }, 'options'],
    ['SELECT', { options: ['a', ' A '] }, 'options'],
    ['MULTI_SELECT', { options: ['a', ' '] }, 'options.1'],
    ['MULTI_SELECT', { options: ['x'.repeat(256)] }, 'options.0'],
    ['TEXT', { label: ' ' }, 'label'],
    ['TEXT', { label: null }, 'label'],
    ['TEXT', { required: null }, 'required'],
    ['TEXT', { description: 'x'.repeat(10_001) }, 'description'],
  ])('refuses for %s %j', (type, values, path) => {
    const errors = checkDefinition(type as CustomFieldType, values, [])
    expect(errors.map((error) => error.path.join('.'))).toEqual([path])
  })
})

describe('filterProblem', () => {
  const types = ['TEXT', 'NUMBER', 'MONEY', 'DATE', 'BOOLEAN', 'SELECT', 'MULTI_SELECT', 'URL']
  const definitions = types.map((type) => ({ key: type, type }))
  const problem = (key: string, comparison: object) =>
    filterProblem(definitions, [{ key, ...comparison }])

  it.each([
    ['TEXT', { eq: '10', in: ['a'], contains: 'a' }],
    ['NUMBER', { eq: 10.5, in: ['1', 2], gte: '1', lte: 2 }],
    ['MONEY', { eq: '10.50', in: [1], gte: 1, lte: '2' }],
    ['DATE', { eq: '2026-03-31', in: ['2026-03-31'], gte: '2026-03-31', lte: '2026-03-31' }],
    ['BOOLEAN', { eq: true, in: [false] }],
    ['SELECT', { eq: 'removed', contains: 'e' }],
    ['MULTI_SELECT', { eq: 'removed', contains: 'e' }],
    ['URL', { eq: 'x', contains: 'e' }],
    ['TEXT', { eq: null, in: null, gte: null, lte: null, contains: null }],
  ])('lets %s be compared by %j', (key, comparison) => {
    expect(problem(key, comparison)).toBeUndefined()
  })

  it.each([
    ['TEXT', { eq: 1 }],
    ['TEXT', { gte: 'a' }],
    ['NUMBER', { eq: 'many' }],
    ['NUMBER', { in: [1, true] }],
    ['NUMBER', { contains: '1' }],
    ['MONEY', { eq: 'USD' }],
    ['MONEY', { gte: '2026-03-31' }],
    ['DATE', { lte: '2026-02-30' }],
    ['DATE', { contains: '2026' }],
    ['BOOLEAN', { eq: 'true' }],
    ['BOOLEAN', { contains: 'r' }],
    ['SELECT', { eq: ['EMEA'] }],
    ['MULTI_SELECT', { lte: 'a' }],
    ['cf_nowhere', { eq: 'a' }],
  ])('does not let %s be compared by %j', (key, comparison) => {
    expect(problem(key, comparison)).toContain(`"${key}"`)
  })
})
