import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import pg from 'pg'
import { inject } from 'vitest'
import { createApiKey } from '../src/api-key/service.ts'
import { type App, type AppOptions, createApp } from '../src/app.ts'
import { createApiKeyAuthenticator } from '../src/auth/api-key.ts'
import { type Authenticate, createAuthenticate } from '../src/auth/authenticate.ts'
import type { Role } from '../src/auth/scopes.ts'
import { createDatabase, type Database, type Db } from '../src/database/database.ts'
import { openEmbedded } from '../src/database/embedded.ts'
import { wholeTenant } from '../src/database/tenant-view.ts'
import { operator, type Transaction, writeTransaction } from '../src/database/transaction.ts'
import { Feed } from '../src/feed.ts'
import { createTenant } from '../src/tenant/service.ts'
import { createThrottle } from '../src/throttle/throttle.ts'
import { auditedLog, rememberSaid } from './log-audit.ts'

export interface TestDatabase {
  database: Database
  /** How to connect as the login that owns the tables. */
  owner: pg.PoolConfig
  /** The statements sent while the work ran, transaction control and all. */
  recordStatements(work: () => Promise<unknown>): Promise<string[]>
}

let opened: Promise<TestDatabase> | undefined

/** The worker process's own database, made from the run's template. */
export function testDatabase(): Promise<TestDatabase> {
  opened ??= openTestDatabase()
  return opened
}

async function openTestDatabase(): Promise<TestDatabase> {
  const owner = await ownerConfig()
  let recording: string[] | undefined
  const database = createDatabase(owner, {
    maxWaitMs: 30_000,
    statementTimeoutMs: 30_000,
    onStatement: (text) => recording?.push(text),
  })
  return {
    database,
    owner,
    async recordStatements(work) {
      recording = []
      await work()
      const statements = recording
      recording = undefined
      return statements
    },
  }
}

async function ownerConfig(): Promise<pg.PoolConfig> {
  return (await databaseCopy()).owner
}

export interface DatabaseCopy {
  owner: pg.PoolConfig
  close(): Promise<void>
}

let copies = 0

/**
 * A copy of the template with no gateway before it: on the embedded database a gateway keeps the
 * one session for itself.
 */
export async function databaseCopy(): Promise<DatabaseCopy> {
  const template = inject('template')
  if ('dump' in template) {
    const embedded = await openEmbedded({ dump: new Uint8Array(await readFile(template.dump)) })
    return { owner: embedded.poolConfig, close: embedded.close }
  }
  const name = `${template.name}_${process.pid}_${copies++}`
  const admin = new pg.Client({ connectionString: template.url })
  await admin.connect()
  await admin.query(`CREATE DATABASE ${name} TEMPLATE ${template.name}`)
  await admin.end()
  const url = new URL(template.url)
  url.pathname = `/${name}`
  // The run drops the databases that it made when it ends.
  return { owner: { connectionString: url.href, max: 10 }, close: async () => {} }
}

/** Takes API keys and nothing else. */
export function createApiKeyAuthenticate(database: Database): Authenticate {
  return createAuthenticate([createApiKeyAuthenticator(database)])
}

export interface GraphqlAnswer {
  status: number
  // biome-ignore lint/suspicious/noExplicitAny: an answer has the shape that its test asked for.
  data: any
  errors: {
    message: string
    path?: (string | number)[]
    extensions: { code: string; requestId?: string }
  }[]
  /** What the answer says beside data and errors, such as its cost. */
  // biome-ignore lint/suspicious/noExplicitAny: an answer has the shape that its test asked for.
  extensions: any
}

