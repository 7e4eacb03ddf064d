import { beforeAll, describe, expect, test } from 'vitest'
import { companyOfDeals, dealRows } from './bulk-fixtures.ts'
import { ask, done, pipelineFixture } from './fixtures.ts'
import { type TestTenant, testTenant } from './harness.ts'

interface Found {
  id: string
  name: string
}

interface Page {
  nodes: Found[]
  totalCount: number
  pageInfo: {
    hasNextPage: boolean
    hasPreviousPage: boolean
    startCursor: string
    endCursor: string
  }
}

type Parent = Found & { deals: Page }

const parents = [
  ['organizations', 'organizationId'],
  ['contacts', 'contactId'],
  ['members', 'ownerId'],
] as const

let t: TestTenant

beforeAll(async () => {
  t = await testTenant()
  const pipeline = await pipelineFixture(t)
  const rows = Array.from({ length: 60 }, (_, index) => ({
    ...{ amount: index % 4 === 3 ? null : index % 3, name: `Deal ${index % 50}` },
    stage: index % 2 ? 'Won' : 'Lead',
    createdAt: new Date(Date.UTC(2026, 0, 1 + (index % 9))),
  }))
  const ids = await dealRows(t, pipeline, rows)
  await companyOfDeals(t)
  for (const dealId of ids.slice(0, 9)) await done(t, 'deleteDeal', { dealId, expectedVersion: 1 })
})

const page =
  '{ nodes { id name } totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }'
const pageArgs = 'first: $first, after: $after, last: $last, before: $before'
const variables =
  '$first: Int, $after: String, $last: Int, $before: String, $filter: DealFilter, $orderBy: DealOrder'

async function below(list: string, args: object): Promise<Parent[]> {
  const document = `query (${variables}) { ${list} { nodes { id name
    deals(${pageArgs}, filter: $filter, orderBy: $orderBy) ${page} } } }`
  return (await ask(t, document, args))[list].nodes
}

async function listed(args: object): Promise<Page> {
  const document = `query (${variables}) { deals(${pageArgs}, filter: $filter, orderBy: $orderBy) ${page} }`
  return (await ask(t, document, args)).deals
}

/** The deals below one parent, page by page, from the start or from the end. */
async function walk(list: string, parent: Found, order: object, from: 'first' | 'last') {
  const walked: Found[] = []
  let cursor: string | null = null
  do {
    const bounds: object =
      from === 'first' ? { first: 3, after: cursor } : { last: 3, before: cursor }
    const found = (await below(list, { ...order, ...bounds })).find(({ id }) => id === parent.id)
    const { nodes, pageInfo } = (found as Parent).deals
    if (from === 'first') walked.push(...nodes)
    else walked.unshift(...nodes)
    const more = from === 'first' ? pageInfo.hasNextPage : pageInfo.hasPreviousPage
    cursor = more ? pageInfo[from === 'first' ? 'endCursor' : 'startCursor'] : null
  } while (cursor)
  return walked
}

const orders = [
  ['by default', {}],
  ['AMOUNT ASC', { orderBy: { field: 'AMOUNT', direction: 'ASC' } }],
  ['NAME DESC', { orderBy: { field: 'NAME', direction: 'DESC' } }],
  ['NUMBER ASC', { orderBy: { field: 'NUMBER', direction: 'ASC' } }],
  ['STAGE_ENTERED_AT DESC', { orderBy: { field: 'STAGE_ENTERED_AT', direction: 'DESC' } }],
] as const

describe.each(parents)('the deals of %s', (list, filter) => {
  test.each(orders)('are those of `deals` with a filter, page by page, %s', async (_, order) => {
    const found = await below(list, { ...order, first: 100 })
    expect(found).toHaveLength(7)
    for (const { id, deals } of found) {
      const expected = await listed({ ...order, first: 100, filter: { [filter]: { eq: id } } })
      expect(expected.nodes.length).toBeGreaterThan(6)
      expect(deals.nodes).toEqual(expected.nodes)
      expect(deals.totalCount).toBe(expected.totalCount)
    }
    const [one] = found as [Parent]
    for (const from of ['first', 'last'] as const) {
      expect(await walk(list, one, order, from)).toEqual(one.deals.nodes)
    }
  })

  test('are narrowed by a filter, and so is their count', async () => {
    const narrow = { amount: { gte: 1 }, status: { eq: 'WON' } }
    const found = await below(list, { filter: narrow })
    expect(found.filter(({ deals }) => deals.totalCount > 0).length).toBeGreaterThan(2)
    for (const { id, deals } of found) {
      const expected = await listed({ filter: { ...narrow, [filter]: { eq: id } } })
      expect([deals.nodes, deals.totalCount]).toEqual([expected.nodes, expected.totalCount])
    }
  })

  test('can be asked for twice in different ways', async () => {
    const { [list]: found } = await ask(
      t,
      `{ ${list} { nodes { won: deals(filter: { status: { eq: WON } }) { totalCount nodes { status } }
        open: deals(first: 1, filter: { status: { eq: OPEN } }) { totalCount nodes { status } } } } }`,
    )
    for (const { won, open } of found.nodes) {
      expect(won.nodes).toEqual(Array(won.totalCount).fill({ status: 'WON' }))
      expect(open.nodes).toEqual([{ status: 'OPEN' }])
    }
  })

  test('refuse a cursor of another order', async () => {
    const [one] = (await below(list, { first: 1 })) as [Parent]
    const after = one.deals.pageInfo.endCursor
    const { errors } = await t.graphql(
      `query ($after: String) { ${list} { nodes { deals(after: $after, orderBy: { field: NAME, direction: ASC }) { nodes { id } } } } }`,
      { after },
    )
    expect(errors[0]).toMatchObject({ extensions: { code: 'INVALID_CURSOR' } })
  })
})
