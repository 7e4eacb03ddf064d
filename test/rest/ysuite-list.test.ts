import { beforeAll, describe, expect, test } from 'vitest'
import { done, organizationFixture, pipelineFixture } from '../fixtures.ts'
import { testTenant } from '../harness.ts'
import { call, doneBy, type RestWorld, restWorld } from './fixtures.ts'

interface Listed {
  deal_id: number
  deal_name: string
  deal_amount: number | null
  deal_source: string | null
  deal_expected_close_date: string | null
  pipeline_id: number
  cstid: number | null
  owner: string | null
}

let t: RestWorld
/** The live deals by their numbers. */
let all: Listed[]

beforeAll(async () => {
  t = await restWorld()
  const globex = await organizationFixture(t, 'Globex')
  const values = [
    { name: 'Anvil', amount: '5', source: 'Web', ownerId: t.colleague.id },
    { name: 'Anvil', amount: '15000.25', organizationId: globex.id, description: 'of ROCKETS' },
    { name: 'Bolt', pipelineId: t.support.id, expectedCloseDate: '2026-01-31', ownerId: null },
    { name: 'Crane', source: 'Web', organizationId: t.company.id, ownerId: t.owner.id },
    { name: 'Drill', amount: '-3', expectedCloseDate: '2027-01-31', ownerId: t.owner.id },
  ]
  for (const value of values) await done(t, 'createDeal', value)
  const { deal } = await done(t, 'createDeal', { name: 'Gone' }, 'deal { id version }')
  await done(t, 'deleteDeal', { dealId: deal.id, expectedVersion: deal.version })
  all = (await list('pageSize=100&sortBy=deal_id')).data
})

/** What lists the deals of a tenant that has so many. */
async function manyDeals(count: number) {
  const other = await testTenant()
  await pipelineFixture(other)
  for (let at = 0; at < count; at += 1) await done(other, 'createDeal', { name: `Deal ${at}` })
  return async (query: string) => (await doneBy(other, `/ysuite/v1/deals?${query}`)).data
}

const list = async (query: string) => (await doneBy(t, `/ysuite/v1/deals?${query}`)).data
const numbers = (deals: Listed[]) => deals.map(({ deal_id }) => deal_id)

