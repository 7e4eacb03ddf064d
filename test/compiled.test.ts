import { beforeAll, describe, expect, inject, test } from 'vitest'
import type { App } from '../src/app.ts'
import { dealRows } from './bulk-fixtures.ts'
import { dealFixture, done, type PipelineFixture, pipelineFixture } from './fixtures.ts'
import { appFor, post, type TestTenant, testTenant } from './harness.ts'

let t: TestTenant
let pipeline: PipelineFixture
let app: App

beforeAll(async () => {
  t = await testTenant()
  pipeline = await pipelineFixture(t)
  app = appFor(t, { compiler: { afterSeen: 0 }, costLimit: 100_000 })
})

interface Asked {
  engine: string | null
  status: number
  // biome-ignore lint/suspicious/noExplicitAny: an answer has the shape that its test asked for.
  body: any
}

async function askEngine(
  of: App,
  query: string,
  { variables = {}, key }: { variables?: object; key?: string } = {},
): Promise<Asked> {
  const response = await of.fetch(
    new Request('http://localhost/graphql', {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${key ?? (await t.keyFor('ADMIN'))}`,
        'x-dealgraph-debug': 'engine',
      },
      body: JSON.stringify({ query, variables }),
    }),
  )
  const engine = response.headers.get('x-dealgraph-engine')
  return { engine, status: response.status, body: await response.json() }
}

/** The statements of a request whose key is known already. */
async function statementsOf(query: string, variables: object = {}): Promise<string[]> {
  await askEngine(app, '{ __typename }')
  // That the key was used is recorded beside the request.
  await t.database.settle()
  const statements = await t.recordStatements(async () => {
    const { engine, body } = await askEngine(app, query, { variables })
    expect([engine, body.errors]).toEqual(['compiled', undefined])
  })
  return statements.filter((text) => !text.startsWith('SET ROLE'))
}

const board = `query ($id: ID!) { pipeline(id: $id) { name stages { name totals { currency count amount }
  deals(first: 20) { totalCount nodes { name amount organization { name } contacts { role contact { name } } } } } } }`
const page = `query ($id: ID!, $first: Int!) { deals(first: $first, filter: { pipelineId: { eq: $id } }) {
  nodes { name pipelineName stageName organization { name } primaryContact { name } }
  pageInfo { hasNextPage endCursor } } }`
const deal = `query ($id: ID!) { deal(id: $id) { name pipelineName stageName weightedAmount
  contacts { role contact { name email } } history { nodes { seq toStageName } } } }`

describe('a compiled query', () => {
  test.each([
    ['a board', board],
    ['a page', page],
  ])('asks of %s by one statement, however many deals there are', async (_, query) => {
    const variables = { id: pipeline.id, first: 50 }
    for (const more of [1, 30]) {
      await dealRows(t, pipeline, Array(more).fill({ stage: 'Lead', amount: 1 }))
      const [proof, ...data] = await statementsOf(query, variables)
      expect(proof).toMatch(/set_config\('app.tenant_id', .* FROM \(SELECT prove_api_key\(/)
      expect(data).toHaveLength(1)
    }
  })

  test('asks of a deal by one statement, with all that belongs to it', async () => {
    const { id } = await dealFixture(t, { pipelineId: pipeline.id })
    expect(await statementsOf(deal, { id })).toHaveLength(2)
  })

  test('asks nothing where there is nothing to read', async () => {
    const [proof, ...others] = await statementsOf('{ __typename }')
    expect(proof).toContain('prove_api_key')
    expect(others).toEqual([])
  })

  test('has its values as parameters, and none in its text', async () => {
    const name = "'); DROP TABLE deal; --"
    const query =
      'query ($name: String!) { deals(filter: { name: { eq: $name } }) { nodes { id } } }'
    const statements = await statementsOf(query, { name })
    expect(statements.join()).not.toContain('DROP TABLE')
    const inText = `{ deals(filter: { name: { eq: ${JSON.stringify(name)} } }) { nodes { id } } }`
    expect((await statementsOf(inText)).join()).not.toContain('DROP TABLE')
  })

  test('is one statement for all texts that differ in names and values alone', async () => {
    const texts = [1, 2, 3].map(
      (at) => `query Q${at} { a${at}: deals(first: ${at}) { rows: nodes { n${at}: name } } }`,
    )
    const data = []
    for (const text of texts) data.push((await statementsOf(text)).at(-1)?.replace(/\d+/g, '#'))
    expect(new Set(data).size).toBe(1)
    const { body } = await askEngine(app, texts[1] as string)
    expect(Object.keys(body.data)).toEqual(['a2'])
    expect(Object.keys(body.data.a2.rows[0])).toEqual(['n2'])
  })
})

describe('the engine of an answer', () => {
  test('is the interpreter until an operation was asked for often enough', async () => {
    const usual = appFor(t, { costLimit: 100_000 })
    const asked = ['Rare', 'Other', 'Third', 'Fourth'].map(
      (name) => `query ${name} { tags { id color } }`,
    )
    const engines = []
    for (const query of asked) engines.push((await askEngine(usual, query)).engine)
    const early = 'interpreted; it was not asked for often enough'
    expect(engines).toEqual([early, early, 'compiled', 'compiled'])
  })

  test.each([
    [
      'what TypeScript alone can tell',
      '{ deals { nodes { allowedTransitions { allowed } } } }',
      /allowedTransitions/,
    ],
    ['what is asked of the schema', '{ __schema { queryType { name } } }', /tells of the schema/],
    ['an id that is none', '{ pipeline(id: "deal_1…") { id } }', /not a valid id/],
    ['a page that is too large', '{ deals(first: 101) { nodes { id } } }', /between 0 and 100/],
  ])('is the interpreter for %s, and says why', async (_, query, reason) => {
    const { engine } = await askEngine(app, query)
    expect(engine).toMatch(/^interpreted; /)
    expect(engine).toMatch(reason)
  })

  test('is told of what is registered, with the reason where it is the interpreter', async () => {
    const texts = ['query Tags { tags { name } }', 'query Limit { rateLimit { available } }']
    const operations = texts.map((text, at) => ({ id: `compiled-${at}`, text }))
    await done(t, 'pushOperations', { client: 'notes', version: '1', operations })
    const query =
      '{ persistedOperations(filter: { client: { eq: "notes" } }) { nodes { name executionNote } } }'
    const { body } = await askEngine(app, query)
    expect(body.data.persistedOperations.nodes).toEqual([
      { name: 'Limit', executionNote: 'Query.rateLimit has no form in SQL' },
      { name: 'Tags', executionNote: null },
    ])
  })

  test('is not told to who does not ask for it', async () => {
    const response = await app.fetch(
      new Request('http://localhost/graphql?query={__typename}', {
        headers: { authorization: `Bearer ${await t.keyFor('ADMIN')}` },
      }),
    )
    expect(response.headers.get('x-dealgraph-engine')).toBeNull()
  })

  test('is the interpreter where the viewer may not see a field', async () => {
    const { secret } = await keyWith(['deals:read'])
    const query = '{ deals { nodes { name owner { name } } } }'
    const { engine } = await askEngine(app, query, { key: secret })
    expect(engine).toBe('interpreted; the viewer lacks members:read')
  })

  test('is the interpreter everywhere where the compiler is off', async () => {
    const off = appFor(t, { compiler: null })
    expect((await askEngine(off, '{ tags { id } }')).engine).toBe('interpreted')
  })
})

async function keyWith(scopes: string[]): Promise<{ id: string; secret: string }> {
  const input = { name: 'some', role: 'ADMIN', ...(scopes.length > 0 && { scopes }) }
  const { apiKey, secret } = await done(t, 'createApiKey', input, 'apiKey { id } secret')
  return { id: apiKey.id, secret }
}

describe('a credential that was known before', () => {
  const query = '{ deals { nodes { name } } }'

  test('is refused from the next request on once it is revoked', async () => {
    const { id, secret } = await keyWith([])
    expect((await askEngine(app, query, { key: secret })).engine).toBe('compiled')
    expect((await askEngine(app, query, { key: secret })).engine).toBe('compiled')
    await done(t, 'revokeApiKey', { apiKeyId: id })
    const { status, body } = await askEngine(app, query, { key: secret })
    expect([status, body.data ?? null]).toEqual([401, null])
  })

  test('sees what its member sees from the next request on', async () => {
    const input = { name: 'Ann', email: `ann@${t.slug}.example`, role: 'MEMBER' }
    const { member } = await done(t, 'createMember', input, 'member { id }')
    const key = { name: 'Ann', role: 'MEMBER', memberId: member.id }
    const { secret } = await done(t, 'createApiKey', key, 'secret')
    const seen = async () =>
      (await askEngine(app, query, { key: secret })).body.data.deals.nodes.length
    await dealFixture(t, { pipelineId: pipeline.id })
    expect(await seen()).toBeGreaterThan(0)
    await done(t, 'updateTenant', { membersSeeOnlyTheirDeals: true })
    expect(await seen()).toBe(0)
    await done(t, 'updateTenant', { membersSeeOnlyTheirDeals: false })
    expect(await seen()).toBeGreaterThan(0)
  })
})

describe('a compiled move', () => {
  const move = `mutation ($input: MoveDealInput!) { moveDeal(input: $input) {
    deal { version stageName } stageChange { seq toStageName } replayed userErrors { code } } }`

  test('is one statement and its payload another one, in one transaction', async () => {
    const { id, version } = await dealFixture(t, { pipelineId: pipeline.id })
    const input = { dealId: id, stageId: pipeline.stage('Qualified'), expectedVersion: version }
    const moves = t.feed.moves({ tenantId: t.tenantId, pipelineId: pipeline.id.slice(9) })
    const told = appFor(t, { compiler: { afterSeen: 0 }, feed: t.feed })
    await askEngine(told, '{ __typename }')
    await t.database.settle()
    const statements = await t.recordStatements(async () => {
      const { engine, body } = await askEngine(told, move, { variables: { input } })
      expect(engine).toBe('compiled')
      expect(body.data.moveDeal).toEqual({
        deal: { version: version + 1, stageName: 'Qualified' },
        stageChange: { seq: 2, toStageName: 'Qualified' },
        replayed: false,
        userErrors: [],
      })
      expect(body.extensions.cost.actual).toBe(12)
    })
    // The proof of who moves it goes with it.
    const [proof, moved, payload, ...others] = statements.filter((text) => !/^SET ROLE/.test(text))
    expect(proof).toContain('prove_api_key')
    expect(moved).toContain('move_deal(')
    expect(payload).toMatch(/^SELECT /)
    expect(others).toEqual([])
    expect((await moves.next()).value).toMatchObject({ dealId: id.slice(5) })
    await moves.return()
  })

  test('that is refused says why, as the interpreter does, and changes nothing', async () => {
    const { id, version } = await dealFixture(t, { pipelineId: pipeline.id })
    const input = { dealId: id, stageId: pipeline.stage('Qualified'), expectedVersion: version + 1 }
    const { engine, body } = await askEngine(app, move, { variables: { input } })
    expect(engine).toBe('interpreted; it is not the usual case')
    expect(body.data.moveDeal.userErrors).toEqual([{ code: 'VERSION_CONFLICT' }])
    const read = await post(
      app,
      { query: `{ deal(id: "${id}") { version } }` },
      {
        authorization: `Bearer ${await t.keyFor('ADMIN')}`,
      },
    )
    expect(read.data.deal.version).toBe(version)
  })

  // On the one session of the embedded database nobody would be let in meanwhile.
  test.skipIf(!('url' in inject('template')))(
    'that does not come to its end in time keeps nothing, and says so',
    async () => {
      const { id, version } = await dealFixture(t, { pipelineId: pipeline.id })
      const input = { dealId: id, stageId: pipeline.stage('Qualified'), expectedVersion: version }
      const hasty = appFor(t, { compiler: { afterSeen: 0 }, requestTimeoutMs: 500 })
      await t.keyFor('ADMIN')
      // Whoever writes has the tenant to themselves.
      const { status, body } = await t.write(() => askEngine(hasty, move, { variables: { input } }))
      expect([status, body.errors[0].extensions]).toEqual([
        504,
        { code: 'DEADLINE_EXCEEDED', committed: false },
      ])
      const { rows } = await t.read(async (db) => ({
        rows: await db.deal.findMany({ where: { id: id.slice(5) } }),
      }))
      expect(rows).toMatchObject([{ version }])
    },
  )
})
