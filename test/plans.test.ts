import { createHash } from 'node:crypto'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import type { App } from '../src/app.ts'
import { scopesOfRole } from '../src/auth/scopes.ts'
import { createDatabase } from '../src/database/database.ts'
import { Deadline } from '../src/deadline.ts'
import { createFindRegistered, type Wanted } from '../src/persisted/registered.ts'
import { appFor, type DatabaseCopy, databaseCopy, type GraphqlAnswer, post } from './harness.ts'
import {
  boardCases,
  customCases,
  dealCursor,
  filterCases,
  orderCases,
  otherLists,
  ownCases,
  ownWideCases,
  type PlanCase,
  pageCases,
  pageSize,
  searchCalls,
  searchCases,
  sortKeys,
} from './plan-cases.ts'
import { bulkId, plantBulkTenant } from './plan-data.ts'

interface Statement {
  text: string
  values: unknown[]
}

interface PlanNode {
  'Actual Rows': number
  'Actual Loops': number
  'Relation Name'?: string
  'Rows Removed by Filter'?: number
  'Rows Removed by Index Recheck'?: number
  'Rows Removed by Join Filter'?: number
  Plans?: PlanNode[]
}

const tenantId = bulkId('a', 'tenant', 0)
/** A member who owns about 390 of the deals and is assigned to 20 others. */
const limited = bulkId('a', 'member', 3)
const mostOwn = 420
const lists = [
  ...['deal', 'deal_custom_value', 'organization', 'contact', 'member'],
  ...['client_release', 'persisted_operation', 'client_release_operation'],
]

const app2 = { client: 'app 2', version: null }
const hash57 = createHash('sha256').update('query Q57 { viewer { role } }').digest('hex')

/** How a gateway looks for what a client has sent: for one that is served, or for nothing. */
const lookups: Record<string, Wanted> = {
  'an id': { by: 'id', value: 'operation 57', ...app2 },
  'an id of any client': { by: 'id', value: 'operation 57', client: null, version: null },
  'an id of a version': { by: 'id', value: 'operation 57', client: 'app 2', version: '1.57' },
  'a hash in place of an id': { by: 'id', value: hash57, ...app2 },
  'a hash': { by: 'hash', value: hash57, ...app2 },
  'a hash of any client': { by: 'hash', value: hash57, client: null, version: null },
  'a normalized hash': { by: 'normalized', value: hash57, ...app2 },
  'an id of nothing': { by: 'id', value: 'nothing', ...app2 },
  'an id of any client of nothing': { by: 'id', value: 'nothing', client: null, version: null },
  'what is retired': { by: 'id', value: 'operation 999', client: 'app 4', version: null },
}

let copy: DatabaseCopy
let client: pg.Client
/** The statements of each case, as the gateway has sent them. */
const sent = new Map<string, Statement[]>()

/**
 * The session of the embedded database is the owner's, then the gateway's, then the owner's again.
 */
beforeAll(async () => {
  copy = await databaseCopy()
  client = await connect()
  await plantBulkTenant(client, { letter: 'a', deals: 20_000 })
  await plantBulkTenant(client, { letter: 'b', deals: 5_000 })
  await client.query('VACUUM ANALYZE')
  const begins = await dealsAtOffsets()
  await client.end()
  await record(begins)
  client = await connect()
}, 240_000)

afterAll(async () => {
  await client.end()
  await copy.close()
})

async function connect(): Promise<pg.Client> {
  const opened = new pg.Client(copy.owner)
  await opened.connect()
  return opened
}

const placeOf = ({ from }: PlanCase) =>
  `${from?.order.field} ${from?.order.direction} ${from?.offset}`

/** The external ids of the deals at which the pages begin, by their places. */
async function dealsAtOffsets(): Promise<Map<string, string>> {
  const places = new Map<string, string>()
  for (const planCase of [...orderCases, ...filterCases, ...boardCases]) {
    if (!planCase.from || places.has(placeOf(planCase))) continue
    const { order, offset } = planCase.from
    const { field, direction } = order
    const { rows } = await client.query(
      `SELECT external_id FROM deal WHERE tenant_id = $1 AND deleted_at IS NULL
       ORDER BY ${sortKeys[field]} ${direction}, id ${direction} LIMIT 1 OFFSET $2`,
      [tenantId, offset],
    )
    places.set(placeOf(planCase), rows[0].external_id)
  }
  return places
}