describe('GET /deals', () => {
  test('lists the live deals, the newest first', async () => {
    const { data, ...pages } = await list('')
    expect(numbers(data)).toEqual([6, 5, 4, 3, 2, 1])
    expect(pages).toEqual({ current_page: 1, total_records: 6, total_pages: 1 })
  })

  test.each([0, 1, 2, 3, 9])('has page %i of pages of two', async (pageIndex) => {
    const { data, ...pages } = await list(`pageSize=2&pageIndex=${pageIndex}&sortBy=deal_id`)
    expect(data).toEqual(all.slice(2 * pageIndex, 2 * pageIndex + 2))
    expect(pages).toEqual({ current_page: pageIndex + 1, total_records: 6, total_pages: 3 })
  })

  test('has ten on a page where no pageSize is given, and at most a hundred', async () => {
    const { data, total_pages } = await (await manyDeals(11))('')
    expect({ length: data.length, total_pages }).toEqual({ length: 10, total_pages: 2 })
    expect((await list('pageSize=100')).data).toHaveLength(6)
  })

  test.each([
    ['pipeline_id', 'pipeline_id', () => t.support.number],
    ['cstid', 'cstid', () => t.company.number],
    ['deal_owner_id', 'owner', () => t.owner.number],
  ])('filters by %s', async (parameter, field, number) => {
    const { data, total_records } = await list(`${parameter}=${number()}&sortBy=deal_id`)
    const value = field === 'owner' ? 'Grace Hopper' : number()
    expect(data.length).toBeGreaterThan(0)
    expect(data).toEqual(all.filter((deal) => deal[field as keyof Listed] === value))
    expect(total_records).toBe(data.length)
  })

  test('filters by the stage, and by all at once', async () => {
    const stage = `deal_current_stage=${t.pipeline.stage('Qualified').number}`
    expect(numbers((await list(stage)).data)).toEqual([1])
    const others = `pipeline_id=${t.pipeline.number}&cstid=${t.company.number}`
    expect(numbers((await list(`${stage}&${others}&search=rock`)).data)).toEqual([1])
    expect(numbers((await list(`${stage}&pipeline_id=${t.support.number}`)).data)).toEqual([])
  })

  test('searches the name and the description in any case', async () => {
    expect(numbers((await list('search=rocket&sortBy=deal_id')).data)).toEqual([1, 3])
    expect((await list('search=nothing')).total_pages).toBe(0)
  })

  test.each(['pipeline_id', 'deal_current_stage', 'cstid', 'deal_owner_id'])(
    'is empty where %s is nobody’s number',
    async (parameter) => {
      const empty = { data: [], current_page: 1, total_records: 0, total_pages: 0 }
      expect(await list(`${parameter}=99`)).toEqual(empty)
    },
  )

  test('has nothing of another tenant', async () => {
    const { body } = await call(await testTenant(), '/ysuite/v1/deals')
    expect(body.data).toEqual({ data: [], current_page: 1, total_records: 0, total_pages: 0 })
  })

  test.each([
    ['pageSize=0', 'pageSize'],
    ['pageSize=101', 'pageSize'],
    ['pageSize=ten', 'pageSize'],
    ['pageSize=', 'pageSize'],
    ['pageIndex=-1', 'pageIndex'],
    ['pageIndex=2000&pageSize=100', 'pageIndex'],
    ['pipeline_id=x', 'pipeline_id'],
    [`search=${'x'.repeat(256)}`, 'search'],
    ['search=%00', 'search'],
    ['cstid=1&cstid=2', 'cstid'],
    ['sortBy=name', 'sortBy'],
    ['sortOrder=up', 'sortOrder'],
    ['page=1', 'page'],
  ])('refuses %s with 422 and the parameter', async (query, parameter) => {
    const { status, body } = await call(t, `/ysuite/v1/deals?${query}`)
    expect({ status, fields: Object.keys(body.errors) }).toEqual({
      ...{ status: 422, fields: [parameter] },
    })
  })
})

/** Where a deal has none of it: below all amounts, and after everything else. */
const none: Partial<Record<keyof Listed, 'first' | 'last'>> = { deal_amount: 'first' }

/** Whether a deal stands before another one, by one field; undefined where they are alike. */
function precedes(field: keyof Listed, a: Listed, b: Listed): boolean | undefined {
  const [x, y] = [a[field], b[field]]
  if (x === y) return undefined
  if (x === null || y === null) return (x === null) === (none[field] === 'first')
  if (typeof x === 'number' && typeof y === 'number') return x < y
  return String(x) < String(y)
}

describe.each<keyof Listed>([
  ...(['deal_id', 'deal_name', 'deal_amount', 'deal_source', 'pipeline_id'] as const),
  ...(['deal_expected_close_date', 'cstid', 'owner'] as const),
])('sortBy=%s', (field) => {
  test.each(['asc', 'desc'])('puts all deals in order, %s', async (direction) => {
    const pages = await Promise.all(
      [0, 1, 2].map((page) =>
        list(`pageSize=2&pageIndex=${page}&sortBy=${field}&sortOrder=${direction}`),
      ),
    )
    const found: Listed[] = pages.flatMap(({ data }) => data)
    expect(numbers(found).toSorted()).toEqual(numbers(all))
    const steps = found.slice(1).map((deal, index): [Listed, Listed] => {
      const before = found[index] as Listed
      return direction === 'asc' ? [before, deal] : [deal, before]
    })
    const wrong = steps.filter(([a, b]) => precedes(field, b, a))
    expect(wrong).toEqual([])
  })
})
