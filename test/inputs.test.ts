import { beforeEach, describe, expect, it } from 'vitest'
import { encodeId, newId } from '../src/ids.ts'
import { dealFixture, mutate, pipelineFixture, untouched } from './fixtures.ts'
import { post, type TestTenant, testTenant } from './harness.ts'

let t: TestTenant

beforeEach(async () => {
  t = await testTenant()
  await pipelineFixture(t)
})

const page = 'nodes { id }'
const text = (length: number) => 'a'.repeat(length)

/** An operation with one variable, the value that just fits, one that does not, and what is said. */
const bounds: [argument: string, operation: string, fits: unknown, not: unknown, told: string][] = [
  [
    'search',
    `query ($v: String) { deals(search: $v) { ${page} } }`,
    text(255),
    text(256),
    '`search` takes at most 255 characters, not 256.',
  ],
  [
    'contains',
    `query ($v: DealFilter) { deals(filter: $v) { ${page} } }`,
    { or: [{ name: { contains: text(255) } }] },
    { or: [{ name: { contains: text(256) } }] },
    '`filter.or.name.contains` takes at most 255 characters, not 256.',
  ],
  [
    'an id',
    'query ($v: [ID!]!) { nodes(ids: $v) { id } }',
    [encodeId('Deal', newId())],
    [encodeId('Deal', newId()), text(256)],
    '`ids` takes at most 255 characters, not 256.',
  ],
  [
    'a text',
    'mutation ($v: String) { createDeal(input: { name: "Rocket", description: $v }) { userErrors { message } } }',
    '🚀'.repeat(10_000),
    '🚀'.repeat(10_001),
    '`input.description` takes at most 20000 characters, not 20002.',
  ],
  [
    'a decimal',
    `query ($v: Decimal) { deals(filter: { amount: { eq: $v } }) { ${page} } }`,
    '1',
    text(256),
    '`filter.amount.eq` takes at most 255 characters, not 256.',
  ],
  [
    'a list',
    `query ($v: DealStatusFilter) { deals(filter: { status: $v }) { ${page} } }`,
    { in: Array(500).fill('OPEN') },
    { in: Array(501).fill('OPEN') },
    '`filter.status.in` takes at most 500 values, not 501.',
  ],
  [
    'a list of JSON',
    `query ($v: [JSON!]) { contacts { ${page} } deals(filter: { customFields: [{ key: "cf_a", in: $v }] }) { ${page} } }`,
    undefined,
    Array(501).fill('a'),
    '`filter.customFields.in` takes at most 500 values, not 501.',
  ],
]

describe('a variable', () => {
  it.each(bounds)('has a bound as %s', async (_, operation, fits, not, told) => {
    if (fits !== undefined) expect((await t.graphql(operation, { v: fits })).errors).toEqual([])
    await untouched([t], async () => {
      const { status, data, errors } = await t.graphql(operation, { v: not })
      expect({ status, data }).toEqual({ status: 400, data: null })
      expect(errors).toMatchObject([{ message: told, extensions: { code: 'BAD_USER_INPUT' } }])
    })
  })

  it('is bounded as a cursor', async () => {
    const operation = `query ($v: String) { deals(after: $v) { ${page} } }`
    const short = await t.graphql(operation, { v: text(3_000) })
    expect(short.errors).toMatchObject([{ extensions: { code: 'INVALID_CURSOR' } }])
    const long = await t.graphql(operation, { v: text(3_001) })
    expect(long.errors).toMatchObject([
      { message: '`after` takes at most 3000 characters, not 3001.' },
    ])
  })

  it('is bounded where a fragment uses it', async () => {
    const operation = `query A ($v: String) { ...F } fragment F on Query { deals(search: $v) { ${page} } }`
    const { errors } = await t.graphql(operation, { v: text(256) })
    expect(errors).toMatchObject([{ message: '`search` takes at most 255 characters, not 256.' }])
  })

  it('is bounded as the operation that is executed uses it', async () => {
    const query = `query A ($v: String!) { deals(search: $v) { ${page} } }
      query B ($v: String!) { deal(id: "${encodeId('Deal', newId())}") { customField(key: $v) { __typename } } }`
    const headers = { authorization: `Bearer ${await t.keyFor('ADMIN')}` }
    const ask = (operationName: string) =>
      post(t.app, { query, operationName, variables: { v: text(256) } }, headers)
    expect((await ask('A')).errors).toHaveLength(1)
    expect((await ask('B')).errors).toEqual([])
  })

  it.each([65, 20_000])('does not nest %i levels deep', async (depth) => {
    const filter = `${'{"not":'.repeat(depth)}{}${'}'.repeat(depth)}`
    const query = `query ($f: DealFilter) { deals(filter: $f) { ${page} } }`
    const body = `{"query":${JSON.stringify(query)},"variables":{"f":${filter}}}`
    const { errors } = await post(t.app, body, {
      authorization: `Bearer ${await t.keyFor('ADMIN')}`,
    })
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
  })

  it('that is not of its type is told so', async () => {
    const operation = `query ($v: DealFilter) { deals(filter: $v) { ${page} } }`
    for (const v of ['x', 1, [1], { status: 'OPEN' }, { __proto__: 1, toString: text(30_000) }]) {
      const { errors } = await t.graphql(operation, { v })
      expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
    }
  })
})

