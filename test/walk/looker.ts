import type { GraphQLSchema } from 'graphql'
import pg from 'pg'
import { expect, vi } from 'vitest'
import { createApp } from '../../src/app.ts'
import { roles } from '../../src/auth/scopes.ts'
import { Flush } from '../../src/database/flush.ts'
import { TenantPool } from '../../src/database/tenant-pool.ts'
import { wholeTenant } from '../../src/database/tenant-view.ts'
import { contentsOf, keyOfMember, oneOfEach } from '../fixtures.ts'
import { createApiKeyAuthenticate, post, type TestTenant, testTenant } from '../harness.ts'
import { auditedLog } from '../log-audit.ts'
import type { Send } from './calls.ts'
import { type Coverage, createCoverage } from './coverage.ts'
import { type Ids, rowsOf, type Texts, textsOf } from './rows.ts'

/** What somebody may see, and their way to ask for it. */
export interface Side {
  tenant: TestTenant
  /** A thing of each type. */
  ids: Ids
  texts: Texts
  /** What a new deal must have for the side to see it. */
  newDeal: object
  /** Asks as one who may see all of it. */
  send: Send
}

/** Who looks, at what may be seen, for what may not. */
export interface Looker {
  schema: GraphQLSchema
  own: Side
  hidden: Side
  /** The types of which the ids that are hidden must be as good as those of nothing. */
  hiddenTypes: string[]
  /** Asks, and proves that the answer has nothing in it that is hidden. */
  send: Send
  coverage: Coverage
}

export interface Looking {
  schema: GraphQLSchema
  own: Side
  hidden: Side
  hiddenTypes?: string[]
  /** What must not be seen: uuids and texts. */
  secrets: Iterable<string>
  send?: Send
  coverage?: Coverage
  /** Whether not even what was asked for may be in the data of a query. */
  isStrict?: boolean
}

/** A tenant full of rows, all of it to be seen by an administrator of it. */
export async function sideOf(mark: string): Promise<Side> {
  // What the database gives is looked at, each time.
  const tenant = await testTenant({ answerCacheBytes: 0 })
  tenant.setNow(new Date('2026-11-25T12:00:00Z'))
  // A key is made when it is first needed, and is then seen.
  for (const role of roles) await tenant.keyFor(role)
  const texts = textsOf(mark)
  const ids = await rowsOf(tenant, texts)
  const key = await keyOfMember(tenant, { id: ids.Member ?? '' }, 'ADMIN')
  const send: Send = (document, variables) => tenant.graphql(document, variables, key)
  return { tenant, ids, texts, newDeal: {}, send }
}

/** A tenant with little in it, for texts of others that become its own. */
export async function bareSideOf(mark: string): Promise<Side> {
  const tenant = await testTenant({ answerCacheBytes: 0 })
  const send: Send = (document, variables) => tenant.graphql(document, variables)
  return { tenant, ids: await oneOfEach(tenant), texts: textsOf(mark), newDeal: {}, send }
}

const uuid = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g

export function uuidsIn(value: unknown): string[] {
  return JSON.stringify(value)?.match(uuid) ?? []
}

/** Everything of a tenant that is told from everything else: its uuids and what its texts have in them. */
export async function secretsOf({ tenant, texts }: Side): Promise<string[]> {
  return [...uuidsIn(await contentsOf(tenant)), texts.mark, tenant.slug]
}

/** What is come to by those from whom these secrets are kept. */
export function coverageOf(schema: GraphQLSchema, secrets: string[]): Coverage {
  const words = secrets.filter((secret) => !secret.match(uuid))
  const known = new Set(secrets)
  return createCoverage(schema, (value) => secretsIn(value, known, words).length > 0)
}

export function createLooker(looking: Looking): Looker {
  const { schema, own, hidden, send = own.send, isStrict = false } = looking
  const { hiddenTypes = Object.keys(hidden.ids) } = looking
  const secrets = new Set(looking.secrets)
  const words = [...secrets].filter((secret) => !secret.match(uuid))
  const { coverage = coverageOf(schema, [...secrets]) } = looking
  return {
    ...{ schema, own, hidden, hiddenTypes, coverage },
    async send(document, variables) {
      const answer = await send(document, variables)
      coverage.record(document, variables, answer)
      // What was asked for is said again in errors, and is then a text of one's own.
      const given = new Set(secretsIn(variables, secrets, words))
      const leaked = secretsIn(answer, secrets, words).filter((secret) => !given.has(secret))
      if (isStrict && document.startsWith('query')) {
        leaked.push(...secretsIn(answer.data, secrets, words))
      }
      expect(leaked, `in the answer to ${document} with ${JSON.stringify(variables)}`).toEqual([])
      return answer
    },
  }
}

/** The secrets that a value has in it, of which some are words. */
export function secretsIn(value: unknown, secrets: Set<string>, words: string[]): string[] {
  const text = textIn(value)
  return [
    ...(text.match(uuid) ?? []).filter((id) => secrets.has(id)),
    ...words.filter((word) => text.includes(word)),
  ]
}

