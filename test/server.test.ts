import net from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { type RunningServer, type ServerOptions, startServer } from '../src/server.ts'

const running: RunningServer[] = []

afterEach(async () => {
  for (const server of running.splice(0)) await server.stop(100)
})

/** Reads the whole body of a request and answers with its length, or whatever `answer` says. */
async function start(
  limits: Partial<ServerOptions> = {},
  answer = async (request: Request) => new Response(`${(await request.text()).length}`),
) {
  const server = await startServer({ fetch: answer }, { host: '127.0.0.1', port: 0, ...limits })
  running.push(server)
  return server
}

interface Peer {
  socket: net.Socket
  received(): string
  /** Resolves when the server has ended the connection. */
  closed: Promise<void>
}

function connect({ url }: RunningServer): Promise<Peer> {
  return new Promise((resolve) => {
    let received = ''
    const socket = net.connect(Number(new URL(url).port), '127.0.0.1', () =>
      resolve({ socket, received: () => received, closed }),
    )
    socket.on('data', (chunk) => {
      received += chunk
    })
    socket.on('error', () => {})
    const closed = new Promise<void>((done) => socket.once('close', () => done()))
  })
}

/** Sends a byte every few moments until the connection is closed. */
function drip({ socket }: Peer, text: string) {
  const bytes = [...text]
  const timer = setInterval(() => {
    const byte = bytes.shift()
    if (byte === undefined || socket.destroyed) clearInterval(timer)
    else socket.write(byte)
  }, 20)
}

const head = 'POST / HTTP/1.1\r\nhost: localhost\r\n'
const whole = `${head}content-length: 3\r\n\r\nabc`

describe('a connection', () => {
  it('whose headers come byte by byte is answered 408 and closed', async () => {
    const server = await start({ headersTimeoutMs: 300 })
    const peer = await connect(server)
    peer.socket.write(head)
    drip(peer, `x-slow: ${'x'.repeat(10_000)}`)
    await peer.closed
    expect(peer.received()).toMatch(/^HTTP\/1.1 408 /)
    expect(await (await fetch(server.url, { method: 'POST', body: 'abcd' })).text()).toBe('4')
  })

  it('that never sends anything is closed', async () => {
    const peer = await connect(await start({ headersTimeoutMs: 300 }))
    await peer.closed
    expect(peer.received()).toMatch(/^(HTTP\/1.1 408 |$)/)
  })

  it.each(['content-length: 10000', 'transfer-encoding: chunked'])(
    'whose body comes byte by byte (%s) is answered 408 and closed',
    async (framing) => {
      const peer = await connect(await start({ headersTimeoutMs: 300, arrivalTimeoutMs: 400 }))
      peer.socket.write(`${head}${framing}\r\n\r\n`)
      drip(peer, '1\r\nx\r\n'.repeat(1_000))
      await peer.closed
      expect(peer.received()).toMatch(/^HTTP\/1.1 408 /)
    },
  )

  it('is kept for a second request, and closed when none comes', async () => {
    const peer = await connect(await start({ keepAliveTimeoutMs: 500 }))
    for (const count of [1, 2]) {
      peer.socket.write(whole)
      await expect.poll(() => peer.received().match(/HTTP\/1.1 200 /g)?.length).toBe(count)
    }
    await peer.closed
    expect(peer.received()).not.toContain('408')
  })

  it('whose client does not read its answer is closed', async () => {
    const large = new Uint8Array(64 * 1024 * 1024)
    const server = await start({ silenceTimeoutMs: 500 }, async () => new Response(large))
    const peer = await connect(server)
    peer.socket.pause()
    peer.socket.write(whole)
    await new Promise((resolve) => setTimeout(resolve, 1_500))
    peer.socket.resume()
    await peer.closed
    expect(peer.received().length).toBeLessThan(large.length)
  })

  it('above their number is closed at once, and one of those that end makes room', async () => {
    const server = await start({ maxConnections: 2 })
    const [first, second] = [await connect(server), await connect(server)]
    const third = await connect(server)
    await third.closed
    expect(third.received()).toBe('')
    first.socket.end(whole)
    await first.closed
    expect(first.received()).toMatch(/^HTTP\/1.1 200 /)
    const fourth = await connect(server)
    fourth.socket.write(whole)
    await expect.poll(fourth.received).toMatch(/^HTTP\/1.1 200 /)
    second.socket.destroy()
  })

  it('with larger headers than 16 KB is answered 431', async () => {
    const peer = await connect(await start())
    peer.socket.write(`${head}x-large: ${'x'.repeat(17 * 1024)}\r\n\r\n`)
    await peer.closed
    expect(peer.received()).toMatch(/^HTTP\/1.1 431 /)
  })

  it('that is idle does not keep a server that stops', async () => {
    const server = await start()
    const peer = await connect(server)
    peer.socket.write(whole)
    await expect.poll(peer.received).toContain('200')
    const stopped = server.stop(60_000)
    await peer.closed
    await stopped
    running.length = 0
  })
})