describe('a literal', () => {
  it.each([
    [`{ deals(search: "${text(256)}") { ${page} } }`, '`search` takes at most 255 characters'],
    [
      `query ($v: String = "${text(20_001)}") { deals(search: $v) { ${page} } }`,
      'takes at most 20000 characters',
    ],
    [
      `{ deals(filter: { ownerId: { in: [${Array(501).fill('"a"')}] } }) { ${page} } }`,
      '`filter.ownerId.in` takes at most 500 values',
    ],
    [`{ node(id: "${text(256)}") { id } }`, '`id` takes at most 255 characters'],
  ])('is bounded as well: %#', async (operation, told) => {
    const { status, errors } = await t.graphql(operation)
    expect(errors).toMatchObject([
      { message: expect.stringContaining(told), extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } },
    ])
    expect(status).toBe(200)
  })

  it('of JSON is as long as JSON may be', async () => {
    const create = (metadata: string) =>
      t.graphql(
        `mutation { createDeal(input: { name: "A", metadata: ${metadata} }) { deal { metadata } } }`,
      )
    const long = `{ a: "${text(40_000)}", b: [${Array(600).fill('1')}] }`
    expect((await create(long)).errors).toEqual([])
    expect((await create(`"${text(65_535)}"`)).errors).toMatchObject([
      { extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } },
    ])
  })
})

describe('JSON', () => {
  it('has at most 64 KB', async () => {
    const input = { name: 'Rocket', metadata: text(65_534) }
    const { deal } = await mutate(t, 'createDeal', input, 'deal { metadata }')
    expect(deal.metadata).toHaveLength(65_534)
    const query =
      'mutation ($m: JSON) { createDeal(input: { name: "A", metadata: $m }) { deal { id } } }'
    for (const m of [text(65_535), { a: 'ü'.repeat(33_000) }, Array(40_000).fill(1)]) {
      const { errors } = await untouched([t], () => t.graphql(query, { m }))
      expect(errors).toMatchObject([
        {
          message: expect.stringContaining('JSON has at most 64 KB here.'),
          extensions: { code: 'BAD_USER_INPUT' },
        },
      ])
    }
  })

  it('may hold lists that are long', async () => {
    const input = { name: 'Rocket', metadata: Array(5_000).fill(1) }
    const { deal } = await mutate(t, 'createDeal', input, 'deal { metadata }')
    expect(deal.metadata).toEqual(input.metadata)
  })
})

describe('a filter', () => {
  const operation = `query ($f: DealFilter!, $ids: [ID!]) { deals(filter: { and: [$f, { ownerId: { in: $ids } }] }) { ${page} } }`
  const ids = Array.from({ length: 500 }, () => encodeId('Member', newId()))
  const open = { status: { eq: 'OPEN' } }

  it.each([
    ['filters', { or: Array(48).fill(open) }, { or: Array(49).fill(open) }, 'at most 50 filters'],
    [
      'values',
      { contactId: { in: Array(499).fill(encodeId('Contact', newId())) }, ...open },
      { contactId: { in: Array(500).fill(encodeId('Contact', newId())) }, ...open },
      'at most 1000 values',
    ],
    [
      'texts',
      { or: Array(10).fill({ name: { contains: 'a' } }) },
      { or: Array(11).fill({ name: { contains: 'a' } }) },
      'at most 10',
    ],
  ])('takes so many %s and no more', async (_, fits, not, told) => {
    await dealFixture(t)
    expect((await t.graphql(operation, { f: fits, ids })).errors).toEqual([])
    const { errors } = await t.graphql(operation, { f: not, ids })
    expect(errors).toMatchObject([
      { message: expect.stringContaining(told), extensions: { code: 'BAD_USER_INPUT' } },
    ])
  })
})
