import { createClient } from 'graphql-ws'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import WebSocket from 'ws'
import { DatabaseUnavailable } from '../src/database/unavailable.ts'
import { onServer, sleepForever, slowed } from './deadline-fixtures.ts'
import {
  type DealFixture,
  dealFixture,
  done,
  type PipelineFixture,
  pipelineFixture,
} from './fixtures.ts'
import { appFor, type TestTenant, testTenant } from './harness.ts'
import { dealMoved, gatedAuthenticate, moved } from './subscription-fixtures.ts'
import { closeServers, connect, connectAs, serve, urlOf } from './websocket-fixtures.ts'

afterEach(closeServers)

let t: TestTenant
let sales: PipelineFixture
let deal: DealFixture
let key: string

beforeEach(async () => {
  t = await testTenant()
  sales = await pipelineFixture(t)
  deal = await dealFixture(t)
  key = await t.keyFor('ADMIN')
})

const listeners = () => t.feed.listeners
const role = { query: '{ viewer { role } }' }
const subscription = () => ({ query: dealMoved, variables: { id: sales.id } })
const move = (stage: string) => moved(t, { deal, stageId: sales.stage(stage) })

const clients: ReturnType<typeof createClient>[] = []

afterEach(async () => {
  for (const client of clients.splice(0)) await client.dispose()
})

/** The client that people use. */
async function client(connectionParams: Record<string, unknown>, app = t.app) {
  const url = urlOf(await serve(app))
  const made = createClient({ url, connectionParams, webSocketImpl: WebSocket, retryAttempts: 0 })
  clients.push(made)
  return made
}

const asAdmin = async (app = t.app) => client({ Authorization: `Bearer ${key}` }, app)

describe('a client of graphql-transport-ws', () => {
  it('asks, writes and is told of moves over one connection', async () => {
    const { iterate } = await asAdmin()
    const events = iterate(subscription())
    const first = events.next()
    await expect.poll(listeners).toBe(1)
    const query =
      'mutation ($input: MoveDealInput!) { moveDeal(input: $input) { deal { version } } }'
    const input = { dealId: deal.id, expectedVersion: 1, stageId: sales.stage('Qualified') }
    const written = await iterate({ query, variables: { input } }).next()
    expect(written.value).toMatchObject({
      data: { moveDeal: { deal: { version: 2 } } },
      extensions: { cost: { requested: expect.any(Number) } },
    })
    const change = { fromStageName: 'Lead', toStageName: 'Qualified' }
    expect((await first).value?.data).toMatchObject({ dealMoved: { stageChange: change } })
    expect((await iterate(role).next()).value?.data).toEqual({ viewer: { role: 'ADMIN' } })
    deal.version = 2
    const told = await move('Proposal')
    expect((await events.next()).value?.data).toEqual({ dealMoved: told })
    await events.return?.()
    await expect.poll(listeners).toBe(0)
  })

  it('has the errors of an operation as its own, and its other operations go on', async () => {
    const { iterate } = await asAdmin()
    const events = iterate(subscription())
    const first = events.next()
    await expect.poll(listeners).toBe(1)
    const wrong = iterate({ query: '{ nothing }' }).next()
    await expect(wrong).rejects.toMatchObject([
      { extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } },
    ])
    const missing = iterate({ query: dealMoved, variables: { id: deal.id } }).next()
    await expect(missing).rejects.toMatchObject([
      { path: ['dealMoved'], extensions: { code: 'INVALID_ID' } },
    ])
    const told = await move('Qualified')
    expect((await first).value?.data).toEqual({ dealMoved: told })
    await events.return?.()
  })

  it('leaves nothing behind when it goes away without a word', async () => {
    const { iterate, terminate } = await asAdmin()
    const events = iterate(subscription())
    const first = events.next().catch(() => 'gone')
    await expect.poll(listeners).toBe(1)
    terminate()
    expect(await first).toBe('gone')
    await expect.poll(listeners).toBe(0)
  })

  it('is ended by an error when its credential ends, and goes on being connected', async () => {
    const { apiKey, secret } = await done(
      t,
      'createApiKey',
      { name: 'Phone', role: 'MEMBER' },
      'apiKey { id } secret',
    )
    const { subscribe, next, socket } = await connectAs(await serve(t.app), secret)
    subscribe('1', subscription())
    await expect.poll(listeners).toBe(1)
    await done(t, 'revokeApiKey', { apiKeyId: apiKey.id })
    await move('Qualified')
    const payload = [{ extensions: { code: 'UNAUTHENTICATED' } }]
    expect(await next()).toMatchObject({ type: 'error', id: '1', payload })
    expect(listeners()).toBe(0)
    subscribe('2', role)
    expect(await next()).toMatchObject({ type: 'error', id: '2', payload })
    expect(socket.readyState).toBe(WebSocket.OPEN)
    socket.terminate()
  })
})