async function record(begins: Map<string, string>): Promise<void> {
  let recording: Statement[] = []
  const database = createDatabase(copy.owner, {
    onStatement: (text, values) => recording.push({ text, values }),
  })
  const apps = enginesBefore(database)
  const [app] = apps
  const limitedApps = enginesBefore(database, limited)
  const keep = (name: string) =>
    sent.set(
      name,
      recording.filter(({ text }) => /^\s*(SELECT(?! set_config)|WITH) /.test(text)),
    )
  for (const planCase of [
    ...orderCases,
    ...filterCases,
    ...customCases,
    ...searchCases,
    ...boardCases,
    ...otherLists,
    ...pageCases,
  ]) {
    const variables = { ...planCase.variables, ...(await cursorOf(app, planCase, begins)) }
    recording = []
    for (const engine of apps) if (engine) await ask(engine, planCase.document, variables)
    keep(planCase.name)
  }
  for (const { name, document, variables } of ownCases) {
    recording = []
    for (const engine of limitedApps) if (engine) await ask(engine, document, variables)
    keep(`own: ${name}`)
  }
  const find = createFindRegistered(database, null)
  for (const [name, wanted] of Object.entries(lookups)) {
    recording = []
    const deadline = new Deadline(60_000, new AbortController().signal)
    await find(wanted, { viewer: { ...viewerOf(null), operationsRevision: 1 }, deadline })
    deadline.clear()
    keep(`lookup: ${name}`)
  }
  await database.close()
}

function enginesBefore(
  database: ReturnType<typeof createDatabase>,
  dealsOf: string | null = null,
): [interpreting: App, compiling?: App] {
  const authenticate = async () => viewerOf(dealsOf)
  const interpreting = appFor({ database }, { authenticate, compiler: null })
  // The embedded database plans as a server does: there one engine is enough.
  if (!('url' in inject('template'))) return [interpreting]
  return [interpreting, appFor({ database }, { authenticate, compiler: { afterSeen: 0 } })]
}

function viewerOf(dealsOf: string | null) {
  const scopes = new Set(scopesOfRole.ADMIN)
  const nobody = { memberId: null, memberRole: null, apiKeyId: null, dealsOf }
  return {
    ...nobody,
    tenantId,
    role: 'ADMIN',
    scopes,
    operationsRevision: 0,
    revision: '0',
  } as const
}

async function ask(app: App, query: string, variables: object): Promise<GraphqlAnswer['data']> {
  const { data, errors } = await post(app, { query, variables })
  expect(errors).toEqual([])
  return data
}

async function cursorOf(
  app: App,
  planCase: PlanCase,
  begins: Map<string, string>,
): Promise<object> {
  if (otherLists.includes(planCase)) {
    return {
      after: (await ask(app, planCase.document, planCase.variables)).list.pageInfo.endCursor,
    }
  }
  if (!planCase.from) return {}
  const { argument, order } = planCase.from
  const found = await ask(app, dealCursor, {
    externalId: begins.get(placeOf(planCase)),
    orderBy: order,
  })
  return { [argument]: found.deals.edges[0].cursor }
}

/**
 * What a statement read and threw away, for the tenant; as the application role unless the owner is
 * to run it.
 */
async function explain(
  { text, values }: Statement,
  { as = 'application', dealsOf = 'all' }: { as?: 'application' | 'owner'; dealsOf?: string } = {},
) {
  await client.query('BEGIN')
  await client.query(
    `SELECT set_config('app.tenant_id', $1, true), set_config('app.deals_of', $2, true)`,
    [tenantId, dealsOf],
  )
  if (as === 'application') await client.query('SET LOCAL ROLE dealgraph_app')
  const { rows } = await client.query({ text: `EXPLAIN (ANALYZE, FORMAT JSON) ${text}`, values })
  await client.query('ROLLBACK')
  const nodes = nodesOf(rows[0]['QUERY PLAN'][0].Plan)
  const read = nodes.filter((node) => lists.includes(node['Relation Name'] ?? ''))
  return {
    removed: sum(nodes.map(removedBy)),
    read: sum(read.map((node) => node['Actual Rows'] * node['Actual Loops'])),
  }
}

