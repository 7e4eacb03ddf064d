import { beforeEach, describe, expect, it } from 'vitest'
import {
  maxAliases,
  maxDepth,
  maxDirectives,
  maxFragments,
  maxRootFields,
  maxTokens,
} from '../src/operations/limits.ts'
import { askMutation, dealFixture, mutate, pipelineFixture, untouched } from './fixtures.ts'
import { post, type TestTenant, testTenant } from './harness.ts'

let t: TestTenant

beforeEach(async () => {
  t = await testTenant()
  await pipelineFixture(t)
})

const levels = ['deals(first: 1)', 'nodes', 'stage']

/** A document of this many nested fields that the schema knows. */
function nested(depth: number, innermost = '__typename'): string {
  const fields = Array.from({ length: depth - 1 }, (_, index) => levels[index % 3])
  return `{ ${fields.join(' { ')} { ${innermost} ${'}'.repeat(depth)}`
}

const createRocket = 'mutation { createDeal(input: { name: "Rocket" }) { deal { id } } }'

/**
 * Proves that the document is refused before anything of it ran; the status is that of the newer
 * media type.
 */
async function expectRefused(query: string, code: string) {
  const headers = {
    authorization: `Bearer ${await t.keyFor('ADMIN')}`,
    accept: 'application/graphql-response+json',
  }
  await untouched([t], async () => {
    const { status, data, errors } = await post(t.app, { query }, headers)
    expect({ status, data }).toEqual({ status: 400, data: null })
    expect(errors.map(({ extensions }) => extensions.code)).toEqual([code])
  })
}

const many = (count: number, text: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => text(index)).join(' ')

describe('the limit of tokens', () => {
  const spreads = many((maxTokens - 12) / 2, () => '...F')
  const widest = `{ viewer { ${spreads} } } fragment F on Viewer { role }`

  it('lets through what just fits', async () => {
    expect((await t.graphql(widest)).errors).toEqual([])
  })

  it('refuses one more', () => expectRefused(`query ${widest}`, 'TOO_MANY_TOKENS'))

  it('refuses a mutation before it runs', () =>
    expectRefused(`${createRocket} ${widest}`, 'TOO_MANY_TOKENS'))

  it('refuses 2 000 nested fields without falling over', () =>
    expectRefused('{a'.repeat(2_000) + '}'.repeat(2_000), 'TOO_MANY_TOKENS'))
})

describe('the limit of depth', () => {
  it('lets through what just fits', async () => {
    await dealFixture(t)
    const { data, errors } = await t.graphql(nested(maxDepth))
    expect(errors).toEqual([])
    expect(data.deals.nodes[0].stage.deals.nodes[0].stage.deals.nodes).toHaveLength(1)
  })

  it('refuses one more', () => expectRefused(nested(maxDepth + 1), 'TOO_DEEP'))

  it('refuses the deepest document that the tokens allow', () =>
    expectRefused('{a'.repeat(660) + '}'.repeat(660), 'TOO_DEEP'))

  it('refuses a mutation before it runs', () => {
    const deep = nested(maxDepth).replace('{ deals(first: 1) { nodes', 'deal')
    const query = createRocket.replace('deal { id }', deep.slice(0, -2))
    return expectRefused(query.replace('__typename', 'deals { nodes { id } }'), 'TOO_DEEP')
  })

  it('counts fragments where they are spread', () => {
    const leaf = { 0: 'nodes { id }', 1: 'stage { id }', 2: 'deals { nodes { id } }' }[
      (maxDepth - 1) % 3
    ]
    const type = { 0: 'Stage', 1: 'DealConnection', 2: 'Deal' }[(maxDepth - 1) % 3]
    const inside = { Stage: 'deals { totalCount }', DealConnection: leaf, Deal: 'stage { id }' }[
      type as 'Deal'
    ]
    const inline = nested(maxDepth, `... on ${type} { ${inside} }`)
    const spread = `${nested(maxDepth, '...F')} fragment F on ${type} { ${inside} }`
    const chain = `{ ...A } fragment A on Query ${nested(maxDepth, '...B')} fragment B on ${type} { ...C } fragment C on ${type} { ${inside} }`
    return Promise.all([inline, spread, chain].map((query) => expectRefused(query, 'TOO_DEEP')))
  })

  it('counts every operation of a document', () =>
    expectRefused(`query Shallow { __typename } query Deep ${nested(maxDepth + 1)}`, 'TOO_DEEP'))

  it('is not confused by fragments that go in circles', async () => {
    const circles = [
      '{ ...A } fragment A on Query { viewer { role } ...A }',
      '{ ...A } fragment A on Query { ...B } fragment B on Query { ...C } fragment C on Query { ...A }',
      '{ pipelines { ...P } } fragment P on Pipeline { stages { pipeline { ...P } } }',
    ]
    for (const query of circles) await expectRefused(query, 'GRAPHQL_VALIDATION_FAILED')
  })
})

interface Limit {
  code: string
  most: number
  /** A document with so many. */
  document: (count: number) => string
}