describe('a credential', () => {
  it.each([
    ['authorization', (of: string) => `Bearer ${of}`],
    ['Authorization', (of: string) => `bearer ${of}`],
    ['x-api-key', (of: string) => of],
    ['X-API-Key', (of: string) => of],
  ])('is taken from %s of the first message or of the handshake', async (name, value) => {
    const server = await serve(t.app)
    const said = await connect(server, { headers: { [name]: value('nobody') } })
    said.send({ type: 'connection_init', payload: { [name]: value(key) } })
    const shown = await connect(server, { headers: { [name]: value(key) } })
    shown.send({ type: 'connection_init' })
    for (const { next, subscribe, socket } of [said, shown]) {
      expect(await next()).toEqual({ type: 'connection_ack' })
      subscribe('1', role)
      expect((await next()).payload.data).toEqual({ viewer: { role: 'ADMIN' } })
      socket.terminate()
    }
  })

  it.each([
    ['is unknown', { authorization: `Bearer dg_${'x'.repeat(43)}` }],
    ['has a wrong form', { Authorization: 'Basic abc' }],
    ['could be no header', { 'x-api-key': 'a\nb' }],
  ])('that %s closes the connection, with why', async (_, payload) => {
    const { send, closed } = await connect(await serve(t.app))
    send({ type: 'connection_init', payload })
    const [code, reason] = await closed
    expect([code, reason]).toEqual([4403, expect.stringMatching(/^Forbidden: The .{10,}\.$/)])
  })

  it('that cannot be looked up for the moment closes it until later', async () => {
    const authenticate = () => Promise.reject(new DatabaseUnavailable())
    const { send, closed } = await connect(await serve(appFor(t, { authenticate })))
    send({ type: 'connection_init', payload: { 'x-api-key': key } })
    expect(await closed).toEqual([1013, 'Try again later'])
  })

  it('is not needed to connect, but to ask for anything', async () => {
    const { subscribe, next, socket } = await connectAs(await serve(t.app), null)
    subscribe('1', role)
    expect(await next()).toMatchObject({
      ...{ type: 'error', id: '1' },
      payload: [{ extensions: { code: 'UNAUTHENTICATED' } }],
    })
    subscribe('2', { query: '{ __typename }' })
    expect((await next()).payload).toEqual({ data: { __typename: 'Query' } })
    socket.terminate()
  })
})

describe('an operation over WebSocket', () => {
  it.runIf(onServer)('is cancelled in the database when its client wants no more', async () => {
    let sleeping = 0
    const app = slowed(t, {
      read: async (db) => {
        sleeping++
        await sleepForever(db).finally(() => sleeping--)
      },
    })
    const { subscribe, send, next, socket } = await connectAs(await serve(app), key)
    for (const end of [() => send({ type: 'complete', id: '1' }), () => socket.terminate()]) {
      subscribe('1', { query: '{ pipelines { id } }' })
      await expect.poll(() => sleeping).toBe(1)
      end()
      await expect.poll(() => sleeping).toBe(0)
      if (socket.readyState !== WebSocket.OPEN) continue
      subscribe('2', { query: '{ __typename }' })
      expect(await next()).toMatchObject({ id: '2', type: 'next' })
      expect(await next()).toEqual({ id: '2', type: 'complete' })
    }
  })

  it('has a text even where it is named in another way', async () => {
    const { subscribe, next, socket } = await connectAs(await serve(t.app), key)
    subscribe('1', { variables: {} })
    expect(await next()).toMatchObject({
      ...{ type: 'error', id: '1' },
      payload: [{ extensions: { code: 'GRAPHQL_PARSE_FAILED' } }],
    })
    socket.terminate()
  })

  it('waits in the same line as requests over HTTP', async () => {
    const { authenticate, waiting, shut, open } = gatedAuthenticate(t)
    const app = appFor(t, { authenticate, admission: { maxInFlight: 1, maxQueued: 0 } })
    const { subscribe, next, socket } = await connectAs(await serve(app), key)
    shut()
    const init = { method: 'POST', headers: { 'content-type': 'application/json' } }
    const body = JSON.stringify({ query: '{ __typename }' })
    const asked = app.fetch(new Request('http://localhost/graphql', { ...init, body }))
    await expect.poll(waiting).toBe(1)
    subscribe('1', role)
    expect((await next()).payload).toMatchObject([{ extensions: { code: 'OVERLOADED' } }])
    open()
    expect((await asked).status).toBe(200)
    socket.terminate()
  })

  it('is one of fifty at most that a connection waits for', async () => {
    const { subscribe, send, next, socket } = await connectAs(await serve(t.app), key)
    for (let id = 1; id <= 50; id++) subscribe(`${id}`, subscription())
    await expect.poll(listeners).toBe(50)
    subscribe('51', role)
    expect(await next()).toMatchObject({
      ...{ type: 'error', id: '51' },
      payload: [{ extensions: { code: 'OVERLOADED' } }],
    })
    send({ type: 'complete', id: '50' })
    await expect.poll(listeners).toBe(49)
    subscribe('52', role)
    expect(await next()).toMatchObject({ type: 'next', id: '52' })
    socket.terminate()
    await expect.poll(listeners).toBe(0)
  })

  it('is logged as a request is, without what it says', async () => {
    const { subscribe, next, socket } = await connectAs(await serve(t.app), key)
    subscribe('1', role)
    for (const type of ['next', 'complete']) expect((await next()).type).toBe(type)
    subscribe('2', { query: '{ nothing }' })
    expect((await next()).type).toBe('error')
    socket.terminate()
    const lines = t.logged.filter(({ method }) => method === 'WS')
    const line = { msg: 'request', path: '/graphql', requestId: expect.any(String) }
    expect(lines).toMatchObject([200, 400].map((status) => ({ ...line, status })))
    expect(JSON.stringify(lines)).not.toContain('viewer')
  })
})
