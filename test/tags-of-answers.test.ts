import { beforeAll, describe, expect, test } from 'vitest'
import type { App } from '../src/app.ts'
import { ask, dealFixture, done, pipelineFixture } from './fixtures.ts'
import { appFor, type TestTenant, testTenant } from './harness.ts'

let t: TestTenant
let app: App
let dealId: string
let version: number

beforeAll(async () => {
  t = await testTenant()
  const pipeline = await pipelineFixture(t)
  const deal = await dealFixture(t, { pipelineId: pipeline.id })
  dealId = deal.id
  version = deal.version
  app = appFor(t, { compiler: { afterSeen: 0 } })
})

const named = 'query ($id: ID!) { deal(id: $id) { name version } }'

async function get(
  query = named,
  {
    tag,
    key,
    variables = { id: dealId },
  }: { tag?: string | null; key?: string; variables?: object } = {},
): Promise<Response> {
  const url = new URL('http://localhost/graphql')
  url.searchParams.set('query', query)
  url.searchParams.set('variables', JSON.stringify(variables))
  const authorization = `Bearer ${key ?? (await t.keyFor('ADMIN'))}`
  return app.fetch(
    new Request(url, { headers: { authorization, ...(tag && { 'if-none-match': tag }) } }),
  )
}

/** A query for a thing of any type, of which only the document’s fragment says what it is. */
async function lastUsedOfAKey(): Promise<string> {
  const { apiKeys } = await ask(t, '{ apiKeys { nodes { id } } }')
  return `{ node(id: "${apiKeys.nodes[0].id}") { ... on ApiKey { lastUsedAt } } }`
}

const tagOf = async (...asked: Parameters<typeof get>) => (await get(...asked)).headers.get('etag')

describe('the tag of an answer', () => {
  test('says that it is unchanged, for which nothing of it is read', async () => {
    const first = await get()
    const tag = first.headers.get('etag')
    expect(tag).toMatch(/^W\/"[\w-]{22}\.\d+"$/)
    expect(first.headers.get('cache-control')).toBe('private, no-cache')
    await t.database.settle()
    const statements = await t.recordStatements(async () => {
      const again = await get(named, { tag })
      expect([again.status, await again.text(), again.headers.get('etag')]).toEqual([304, '', tag])
      expect(again.headers.get('cache-control')).toBe('private, no-cache')
    })
    expect(statements).toHaveLength(1)
    expect(statements[0]).toContain('prove_api_key')
  })

  test('is found among several, weak or not', async () => {
    const tag = (await tagOf()) as string
    const strong = tag.replace('W/', '')
    for (const tags of [`"a", ${tag}`, strong]) {
      expect((await get(named, { tag: tags })).status).toBe(304)
    }
  })

  test('is another one after each write of the tenant, whatever it wrote', async () => {
    const before = await tagOf()
    await done(t, 'createTag', { name: 'Hot' })
    const response = await get(named, { tag: before })
    expect([response.status, (await response.json()).data.deal.version]).toEqual([200, version])
    expect(response.headers.get('etag')).not.toBe(before)
  })

  test('is another one for another question, other values and another sight', async () => {
    const { secret } = await done(t, 'createApiKey', { name: 'r', role: 'READ_ONLY' }, 'secret')
    const other = await dealFixture(t, {})
    const tags = [
      await tagOf(),
      await tagOf('query ($id: ID!) { deal(id: $id) { name } }'),
      await tagOf(named, { variables: { id: other.id } }),
    ]
    expect(new Set(tags).size).toBe(3)
    // Who sees the same gets the same answer.
    expect(await tagOf(named, { key: secret })).toBe(tags[0])
  })

  test('of a revoked key is worth nothing', async () => {
    const { apiKey, secret } = await done(
      t,
      'createApiKey',
      { name: 'x', role: 'ADMIN' },
      'apiKey { id } secret',
    )
    await done(t, 'revokeApiKey', { apiKeyId: apiKey.id })
    const tag = await tagOf()
    expect((await get(named, { tag, key: secret })).status).toBe(401)
  })

  test.each([
    ['how long a deal has been in its stage', '{ deals { nodes { secondsInStage } } }'],
    ['whether a deal is rotting', '{ deals { nodes { isRotting } } }'],
    ['which deals are rotting', '{ deals(filter: { rotting: true }) { nodes { id } } }'],
    ['when a key was last used', '{ apiKeys(includeRevoked: true) { nodes { lastUsedAt } } }'],
    ['when a key was last used, by the key’s id', 'lastUsed'],
    ['which keys have not expired', '{ apiKeys { nodes { name } } }'],
    ['what the interpreter answers', '{ rateLimit { available } }'],
  ])('is none where it is asked %s, which changes without a write', async (_, asked) => {
    const query = asked === 'lastUsed' ? await lastUsedOfAKey() : asked
    const response = await get(query, { variables: {} })
    expect([response.status, response.headers.get('etag')]).toEqual([200, null])
    expect(response.headers.get('cache-control')).toBe('private, no-store')
  })

  test('is none for a POST', async () => {
    const response = await app.fetch(
      new Request('http://localhost/graphql', {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          authorization: `Bearer ${await t.keyFor('ADMIN')}`,
        },
        body: JSON.stringify({ query: '{ tags { name } }' }),
      }),
    )
    expect(response.headers.get('etag')).toBeNull()
  })
})
