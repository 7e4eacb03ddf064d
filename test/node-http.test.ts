import net from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { maxBodyBytes } from '../src/operations/body.ts'
import { type RunningServer, startServer } from '../src/server.ts'
import { pipelineFixture } from './fixtures.ts'
import { type TestTenant, testTenant } from './harness.ts'

let t: TestTenant
let key: string
let server: RunningServer

beforeAll(async () => {
  t = await testTenant()
  key = await t.keyFor('ADMIN')
  const limits = { headersTimeoutMs: 1_000, arrivalTimeoutMs: 1_000 }
  server = await startServer(t.app, { host: '127.0.0.1', port: 0, ...limits })
})

afterAll(() => server.stop(100))

const viewerRole = JSON.stringify({ query: '{ viewer { role } }' })
const role = { data: { viewer: { role: 'ADMIN' } } }

function post(body: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}`, ...headers },
    body,
  })
}

interface Peer {
  socket: net.Socket
  received(): string
  closed: Promise<void>
}

function connect(): Promise<Peer> {
  return new Promise((resolve) => {
    let received = ''
    const socket = net.connect(Number(new URL(server.url).port), '127.0.0.1', () =>
      resolve({ socket, received: () => received, closed }),
    )
    socket.on('data', (chunk) => {
      received += chunk
    })
    socket.on('error', () => {})
    const closed = new Promise<void>((done) => socket.once('close', () => done()))
  })
}

const head = (...more: string[]) =>
  [
    'POST /graphql HTTP/1.1',
    'host: localhost',
    'content-type: application/json',
    `authorization: Bearer ${key}`,
    ...more,
    '\r\n',
  ].join('\r\n')

const whole = (body: string) => head(`content-length: ${Buffer.byteLength(body)}`) + body
const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`
const statuses = (peer: Peer) =>
  [...peer.received().matchAll(/HTTP\/1.1 (\d+) /g)].map(([, s]) => s)
const logged = (status: number) =>
  t.logged.filter((line) => line.msg === 'request' && line.status === status)

