import net from 'node:net'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { demoKeyOf, freshPlace, type Gateway, type Place, startGateway } from './gateway.ts'

const query = '{ deals(first: 1) { nodes { name } } }'
const limits = { MAX_IN_FLIGHT: '2', MAX_QUEUED: '2', DATABASE_POOL_SIZE: '2', LOG_LEVEL: 'info' }

let place: Place
let gateway: Gateway
let key: string
let owner: pg.Client
let watcher: pg.Client
let log: string

// On a server, where the owner of the tables can hold a lock and see what the gateway does.
describe.runIf(process.env.DATABASE_URL)('a gateway with more to do than it can', () => {
  beforeAll(async () => {
    place = await freshPlace()
    gateway = await startGateway({ ...place.env, ...limits })
    key = await demoKeyOf(place, gateway)
    gateway.process.stderr?.on('data', (chunk) => {
      log += chunk
    })
    owner = new pg.Client(place.env.DATABASE_URL)
    // In the transaction that holds the lock, what others do is seen only as it was at first.
    watcher = new pg.Client(place.env.DATABASE_URL)
    await Promise.all([owner.connect(), watcher.connect()])
  })

  beforeEach(() => {
    log = ''
  })

  afterAll(async () => {
    await Promise.all([owner.end(), watcher.end()])
    await gateway.kill('SIGKILL')
    await place.remove()
  })

  /** Keeps the gateway's statements waiting while the work is done. */
  async function whileLocked(work: () => Promise<void>) {
    await owner.query('BEGIN; LOCK TABLE deal IN ACCESS EXCLUSIVE MODE')
    try {
      await work()
    } finally {
      await owner.query('ROLLBACK')
    }
  }

  async function waiting(): Promise<number> {
    const { rows } = await watcher.query(
      `SELECT count(*)::int AS count FROM pg_stat_activity
      WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    )
    return rows[0].count
  }

  const post = (signal: AbortSignal | null = null) =>
    fetch(`${gateway.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
      body: JSON.stringify({ query }),
      signal,
    })

  const patiently = { timeout: 20_000 }
  const hungUp = () => log.match(/"status":499/g)?.length

  it('cancels the statements of clients that hang up', async () => {
    const client = new AbortController()
    await whileLocked(async () => {
      const asked = [post(client.signal), post(client.signal)]
      await expect.poll(waiting, patiently).toBe(2)
      client.abort()
      const outcomes = await Promise.allSettled(asked)
      expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
      await expect.poll(waiting, patiently).toBe(0)
      await expect.poll(hungUp, patiently).toBe(2)
    })
    expect((await gateway.graphql(key, query)).deals.nodes).toHaveLength(1)
    expect(log).not.toContain('"level":50')
  })

  it('refuses what does not fit into its line, answers the others and serves on', async () => {
    await whileLocked(async () => {
      const held = [post(), post()]
      await expect.poll(waiting, patiently).toBe(2)
      const refused: Response[] = []
      // Which two of these are let into the line is for the network to say.
      const others = Array.from({ length: 22 }, async () => {
        const response = await post()
        if (response.status === 503) refused.push(response)
        return response.status
      })
      await expect.poll(() => refused.length, patiently).toBe(20)
      for (const response of refused) {
        expect(response.headers.get('retry-after')).toBe('1')
        const { errors } = (await response.json()) as { errors: unknown }
        expect(errors).toMatchObject([{ extensions: { code: 'OVERLOADED' } }])
      }
      expect((await fetch(`${gateway.url}/health/live`)).status).toBe(200)
      await owner.query('ROLLBACK')
      expect((await Promise.all(held)).map(({ status }) => status)).toEqual([200, 200])
      const statuses = await Promise.all(others)
      expect(statuses.filter((status) => status === 200)).toHaveLength(2)
      expect(refused).toHaveLength(20)
    })
    expect((await gateway.graphql(key, query)).deals.nodes).toHaveLength(1)
  })

  it('takes a body in chunks, and no place for one that stops coming', async () => {
    const { port } = new URL(gateway.url)
    const open = () =>
      new Promise<net.Socket>((resolve) => {
        const socket = net.connect(Number(port), '127.0.0.1', () => resolve(socket))
        socket.on('error', () => {})
      })
    const head = `POST /graphql HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${key}\r\ncontent-type: application/json\r\n`
    const unfinished = await Promise.all([1, 2, 3, 4, 5].map(open))
    for (const socket of unfinished) socket.write(`${head}content-length: 100\r\n\r\n{"query":`)
    const socket = await open()
    let received = ''
    socket.on('data', (chunk) => {
      received += chunk
    })
    const body = JSON.stringify({ query })
    const [first, second] = [body.slice(0, 9), body.slice(9)]
    const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`
    socket.write(`${head}transfer-encoding: chunked\r\n\r\n${chunk(first)}`)
    socket.write(`${chunk(second)}0\r\n\r\n`)
    await expect.poll(() => received, patiently).toMatch(/"nodes":\[\s*{"name"/)
    for (const each of [socket, ...unfinished]) each.destroy()
    await expect.poll(hungUp, patiently).toBe(5)
    expect(gateway.output().trim().split('\n')).toHaveLength(1)
  })
})
