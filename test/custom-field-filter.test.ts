import { beforeAll, describe, expect, it } from 'vitest'
import { dealWhere } from '../src/deal/loaders.ts'
import {
  ask,
  customFieldFixture,
  dealFixture,
  type PipelineFixture,
  pipelineFixture,
} from './fixtures.ts'
import { type TestTenant, testTenant } from './harness.ts'

let t: TestTenant
let sales: PipelineFixture
const types = ['TEXT', 'NUMBER', 'MONEY', 'DATE', 'BOOLEAN', 'SELECT', 'MULTI_SELECT', 'URL']

const money = (amount: string, currency = 'USD') => ({ amount, currency })
const deals: Record<string, object> = {
  A: {
    ...{ cf_text: 'Ärger 100% sicher', cf_number: 10, cf_money: money('100'), cf_select: 'EMEA' },
    ...{ cf_date: '2026-03-31', cf_boolean: true, cf_multi_select: ['EMEA', 'APAC'] },
    ...{ cf_url: 'https://a.example/b' },
  },
  B: {
    ...{ cf_text: '100', cf_number: -0.5, cf_money: money('100', 'EUR'), cf_select: 'APAC' },
    ...{ cf_date: '2026-04-01', cf_boolean: false, cf_multi_select: ['APAC'] },
  },
  C: { cf_text: 'x'.repeat(256), cf_number: 1e14, cf_money: money('-7.2501') },
  D: {},
}

beforeAll(async () => {
  t = await testTenant()
  sales = await pipelineFixture(t)
  for (const type of types) await customFieldFixture(t, `cf_${type.toLowerCase()}`, type)
  for (const [name, customFields] of Object.entries(deals)) {
    await dealFixture(t, { name, customFields })
  }
})

const listed = `query ($filter: DealFilter) {
  deals(filter: $filter, orderBy: { field: NAME, direction: ASC }) { totalCount nodes { name } } }`
const below = `query ($filter: DealFilter, $id: ID!) { pipeline(id: $id) {
  deals(filter: $filter, orderBy: { field: NAME, direction: ASC }) { totalCount nodes { name } } } }`

/** The names of the deals that meet a filter: as a list of their own and as one below a pipeline. */
async function found(filter: object): Promise<string> {
  const { deals: page } = await ask(t, listed, { filter })
  const { pipeline } = await ask(t, below, { filter, id: sales.id })
  expect(pipeline.deals).toEqual(page)
  const names = page.nodes.map(({ name }: { name: string }) => name)
  expect(page.totalCount).toBe(names.length)
  return names.join('')
}

