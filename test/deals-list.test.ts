import { beforeAll, describe, expect, test } from 'vitest'
import { newId } from '../src/ids.ts'
import { dealRows, rowId } from './bulk-fixtures.ts'
import { ask, done, pipelineFixture } from './fixtures.ts'
import { type TestTenant, testTenant } from './harness.ts'

const fields = [
  'CREATED_AT',
  'UPDATED_AT',
  'NAME',
  'AMOUNT',
  'EXPECTED_CLOSE_DATE',
  'RANK',
  'NUMBER',
] as const
type Field = (typeof fields)[number]
type Direction = 'ASC' | 'DESC'

/** What each order sorts by, said otherwise than the gateway says it. */
const sorts: Record<Field, string> = {
  CREATED_AT: 'created_at',
  UPDATED_AT: 'updated_at',
  NAME: 'name',
  AMOUNT: `coalesce(amount, '-Infinity')`,
  EXPECTED_CLOSE_DATE: `coalesce(expected_close_date, 'infinity')`,
  RANK: 'rank',
  NUMBER: 'number',
}

interface Args {
  first?: number
  after?: string | null
  last?: number
  before?: string | null
  filter?: object
  orderBy?: { field: Field; direction: Direction }
}

interface Page {
  nodes: { id: string }[]
  edges: { cursor: string; node: { id: string } }[]
  pageInfo: {
    hasNextPage: boolean
    hasPreviousPage: boolean
    startCursor: string | null
    endCursor: string | null
  }
}

const document = `query ($first: Int, $after: String, $last: Int, $before: String, $filter: DealFilter, $orderBy: DealOrder) {
  deals(first: $first, after: $after, last: $last, before: $before, filter: $filter, orderBy: $orderBy) {
    nodes { id } edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`

async function pageOf(t: TestTenant, args: Args): Promise<Page> {
  return (await ask(t, document, args)).deals
}

async function idsOf(t: TestTenant, args: Args): Promise<string[]> {
  return (await pageOf(t, args)).nodes.map(({ id }) => id)
}

/** All ids in an order, as PostgreSQL sorts them. */
async function sorted(t: TestTenant, field: Field, direction: Direction): Promise<string[]> {
  const rows = await t.read((db) =>
    db.$queryRawUnsafe<{ id: string }[]>(
      `SELECT 'deal_' || id AS id FROM deal ORDER BY ${sorts[field]} ${direction}, id ${direction}`,
    ),
  )
  return rows.map(({ id }) => id)
}

async function walkForward(t: TestTenant, args: Args): Promise<string[]> {
  const walked: string[] = []
  let page: Page | undefined
  do {
    const after: string | null = page?.pageInfo.endCursor ?? null
    page = await pageOf(t, { ...args, after })
    expect(page.pageInfo.hasPreviousPage).toBe(after !== null)
    walked.push(...page.nodes.map(({ id }) => id))
  } while (page.pageInfo.hasNextPage)
  return walked
}

async function walkBackward(t: TestTenant, args: Args): Promise<string[]> {
  const walked: string[] = []
  let page: Page | undefined
  do {
    const before: string | null = page?.pageInfo.startCursor ?? null
    page = await pageOf(t, { ...args, before })
    walked.unshift(...page.nodes.map(({ id }) => id))
  } while (page.pageInfo.hasPreviousPage)
  return walked
}

/**
 * 24 deals, many of them equal in what they can be ordered by, some without an amount or a date.
 */
async function manyAlike(): Promise<TestTenant> {
  const t = await testTenant()
  const amounts = [null, '-100', '-0.0001', '0', '100', '100.0001', '899999999999999']
  const days = [null, '1969-12-31', '2026-01-01', '2026-06-30']
  const names = ['b', 'B', 'a', 'Ä', 'a b', 'z']
  const pick = <T>(from: T[], index: number) => from[index % from.length] as T
  const rows = Array.from({ length: 24 }, (_, index) => {
    const day = pick(days, index)
    const instant = new Date(Date.UTC(2026, 0, 1, 0, 0, 0, index % 5))
    return {
      ...{
        name: pick(names, index),
        amount: pick(amounts, index),
        expectedCloseDate: day ? new Date(day) : null,
      },
      ...{
        createdAt: instant,
        updatedAt: new Date(+instant - (index % 3)),
        rank: pick(['a1', 'a0', 'Zz', 'a0V'], index),
      },
    }
  })
  await dealRows(t, await pipelineFixture(t), rows)
  return t
}

