import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { OperationModes } from '../src/persisted/mode.ts'
import { pipelineFixture } from './fixtures.ts'
import { appFor, type TestTenant, testTenant } from './harness.ts'
import { byHash, hashOf, persistedQuery, release, role, roleText } from './persisted-fixtures.ts'
import { closeServers, connect, type RawClient, serve } from './websocket-fixtures.ts'

afterEach(closeServers)

const scopesText = 'query Scopes { viewer { scopes } }'
const movedText =
  'subscription Moved($id: ID!) { dealMoved(pipelineId: $id) { stageChange { seq } } }'
const served = { data: { viewer: { role: 'MEMBER' } } }
const requireId: OperationModes = { default: 'require-id', clients: {} }

let t: TestTenant
let pipeline: string
let key: string
let admin: string

beforeAll(async () => {
  t = await testTenant()
  pipeline = (await pipelineFixture(t)).id
  await release(t, 'kotlin', '5', [role, byHash(movedText)])
  key = await t.keyFor('MEMBER')
  admin = await t.keyFor('ADMIN')
})

/** A client that has said this of itself in its first message, and that in its handshake. */
async function connected(
  operationModes: OperationModes,
  payload: Record<string, string>,
  headers: Record<string, string> = {},
): Promise<RawClient> {
  const server = await serve(appFor(t, { operationModes }))
  const client = await connect(server, { headers })
  client.send({ type: 'connection_init', payload })
  expect((await client.next()).type).toBe('connection_ack')
  return client
}

/** What comes of one operation: its result, or the code of its error. */
async function outcome(client: RawClient, payload: object): Promise<unknown> {
  client.subscribe('1', payload)
  const { type, payload: told } = await client.next()
  if (type === 'error') return told[0].extensions.code
  expect((await client.next()).type).toBe('complete')
  return { data: told.data }
}

describe('over WebSocket', () => {
  it.each([
    ['Kotlin: a hash without a query', persistedQuery(role.id)],
    ['a hash with an empty query', { query: '', ...persistedQuery(role.id) }],
    ['documentId', { documentId: `sha256:${role.id}` }],
    ['app~version~hash', { documentId: `kotlin~5~${role.id}` }],
    ['the text with its hash', { query: roleText, ...persistedQuery(role.id) }],
  ])('serves %s', async (_name, payload) => {
    const client = await connected(requireId, { authorization: `Bearer ${key}` })
    expect(await outcome(client, payload)).toEqual(served)
  })

  it.each([
    ['require-id', { query: roleText }, 'PERSISTED_QUERY_ID_REQUIRED'],
    ['require-id', persistedQuery(hashOf(scopesText)), 'PERSISTED_QUERY_NOT_IN_LIST'],
    ['safelist', { query: scopesText }, 'QUERY_NOT_IN_SAFELIST'],
    ['safelist', { query: roleText }, served],
    ['open', persistedQuery(hashOf(scopesText)), 'PERSISTED_QUERY_NOT_FOUND'],
    ['open', { query: roleText }, served],
  ] as const)('in mode %s answers %j as over HTTP', async (mode, payload, told) => {
    const modes = { default: mode, clients: {} }
    const client = await connected(modes, { authorization: `Bearer ${key}` })
    expect(await outcome(client, payload)).toEqual(told)
  })

  it('teaches an open client’s texts, and never a listed one’s', async () => {
    const taught = { query: scopesText, ...persistedQuery(hashOf(scopesText)) }
    const open = await connected(
      { default: 'open', clients: {} },
      { authorization: `Bearer ${key}` },
    )
    expect(await outcome(open, taught)).toMatchObject({ data: expect.anything() })
    const again = await outcome(open, persistedQuery(hashOf(scopesText)))
    expect(again).toMatchObject({ data: expect.anything() })
    const listed = await connected(requireId, { authorization: `Bearer ${key}` })
    expect(await outcome(listed, taught)).toBe('PERSISTED_QUERY_NOT_IN_LIST')
  })

  const byClient: OperationModes = { default: 'open', clients: { kotlin: 'require-id' } }

  it('knows a client by the headers of its handshake', async () => {
    const headers = { authorization: `Bearer ${key}`, 'apollographql-client-name': 'kotlin' }
    const client = await connected(byClient, {}, headers)
    expect(await outcome(client, { query: roleText })).toBe('PERSISTED_QUERY_ID_REQUIRED')
    expect(await outcome(client, persistedQuery(role.id))).toEqual(served)
  })

  it('knows a client by its first message, as browsers have no headers', async () => {
    const payload = { authorization: `Bearer ${key}`, 'graphql-client-name': 'kotlin' }
    const client = await connected(byClient, payload)
    expect(await outcome(client, { query: roleText })).toBe('PERSISTED_QUERY_ID_REQUIRED')
  })

  it('breaks the glass for who may, by either', async () => {
    const glass = { 'x-break-glass': '1' }
    const asAdmin = { authorization: `Bearer ${admin}` }
    const first = await connected(requireId, { ...asAdmin, ...glass })
    expect(await outcome(first, { query: scopesText })).toMatchObject({ data: expect.anything() })
    const handshake = await connected(requireId, asAdmin, glass)
    expect(await outcome(handshake, { query: scopesText })).toMatchObject({
      data: expect.anything(),
    })
    const member = await connected(requireId, { authorization: `Bearer ${key}`, ...glass })
    expect(await outcome(member, { query: scopesText })).toBe('FORBIDDEN')
  })

  it('has a retired release refused on a connection that was there before', async () => {
    const text = 'query Briefly { viewer { role } }'
    await release(t, 'kotlin', '6', [byHash(text)])
    const client = await connected(requireId, { authorization: `Bearer ${key}` })
    expect(await outcome(client, persistedQuery(hashOf(text)))).toEqual(served)
    await t.graphql(
      'mutation { retireClientRelease(input: { client: "kotlin", version: "6" }) { replayed } }',
    )
    expect(await outcome(client, persistedQuery(hashOf(text)))).toBe('PERSISTED_QUERY_NOT_IN_LIST')
  })
})

describe('over server-sent events', () => {
  async function opened(body: object) {
    const response = await appFor(t, { operationModes: requireId }).fetch(
      new Request('http://localhost/graphql', {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: 'text/event-stream',
          authorization: `Bearer ${key}`,
        },
        body: JSON.stringify(body),
      }),
    )
    return response
  }

  it('a subscription begins by its id', async () => {
    const variables = { id: pipeline }
    const response = await opened({ documentId: hashOf(movedText), variables })
    expect([response.status, response.headers.get('content-type')]).toEqual([
      200,
      'text/event-stream',
    ])
    expect(response.headers.get('cache-control')).toBe('private, no-store')
    await response.body?.cancel()
  })

  it('a query is answered by its id, and its text is refused', async () => {
    expect(await (await opened(persistedQuery(role.id))).text()).toContain('"role":"MEMBER"')
    expect(await (await opened({ query: roleText })).text()).toContain(
      'PERSISTED_QUERY_ID_REQUIRED',
    )
  })
})
