import { randomUUID } from 'node:crypto'
import net, { type AddressInfo } from 'node:net'
import { Redis } from 'ioredis'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Viewer } from '../src/auth/viewer.ts'
import type { BucketSize } from '../src/throttle/bucket.ts'
import { createRedisBuckets } from '../src/throttle/redis.ts'
import { createThrottle, type Throttle } from '../src/throttle/throttle.ts'
import { appFor, post, testTenant } from './harness.ts'
import { auditedLog } from './log-audit.ts'

const url = process.env.REDIS_URL ?? 'redis://127.0.0.1:6379'

async function answers(): Promise<boolean> {
  const options = { lazyConnect: true, retryStrategy: () => null, connectTimeout: 1_000 }
  const redis = new Redis(url, options)
  redis.on('error', () => {})
  try {
    await redis.connect()
    return true
  } catch {
    return false
  } finally {
    redis.disconnect()
  }
}

const hasRedis = await answers()
/** So slow that nothing comes back while a test runs. */
const size: BucketSize = { maximum: 100, restoreRate: 1 }

let viewer: Viewer
let logged: { level: number; msg: string }[]
const closing: (() => unknown)[] = []

beforeEach(() => {
  logged = []
  const ids = { tenantId: randomUUID(), apiKeyId: randomUUID(), memberId: null, memberRole: null }
  viewer = {
    ...ids,
    role: 'ADMIN',
    dealsOf: null,
    scopes: new Set(),
    operationsRevision: 0,
    revision: '0',
  }
})

afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

function throttleAt(address: string, of = size): Throttle {
  const log = auditedLog((line) => logged.push(line as (typeof logged)[number]))
  const throttle = createThrottle({ size: of, shared: createRedisBuckets(address, of, log) })
  closing.push(throttle.close)
  return throttle
}

/** Waits until the buckets are those of Redis: a bucket of memory would be full. */
async function shared(throttle: Throttle): Promise<Throttle> {
  const marked = throttleAt(url)
  await vi.waitFor(async () => {
    const mark = { ...viewer, apiKeyId: randomUUID() }
    await marked.take(mark, 1)
    expect((await throttle.take(mark, 0)).rateLimit.available).toBe(99)
  }, 10_000)
  return throttle
}

/** A server between a gateway and Redis that hangs, or is cut and comes back at the same port. */
async function proxy() {
  const target = new URL(url)
  const sockets = new Set<net.Socket>()
  let hangs = false
  const server = net.createServer((inside) => {
    const outside = net.connect(Number(target.port || 6379), target.hostname)
    for (const socket of [inside, outside]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => [inside, outside].map((each) => each.destroy()))
    }
    inside.on('data', (data) => hangs || outside.write(data))
    outside.on('data', (data) => inside.write(data))
  })
  const listen = (port: number) =>
    new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const cut = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      for (const socket of sockets) socket.destroy()
      sockets.clear()
    })
  await listen(0)
  const { port } = server.address() as AddressInfo
  closing.push(() => (server.listening ? cut() : undefined))
  const hang = (now: boolean) => {
    hangs = now
  }
  return { address: `redis://127.0.0.1:${port}`, cut, comeBack: () => listen(port), hang }
}