describe('over HTTP', () => {
  it('an operation is answered with its length, its id and a line in the log', async () => {
    const response = await post(viewerRole, { 'x-request-id': 'over-http.0001' })
    const text = await response.text()
    expect(JSON.parse(text)).toMatchObject(role)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'content-length': String(Buffer.byteLength(text)),
      'cache-control': 'private, no-store',
      'x-request-id': 'over-http.0001',
    })
    const line = { requestId: 'over-http.0001', method: 'POST', path: '/graphql', status: 200 }
    expect(t.logged).toContainEqual(expect.objectContaining(line))
  })

  it('texts come through in full, whatever they are of', async () => {
    const name = 'Überraschung 🚀'
    const query = 'mutation ($name: String!) { createTag(input: { name: $name }) { tag { name } } }'
    const response = await post(JSON.stringify({ query, variables: { name } }))
    expect(await response.json()).toMatchObject({ data: { createTag: { tag: { name } } } })
  })

  it('a query is answered by GET', async () => {
    const parameters = new URLSearchParams({ query: '{ viewer { role } }' })
    const headers = { authorization: `Bearer ${key}` }
    const response = await fetch(`${server.url}/graphql?${parameters}`, { headers })
    expect(await response.json()).toMatchObject(role)
  })

  it('a request that is refused is told why', async () => {
    const refused = await Promise.all([
      post(viewerRole, { authorization: 'Bearer dg_short' }),
      post(viewerRole, { 'content-type': 'text/plain' }),
      post('{'),
    ])
    expect(refused.map(({ status }) => status)).toEqual([401, 415, 400])
    for (const response of refused) {
      expect(await response.json()).toMatchObject({ errors: [{ message: expect.any(String) }] })
      expect(response.headers.get('x-request-id')).toBeTruthy()
    }
  })

  it('requests that are sent at once on a connection are answered in turn', async () => {
    const peer = await connect()
    peer.socket.write(whole(viewerRole) + whole('{') + whole(viewerRole))
    await expect.poll(() => statuses(peer)).toEqual(['200', '400', '200'])
    peer.socket.destroy()
  })

  it('a body may come in chunks, and in parts of any size', async () => {
    const peer = await connect()
    const [first, second] = [viewerRole.slice(0, 9), viewerRole.slice(9)]
    peer.socket.write(`${head('transfer-encoding: chunked')}${chunk(first)}`)
    peer.socket.write(`${chunk(second)}0\r\n\r\n`)
    await expect.poll(() => statuses(peer)).toEqual(['200'])
    peer.socket.write(whole(viewerRole).slice(0, -5))
    await new Promise((resolve) => setImmediate(resolve))
    peer.socket.write(viewerRole.slice(-5))
    await expect.poll(() => statuses(peer)).toEqual(['200', '200'])
    peer.socket.destroy()
  })

  it.each([
    ['declared', (body: string) => whole(body)],
    ['in chunks', (body: string) => `${head('transfer-encoding: chunked')}${chunk(body)}`],
  ])('a body that is too large (%s) is refused, and others are answered', async (_, request) => {
    const peer = await connect()
    const sent = request(' '.repeat(maxBodyBytes + 1))
    peer.socket.write(sent.replace(key, await t.keyFor('READ_ONLY')))
    await expect.poll(() => statuses(peer)).toEqual(['413'])
    expect(await (await post(viewerRole)).json()).toMatchObject(role)
    peer.socket.destroy()
  })

  it('a client that hangs up while it sends is told of in the log alone', async () => {
    const before = logged(499).length
    const peer = await connect()
    peer.socket.write(`${head('content-length: 100')}{"query":`)
    peer.socket.end()
    peer.socket.destroy()
    await expect.poll(() => logged(499).length).toBe(before + 1)
  })

  it('a body that stops coming is answered 408', async () => {
    const peer = await connect()
    peer.socket.write(`${head('content-length: 100')}{"query":`)
    await peer.closed
    expect(statuses(peer)).toEqual(['408'])
  })

  it('a subscription that names no media type is a stream', async () => {
    const query = 'subscription ($id: ID!) { dealMoved(pipelineId: $id) { deal { id } } }'
    const { id } = await pipelineFixture(t)
    const response = await post(JSON.stringify({ query, variables: { id } }))
    expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/)
    await response.body?.cancel()
  })

  it.each([
    ['an operation', `POST /graphql HTTP/1.0`, viewerRole],
    ['anything else', 'GET /health/live HTTP/1.0', ''],
  ])('who names no host gets %s', async (_, line, body) => {
    const peer = await connect()
    const headers = ['content-type: application/json', `content-length: ${body.length}`]
    peer.socket.write(
      [line, `authorization: Bearer ${key}`, ...headers, '\r\n'].join('\r\n') + body,
    )
    await expect.poll(() => statuses(peer)).toEqual(['200'])
    peer.socket.destroy()
  })

  it.each(['a/b', 'a@b', 'a b'])('no stream is begun for the host %s', async (host) => {
    const query = 'subscription ($id: ID!) { dealMoved(pipelineId: $id) { deal { id } } }'
    const body = JSON.stringify({
      query,
      variables: { id: (await pipelineFixture(t, { name: host })).id },
    })
    const peer = await connect()
    const sent = head('accept: text/event-stream', `content-length: ${body.length}`) + body
    peer.socket.write(sent.replace('host: localhost', `host: ${host}`))
    await expect.poll(() => statuses(peer)).toEqual(['400'])
    peer.socket.destroy()
  })

  it('two credentials are none', async () => {
    const peer = await connect()
    const twice = `authorization: Bearer ${key}\r\nauthorization: Bearer ${key}`
    peer.socket.write(whole(viewerRole).replace(`authorization: Bearer ${key}`, twice))
    await expect.poll(() => statuses(peer)).toEqual(['401'])
    peer.socket.destroy()
  })

  it.each(['HEAD', 'OPTIONS', 'PUT'])('%s is refused', async (method) => {
    const response = await fetch(`${server.url}/graphql`, { method })
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, POST'])
  })
})