/** The value in JSON, with what its cursors say. */
function textIn(value: unknown): string {
  const text = JSON.stringify(value) ?? ''
  const cursors = text.match(/"W[0-9A-Za-z_-]{40,}"/g) ?? []
  return [text, ...cursors.map((cursor) => Buffer.from(cursor, 'base64url').toString())].join(' ')
}

const comparison = /[\w".]*\btenant_id"?\s*=\s*(?:CAST\()?\$\d+(?:::uuid)?(?:\s+AS\s+\w+\))?/gi

const ownDeals = /SELECT DISTINCT id FROM visible_deals\(\) AS id/
const manyDeals = 'SELECT gen_random_uuid() AS id FROM generate_series(1, 2000)'

export interface Unfiltered {
  /** Does the work with statements that compare nothing. */
  during<T>(work: () => Promise<T>): Promise<T>
  /** How many comparisons were taken out, and how many lists of own deals. */
  taken: number
  lists: number
  /** Statements that still compare a tenant. */
  left: Set<string>
}

/**
 * Takes every comparison of a tenant out of every statement, raw ones too, and of a member as one
 * with too many deals for lists to name them: what keeps tenants and members apart is then row
 * level security alone.
 */
export function createUnfiltered(isMember = false): Unfiltered {
  const query = pg.Client.prototype.query as (...args: unknown[]) => unknown
  const unfiltered: Unfiltered = { during, taken: 0, lists: 0, left: new Set() }
  const strip = (statement: string) => {
    const text = isMember ? statement.replace(ownDeals, manyDeals) : statement
    if (text !== statement) unfiltered.lists += 1
    if (/tenant_id"?[\s)]*(=|<>|in\b|is\b)\s*\(?\s*(\$|')/i.test(text.replace(comparison, ''))) {
      unfiltered.left.add(text)
    }
    return text.replace(comparison, (found) => {
      unfiltered.taken += 1
      return `(${found} OR true)`
    })
  }
  async function during<T>(work: () => Promise<T>): Promise<T> {
    const spy = vi.spyOn(pg.Client.prototype, 'query') as unknown as {
      mockImplementation(work: (...args: unknown[]) => unknown): void
      mockRestore(): void
    }
    const { flush } = TenantPool.prototype
    const flushing = vi.spyOn(TenantPool.prototype, 'flush')
    flushing.mockImplementation(function (this: TenantPool, scope, statements) {
      const stripped = statements.map(({ text, values }) => ({ text: strip(text), values }))
      return flush.call(this, scope, stripped)
    })
    spy.mockImplementation(function (this: unknown, statement: unknown, ...rest: unknown[]) {
      if (statement instanceof Flush) return query.call(this, statement, ...rest)
      if (typeof statement === 'string') return query.call(this, strip(statement), ...rest)
      const { text } = statement as { text: string }
      return query.call(this, { ...(statement as object), text: strip(text) }, ...rest)
    })
    try {
      return await work()
    } finally {
      spy.mockRestore()
      flushing.mockRestore()
    }
  }
  return unfiltered
}

/** Asks with statements that compare nothing. */
export function withoutTenantFilters(send: Send, isMember = false): Unfiltered & { send: Send } {
  const unfiltered = createUnfiltered(isMember)
  const asked: Send = (document, variables) => unfiltered.during(() => send(document, variables))
  return Object.assign(unfiltered, { send: asked })
}

/** Asks as the other side, whose tenant every filter then names, in the transactions of this one. */
export async function inTransactionsOf(own: TestTenant, other: TestTenant): Promise<Send> {
  const { database } = other
  const app = createApp({
    database: {
      ...database,
      read: (view, work) => database.read({ ...view, tenantId: own.tenantId }, work),
      write: (view, work) => database.write({ ...view, tenantId: own.tenantId }, work),
      flush: (scope, statements) =>
        database.flush({ ...scope, tenantId: own.tenantId }, statements),
    },
    authenticate: createApiKeyAuthenticate(database),
    clock: () => new Date(),
    log: auditedLog(),
    unready: async () => [],
  })
  const authorization = `Bearer ${await other.keyFor('ADMIN')}`
  return (document, variables) => post(app, { query: document, variables }, { authorization })
}

/** Does the work while no policy holds any table of tenants back, or these ones. */
export async function withoutPolicies<T>(
  { database, tenantId }: TestTenant,
  tables: string[],
  work: () => Promise<T>,
): Promise<T> {
  const alter = (change: string) =>
    database.write(wholeTenant(tenantId), async (db) => {
      await db.$executeRawUnsafe('SET LOCAL ROLE NONE')
      for (const table of tables) {
        await db.$executeRawUnsafe(`ALTER TABLE ${table} ${change} ROW LEVEL SECURITY`)
      }
    })
  await alter('DISABLE')
  try {
    return await work()
  } finally {
    await alter('ENABLE')
  }
}
