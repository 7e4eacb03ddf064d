import { once } from 'node:events'
import net from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import WebSocket from 'ws'
import type { RunningServer } from '../src/server.ts'
import { type DealFixture, dealFixture, type PipelineFixture, pipelineFixture } from './fixtures.ts'
import { appFor, type TestTenant, testTenant } from './harness.ts'
import { dealMoved, gatedAuthenticate } from './subscription-fixtures.ts'
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

const init = { type: 'connection_init' }
const ask = (id: string) => ({ type: 'subscribe', id, payload: { query: '{ __typename }' } })

describe('a connection is closed', () => {
  it.each<[string, number, (object | string)[]]>([
    ['that sends no JSON', 4400, ['hello']],
    ['that sends no message', 4400, [{ text: 'hello' }]],
    ['that sends what is no operation', 4400, [init, { ...ask('1'), payload: 'x' }]],
    ['that sends what servers send', 4400, [init, { type: 'next', id: '1', payload: {} }]],
    ['that asks before it says who it is', 4401, [ask('1')]],
    ['that says twice who it is', 4429, [init, init]],
    ['that says more than a request may', 1009, [init, `"${'x'.repeat(256 * 1024)}"`]],
  ])('%s', async (_, code, messages) => {
    const { send, next, closed } = await connect(await serve(t.app))
    for (const [index, message] of messages.entries()) {
      send(message)
      if (index < messages.length - 1) await next()
    }
    expect((await closed)[0]).toBe(code)
  })

  it('that gives two operations one id', async () => {
    const { subscribe, closed } = await connectAs(await serve(t.app), key)
    const payload = { query: dealMoved, variables: { id: sales.id } }
    subscribe('1', payload)
    await expect.poll(() => t.feed.listeners).toBe(1)
    subscribe('1', payload)
    expect((await closed)[0]).toBe(4409)
    await expect.poll(() => t.feed.listeners).toBe(0)
  })

  it('that speaks another protocol', async () => {
    const socket = new WebSocket(urlOf(await serve(t.app)))
    const [code] = await once(socket, 'close')
    expect(code).toBe(4406)
  })

  it('that never says who it is', async () => {
    const { closed } = await connect(await serve(t.app))
    expect(await closed).toEqual([4408, 'Connection initialisation timeout'])
  })

  it('whose client does not answer, while the others are kept', async () => {
    const server = await serve(t.app, { pingIntervalMs: 1_000 })
    const kept = await connectAs(server, key)
    let pings = 0
    kept.socket.on('ping', () => pings++)
    const silent = await connectAs(server, key, { autoPong: false })
    expect((await silent.closed)[0]).toBe(1006)
    const before = pings
    await expect.poll(() => pings, { timeout: 10_000 }).toBeGreaterThan(before)
    expect(kept.socket.readyState).toBe(WebSocket.OPEN)
    kept.socket.terminate()
  })
})

/** What a server answers to the bytes of a request, until it has said what is awaited. */
async function answerTo({ url }: RunningServer, request: string, awaited: RegExp): Promise<string> {
  const socket = net.connect(Number(new URL(url).port), '127.0.0.1')
  let received = ''
  socket.on('data', (data) => {
    received += data
  })
  socket.write(request.replaceAll('\n', '\r\n'))
  await expect.poll(() => received).toMatch(awaited)
  socket.destroy()
  return received
}

describe('an offer of another protocol', () => {
  const offer = 'Connection: Upgrade\nUpgrade: websocket\nSec-WebSocket-Version: 13\n'
  const key16 = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n'

  it.each([
    ['elsewhere', `GET /other HTTP/1.1\nHost: x\n${offer}${key16}\n`, /^HTTP\/1.1 404 /],
    ['without a key', `GET /graphql HTTP/1.1\nHost: x\n${offer}\n`, /^HTTP\/1.1 400 /],
    ['by POST', `POST /graphql HTTP/1.1\nHost: x\n${offer}${key16}\n`, /^HTTP\/1.1 405 /],
  ])('is refused %s', async (_, request, status) => {
    expect(await answerTo(await serve(t.app), request, status)).not.toContain('101')
  })

  it('is taken with a query in its path', async () => {
    const request = `GET /graphql?x=1 HTTP/1.1\nHost: x\n${offer}${key16}\n`
    await answerTo(await serve(t.app), request, /^HTTP\/1.1 101 /)
  })

  it('of HTTP/2 is passed over, and the request answered as ever', async () => {
    const server = await serve(t.app)
    const body = '{"query":"{ __typename }"}'
    const http2 = 'Connection: Upgrade, HTTP2-Settings\nUpgrade: h2c\nHTTP2-Settings: AAMAAABk\n'
    const json = `Content-Type: application/json\nContent-Length: ${body.length}\n`
    const request = `POST /graphql HTTP/1.1\nHost: x\n${http2}${json}\n${body}`
    const answer = await answerTo(server, request, /"__typename":"Query"/)
    expect(answer).toMatch(/^HTTP\/1.1 200 /)
  })
})

describe('a server that stops', () => {
  const input = () => ({ dealId: deal.id, expectedVersion: 1, name: 'Renamed' })
  const mutation =
    'mutation ($input: UpdateDealInput!) { updateDeal(input: $input) { deal { name } } }'

  it('closes connections that only listen, so that they go to another one', async () => {
    const server = await serve(t.app)
    const [idle, listening] = [await connectAs(server, key), await connectAs(server, key)]
    listening.subscribe('1', { query: dealMoved, variables: { id: sales.id } })
    await expect.poll(() => t.feed.listeners).toBe(1)
    const stopped = server.stop(60_000)
    expect(await Promise.all([idle.closed, listening.closed])).toEqual([
      [1001, 'Going away'],
      [1001, 'Going away'],
    ])
    await stopped
    await expect.poll(() => t.feed.listeners).toBe(0)
  })

  it('first answers what is being worked on, and begins no more', async () => {
    const { authenticate, waiting, shut, open } = gatedAuthenticate(t)
    const server = await serve(appFor(t, { authenticate }))
    const { subscribe, next, closed } = await connectAs(server, key)
    const idle = await connectAs(server, key)
    shut()
    subscribe('1', { query: mutation, variables: { input: input() } })
    await expect.poll(waiting).toBe(1)
    const stopped = server.stop(60_000)
    await idle.closed
    subscribe('2', { query: 'mutation { createContact(input: { name: "Late" }) { replayed } }' })
    open()
    expect((await next()).payload.data).toEqual({ updateDeal: { deal: { name: 'Renamed' } } })
    expect(await next()).toEqual({ id: '1', type: 'complete' })
    expect(await closed).toEqual([1001, 'Going away'])
    await stopped
    const { data } = await t.graphql('{ contacts { totalCount } deals { nodes { name } } }')
    expect(data).toEqual({ contacts: { totalCount: 0 }, deals: { nodes: [{ name: 'Renamed' }] } })
  })

  it('waits no longer than it is told', async () => {
    const { authenticate, waiting, shut, open } = gatedAuthenticate(t)
    const server = await serve(appFor(t, { authenticate }))
    const { subscribe, closed } = await connectAs(server, key)
    shut()
    subscribe('1', { query: '{ viewer { role } }' })
    await expect.poll(waiting).toBe(1)
    await server.stop(100)
    expect((await closed)[0]).toBe(1006)
    open()
  })
})
