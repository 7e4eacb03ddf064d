import { setTimeout } from 'node:timers/promises'
import { beforeEach, describe, expect, it } from 'vitest'
import { createDatabase, type Db } from '../src/database/database.ts'
import { type TenantView, wholeTenant } from '../src/database/tenant-view.ts'
import { appFor, databaseCopy, post, type TestTenant, testTenant } from './harness.ts'

let t: TestTenant
let key: string

beforeEach(async () => {
  t = await testTenant()
  key = await t.keyFor('ADMIN')
})

const appWith = (database: TestTenant['database'], corsOrigins: string[] = []) =>
  appFor({ database }, { corsOrigins })

describe('a cookie', () => {
  it.each(['dg_key', 'authorization', 'token', 'session', 'x-api-key'])(
    'is no credential: %s',
    async (name) => {
      const cookie = `${name}=${key}; ${name}=Bearer ${key}`
      const query = 'mutation { createTag(input: { name: "Forged" }) { userErrors { code } } }'
      const { status, errors } = await post(t.app, { query }, { cookie })
      expect([status, errors[0]?.extensions.code]).toEqual([401, 'UNAUTHENTICATED'])
    },
  )

  it('adds nothing to a key', async () => {
    const readOnly = { authorization: `Bearer ${await t.keyFor('READ_ONLY')}` }
    const query = '{ viewer { role } }'
    const { data } = await post(t.app, { query }, { ...readOnly, cookie: `token=${key}` })
    expect(data).toEqual({ viewer: { role: 'READ_ONLY' } })
  })

  it('is never asked for: no answer allows credentials, to whatever origin', async () => {
    const origin = 'https://app.example'
    for (const app of [appWith(t.database), appWith(t.database, [origin])]) {
      for (const from of [origin, 'https://evil.example', 'null']) {
        for (const method of ['GET', 'POST', 'OPTIONS']) {
          const headers = {
            ...{ origin: from, 'content-type': 'application/json', authorization: `Bearer ${key}` },
            'access-control-request-method': 'POST',
          }
          const body = method === 'POST' ? '{"query":"{ __typename }"}' : null
          const request = new Request('http://localhost/graphql?query={__typename}', {
            method,
            headers,
            body,
          })
          const answered = await app.fetch(request)
          expect(answered.headers.has('access-control-allow-credentials')).toBe(false)
          expect(answered.headers.has('set-cookie')).toBe(false)
          expect(answered.headers.get('access-control-allow-origin')).not.toBe('*')
        }
      }
    }
  })
})

describe('the use of a key', () => {
  const query = { query: '{ viewer { role } }' }
  const use = (app: TestTenant['app']) => post(app, query, { authorization: `Bearer ${key}` })

  const lastUsedAt = () =>
    t.database.read(wholeTenant(t.tenantId), async (db) => {
      const { lastUsedAt } = await db.apiKey.findFirstOrThrow({ where: { tenantId: t.tenantId } })
      return lastUsedAt
    })

  const setLastUsed = (secondsAgo: number) =>
    t.write(async (tx) => {
      const lastUsedAt = new Date(Date.now() - secondsAgo * 1_000)
      await tx.db.apiKey.updateMany({ where: { tenantId: t.tenantId }, data: { lastUsedAt } })
      tx.emit({ type: 'api_key.used' })
      return lastUsedAt
    })

  /** A gateway whose work beside the requests is kept until it is called for. */
  function gateway() {
    const beside: (() => Promise<void>)[] = []
    const database = {
      ...t.database,
      beside: (of: TenantView, work: (db: Db) => Promise<unknown>) =>
        void beside.push(async () => void (await t.database.write(of, work))),
    }
    return { app: appWith(database), beside }
  }

  it('is recorded beside the request, which itself sends no UPDATE and does not wait', async () => {
    const { app, beside } = gateway()
    const statements = await t.recordStatements(() => use(app))
    expect(statements.filter((text) => !text.startsWith('SET ROLE'))).toEqual([
      expect.stringMatching(/^SELECT [^;]*FROM authenticate_api_key/),
    ])
    expect([beside.length, await lastUsedAt()]).toEqual([1, null])
    await beside[0]?.()
    expect(Math.abs(Date.now() - Number(await lastUsedAt()))).toBeLessThan(60_000)
  })

  it('is recorded once a minute by a process, however often it is used', async () => {
    const { app, beside } = gateway()
    for (let request = 0; request < 5; request++) await use(app)
    expect(beside).toHaveLength(1)
  })

  it('is recorded once a minute by all processes together', async () => {
    const recent = await setLastUsed(30)
    const { app, beside } = gateway()
    await use(app)
    await beside[0]?.()
    expect(await lastUsedAt()).toEqual(recent)
    const old = await setLastUsed(90)
    const other = gateway()
    await use(other.app)
    await other.beside[0]?.()
    expect(Number(await lastUsedAt())).toBeGreaterThan(Number(old) + 60_000)
  })

  it('is not recorded of a key that nobody may use', async () => {
    const { app, beside } = gateway()
    await post(app, query, { authorization: `Bearer dg_${'x'.repeat(43)}` })
    expect(beside).toEqual([])
  })

  it('is answered although it could not be recorded', async () => {
    const database = { ...t.database, beside: t.database.beside }
    database.beside = (tenantId) =>
      t.database.beside(tenantId, (db) => db.$executeRaw`SELECT no_such_function()`)
    expect((await use(appWith(database))).data).toEqual({ viewer: { role: 'ADMIN' } })
    await t.database.settle()
    expect(await lastUsedAt()).toBeNull()
  })
})

it('closing the database waits for what runs beside the requests', async () => {
  const copy = await databaseCopy()
  const database = createDatabase(copy.owner)
  const tenantId = '01990000-0000-7000-8000-000000000001'
  const done: string[] = []
  database.beside(wholeTenant(tenantId), async (db) => {
    await db.$executeRaw`SELECT 1`
    await setTimeout(50)
    await db.$executeRaw`SELECT 1`
    done.push('work')
  })
  await database.close()
  done.push('closed')
  expect(done).toEqual(['work', 'closed'])
  await copy.close()
})
