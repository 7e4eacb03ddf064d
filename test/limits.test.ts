import { getIntrospectionQuery } from 'graphql'
import { beforeEach, describe, expect, it } from 'vitest'
import { maxDepth, maxTokens } from '../src/operations/limits.ts'
import { askMutation, mutate, pipelineFixture, untouched } from './fixtures.ts'
import { post, type TestTenant, testTenant } from './harness.ts'

let t: TestTenant

beforeEach(async () => {
  t = await testTenant()
  await pipelineFixture(t)
})

/** A document of this many nested fields that the schema knows. */
function nested(depth: number, innermost = 'name'): string {
  const inside = Array.from({ length: depth - 2 }, (_, index) =>
    index % 2 ? 'pipeline' : 'stages',
  )
  return `{ pipelines ${inside.map((field) => `{ ${field} `).join('')} { ${innermost} } ${'}'.repeat(depth - 2)} }`
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

describe('the limit of tokens', () => {
  const aliases = Array.from({ length: (maxTokens - 2) / 3 }, (_, index) => `a${index}: __typename`)
  const widest = `{ ${aliases.join(' ')} }`

  it('lets through what just fits', async () => {
    expect((await t.graphql(widest)).errors).toEqual([])
  })

  it('refuses one more', () => expectRefused(`query ${widest}`, 'TOO_MANY_TOKENS'))

  it('refuses a mutation before it runs', () =>
    expectRefused(`${createRocket} fragment F on Query ${widest}`, 'TOO_MANY_TOKENS'))

  it('refuses 2 000 nested fields without falling over', () =>
    expectRefused('{a'.repeat(2_000) + '}'.repeat(2_000), 'TOO_MANY_TOKENS'))
})

describe('the limit of depth', () => {
  it('lets through what just fits', async () => {
    const { data, errors } = await t.graphql(nested(maxDepth))
    expect(errors).toEqual([])
    expect(data.pipelines).toHaveLength(1)
  })

  it('refuses one more', () => expectRefused(nested(maxDepth + 1), 'TOO_DEEP'))

  it('refuses the deepest document that the tokens allow', () =>
    expectRefused('{a'.repeat(660) + '}'.repeat(660), 'TOO_DEEP'))

  it('refuses a mutation before it runs', () => {
    const deep = nested(maxDepth).replace('{ pipelines', 'pipeline')
    const query = `mutation { createDeal(input: { name: "Rocket" }) { deal { ${deep} } }`
    return expectRefused(query, 'TOO_DEEP')
  })

  it('counts fragments where they are spread', () => {
    const inline = nested(maxDepth, '... on Stage { pipeline { name } }')
    const spread = `${nested(maxDepth, '...F')} fragment F on Stage { pipeline { name } }`
    const chain = `{ ...A } fragment A on Query ${nested(maxDepth, '...B')} fragment B on Stage { pipeline { ...C } } fragment C on Pipeline { name }`
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

  it('is quick about fragments that double at each step', async () => {
    const steps = Array.from(
      { length: 100 },
      (_, n) => `fragment F${n} on Query { ...F${n + 1} ...F${n + 1} }`,
    )
    const query = `{ ...F0 } ${steps.join(' ')} fragment F100 on Query { __typename }`
    const { data, errors } = await t.graphql(query)
    expect([data, errors]).toEqual([{ __typename: 'Query' }, []])
  })
})

describe('introspection', () => {
  it('is answered whole to an authenticated viewer', async () => {
    const options = { inputValueDeprecation: true, directiveIsRepeatable: true, oneOf: true }
    const query = getIntrospectionQuery({ ...options, specifiedByUrl: true })
    const { data, errors } = await t.graphql(query, {}, 'READ_ONLY')
    expect(errors).toEqual([])
    const names = data.__schema.types.map(({ name }: { name: string }) => name)
    expect(names).toEqual(expect.arrayContaining(['Query', 'Deal', 'StageChange', 'DealFilter']))
  })

  it('cannot be nested without end', () => {
    const query = `{ __schema { types { ${'fields { type { '.repeat(8)} name ${'} }'.repeat(8)} } } }`
    return expectRefused(query, 'GRAPHQL_VALIDATION_FAILED')
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
