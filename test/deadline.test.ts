import { setTimeout as delay } from 'node:timers/promises'
import { beforeEach, describe, expect, it } from 'vitest'
import { wholeTenant } from '../src/database/tenant-view.ts'
import { Deadline } from '../src/deadline.ts'
import {
  type Before,
  late,
  onServer,
  send,
  sleepForever,
  slowed,
  untilAsleep,
  untilAwake,
  untilHeld,
  withOwner,
} from './deadline-fixtures.ts'
import { untouched } from './fixtures.ts'
import { type TestTenant, testTenant } from './harness.ts'

const limit = '0.3 s'
const query = '{ deals { nodes { name } } }'
const createContact = (name: string) =>
  `createContact(input: { name: "${name}" }) { contact { name } userErrors { code } }`

let t: TestTenant

beforeEach(async () => {
  t = await testTenant()
})

const never = new AbortController().signal

async function contacts() {
  const { data } = await t.graphql('{ contacts { nodes { name } } }')
  return data.contacts.nodes.map(({ name }: { name: string }) => name)
}

function expectNoFault() {
  expect(t.logged.filter(({ level }) => Number(level) > 30)).toEqual([])
}

const short = { requestTimeoutMs: 300 }

describe('a request that takes too long', () => {
  it('is answered with the one error, which tells the limit, and no later statement', async () => {
    const app = slowed(t, { read: () => delay(500) }, short)
    for (const accept of ['application/json', 'application/graphql-response+json']) {
      const { answer } = await send(t, app, `{ deals { nodes { id } } contacts { totalCount } }`, {
        accept,
      })
      const { status, text } = await answer
      expect(status).toBe(504)
      const { errors, extensions, ...others } = JSON.parse(text)
      expect([errors, others]).toEqual([
        [
          {
            message: expect.stringContaining(limit),
            extensions: { code: 'DEADLINE_EXCEEDED', committed: false },
          },
        ],
        {},
      ])
      // What was read is not known: nothing of its cost is given back.
      expect(extensions.cost.actual).toBe(extensions.cost.requested)
    }
    expectNoFault()
  })

  it('keeps nothing of a mutation that was not committed', async () => {
    const app = slowed(t, { write: late })
    await untouched([t], async () => {
      const { answer } = await send(t, app, `mutation { ${createContact('Late')} }`)
      const { status, text } = await answer
      expect(status).toBe(504)
      expect(JSON.parse(text)).toMatchObject({
        errors: [
          { path: ['createContact'], extensions: { code: 'DEADLINE_EXCEEDED', committed: false } },
        ],
      })
    })
    expectNoFault()
  })

  it('is answered for the mutations that were committed before', async () => {
    let writes = 0
    const app = slowed(t, { write: (...of) => writes++ > 0 && late(...of) })
    const fields = ['a', 'b', 'c'].map((name) => `${name}: ${createContact(name)}`)
    const { answer } = await send(t, app, `mutation { ${fields.join(' ')} }`)
    const { status, text } = await answer
    expect(status).toBe(504)
    const { data, errors } = JSON.parse(text)
    expect(data).toEqual({ a: { contact: { name: 'a' }, userErrors: [] }, b: null, c: null })
    expect(errors).toMatchObject([
      { path: ['b'], extensions: { committed: false } },
      { path: ['c'], extensions: { committed: false } },
    ])
    expect(await contacts()).toEqual(['a'])
    expectNoFault()
  })

  it('tells that a mutation is done whose answer could not be read', async () => {
    const app = slowed(t, { read: late })
    const { answer } = await send(t, app, `mutation { ${createContact('Done')} }`)
    const { status, text } = await answer
    expect(status).toBe(504)
    expect(JSON.parse(text)).toMatchObject({
      data: { createContact: { contact: null, userErrors: [] } },
      errors: [
        {
          path: ['createContact', 'contact'],
          message: expect.stringContaining('It was done'),
          extensions: { code: 'DEADLINE_EXCEEDED', committed: true },
        },
      ],
    })
    expect(await contacts()).toEqual(['Done'])
  })

  it('is answered as it is where it was in time to the last statement', async () => {
    const app = slowed(t, {})
    const { answer } = await send(t, app, query)
    const { status, text } = await answer
    expect([status, JSON.parse(text).data]).toEqual([200, { deals: { nodes: [] } }])
  })

  it('tells PostgreSQL what is left of its time', async () => {
    const deadline = new Deadline(20_000, never)
    const rows = await t.database.read(
      { ...wholeTenant(t.tenantId), deadline },
      (db) => db.$queryRaw`SELECT current_setting('statement_timeout') AS timeout`,
    )
    deadline.clear()
    const [{ timeout }] = rows as [{ timeout: string }]
    const ms = timeout.endsWith('ms')
      ? Number.parseInt(timeout, 10)
      : 1_000 * Number.parseInt(timeout, 10)
    expect(ms).toBeGreaterThan(1_000)
    expect(ms).toBeLessThanOrEqual(20_000)
  })

  it('has no statement compiled, which cannot be cancelled meanwhile', async () => {
    expect(await t.read((db) => db.$queryRaw`SHOW jit`)).toEqual([{ jit: 'off' }])
  })
})