const limits: Record<string, Limit> = {
  aliases: {
    code: 'TOO_MANY_ALIASES',
    most: maxAliases,
    document: (count) => `{ viewer { ${many(count, (n) => `a${n}: role`)} } }`,
  },
  'aliases in fragments': {
    code: 'TOO_MANY_ALIASES',
    most: maxAliases,
    document: (count) =>
      `{ a: viewer { ...F } } fragment F on Viewer { ${many(count - 1, (n) => `a${n}: role`)} }`,
  },
  directives: {
    code: 'TOO_MANY_DIRECTIVES',
    most: maxDirectives,
    document: (count) => `{ viewer { role ${many(count, () => 'role @include(if: true)')} } }`,
  },
  fragments: {
    code: 'TOO_MANY_FRAGMENTS',
    most: maxFragments,
    document: (count) =>
      `{ ...F0 } ${many(count - 1, (n) => `fragment F${n} on Query { ...F${n + 1} ...F${n + 1} }`)} fragment F${count - 1} on Query { __typename }`,
  },
  'root fields': {
    code: 'TOO_MANY_ROOT_FIELDS',
    most: maxRootFields,
    document: (count) => `{ ${many(count, () => '__typename')} }`,
  },
  'root fields in fragments': {
    code: 'TOO_MANY_ROOT_FIELDS',
    most: maxRootFields,
    document: (count) =>
      `{ ... on Query { ...F } ...F __typename } fragment F on Query { ${many(count - 1, () => '__typename')} }`,
  },
}

describe.each(Object.entries(limits))('the limit of %s', (_, { code, most, document }) => {
  it('lets through what just fits', async () => {
    expect((await t.graphql(document(most))).errors).toEqual([])
  })

  it('refuses one more', () => expectRefused(document(most + 1), code))

  it('refuses a mutation before it runs', () =>
    expectRefused(`${createRocket.replace('{', 'A {')} query B ${document(most + 1)}`, code))
})

describe('the limit of root fields', () => {
  it('holds for mutations', () => {
    const fields = many(maxRootFields + 1, (n) =>
      createRocket.slice('mutation { '.length, -2).replace('createDeal', `a${n}: createDeal`),
    )
    return expectRefused(`mutation { ${fields} }`, 'TOO_MANY_ROOT_FIELDS')
  })
})

describe('the list of errors', () => {
  it('has 20 entries for a document at most', async () => {
    const { errors } = await t.graphql(`{ viewer { ${many(100, (n) => `nothing${n}`)} } }`)
    expect(errors).toHaveLength(20)
  })

  it('has 20 entries for variables at most', async () => {
    const ids = Array.from({ length: 100 }, () => ({ not: 'an id' }))
    const document = 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }'
    const { data, errors } = await t.graphql(document, { ids })
    expect([data, errors.length]).toEqual([null, 20])
  })
})

describe('texts', () => {
  it.each(['before\0after', 'half a pair: \ud800'])('refuses %j in a variable', async (text) => {
    const inputs = [{ name: text }, { metadata: { deep: [{ text }] } }, { metadata: { [text]: 1 } }]
    await untouched([t], async () => {
      for (const input of inputs) {
        const answer = await askMutation(t, 'createDeal', { name: 'Rocket', ...input })
        expect(answer.status).toBe(400)
        expect(answer.errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
      }
    })
  })

  it.each([
    '{ deals(search: "before\\u0000after") { nodes { id } } }',
    createRocket.replace('Rocket', '\\u0000'),
  ])('refuses U+0000 in the document %s', (query) =>
    expectRefused(query, 'GRAPHQL_VALIDATION_FAILED'),
  )

  it('takes every other character', async () => {
    const name = 'Zoë 🚀 "quoted" \\ %_ \u0001 \u2028 عربى'
    const input = { name, metadata: { [name]: name } }
    const { deal } = await mutate(t, 'createDeal', input, 'deal { name metadata }')
    expect(deal).toEqual(input)
  })
})

describe('JSON', () => {
  const lists = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)

  it('may be 64 levels deep', async () => {
    const input = { name: 'Rocket', metadata: JSON.parse(lists(64)) }
    const { deal } = await mutate(t, 'createDeal', input, 'deal { metadata }')
    expect(deal.metadata).toEqual(input.metadata)
  })

  it.each([65, 20_000])('may not be %i levels deep', async (depth) => {
    const query =
      'mutation ($m: JSON) { createDeal(input: { name: "Rocket", metadata: $m }) { deal { id } } }'
    const body = `{"query":${JSON.stringify(query)},"variables":{"m":${lists(depth)}}}`
    const headers = { authorization: `Bearer ${await t.keyFor('ADMIN')}` }
    await untouched([t], async () => {
      const { errors } = await post(t.app, body, headers)
      expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
    })
  })

  it('is as shallow in a document', () => {
    const query = createRocket.replace('name:', `metadata: ${lists(900)} name:`)
    return expectRefused(query, 'GRAPHQL_VALIDATION_FAILED')
  })
})