describe('a filter by custom fields', () => {
  it.each([
    ['cf_text', { eq: '100' }, 'B'],
    ['cf_text', { in: ['100', 'Ärger 100% sicher', 'no'] }, 'AB'],
    ['cf_text', { in: [] }, ''],
    ['cf_text', { eq: 'x'.repeat(255) }, ''],
    ['cf_text', { contains: 'ÄRGER' }, 'A'],
    ['cf_text', { contains: '0% s' }, 'A'],
    ['cf_text', { contains: '_' }, ''],
    ['cf_text', { contains: 'xxx' }, 'C'],
    ['cf_text', { isNull: true }, 'D'],
    ['cf_text', { isNull: false, contains: '100' }, 'AB'],
    ['cf_number', { eq: 10 }, 'A'],
    ['cf_number', { eq: '10.0' }, 'A'],
    ['cf_number', { in: [10, '-0.5'] }, 'AB'],
    ['cf_number', { gte: -0.5, lte: 10 }, 'AB'],
    ['cf_number', { gte: '10.0001' }, 'C'],
    ['cf_number', { lte: -0.5001 }, ''],
    ['cf_money', { eq: '100' }, 'AB'],
    ['cf_money', { eq: 100 }, 'AB'],
    ['cf_money', { lte: '-7.2501' }, 'C'],
    ['cf_money', { gte: '-7.25' }, 'AB'],
    ['cf_money', { isNull: true }, 'D'],
    ['cf_date', { eq: '2026-03-31' }, 'A'],
    ['cf_date', { gte: '2026-04-01' }, 'B'],
    ['cf_date', { lte: '2026-03-31' }, 'A'],
    ['cf_date', { gte: '2026-03-31', lte: '2026-04-01' }, 'AB'],
    ['cf_date', { in: ['2026-04-01', '2026-04-02'] }, 'B'],
    ['cf_boolean', { eq: true }, 'A'],
    ['cf_boolean', { eq: false }, 'B'],
    ['cf_boolean', { in: [true, false] }, 'AB'],
    ['cf_select', { eq: 'EMEA' }, 'A'],
    ['cf_select', { eq: 'emea' }, ''],
    ['cf_select', { contains: 'apa' }, 'B'],
    ['cf_multi_select', { eq: 'APAC' }, 'AB'],
    ['cf_multi_select', { eq: 'EMEA' }, 'A'],
    ['cf_multi_select', { in: ['EMEA'], contains: 'pac' }, 'A'],
    ['cf_multi_select', { isNull: true }, 'CD'],
    ['cf_url', { contains: 'example' }, 'A'],
    ['cf_url', {}, 'ABCD'],
  ])('finds by %s and %j the deals %s', async (key, comparison, names) => {
    expect(await found({ customFields: [{ key, ...comparison }] })).toBe(names)
  })

  it('asks that all entries hold, and nests as others do', async () => {
    const amount = { key: 'cf_money', eq: '100' }
    const text = { key: 'cf_text', contains: '100' }
    const day = { key: 'cf_date', gte: '2026-04-01' }
    expect(await found({ customFields: [amount, text, day] })).toBe('B')
    expect(await found({ not: { customFields: [amount] } })).toBe('CD')
    expect(await found({ not: { customFields: [text] } })).toBe('CD')
    const either = [{ customFields: [day] }, { name: { eq: 'D' } }]
    expect(await found({ or: either, and: [{ not: { customFields: [text] } }] })).toBe('D')
  })

  it('finds no deal by its currency, even where nobody looks the field up', async () => {
    for (const comparison of [{ eq: 'USD' }, { gte: '2026-01-01' }, { lte: '2026-01-01' }]) {
      const filter = { customFields: [{ key: 'cf_money', ...comparison }] }
      const where = dealWhere(filter, { now: () => new Date() })
      const all = { where: { AND: [{ tenantId: t.tenantId }, where] } }
      expect(await t.read((db) => db.deal.findMany(all))).toEqual([])
    }
  })

  it.each([
    [{ key: 'cf_nowhere', eq: 'a' }, '"cf_nowhere"'],
    [{ key: 'name', eq: 'a' }, '"name"'],
    [{ key: 'cf_number', eq: 'many' }, 'a number'],
    [{ key: 'cf_number', eq: 0.00001 }, 'at most 4 decimals'],
    [{ key: 'cf_text', gte: '2026-01-01' }, 'no gte'],
    [{ key: 'cf_text', eq: { a: 1 } }, '"cf_text"'],
    [{ key: 'cf_text', eq: 'x'.repeat(256) }, 'at most 255'],
    [{ key: 'cf_text', in: Array(501).fill('a') }, 'at most 500'],
    [{ key: 'cf_date', gte: '2026-01-01', lte: 5 }, 'two days'],
    [{ key: 'cf_boolean', contains: 't' }, 'no contains'],
  ])('refuses %j', async (comparison, message) => {
    for (const document of [listed, below]) {
      const variables = { filter: { customFields: [comparison] }, id: sales.id }
      const { errors } = await t.graphql(document, variables)
      expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
      expect(errors[0]?.message).toContain(message)
    }
  })

  it('takes at most 20 fields', async () => {
    const many = Array(21).fill({ key: 'cf_text', eq: 'a' })
    const { errors } = await t.graphql(listed, { filter: { customFields: many } })
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
  })

  it('finds nothing of another tenant with the same key and value', async () => {
    const stranger = await testTenant()
    await pipelineFixture(stranger)
    await customFieldFixture(stranger, 'cf_text', 'TEXT')
    const comparisons = [{ eq: '100' }, { contains: '100' }]
    for (const comparison of comparisons) {
      const filter = { customFields: [{ key: 'cf_text', ...comparison }] }
      expect((await ask(stranger, listed, { filter })).deals.totalCount).toBe(0)
    }
  })
})
