import { beforeAll, describe, expect, test } from 'vitest'
import type { App } from '../src/app.ts'
import { AnswerCache } from '../src/operations/answer-cache.ts'
import { dealFixture, done, pipelineFixture } from './fixtures.ts'
import { appFor, post, type TestTenant, testTenant } from './harness.ts'

let t: TestTenant
let app: App
let dealId: string

beforeAll(async () => {
  t = await testTenant()
  const pipeline = await pipelineFixture(t)
  dealId = (await dealFixture(t, { pipelineId: pipeline.id })).id
  app = appFor(t, { compiler: { afterSeen: 0 }, answerCacheBytes: 100_000 })
})

const named = 'query ($id: ID!) { deal(id: $id) { name version } }'

async function ask(query = named, key?: string) {
  const authorization = `Bearer ${key ?? (await t.keyFor('ADMIN'))}`
  return post(app, { query, variables: query === named ? { id: dealId } : {} }, { authorization })
}

/** What is asked of the database for a question after it was asked so often. */
async function statementsAfter(times: number, query = named): Promise<string[]> {
  for (let time = 0; time < times; time += 1) await ask(query)
  await t.database.settle()
  const statements = await t.recordStatements(() => ask(query))
  return statements.filter((text) => !text.startsWith('SET ROLE'))
}

describe('an answer that is kept', () => {
  test('is given again for the proof of who asks alone, from the third time on', async () => {
    const [first, second] = [await ask(), await ask()]
    expect(await statementsAfter(0)).toEqual([expect.stringMatching(/^SELECT prove_api_key\(/)])
    const third = await ask()
    expect(third.data).toEqual(first.data)
    expect(third.extensions.cost).toMatchObject({ actual: second.extensions.cost.actual })
  })

  test('is given no longer after any write, by whichever process', async () => {
    await statementsAfter(3)
    const { version } = (await ask()).data.deal
    // This gateway has not heard of it.
    await done(t, 'updateDeal', { dealId, expectedVersion: version, name: 'Renamed' })
    expect((await ask()).data.deal).toEqual({ name: 'Renamed', version: version + 1 })
    expect(await statementsAfter(1)).toHaveLength(1)
    await done(t, 'createTag', { name: 'Other' })
    expect((await ask()).data.deal.name).toBe('Renamed')
  })

  test('is another one for who sees other deals', async () => {
    await statementsAfter(3)
    const other = await testTenant()
    const authorization = `Bearer ${await other.keyFor('ADMIN')}`
    const answer = await post(app, { query: named, variables: { id: dealId } }, { authorization })
    expect(answer.data).toEqual({ deal: null })
  })

  test('is for nobody whose key was revoked, also the moment before', async () => {
    const { apiKey, secret } = await done(
      t,
      'createApiKey',
      { name: 'x', role: 'READ_ONLY' },
      'apiKey { id } secret',
    )
    for (let time = 0; time < 3; time += 1) expect((await ask(named, secret)).status).toBe(200)
    await done(t, 'revokeApiKey', { apiKeyId: apiKey.id })
    expect((await ask(named, secret)).status).toBe(401)
  })

  test('is said to be one where that is asked for', async () => {
    await statementsAfter(3)
    const authorization = `Bearer ${await t.keyFor('ADMIN')}`
    const response = await app.fetch(
      new Request('http://localhost/graphql', {
        method: 'POST',
        headers: {
          ...{ authorization, 'content-type': 'application/json' },
          'x-dealgraph-debug': 'engine',
        },
        body: JSON.stringify({ query: named, variables: { id: dealId } }),
      }),
    )
    expect(response.headers.get('x-dealgraph-engine')).toBe('compiled; kept')
  })

  test('is told to be unchanged to who has it', async () => {
    await statementsAfter(3)
    const url = new URL('http://localhost/graphql')
    url.searchParams.set('query', named)
    url.searchParams.set('variables', JSON.stringify({ id: dealId }))
    const authorization = `Bearer ${await t.keyFor('ADMIN')}`
    const first = await app.fetch(new Request(url, { headers: { authorization } }))
    const tag = first.headers.get('etag') ?? ''
    expect([first.status, tag]).toEqual([200, expect.stringMatching(/^W\/"/)])
    const headers = { authorization, 'if-none-match': tag }
    expect((await app.fetch(new Request(url, { headers }))).status).toBe(304)
  })

  test.each([
    ['of the moment', '{ deals { nodes { secondsInStage } } }'],
    ['that changes without a write', '{ apiKeys(includeRevoked: true) { nodes { lastUsedAt } } }'],
  ])('is never one %s', async (_, query) => {
    expect((await statementsAfter(3, query)).length).toBeGreaterThan(1)
  })
})

describe('the answers that are kept', () => {
  const answer = (dataText: string, revision = '1') => ({ dataText, points: 1, revision })

  test('are no larger together than they may be, and none of them is a large part', () => {
    const cache = new AnswerCache(64_000)
    const keep = (name: string, size: number) => {
      for (const _ of [1, 2]) cache.keep('t', name, answer('x'.repeat(size)))
      return cache.find('t', name) !== undefined
    }
    expect(keep('small', 1_000)).toBe(true)
    expect(keep('large', 4_000)).toBe(false)
    const names = Array.from({ length: 100 }, (_, index) => `${index}`)
    for (const name of names) expect(keep(name, 1_000)).toBe(true)
    const left = names.filter((name) => cache.find('t', name))
    expect(left.length).toBeGreaterThan(10)
    expect(left.length).toBeLessThan(33)
  })

  test('are not asked for once the tenant is known to have changed', () => {
    const cache = new AnswerCache(64_000)
    for (const _ of [1, 2]) cache.keep('t', 'one', answer('{}'))
    cache.heard('t', '2')
    expect(cache.find('t', 'one')).toBeUndefined()
    cache.keep('t', 'one', answer('{}', '2'))
    expect(cache.find('t', 'one')).toEqual(answer('{}', '2'))
  })

  test('are not asked for in a tenant that is written to as often as it is read', () => {
    const cache = new AnswerCache(64_000)
    for (const revision of ['1', '2', '3', '4']) {
      cache.keep('t', 'one', answer('{}', revision))
      expect(cache.find('t', 'one')).toBeUndefined()
    }
    cache.keep('t', 'other', answer('{}', '4'))
    expect(cache.find('t', 'one')).toEqual(answer('{}', '4'))
  })
})
