import type pg from 'pg'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createDatabase, type Database, type Db } from '../src/database/database.ts'
import { wholeTenant } from '../src/database/tenant-view.ts'
import { Deadline } from '../src/deadline.ts'
import { anonymous, encrypted, type Relay, relay } from './database-relay.ts'
import {
  type Before,
  onServer,
  send,
  sleepForever,
  slowed,
  untilAsleep,
  untilAwake,
  untilHeld,
  withOwner,
} from './deadline-fixtures.ts'
import { createApiKeyAuthenticate, type TestTenant, testDatabase, testTenant } from './harness.ts'

let t: TestTenant
let sent: string[]
const opened: Database[] = []

beforeEach(async () => {
  t = await testTenant()
  sent = []
})

afterEach(async () => {
  for (const database of opened.splice(0)) await database.close()
})

/** A gateway's pool of few connections, on the same tables. */
async function pool(max: number, config: pg.PoolConfig = {}): Promise<Database> {
  const { owner } = await testDatabase()
  const onStatement = (text: string) => void sent.push(text)
  const database = createDatabase({ ...owner, ...config, max }, { onStatement })
  opened.push(database)
  return database
}

function client() {
  const controller = new AbortController()
  const deadline = new Deadline(60_000, controller.signal)
  return { deadline, hangUp: () => controller.abort() }
}

const until = (deadline: Deadline) => ({ ...wholeTenant(t.tenantId), deadline })

const backend = (database: Database) =>
  database.read(wholeTenant(t.tenantId), async (db) => {
    const [row] = await db.$queryRaw<[{ pid: number }]>`SELECT pg_backend_pid() AS pid`
    return row.pid
  })

describe.runIf(onServer)('an interrupted transaction', () => {
  it('leaves its connection to the next one', async () => {
    const database = await pool(1)
    const pid = await backend(database)
    const { deadline, hangUp } = client()
    const asleep = database.read(until(deadline), (db) => sleepForever(db))
    asleep.catch(() => {})
    await untilAsleep()
    hangUp()
    await expect(asleep).rejects.toThrow('was stopped')
    await untilAwake()
    expect(await backend(database)).toBe(pid)
    expect(
      sent.filter((text) => /^(BEGIN|COMMIT|ROLLBACK)/.test(text)).map((text) => text[0]),
    ).toEqual(['B', 'C', 'B', 'R', 'B', 'C'])
  })

  it('sends nothing after the interruption but ROLLBACK, even where the work goes on', async () => {
    const database = await pool(1)
    await backend(database)
    sent.length = 0
    const { deadline, hangUp } = client()
    const stubborn = database.write(until(deadline), async (db) => {
      await db.$queryRaw`SELECT 1 AS first`
      hangUp()
      await db.$queryRaw`SELECT 2 AS second`.catch(() => {})
    })
    await expect(stubborn).rejects.toMatchObject({ extensions: { committed: false } })
    expect(sent.map((text) => text.slice(0, 8))).toEqual(['BEGIN; S', 'SELECT 1', 'ROLLBACK'])
  })

  it('never cancels a statement of the requests after it', async () => {
    const database = await pool(2)
    const other = await testTenant()
    let answered = 0
    const interrupted = async (delayMs: number) => {
      const { deadline, hangUp } = client()
      setTimeout(hangUp, delayMs)
      const work = database.read(until(deadline), (db) => sleepForever(db))
      await expect(work).rejects.toThrow('was stopped')
    }
    const whole = async () => {
      const count = await database.write(wholeTenant(other.tenantId), async (db) => {
        for (const _ of Array(3)) await db.$queryRaw`SELECT pg_sleep(0.002)::text AS nap`
        return db.contact.count()
      })
      expect(count).toBe(0)
      answered++
    }
    for (let round = 0; round < 40; round++) {
      await Promise.all([interrupted(round % 20), whole(), interrupted((round * 7) % 13), whole()])
    }
    expect(answered).toBe(80)
    await untilAwake()
  })

  it('that waits for a connection never begins', async () => {
    const database = await pool(1)
    const { deadline: first, hangUp: release } = client()
    const holder = database.read(until(first), (db) => sleepForever(db))
    holder.catch(() => {})
    await untilAsleep()
    const begun = sent.length
    const authenticate = createApiKeyAuthenticate(t.database)
    const app = slowed(t, {}, { database, authenticate, requestTimeoutMs: 300 })
    const { answer } = await send(t, app, '{ deals { nodes { id } } }')
    expect((await answer).status).toBe(504)
    release()
    await expect(holder).rejects.toThrow('was stopped')
    expect(await backend(database)).toBeGreaterThan(0)
    expect(sent.slice(begun).filter((text) => text.startsWith('BEGIN'))).toHaveLength(1)
  })
})

