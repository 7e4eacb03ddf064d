import { describe, expect, test } from 'vitest'
import { dealRows } from './bulk-fixtures.ts'
import { ask, done, pipelineFixture } from './fixtures.ts'
import { type TestTenant, testTenant } from './harness.ts'

async function tenantWith(...deals: [name: string, description?: string][]): Promise<TestTenant> {
  const t = await testTenant()
  const rows = deals.map(([name, description]) => ({ name, description: description ?? null }))
  await dealRows(t, await pipelineFixture(t), rows)
  return t
}

const byNumber = 'orderBy: { field: NUMBER, direction: ASC }'

async function found(t: TestTenant, search: string): Promise<string[]> {
  const { deals } = await ask(
    t,
    `query ($search: String) { deals(first: 100, search: $search, ${byNumber}) { nodes { name } totalCount } }`,
    { search },
  )
  expect(deals.totalCount).toBe(deals.nodes.length)
  return deals.nodes.map(({ name }: { name: string }) => name)
}

describe('a search of deals', () => {
  test('finds what the name or the description contains, in any case', async () => {
    const t = await tenantWith(['Apollo'], ['Other', 'for APOLLO'], ['Third'], ['Last', 'pollo'])
    expect(await found(t, 'aPoLLo')).toEqual(['Apollo', 'Other'])
    expect(await found(t, 'nothing like it')).toEqual([])
  })

  test.each([
    ['%', ['100%']],
    ['0%', ['100%']],
    ['_', ['a_b']],
    ['a_b', ['a_b']],
    ['\\', ['c\\d']],
    ['c\\d', ['c\\d']],
    ['\\%', []],
    ["o'c", ["o'clock"]],
  ])('takes %s for itself', async (text, names) => {
    const t = await tenantWith(['100%'], ['1000'], ['a_b'], ['aXb'], ['c\\d'], ['cd'], ["o'clock"])
    expect(await found(t, text)).toEqual(names)
  })

  test.each(['x', 'xy'])('takes a text as short as "%s"', async (text) => {
    const t = await tenantWith(['only y'], ['oxygen', 'xy'], ['Y', 'AXYB'])
    expect(await found(t, text)).toEqual(['oxygen', 'Y'])
  })

  test('is none when it is empty', async () => {
    const t = await tenantWith(['A'], ['B'])
    expect(await found(t, '')).toEqual(['A', 'B'])
  })

  test('narrows together with the filter', async () => {
    const t = await tenantWith(['Apollo 1'], ['Apollo 2', 'moon'], ['Gemini', 'moon'])
    const filter = '{ name: { contains: "2" }, description: { contains: "MOON" } }'
    const { deals } = await ask(
      t,
      `{ deals(search: "apollo", filter: ${filter}) { nodes { name } totalCount } }`,
    )
    expect(deals).toEqual({ nodes: [{ name: 'Apollo 2' }], totalCount: 1 })
  })

  test('finds no deal of another tenant', async () => {
    await tenantWith(['Hidden treasure'])
    const t = await tenantWith(['My treasure'])
    expect(await found(t, 'treasure')).toEqual(['My treasure'])
  })

  test('finds a deal by its new name and not by its old one', async () => {
    const t = await tenantWith(['Before'])
    const { deals } = await ask(t, '{ deals { nodes { id } } }')
    await done(t, 'updateDeal', {
      dealId: deals.nodes[0].id,
      expectedVersion: 1,
      name: 'Afterwards',
    })
    expect([await found(t, 'before'), await found(t, 'afterwards')]).toEqual([[], ['Afterwards']])
  })
})

describe('a search that matches more than 1 000 deals', () => {
  const crowds = new Map<number, Promise<TestTenant>>()

  /** So many matches among as many deals that nearly match; nothing is changed in them. */
  function crowd(matches: number): Promise<TestTenant> {
    const known = crowds.get(matches) ?? newCrowd(matches)
    crowds.set(matches, known)
    return known
  }

  async function newCrowd(matches: number): Promise<TestTenant> {
    const t = await testTenant()
    const pipeline = await pipelineFixture(t)
    const names = ['Sale of 50%', 'Sale of 500']
    const rows = Array.from({ length: matches * 2 }, (_, index) => ({
      ...{ name: index % 4 ? (names[index % 2] as string) : 'Untold', amount: index % 7 },
      description: index % 4 ? null : '50% at least',
    }))
    await dealRows(t, pipeline, rows)
    return t
  }

  const page = `query ($after: String, $search: String, $filter: DealFilter, $first: Int = 100) {
    deals(first: $first, after: $after, search: $search, filter: $filter, orderBy: { field: AMOUNT, direction: DESC }) {
      nodes { number name description amount } totalCount pageInfo { hasNextPage endCursor } } }`

  interface Found {
    number: number
    amount: string
  }

  async function walk(t: TestTenant, variables: object, total: number): Promise<Found[]> {
    const walked: Found[] = []
    let after: string | null = null
    do {
      const { deals } = await ask(t, page, { ...variables, after })
      expect(deals.totalCount).toBe(total)
      walked.push(...deals.nodes)
      after = deals.pageInfo.hasNextPage ? deals.pageInfo.endCursor : null
    } while (after)
    return walked
  }

  test.each([1000, 1001])(
    'pages through %i of them, none twice and none left out',
    async (matches) => {
      const t = await crowd(matches)
      const expected = Array.from({ length: matches * 2 }, (_, index) => index + 1).filter(
        (number) => (number - 1) % 2 === 0,
      )
      const walked = await walk(t, { search: '50%' }, matches)
      expect(walked.map(({ number }) => number).toSorted((x, y) => x - y)).toEqual(expected)
      expect(walked.map(({ amount }) => Number(amount))).toEqual(
        walked.map(({ amount }) => Number(amount)).toSorted((x, y) => y - x),
      )
    },
  )

  test('is the same asked as a filter, and its opposite is all others', async () => {
    const t = await crowd(1001)
    const either = { or: [{ name: { contains: '50%' } }, { description: { contains: '50%' } }] }
    const first = 1
    const opposite = { not: { description: { contains: '50%' } } }
    const counts = []
    for (const variables of [
      { filter: either },
      { search: '50%', filter: either },
      { filter: { not: either } },
      { filter: opposite },
    ]) {
      counts.push((await ask(t, page, { ...variables, first })).deals.totalCount)
    }
    expect(counts).toEqual([1001, 1001, 1001, 1501])
  })
})
