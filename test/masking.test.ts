import { once } from 'node:events'
import net from 'node:net'
import { beforeEach, describe, expect, it } from 'vitest'
import { createDatabase, type Database } from '../src/database/database.ts'
import { pipelineFixture, untouched } from './fixtures.ts'
import { appFor, type TestTenant, testTenant } from './harness.ts'
import { auditedLog } from './log-audit.ts'

const requestId = 'a-request-that-fails'
const secret = 'a value of the customer'

let t: TestTenant
let logged: Record<string, unknown>[]

beforeEach(async () => {
  t = await testTenant()
  logged = []
})

/** Asks a server whose database behaves differently in what is given. */
async function askBroken(broken: Partial<Database>, query: string, variables: object = {}) {
  const database = { ...t.database, ...broken }
  const app = appFor({ database }, { log: auditedLog((line) => logged.push(line)) })
  const headers = {
    'content-type': 'application/json',
    authorization: `Bearer ${await t.keyFor('ADMIN')}`,
    'x-request-id': requestId,
  }
  const init = { method: 'POST', headers, body: JSON.stringify({ query, variables }) }
  const response = await app.fetch(new Request('http://localhost/graphql', init))
  const { status, headers: answered } = response
  return { status, headers: answered, text: await response.text() }
}

function expectLoggedOnce(message: string) {
  const faults = logged.filter(({ level }) => level === 50)
  expect(faults).toHaveLength(1)
  expect(faults[0]).toMatchObject({ requestId, err: { message: expect.stringContaining(message) } })
  expect(JSON.stringify(logged)).not.toContain(secret)
}

const masked = {
  message: `The request failed on our side. Its id is ${requestId}.`,
  extensions: { code: 'INTERNAL', requestId },
}

describe('a fault', () => {
  it('in a query is told only as the id of its request, and logged once with it', async () => {
    const read = () => Promise.reject(new Error('connection to 10.0.0.5 refused'))
    const query = 'query ($s: String) { deals(search: $s) { nodes { name } } }'
    const { status, text } = await askBroken({ read }, query, { s: secret })
    expect(status).toBe(200)
    expect(JSON.parse(text)).toMatchObject({
      data: null,
      errors: [{ ...masked, path: ['deals'], locations: [{ line: 1, column: 22 }] }],
    })
    expectLoggedOnce('connection to 10.0.0.5 refused')
  })

  it('of the database after a write is masked too, and the write is undone', async () => {
    await pipelineFixture(t)
    const write: Database['write'] = (view, work) =>
      t.database.write(view, async (db) => {
        const result = await work(db)
        await db.$queryRaw`SELECT 1 / 0`
        return result
      })
    const query = 'mutation ($name: String!) { createDeal(input: { name: $name }) { deal { id } } }'
    await untouched([t], async () => {
      const { text } = await askBroken({ write }, query, { name: secret })
      const { data, errors } = JSON.parse(text)
      expect(data).toEqual({ createDeal: null })
      expect(errors).toMatchObject([{ ...masked, path: ['createDeal'] }])
      expect(text).not.toContain('division')
    })
    expectLoggedOnce('division by zero')
  })

  it('in one field leaves the answer of the others', async () => {
    const read = () => Promise.reject(new Error('no connection'))
    const { text } = await askBroken({ read }, '{ dealByNumber(number: 1) { id } viewer { role } }')
    const { data, errors } = JSON.parse(text)
    expect(data).toEqual({ dealByNumber: null, viewer: { role: 'ADMIN' } })
    expect(errors).toMatchObject([{ ...masked, path: ['dealByNumber'] }])
    expectLoggedOnce('no connection')
  })

  it('before GraphQL is reached is a 500, masked and logged alike', async () => {
    const fault = () => Promise.reject(new Error('connection to 10.0.0.5 refused'))
    const { status, text } = await askBroken({ look: fault }, '{ viewer { role } }')
    expect(status).toBe(500)
    const { message, extensions } = masked
    expect(JSON.parse(text)).toEqual({
      errors: [{ message, extensions: { code: extensions.code } }],
    })
    expectLoggedOnce('connection to 10.0.0.5 refused')
  })
})

describe('a database that cannot be reached', () => {
  const told = {
    message: expect.stringContaining('Nothing was done'),
    extensions: { code: 'UNAVAILABLE' },
  }

  /** A gateway's database at an address where nobody answers. */
  async function unreachable(): Promise<Database> {
    const listener = net.createServer().listen(0, '127.0.0.1')
    await once(listener, 'listening')
    const { port } = listener.address() as net.AddressInfo
    listener.close()
    await once(listener, 'close')
    return createDatabase({ host: '127.0.0.1', port })
  }

  it('is no fault of the request, which may be sent again', async () => {
    const { look, close } = await unreachable()
    const { status, text, headers } = await askBroken({ look }, '{ viewer { role } }')
    expect([status, headers.get('retry-after')]).toEqual([503, '1'])
    expect(JSON.parse(text)).toEqual({ errors: [told] })
    expectLoggedOnce('no connection to the database')
    await close()
  })

  it.each([
    ['read', '{ dealByNumber(number: 1) { id } }', { dealByNumber: null }],
    ['write', 'mutation { createTag(input: { name: "x" }) { replayed } }', { createTag: null }],
  ] as const)('after authentication is told where it wanted to %s', async (kind, query, data) => {
    const { close, [kind]: broken } = await unreachable()
    const { text } = await askBroken({ [kind]: broken }, query)
    expect(JSON.parse(text)).toMatchObject({ data, errors: [told] })
    expectLoggedOnce('no connection to the database')
    await close()
  })
})

describe('an error that its reader can mend', () => {
  it('keeps its message and its code, and is not logged as a fault', async () => {
    const { text } = await askBroken({}, '{ node(id: "nonsense") { id } }')
    const { errors } = JSON.parse(text)
    expect(errors).toMatchObject([{ path: ['node'], extensions: { code: 'INVALID_ID' } }])
    expect(errors[0].message).toContain('"nonsense" is not a valid id here.')
    expect(logged.filter(({ level }) => level !== 30)).toEqual([])
  })
})