let t: TestTenant

beforeAll(async () => {
  t = await manyAlike()
})

describe.each(fields)('deals ordered by %s', (field) => {
  describe.each(['ASC', 'DESC'] as const)('%s', (direction) => {
    const orderBy = { field, direction }

    test('come whole, in their order', async () => {
      const all = await sorted(t, field, direction)
      expect(all).toHaveLength(24)
      expect(await idsOf(t, { first: 100, orderBy })).toEqual(all)
    })

    test('come page by page from the first, none twice and none left out', async () => {
      expect(await walkForward(t, { first: 7, orderBy })).toEqual(await sorted(t, field, direction))
    })

    test('come page by page from the last, none twice and none left out', async () => {
      expect(await walkBackward(t, { last: 7, orderBy })).toEqual(await sorted(t, field, direction))
    })
  })
})

describe('a page of deals', () => {
  test('has the newest 20 by default', async () => {
    const { deals } = await ask(t, '{ deals { nodes { id } pageInfo { hasNextPage } totalCount } }')
    const newest = await sorted(t, 'CREATED_AT', 'DESC')
    expect(deals.nodes.map(({ id }: { id: string }) => id)).toEqual(newest.slice(0, 20))
    expect(deals).toMatchObject({ pageInfo: { hasNextPage: true }, totalCount: 24 })
  })

  test('has the same items as nodes and in edges, and the outer cursors of its edges', async () => {
    const { nodes, edges, pageInfo } = await pageOf(t, { first: 5 })
    expect(edges.map(({ node }) => node)).toEqual(nodes)
    expect(pageInfo.startCursor).toBe(edges[0]?.cursor)
    expect(pageInfo.endCursor).toBe(edges[4]?.cursor)
  })

  test.each([1, 2, 10, 11, 20, 21, 23, 24])('of %i has that many', async (first) => {
    const { nodes, pageInfo } = await pageOf(t, { first })
    expect(nodes).toHaveLength(first)
    expect(pageInfo.hasNextPage).toBe(first < 24)
  })

  test('of 0 is empty and says whether there is anything', async () => {
    const empty = {
      nodes: [],
      edges: [],
      pageInfo: { hasNextPage: true, hasPreviousPage: false, startCursor: null, endCursor: null },
    }
    expect(await pageOf(t, { first: 0 })).toEqual(empty)
  })

  test('between two cursors has what lies between them', async () => {
    const { edges } = await pageOf(t, { first: 100 })
    const [after, before] = [edges[3]?.cursor ?? '', edges[9]?.cursor ?? '']
    const between = edges.slice(4, 9).map(({ node }) => node.id)
    expect(await idsOf(t, { first: 100, after, before })).toEqual(between)
    expect(await idsOf(t, { last: 2, after, before })).toEqual(between.slice(-2))
  })

  test('behind a cursor is narrowed by the filter too', async () => {
    const filter = { amount: { gte: 0 } }
    const all = await idsOf(t, { first: 100, filter })
    expect(all.length).toBeGreaterThan(7)
    expect(await walkForward(t, { first: 3, filter })).toEqual(all)
    expect(await walkBackward(t, { last: 3, filter })).toEqual(all)
  })

  test.each([
    ['first', 101],
    ['last', 101],
    ['first', -1],
    ['last', -1],
  ])('refuses `%s: %i` and names the bound', async (argument, size) => {
    const { data, errors } = await t.graphql(document, { [argument]: size })
    const message = `\`${argument}\` must be between 0 and 100, not ${size}.`
    expect([data, errors]).toMatchObject([
      null,
      [{ message, extensions: { code: 'BAD_USER_INPUT' } }],
    ])
  })

  test('refuses `first` and `last` together', async () => {
    const { errors } = await t.graphql(document, { first: 1, last: 1 })
    expect(errors).toMatchObject([
      { message: 'Give `first` or `last`, not both.', extensions: { code: 'BAD_USER_INPUT' } },
    ])
  })

  test.each([
    'pipelines { deals(first: 101) { nodes { id } } }',
    'pipelines { stages { deals(last: 101) { nodes { id } } } }',
    'deals { nodes { history(first: 101) { nodes { id } } } }',
  ])('refuses more than 100 below another object: %s', async (selection) => {
    const { errors } = await t.graphql(`{ ${selection} }`)
    expect(errors).toMatchObject([
      {
        message: expect.stringContaining('between 0 and 100'),
        extensions: { code: 'BAD_USER_INPUT' },
      },
    ])
  })
})