describe.runIf(onServer)('on a server, a request that takes too long', () => {
  it('is answered while its statement would still run, which is gone', async () => {
    let begun = false
    const read: Before = (db) => {
      begun = true
      return sleepForever(db)
    }
    const { answer } = await send(t, slowed(t, { read }, { requestTimeoutMs: 3_000 }), query)
    expect((await answer).status).toBe(504)
    expect(begun).toBe(true)
    await untilAwake()
    expectNoFault()
  })

  it('cancels all statements that were sent together', async () => {
    const read: Before = (db) => Promise.all([1, 2, 3].map((n) => sleepForever(db, n)))
    const { answer, hangUp } = await send(t, slowed(t, { read }), query)
    await untilAsleep(1)
    hangUp()
    expect((await answer).status).toBe(499)
    for (const mark of [1, 2, 3]) await untilAwake(mark)
  })

  it('stops waiting for a lock, and keeps nothing', async () => {
    const app = slowed(t, {}, short)
    await untouched([t], () =>
      withOwner(async (owner) => {
        await owner.query('BEGIN')
        await owner.query('SELECT 1 FROM tenant_revision WHERE tenant_id = $1 FOR UPDATE', [
          t.tenantId,
        ])
        const { answer } = await send(t, app, `mutation { ${createContact('Blocked')} }`)
        expect((await answer).status).toBe(504)
        await untilHeld('UPDATE%tenant_revision%', 0)
        await owner.query('ROLLBACK')
      }),
    )
    expectNoFault()
  })

  it('is ended by PostgreSQL if this process cannot', async () => {
    const deadline = new Deadline(300, never)
    // Its clock does not run, as in a process that is stuck.
    deadline.clear()
    await expect(
      t.database.read({ ...wholeTenant(t.tenantId), deadline }, (db) => sleepForever(db)),
    ).rejects.toThrow(limit)
    expect(deadline.signal.aborted).toBe(true)
    await untilAwake()
  })
})

describe('a client that hangs up', () => {
  it.runIf(onServer)('ends its statement, and is no fault', async () => {
    const app = slowed(t, { read: (db) => sleepForever(db) })
    const { answer, hangUp } = await send(t, app, query)
    await untilAsleep()
    hangUp()
    expect((await answer).status).toBe(499)
    await untilAwake()
    expect(t.logged).toMatchObject([{ level: 30, msg: 'request', status: 499 }])
  })

  it.runIf(onServer)('undoes what was not committed', async () => {
    const app = slowed(t, {})
    await untouched([t], () =>
      withOwner(async (owner) => {
        await owner.query('BEGIN')
        await owner.query('LOCK TABLE event IN ACCESS EXCLUSIVE MODE')
        const { answer, hangUp } = await send(t, app, `mutation { ${createContact('Gone')} }`)
        await untilHeld('%INTO event %', 1)
        hangUp()
        expect((await answer).status).toBe(499)
        await untilHeld('%INTO event %', 0)
        await owner.query('ROLLBACK')
      }),
    )
  })

  it('before it is let in leaves nothing', async () => {
    const { answer, hangUp } = await send(t, slowed(t, {}), `mutation { ${createContact('Gone')} }`)
    hangUp()
    expect((await answer).status).toBe(499)
    expect(await contacts()).toEqual([])
    expectNoFault()
  })
})
