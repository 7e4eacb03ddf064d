import { beforeAll, describe, expect, it } from 'vitest'
import { createApiKey } from '../src/api-key/service.ts'
import { type PageWindow, windowOf } from '../src/deal-page/rules.ts'
import { dealRows } from './bulk-fixtures.ts'
import { idsInOrder, type ManyDeals, manyDeals, type PageOrder } from './deal-page-fixtures.ts'
import { ask, pipelineFixture } from './fixtures.ts'

import { type GraphqlAnswer, type TestTenant, testTenant } from './harness.ts'
import { answer, ownDealsFixture } from './own-deals-fixtures.ts'

const fields = [
  ...['NUMBER', 'NAME', 'AMOUNT', 'EXPECTED_CLOSE_DATE', 'CREATED_AT', 'UPDATED_AT'],
  ...['STAGE_ENTERED_AT', 'SOURCE', 'PIPELINE', 'STAGE', 'ORGANIZATION', 'OWNER'],
]
const orders = fields.flatMap((field) => [
  { field, direction: 'ASC' },
  { field, direction: 'DESC' },
])

let t: TestTenant
let many: ManyDeals

beforeAll(async () => {
  await manyDeals(await testTenant())
  t = await testTenant()
  many = await manyDeals(t)
})

const sorted = (order: PageOrder) => idsInOrder(many.model, order)

const document = `query ($page: Int, $pageSize: Int, $filter: DealFilter, $search: String, $orderBy: DealPageOrder) {
  dealPage(page: $page, pageSize: $pageSize, filter: $filter, search: $search, orderBy: $orderBy) {
    nodes { id name } totalCount pageCount page pageSize } }`

async function pageOf(args: object, of = t): Promise<GraphqlAnswer['data']> {
  return (await ask(of, document, args)).dealPage
}

const idsOf = (nodes: { id: string }[]) => nodes.map(({ id }) => id)

describe.each(orders)('pages by $field $direction', (orderBy) => {
  it('come whole, in their order', async () => {
    expect(idsOf((await pageOf({ pageSize: 100, orderBy })).nodes)).toEqual(sorted(orderBy))
  })

  it('come page by page, none twice and none left out', async () => {
    const walked = []
    for (const page of [1, 2, 3, 4, 5]) {
      walked.push(...idsOf((await pageOf({ page, pageSize: 7, orderBy })).nodes))
    }
    expect(walked).toEqual(sorted(orderBy))
  })
})

describe('a numbered page', () => {
  it('is the first of 20, the newest first, unless another is asked for', async () => {
    const { dealPage } = await ask(t, '{ dealPage { nodes { id } page pageSize } }')
    const newest = sorted({ field: 'CREATED_AT', direction: 'DESC' })
    const asked = { page: 1, pageSize: 20 }
    expect(dealPage).toEqual({ nodes: newest.slice(0, 20).map((id) => ({ id })), ...asked })
    const nulls = { page: null, pageSize: null, filter: null, search: null, orderBy: null }
    expect(await pageOf(nulls)).toMatchObject({ ...dealPage, totalCount: 30, pageCount: 2 })
  })

  it.each([
    [1, 30],
    [7, 5],
    [10, 3],
    [29, 2],
    [30, 1],
    [100, 1],
  ])('of %i is one of as many pages as it takes', async (pageSize, pageCount) => {
    expect(await pageOf({ pageSize })).toMatchObject({ totalCount: 30, pageCount, pageSize })
    const { nodes } = await pageOf({ page: pageCount, pageSize })
    expect(nodes).toHaveLength(30 - (pageCount - 1) * pageSize)
  })

  it('beyond the last one is empty', async () => {
    for (const page of [4, 5, 101, 10_001]) {
      const counts = { totalCount: 30, pageCount: 3 }
      expect(await pageOf({ page, pageSize: 10 })).toEqual({
        nodes: [],
        ...counts,
        page,
        pageSize: 10,
      })
    }
  })

  it('of what nothing matches is none of no pages', async () => {
    const nothing = { nodes: [], totalCount: 0, pageCount: 0, page: 1, pageSize: 20 }
    expect(await pageOf({ search: 'nowhere' })).toEqual(nothing)
  })

  it('is narrowed by the filter and the search as `deals` is', async () => {
    const filter = { pipelineId: { eq: many.pipelineIds[1] }, status: { eq: 'OPEN' } }
    for (const args of [{ filter }, { search: 'SOLAR' }, { filter, search: 'solar' }]) {
      const { deals } = await ask(
        t,
        `query ($filter: DealFilter, $search: String) {
          deals(first: 100, filter: $filter, search: $search) { nodes { id } totalCount } }`,
        args,
      )
      const { nodes, totalCount } = await pageOf({ ...args, pageSize: 100 })
      expect([idsOf(nodes), totalCount]).toEqual([idsOf(deals.nodes), deals.totalCount])
      expect(totalCount).toBeGreaterThan(1)
      expect(totalCount).toBeLessThan(30)
      const [second] = (await pageOf({ ...args, page: 2, pageSize: 1 })).nodes
      expect(second.id).toBe(deals.nodes[1].id)
    }
  })

  it('may be asked for beside another, each with what is selected of its deals', async () => {
    const orderBy = 'orderBy: { field: NUMBER, direction: ASC }'
    const { a, b } = await ask(
      t,
      `{ a: dealPage(pageSize: 2, ${orderBy}) { one: nodes { number } two: nodes { stageName owner { name } } }
        b: dealPage(page: 2, pageSize: 2, ${orderBy}) { nodes { number organization { number } } } }`,
    )
    expect(a.one).toEqual([{ number: 1 }, { number: 2 }])
    expect(a.two).toEqual([
      { stageName: 'Lead', owner: { name: 'mia' } },
      { stageName: 'Proposal', owner: null },
    ])
    const [third, fourth] = [{ organization: { number: 2 } }, { organization: { number: 1 } }]
    expect(b.nodes).toEqual([
      { number: 3, ...third },
      { number: 4, ...fourth },
    ])
  })
})

