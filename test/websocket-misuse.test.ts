import { once } from 'node:events'
import net from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { RawData } from 'ws'
import type { RunningServer } from '../src/server.ts'
import { untouched } from './fixtures.ts'
import { type TestTenant, testTenant } from './harness.ts'
import { closeServers, connectAs, serve } from './websocket-fixtures.ts'

afterEach(closeServers)

let t: TestTenant
let server: RunningServer
let key: string

beforeEach(async () => {
  t = await testTenant()
  server = await serve(t.app)
  key = await t.keyFor('ADMIN')
})

const role = { query: '{ viewer { role } }' }
const portOf = ({ url }: RunningServer) => Number(new URL(url).port)

describe('an id', () => {
  it('is of the next operation as soon as its client has let go of the one before', async () => {
    const { send, subscribe, next, socket } = await connectAs(server, key)
    subscribe('1', { query: '{ pipelines { name stages { name } } }' })
    send({ type: 'complete', id: '1' })
    subscribe('1', role)
    expect(await next()).toMatchObject({ type: 'next', id: '1', payload: { data: { viewer: {} } } })
    expect(await next()).toEqual({ type: 'complete', id: '1' })
    socket.terminate()
  })

  it('that was let go of twice is of nothing', async () => {
    const { send, subscribe, next, socket } = await connectAs(server, key)
    subscribe('1', role)
    send({ type: 'complete', id: '1' })
    subscribe('1', { query: 'mutation { createTag(input: { name: "Late" }) { replayed } }' })
    send({ type: 'complete', id: '1' })
    subscribe('2', { query: '{ tags { name } }' })
    expect(await next()).toMatchObject({ id: '2', payload: { data: { tags: [] } } })
    socket.terminate()
  })

  it('of two operations closes the connection, however long it is', async () => {
    const { subscribe, closed } = await connectAs(server, key)
    const id = 'é'.repeat(200)
    subscribe(id, role)
    subscribe(id, role)
    const [code, reason] = await closed
    expect([code, reason.length <= 123]).toEqual([4409, true])
    expect(t.logged.filter(({ level }) => level === 50)).toEqual([])
  })
})

describe('a message', () => {
  it('whose variables nest deeply is refused as such, and the connection stays', async () => {
    const { send, next, subscribe, socket } = await connectAs(server, key)
    const deep = `${'['.repeat(4_000)}${']'.repeat(4_000)}`
    send(
      `{"type":"subscribe","id":"1","payload":{"query":"query ($v: JSON) { viewer { role } }","variables":{"v":${deep}}}}`,
    )
    expect(await next()).toMatchObject({ type: 'error', id: '1' })
    subscribe('2', role)
    expect(await next()).toMatchObject({ type: 'next', id: '2' })
    socket.terminate()
  })

  it('in more pieces than any client makes closes the connection', async () => {
    const { socket, closed } = await connectAs(server, key)
    for (let piece = 0; piece < 300; piece++) socket.send(' ', { fin: false })
    expect((await closed)[0]).toBe(1008)
  })

  it('that comes after the connection was closed is not done', async () => {
    await untouched([t], async () => {
      const { frames, send, socket } = await rawConnection()
      send({ type: 'connection_init', payload: { authorization: `Bearer ${key}` } })
      await expect.poll(() => frames().includes('connection_ack')).toBe(true)
      send('garbage')
      await expect.poll(() => frames().includes('Invalid message received')).toBe(true)
      const query = 'mutation { createTag(input: { name: "Late" }) { replayed } }'
      send({ type: 'subscribe', id: '1', payload: { query } })
      // The server hangs up on who does not answer, and then has read all that was sent.
      await once(socket, 'close')
    })
  })
})

/** A WebSocket by hand, which does not answer when it is closed. */
async function rawConnection() {
  const socket = net.connect(portOf(server), '127.0.0.1')
  let received = Buffer.alloc(0)
  socket.on('data', (data: RawData) => {
    received = Buffer.concat([received, data as Buffer])
  })
  socket.write(
    [
      'GET /graphql HTTP/1.1',
      'Host: localhost',
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      'Sec-WebSocket-Protocol: graphql-transport-ws',
      '\r\n',
    ].join('\r\n'),
  )
  await expect.poll(() => received.includes('101 Switching Protocols')).toBe(true)
  const send = (message: object | string) => {
    const text = typeof message === 'string' ? message : JSON.stringify(message)
    const length = Buffer.alloc(2)
    length.writeUInt16BE(Buffer.byteLength(text))
    const mask = Buffer.alloc(4)
    socket.write(Buffer.concat([Buffer.from([0x81, 0xfe]), length, mask, Buffer.from(text)]))
  }
  return { frames: () => received.toString('latin1'), send, socket }
}

describe('an upgrade that is refused', () => {
  it('leaves no connection, whatever its client does', async () => {
    const socket = net.connect({ port: portOf(server), host: '127.0.0.1', allowHalfOpen: true })
    socket.write(
      'GET /other HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    )
    socket.resume()
    await once(socket, 'end')
    // Writing to a connection that is no more is answered with a reset.
    const reset = once(socket, 'error').catch((error) => [error])
    await expect
      .poll(() => {
        socket.write('x')
        return socket.destroyed
      })
      .toBe(true)
    expect((await reset)[0]).toMatchObject({ code: expect.stringMatching(/ECONNRESET|EPIPE/) })
  })
})

it.each([
  [
    'a field',
    'subscription ($id: ID!) { dealMoved(pipelineId: $id) @skip(if: true) { deal { id } } }',
  ],
  [
    'a fragment',
    'subscription ($id: ID!) { ...F } fragment F on Subscription { ... @include(if: false) { dealMoved(pipelineId: $id) { deal { id } } } }',
  ],
])('a subscription of nothing is refused: %s', async (_what, query) => {
  const { errors } = await t.graphql(query, { id: 'x' })
  expect(errors).toMatchObject([
    {
      message: 'The field of a subscription cannot be skipped: leave out @skip and @include.',
      extensions: { code: 'GRAPHQL_VALIDATION_FAILED' },
    },
  ])
})
