import { beforeEach, describe, expect, it } from 'vitest'
import { AutomaticOperations } from '../src/persisted/automatic.ts'
import { appFor, post, type TestTenant, testTenant } from './harness.ts'
import { hashOf, outcomeOf, persistedQuery, roleText, send, sendUrl } from './persisted-fixtures.ts'

const served = [200, { viewer: { role: 'MEMBER' } }]
const notFound = [200, 'PERSISTED_QUERY_NOT_FOUND', 'PersistedQueryNotFound']
const hash = persistedQuery(hashOf(roleText))

let t: TestTenant

beforeEach(async () => {
  t = await testTenant()
})

describe('automatic persisted queries', () => {
  it('are asked for once with their text, and served by their hash from then on', async () => {
    expect(outcomeOf(await send({ t }, hash))).toEqual(notFound)
    expect(outcomeOf(await send({ t }, { query: roleText, ...hash }))).toEqual(served)
    expect(outcomeOf(await send({ t }, hash))).toEqual(served)
    expect((await sendUrl({ t }, hash)).status).toBe(200)
  })

  it('are never what a cache keeps, found or not', async () => {
    const caching = async () => (await sendUrl({ t }, hash)).headers.get('cache-control')
    expect(await caching()).toBe('private, no-store')
    await send({ t }, { query: roleText, ...hash })
    expect(await caching()).toBe('private, no-store')
  })

  it('are missed with 200 in either media type', async () => {
    for (const accept of ['application/json', 'application/graphql-response+json']) {
      expect(outcomeOf(await send({ t, headers: { accept } }, hash))).toEqual(notFound)
    }
  })

  it('are not taken under the hash of another text', async () => {
    const forged = { query: '{ viewer { scopes } }', ...hash }
    const { status, errors } = await send({ t }, forged)
    expect([status, errors[0]?.extensions.code]).toEqual([200, 'PERSISTED_QUERY_HASH_MISMATCH'])
    expect(outcomeOf(await send({ t }, hash))).toEqual(notFound)
  })

  it('are not taken when they are no valid operations', async () => {
    const query = '{ nothing }'
    const named = persistedQuery(hashOf(query))
    const { errors } = await send({ t }, { query, ...named })
    expect(errors[0]?.extensions.code).toBe('GRAPHQL_VALIDATION_FAILED')
    expect(outcomeOf(await send({ t }, named))).toEqual(notFound)
  })

  it('are each tenant’s own', async () => {
    const other = await testTenant()
    await send({ t }, { query: roleText, ...hash })
    expect(outcomeOf(await send({ t: other, app: t.app }, hash))).toEqual(notFound)
  })

  it('are not learned from the anonymous', async () => {
    const query = '{ __typename }'
    const named = persistedQuery(hashOf(query))
    expect((await post(t.app, { query, ...named })).data).toEqual({ __typename: 'Query' })
    expect(outcomeOf(await send({ t }, named))).toEqual(notFound)
  })

  it('are no ids of documents: who has no text cannot send one after a miss', async () => {
    await send({ t }, { query: roleText, ...hash })
    expect(outcomeOf(await send({ t }, { documentId: hashOf(roleText) }))).toEqual(notFound)
  })

  it('cost one more request in another process', async () => {
    const app = appFor(t)
    await send({ t }, { query: roleText, ...hash })
    expect(outcomeOf(await send({ t, app }, hash))).toEqual(notFound)
  })
})

describe('what is remembered of them', () => {
  const text = (index: number) => `{ viewer { role } } # ${String(index).padStart(80, '0')}`

  it('is bounded in number for a tenant, the oldest going first', () => {
    const limits = { operations: 3, characters: 10_000, allCharacters: 100_000 }
    const automatic = new AutomaticOperations(limits)
    for (let index = 0; index < 5; index++) automatic.learn('a', `${index}`, text(index))
    automatic.learn('b', '0', text(0))
    const found = [0, 1, 2, 3, 4].filter((index) => automatic.find('a', `${index}`))
    expect([found, automatic.find('b', '0')]).toEqual([[2, 3, 4], text(0)])
  })

  it('is bounded in size for a tenant', () => {
    const limits = { operations: 100, characters: 500, allCharacters: 100_000 }
    const automatic = new AutomaticOperations(limits)
    for (let index = 0; index < 10; index++) automatic.learn('a', `${index}`, text(index))
    const found = Array.from({ length: 10 }, (_, index) => automatic.find('a', `${index}`))
    expect(found.filter(Boolean)).toEqual([text(7), text(8), text(9)])
    automatic.learn('a', 'long', 'x'.repeat(1_000))
    expect(automatic.find('a', 'long')).toBeUndefined()
  })

  it('is bounded in size for all tenants, who asked for none for longest going first', () => {
    const limits = { operations: 100, characters: 500, allCharacters: 1_000 }
    const automatic = new AutomaticOperations(limits)
    for (const tenant of ['a', 'b', 'c', 'd']) {
      automatic.learn(tenant, '0', text(0))
      automatic.learn(tenant, '1', text(1))
      automatic.find('a', '0')
    }
    const kept = ['a', 'b', 'c', 'd'].filter((tenant) => automatic.find(tenant, '0'))
    expect(kept).toContain('a')
    expect(kept).toContain('d')
    expect(kept).not.toContain('b')
  })
})