function nodesOf(node: PlanNode): PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(nodesOf)]
}

function removedBy(node: PlanNode): number {
  const removed = [
    'Rows Removed by Filter',
    'Rows Removed by Index Recheck',
    'Rows Removed by Join Filter',
  ] as const
  return sum(removed.map((kind) => node[kind] ?? 0)) * node['Actual Loops']
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}

async function expectCheap({
  name,
  mostRead = 3 * pageSize,
  mostRemoved = 2 * pageSize,
}: Pick<PlanCase, 'name' | 'mostRead' | 'mostRemoved'>) {
  const statements = sent.get(name) ?? []
  expect(statements.length).toBeGreaterThan(0)
  for (const statement of statements) {
    const { removed, read } = await explain(statement)
    expect(removed, `rows removed by ${statement.text}`).toBeLessThanOrEqual(mostRemoved)
    expect(read, `rows read by ${statement.text}`).toBeLessThanOrEqual(mostRead)
  }
}

const named = (cases: PlanCase[]) => cases.map((planCase) => [planCase.name, planCase] as const)

describe('a page of 20 among 20 000 deals reads about as many rows as it shows', () => {
  test.each(named(orderCases))('by %s', (_, planCase) => expectCheap(planCase))
  test.each(named(filterCases))('of %s', (_, planCase) => expectCheap(planCase))
  test.each(named(customCases))('of %s', (_, planCase) => expectCheap(planCase))
  test.each(named(searchCases))('in %s', (_, planCase) => expectCheap(planCase))
})

describe('so does', () => {
  test.each(named([...otherLists, ...boardCases, ...pageCases]))('%s', (_, planCase) =>
    expectCheap(planCase),
  )
})

describe('what a client has sent is looked for in a few rows', () => {
  test.each(Object.keys(lookups))('by %s', async (name) => {
    const texts = sent.get(`lookup: ${name}`)?.map(({ text }) => text)
    expect(texts?.join()).toContain('FROM persisted_operation')
    await expectCheap({ name: `lookup: ${name}` })
  })
})

describe('the functions that search', () => {
  test.each(searchCalls)('reach their index: %s %j', async (name, values) => {
    const { rows } = await client.query('SELECT prosrc FROM pg_proc WHERE proname = $1', [name])
    const text = /\$sql\$(.*)\$sql\$/s.exec(rows[0].prosrc)?.[1] ?? ''
    expect((await explain({ text, values }, { as: 'owner' })).removed).toBeLessThanOrEqual(
      2 * pageSize,
    )
  })
})

test('a list that no index serves would not pass', async () => {
  const text = 'SELECT id FROM deal WHERE tenant_id = $1 ORDER BY description LIMIT 21'
  const filtered = `SELECT id FROM deal WHERE tenant_id = $1 AND description ILIKE '%nowhere%' LIMIT 21`
  expect((await explain({ text, values: [tenantId] })).read).toBeGreaterThan(10_000)
  expect((await explain({ text: filtered, values: [tenantId] })).removed).toBeGreaterThan(10_000)
})

describe('who sees about 390 deals of their own among 20 000', () => {
  const lists = ownCases.filter((planCase) => !ownWideCases.includes(planCase))
  const expectToRead = async ({ name }: PlanCase, most: number) => {
    const statements = sent.get(`own: ${name}`) ?? []
    expect(statements.length).toBeGreaterThan(0)
    for (const statement of statements) {
      const { removed, read } = await explain(statement, { dealsOf: limited })
      expect(removed + read, `rows met by ${statement.text}`).toBeLessThanOrEqual(most)
    }
  }

  test.each(named(lists))('meets about these in %s', (_, planCase) =>
    expectToRead(planCase, 3 * mostOwn),
  )
  test.each(named(ownWideCases))('meets each deal at most once in %s', (_, planCase) =>
    expectToRead(planCase, 20_000),
  )
})