describe('a page is refused', () => {
  const size = (pageSize: number) => `\`pageSize\` must be between 1 and 100, not ${pageSize}.`

  it.each([
    [{ page: 0 }, '`page` must be at least 1, not 0.'],
    [{ page: -3 }, '`page` must be at least 1, not -3.'],
    [{ pageSize: 0 }, size(0)],
    [{ pageSize: -1 }, size(-1)],
    [{ pageSize: 101 }, size(101)],
    [
      { page: 1_002, pageSize: 100 },
      'than 100000 deals, and 1002 passes over 100100: read on with `deals(after:)`',
    ],
    [{ page: 100_002, pageSize: 1 }, 'than 100000 deals, and 100002 passes over 100001'],
    [{ page: 2_147_483_647 }, 'passes over 42949672920'],
  ])('%j', async (args, message) => {
    const { data, errors } = await t.graphql(document, args)
    const told = { message: expect.stringContaining(message), path: ['dealPage'] }
    expect(data).toBeNull()
    expect(errors).toMatchObject([{ ...told, extensions: { code: 'BAD_USER_INPUT' } }])
  })

  it.each([
    ['page', 1.5],
    ['page', 2_147_483_648],
    ['pageSize', 'ten'],
    ['orderBy', { field: 'PRIORITY', direction: 'ASC' }],
    ['search', 'a'.repeat(256)],
  ])('with %s %j', async (name, value) => {
    const { errors } = await t.graphql(document, { [name]: value })
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
  })

  it('with a filter that `deals` refuses', async () => {
    const filter = { customFields: [{ key: 'cf_region', gt: 'x' }] }
    const { errors } = await t.graphql(document, { filter })
    const listed = await t.graphql(
      'query ($filter: DealFilter) { deals(filter: $filter) { totalCount } }',
      { filter },
    )
    expect(errors[0]?.message).toBe(listed.errors[0]?.message)
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
  })

  it('by the names of owners to who may not read members, and by nothing else', async () => {
    const values = { name: 'Limited', role: 'ADMIN', scopes: ['deals:read'] } as const
    const as = { key: (await t.write((tx) => createApiKey(tx, values))).secret }
    for (const orderBy of orders) {
      const { data, errors } = await t.graphql(document, { orderBy, pageSize: 1 }, as)
      if (orderBy.field !== 'OWNER') {
        expect([orderBy, data?.dealPage.totalCount, errors]).toEqual([orderBy, 30, []])
        continue
      }
      const message = 'You may not use DealPageOrderField.OWNER: it needs the scope members:read.'
      expect(data).toBeNull()
      expect(errors).toMatchObject([{ message, extensions: { code: 'FORBIDDEN' } }])
    }
  })
})

describe('the deals of a page', () => {
  it('are those that the last page of 1,000 and the first behind them have', async () => {
    const own = await testTenant()
    const ids = await dealRows(
      own,
      await pipelineFixture(own),
      Array.from({ length: 1_030 }, () => ({})),
    )
    const orderBy = { field: 'NUMBER', direction: 'ASC' }
    for (const [page, pageSize] of [
      [10, 100],
      [11, 100],
      [33, 31],
      [34, 31],
      [1_001, 1],
    ] as const) {
      const { nodes } = await pageOf({ page, pageSize, orderBy }, own)
      expect(idsOf(nodes)).toEqual(ids.slice((page - 1) * pageSize, page * pageSize))
    }
  })

  it('are read whatever the page, in few ways', () => {
    const ways = new Set<string>()
    for (let pageSize = 1; pageSize <= 100; pageSize += 1) {
      for (let page = 1; (page - 1) * pageSize <= 10_000; page += 1) {
        const { skip, take, start }: PageWindow = windowOf({ page, pageSize })
        expect(skip + start).toBe((page - 1) * pageSize)
        expect(start + pageSize).toBeLessThanOrEqual(take)
        ways.add(`${skip} ${take}`)
      }
    }
    expect(ways.size).toBeLessThan(70)
  })

  it('are those of the tenant, whatever another one has', async () => {
    const stranger = await testTenant()
    const foreign = await manyDeals(stranger)
    const filter = { pipelineId: { eq: foreign.pipelineIds[0] } }
    expect(await pageOf({ filter })).toMatchObject({ nodes: [], totalCount: 0 })
    const { nodes, totalCount } = await pageOf({ pageSize: 100 }, stranger)
    expect(idsOf(nodes).sort()).toEqual(foreign.model.map(({ id }) => id).sort())
    expect(totalCount).toBe(30)
  })

  it('are in every order only those of a member who sees only their own', async () => {
    const { t: limited, annKey, deals } = await ownDealsFixture()
    const seen = [...deals.owned.slice(0, 2), ...deals.assigned.slice(0, 2)].map(({ id }) => id)
    for (const orderBy of orders) {
      const { dealPage } = await answer(limited, document, annKey, { orderBy })
      expect(idsOf(dealPage.nodes).sort()).toEqual(seen.toSorted())
      expect(dealPage).toMatchObject({ totalCount: 4, pageCount: 1 })
      const second = await answer(limited, document, annKey, { orderBy, page: 2, pageSize: 3 })
      expect(idsOf(second.dealPage.nodes)).toEqual([dealPage.nodes[3].id])
    }
  })
})