const slowCommit = `
  CREATE FUNCTION nap_at_commit() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_sleep(CASE NEW.name WHEN 'Slow' THEN 1 ELSE 9 END); RETURN NULL; END $$;
  CREATE CONSTRAINT TRIGGER nap AFTER INSERT ON tag DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION nap_at_commit()`

describe.runIf(onServer)('a COMMIT', () => {
  beforeEach(() => withOwner((owner) => owner.query(slowCommit)))
  afterEach(() => withOwner((owner) => owner.query('DROP FUNCTION nap_at_commit CASCADE')))

  const createTag = (name: string) =>
    `mutation { createTag(input: { name: "${name}" }) { tag { name } userErrors { code } } }`
  const tags = async () => (await t.graphql('{ tags { name } }')).data.tags

  it('that was sent is not cancelled by a client that hangs up', async () => {
    const { answer, hangUp } = await send(t, slowed(t, {}), createTag('Slow'))
    await untilHeld('COMMIT', 1)
    hangUp()
    expect((await answer).status).toBe(499)
    expect(await tags()).toEqual([{ name: 'Slow' }])
  })

  it('that ends after the deadline is told as done', async () => {
    let end = () => {}
    const write: Before = (_, deadline) => {
      end = () => void deadline.expire()
    }
    const { answer } = await send(t, slowed(t, { write }), createTag('Slow'))
    await untilHeld('COMMIT', 1)
    end()
    const { status, text } = await answer
    expect(status).toBe(504)
    expect(JSON.parse(text)).toMatchObject({
      data: { createTag: { tag: null, userErrors: [] } },
      errors: [{ path: ['createTag', 'tag'], extensions: { committed: true } }],
    })
    expect(await tags()).toEqual([{ name: 'Slow' }])
  })

  it('of which nothing is heard for long leaves open whether it was done, and the answer says so', async () => {
    const { answer } = await send(t, slowed(t, {}, { requestTimeoutMs: 4_000 }), createTag('Lost'))
    const { status, text } = await answer
    expect(status).toBe(504)
    expect(JSON.parse(text)).toMatchObject({
      data: { createTag: null },
      errors: [
        {
          path: ['createTag'],
          message: expect.stringContaining('idempotencyKey'),
          extensions: { code: 'DEADLINE_EXCEEDED', committed: null },
        },
      ],
    })
    expect(await tags()).toEqual([])
    await untilHeld('COMMIT', 0)
    expect(await tags()).toEqual([{ name: 'Lost' }])
  })
})

describe.runIf(onServer)('a cancel request', () => {
  /** Begins a statement that takes for ever, through a relay, and tells how to interrupt it. */
  async function asleepThrough({ config }: Relay, more: pg.PoolConfig = {}) {
    const database = await pool(1, { ...config, ...more })
    const pid = await backend(database)
    const { deadline, hangUp } = client()
    const asleep = database.read(until(deadline), (db) => sleepForever(db))
    asleep.catch(() => {})
    await untilAsleep()
    return { database, pid, asleep, hangUp }
  }

  it('is encrypted where the connection is', async () => {
    const through = await relay(encrypted)
    const ssl = { ...anonymous, rejectUnauthorized: false }
    const { database, pid, asleep, hangUp } = await asleepThrough(through, { ssl })
    hangUp()
    await expect(asleep).rejects.toThrow('was stopped')
    await untilAwake()
    expect(await backend(database)).toBe(pid)
    through.close()
  })

  it('that is late meets no statement but the one that it is for', async () => {
    const through = await relay((socket, pass, number) =>
      setTimeout(() => pass(socket), number === 0 ? 0 : 200),
    )
    const database = await pool(1, through.config)
    const pid = await backend(database)
    const { deadline, hangUp } = client()
    const short = (db: Db) => db.$queryRaw`SELECT pg_sleep(0.1)::text AS short`
    setTimeout(hangUp, 50)
    const interrupted = database.read(until(deadline), short)
    const next = database.read(
      wholeTenant(t.tenantId),
      (db) => db.$queryRaw`SELECT pg_sleep(0.5)::text AS nap`,
    )
    await expect(interrupted).rejects.toThrow('was stopped')
    expect(await next).toEqual([{ nap: '' }])
    expect(await backend(database)).toBe(pid)
    through.close()
  })

  it('that reaches nobody ends the connection, and the request', async () => {
    const through = await relay((socket, pass, number) => number === 0 && pass(socket))
    const { pid, asleep, hangUp } = await asleepThrough(through)
    hangUp()
    await expect(asleep).rejects.toThrow('was stopped')
    await withOwner((owner) => owner.query('SELECT pg_terminate_backend($1)', [pid]))
    through.close()
  })
})