/** A server that takes connections and never says a word. */
async function mute() {
  const sockets = new Set<net.Socket>()
  const server = net.createServer((socket) => {
    socket.on('error', () => {})
    sockets.add(socket.resume())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => {
    for (const socket of sockets) socket.destroy()
    return new Promise((resolve) => server.close(resolve))
  })
  return `redis://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const takes = (throttle: Throttle, count: number, cost: number) =>
  Promise.all(Array.from({ length: count }, () => throttle.take(viewer, cost)))

describe.skipIf(!hasRedis)(`buckets in Redis at ${url}`, () => {
  it('are shared by two gateways', async () => {
    const [one, two] = [await shared(throttleAt(url)), await shared(throttleAt(url))]
    expect((await one.take(viewer, 60)).isTaken).toBe(true)
    expect(await two.take(viewer, 60)).toMatchObject({ isTaken: false, retryAfterSeconds: 20 })
    expect((await two.take(viewer, 40)).isTaken).toBe(true)
    expect((await one.take(viewer, 5)).isTaken).toBe(false)
  })

  it('get back what was not read, and go below zero when more was', async () => {
    const throttle = await shared(throttleAt(url))
    const charge = await throttle.take(viewer, 80)
    expect(charge.settle(30).available).toBe(70)
    expect((await throttle.take(viewer, 0)).rateLimit.available).toBe(70)
    const more = await throttle.take(viewer, 70)
    expect(more.settle(90).available).toBe(-20)
    const refused = await throttle.take(viewer, 1)
    expect(refused).toMatchObject({ isTaken: false, retryAfterSeconds: 21 })
    expect(refused.rateLimit.available).toBeLessThanOrEqual(-19)
  })

  it('give 100 takes at once no more than they hold', async () => {
    const gateways = [await shared(throttleAt(url)), await shared(throttleAt(url))]
    const all = await Promise.all(gateways.map((throttle) => takes(throttle, 50, 3)))
    expect(all.flat().filter(({ isTaken }) => isTaken)).toHaveLength(33)
  })

  it('take nothing when they refuse', async () => {
    const throttle = await shared(throttleAt(url))
    await throttle.take(viewer, 50)
    await takes(throttle, 20, 51)
    expect((await throttle.take(viewer, 50)).isTaken).toBe(true)
  })

  it('fill at their rate by the clock of Redis, and have no key when they are full', async () => {
    const throttle = await shared(throttleAt(url, { maximum: 100, restoreRate: 200 }))
    await throttle.take(viewer, 100)
    const redis = new Redis(url)
    closing.push(() => redis.disconnect())
    const key = `dealgraph:bucket:${viewer.tenantId}:key:${viewer.apiKeyId}`
    expect(await redis.pttl(key)).toBeGreaterThan(0)
    await vi.waitFor(async () => {
      expect(await redis.exists(key)).toBe(0)
      expect((await throttle.take(viewer, 100)).isTaken).toBe(true)
    }, 10_000)
  })

  it('come back after Redis was gone, and it is said once that it went and came', async () => {
    const { address, cut, comeBack } = await proxy()
    const throttle = await shared(throttleAt(address))
    await throttle.take(viewer, 90)
    await cut()
    // Nobody is refused for it: the bucket of the process is full.
    await vi.waitFor(() => expect(throttle.warnings()).toHaveLength(1), 10_000)
    for (const { isTaken } of await takes(throttle, 30, 2)) expect(isTaken).toBe(true)
    expect(throttle.warnings()).toEqual([expect.stringContaining('Redis does not answer')])
    await comeBack()
    await shared(throttle)
    expect(throttle.warnings()).toEqual([])
    expect((await throttle.take(viewer, 20)).isTaken).toBe(false)
    expect(logged.map(({ level, msg }) => [level, msg.split(':')[0]])).toEqual([
      [40, 'Redis does not answer'],
      [30, 'Redis answers again'],
    ])
  })

  it('come back after Redis hung, and none but those that found it out have waited', async () => {
    const { address, hang } = await proxy()
    const throttle = await shared(throttleAt(address))
    await throttle.take(viewer, 90)
    hang(true)
    for (const { isTaken } of await takes(throttle, 20, 2)) expect(isTaken).toBe(true)
    expect(throttle.warnings()).toHaveLength(1)
    const started = performance.now()
    for (let n = 0; n < 100; n++) await throttle.take(viewer, 0)
    expect(performance.now() - started).toBeLessThan(5_000)
    hang(false)
    await shared(throttle)
    expect((await throttle.take(viewer, 20)).isTaken).toBe(false)
    expect(logged).toHaveLength(2)
  })

  it('lose no request that is on its way when the connection is cut', async () => {
    const { address, cut } = await proxy()
    const throttle = await shared(throttleAt(address))
    const inFlight = takes(throttle, 50, 1)
    await cut()
    const charges = await inFlight
    expect(charges.map(({ isTaken }) => isTaken)).not.toContain(false)
    for (const charge of charges) charge.settle(0)
  })

  it('charge operations of two gateways through the front door', async () => {
    const t = await testTenant()
    const headers = { authorization: `Bearer ${await t.keyFor('ADMIN')}` }
    const gateways = await Promise.all(
      [1, 2].map(async () => appFor(t, { throttle: await shared(throttleAt(url)) })),
    )
    const query = '{ deals(first: 80, after: "x") { nodes { id } } }'
    const statuses = []
    for (const app of gateways) statuses.push((await post(app, { query }, headers)).status)
    expect(statuses).toEqual([200, 429])
  })
})

describe('without Redis', () => {
  it('where nothing listens requests are answered from memory, and it is said once', async () => {
    const throttle = throttleAt('redis://127.0.0.1:1')
    expect((await takes(throttle, 100, 3)).filter(({ isTaken }) => isTaken)).toHaveLength(33)
    await vi.waitFor(() => expect(throttle.warnings()).toHaveLength(1), 10_000)
    await takes(throttle, 100, 1)
    expect(logged).toHaveLength(1)
  })

  it('that never answers nothing waits, and it is said once', async () => {
    const throttle = throttleAt(await mute())
    expect((await takes(throttle, 1_000, 1)).filter(({ isTaken }) => isTaken)).toHaveLength(100)
    await vi.waitFor(() => expect(throttle.warnings()).toHaveLength(1), 10_000)
    expect((await throttle.take({ ...viewer, apiKeyId: randomUUID() }, 5)).isTaken).toBe(true)
    expect(logged).toHaveLength(1)
  })

  it('the gateway stays ready and says so', async () => {
    const t = await testTenant()
    const throttle = throttleAt('redis://127.0.0.1:1')
    const app = appFor(t, { throttle, warnings: throttle.warnings })
    await vi.waitFor(async () => {
      const response = await app.fetch(new Request('http://localhost/health/ready'))
      const body = { status: 'ready', warnings: [expect.stringContaining('Redis')] }
      expect([response.status, await response.json()]).toEqual([200, body])
    }, 10_000)
    expect((await t.graphql('{ viewer { role } }')).errors).toEqual([])
  })
})