export interface TestTenant {
  database: Database
  tenantId: string
  slug: string
  app: App
  /** What tells of the app’s own writes. */
  feed: Feed
  /** What the server has logged, one object a line. */
  logged: Record<string, unknown>[]
  /** Sets what the server takes for the present. */
  setNow(now: Date | null): void
  keyFor(role: Role): Promise<string>
  /** Asks through the front door, as an ADMIN unless a role or another key is named. */
  graphql(
    document: string,
    variables?: object,
    as?: Role | { key: string | null },
  ): Promise<GraphqlAnswer>
  /** Reads whatever the tenant has, and writes as its operator. */
  read<T>(work: (db: Db) => Promise<T>): Promise<T>
  write<T>(work: (tx: Transaction) => Promise<T>): Promise<T>
  recordStatements: TestDatabase['recordStatements']
}

/** A bucket that no test empties unless it is about that. */
const endless = { maximum: 1_000_000_000, restoreRate: 1_000_000 }

/** A fresh tenant with an app in front of it, which behaves as usual but for these options. */
export async function testTenant(options: Partial<AppOptions> = {}): Promise<TestTenant> {
  return tenantIn(await testDatabase(), options)
}

/** The same in another database than that of the worker process. */
export async function tenantIn(
  { database, recordStatements }: Pick<TestDatabase, 'database' | 'recordStatements'>,
  options: Partial<AppOptions> = {},
): Promise<TestTenant> {
  const slug = `t-${randomBytes(6).toString('hex')}`
  const values = { slug, name: slug, defaultCurrency: 'USD', timeZone: 'UTC', now: new Date() }
  const tenantId = await createTenant(database, values)
  const logged: Record<string, unknown>[] = []
  const feed = new Feed()
  let fixed: Date | null = null
  const app = createApp({
    database,
    authenticate: createApiKeyAuthenticate(database),
    feed,
    clock: () => fixed ?? new Date(),
    log: auditedLog((line) => logged.push(line)),
    unready: async () => [],
    requestTimeoutMs: 30_000,
    // Tests look at more at once than a client may.
    costLimit: 100_000,
    throttle: createThrottle({ size: endless }),
    answerCacheBytes: 1024 * 1024,
    ...options,
  })
  const write: TestTenant['write'] = (work) => {
    const actor = { ...operator, kind: 'API_KEY' } as const
    return writeTransaction(
      database,
      { ...wholeTenant(tenantId), actor, now: fixed ?? new Date(), requestId: 'test' },
      work,
    )
  }
  const keys = new Map<Role, Promise<string>>()
  const keyFor = (role: Role) => {
    if (!keys.has(role)) {
      keys.set(
        role,
        write(async (tx) => (await createApiKey(tx, { name: role, role })).secret),
      )
    }
    return keys.get(role) as Promise<string>
  }
  return {
    database,
    tenantId,
    slug,
    app,
    feed,
    logged,
    keyFor,
    read: (work) => database.read(wholeTenant(tenantId), work),
    write,
    recordStatements,
    setNow(now) {
      fixed = now
    },
    async graphql(document, variables = {}, as = 'ADMIN') {
      const key = typeof as === 'string' ? await keyFor(as) : as.key
      const headers: Record<string, string> = key ? { authorization: `Bearer ${key}` } : {}
      const answer = await post(app, { query: document, variables }, headers)
      // That the key was used is recorded beside the request, and belongs to no other one.
      await database.settle()
      return answer
    },
  }
}

/** Another gateway before the same database, or one that behaves differently. */
export function appFor(
  { database }: Pick<TestTenant, 'database'>,
  options: Partial<AppOptions> = {},
): App {
  return createApp({
    database,
    authenticate: createApiKeyAuthenticate(database),
    clock: () => new Date(),
    log: auditedLog(),
    unready: async () => [],
    ...options,
  })
}

export async function post(
  app: App,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<GraphqlAnswer> {
  rememberSaid(headers, body)
  const request = new Request('http://localhost/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  const response = await app.fetch(request)
  const answer = (await response.json()) as Partial<GraphqlAnswer>
  const { data = null, errors = [], extensions = {} } = answer
  return { status: response.status, data, errors, extensions }
}