describe('a cursor', () => {
  const cursor = (...parts: unknown[]) => Buffer.from(JSON.stringify(parts)).toString('base64url')
  const id = newId()

  test.each(['after', 'before'])('of another order is refused as `%s`', async (argument) => {
    const { pageInfo } = await pageOf(t, {
      first: 1,
      orderBy: { field: 'CREATED_AT', direction: 'ASC' },
    })
    const variables = {
      [argument]: pageInfo.endCursor,
      orderBy: { field: 'UPDATED_AT', direction: 'ASC' },
    }
    const { data, errors } = await t.graphql(document, variables)
    expect([data, errors]).toMatchObject([
      null,
      [
        {
          message: expect.stringContaining(`\`${argument}\``),
          extensions: { code: 'INVALID_CURSOR' },
        },
      ],
    ])
  })

  test.each<[what: string, field: Field, cursor: string]>([
    ['is no cursor at all', 'NUMBER', 'no cursor'],
    ['is no base64url', 'NUMBER', '♥'],
    ['is no list', 'NUMBER', Buffer.from('"NUMBER"').toString('base64url')],
    ['is null', 'NUMBER', Buffer.from('null').toString('base64url')],
    ['has no id', 'NUMBER', cursor('NUMBER', 1)],
    ['has an id that is none', 'NUMBER', cursor('NUMBER', 1, 'x')],
    ['has a text for a number', 'NUMBER', cursor('NUMBER', '1', id)],
    ['has a fraction', 'NUMBER', cursor('NUMBER', 1.5, id)],
    ['has too great a number', 'NUMBER', cursor('NUMBER', 2 ** 31, id)],
    ['has no value', 'NUMBER', cursor('NUMBER', null, id)],
    ['has a number for an amount', 'AMOUNT', cursor('AMOUNT', 1, id)],
    ['has an amount that is none', 'AMOUNT', cursor('AMOUNT', 'x', id)],
    ['has too great an amount', 'AMOUNT', cursor('AMOUNT', '9223372036854775808', id)],
    ['has an instant that is none', 'CREATED_AT', cursor('CREATED_AT', 'yesterday', id)],
    ['has too early an instant', 'CREATED_AT', cursor('CREATED_AT', '-200000-01-01T00:00:00Z', id)],
    ['has a number for a name', 'NAME', cursor('NAME', 1, id)],
    ['has a name that no text can be', 'NAME', cursor('NAME', 'a\u0000', id)],
  ])('that %s is refused', async (_, field, after) => {
    const { errors } = await t.graphql(document, { after, orderBy: { field, direction: 'ASC' } })
    expect(errors).toMatchObject([{ extensions: { code: 'INVALID_CURSOR' } }])
  })

  test('of another tenant shows only the viewer’s own deals', async () => {
    const other = await manyAlike()
    const { pageInfo } = await pageOf(other, { first: 12 })
    const seen = await idsOf(t, { first: 100, after: pageInfo.endCursor })
    const own = await sorted(t, 'CREATED_AT', 'DESC')
    expect(own).toEqual(expect.arrayContaining(seen))
  })

  test.each(['ASC', 'DESC'] as const)(
    'stays where it was when its deal is deleted, %s',
    async (direction) => {
      const own = await manyAlike()
      const orderBy = { field: 'AMOUNT', direction } as const
      const all = await sorted(own, 'AMOUNT', direction)
      const { edges } = await pageOf(own, { first: 10, orderBy })
      const { cursor: held, node } = edges[9] as Page['edges'][number]
      await done(own, 'deleteDeal', { dealId: node.id, expectedVersion: 1 })
      expect(await idsOf(own, { first: 5, after: held, orderBy })).toEqual(all.slice(10, 15))
      expect(await idsOf(own, { last: 5, before: held, orderBy })).toEqual(all.slice(4, 9))
      expect(rowId(node.id)).toBe(rowId(all[9] as string))
    },
  )
})
