import { beforeAll, describe, expect, it } from 'vitest'
import { createApiKey } from '../src/api-key/service.ts'
import { DatabaseUnavailable } from '../src/database/unavailable.ts'
import type { OperationMode } from '../src/persisted/mode.ts'
import { contentsOf, dealFixture, pipelineFixture, untouched } from './fixtures.ts'
import { appFor, createApiKeyAuthenticate, post, type TestTenant, testTenant } from './harness.ts'
import { auditedLog } from './log-audit.ts'
import {
  byHash,
  hashOf,
  moveText,
  outcomeOf,
  persistedQuery,
  release,
  retire,
  role,
  roleText,
  send,
} from './persisted-fixtures.ts'

const unknownText = 'query Mine { viewer { scopes } }'
const served = [200, { viewer: { role: 'MEMBER' } }]
const servedMine = [200, { viewer: { scopes: expect.any(Array) } }]
const notInList = [200, 'PERSISTED_QUERY_NOT_IN_LIST', expect.any(String)]
const notFound = [200, 'PERSISTED_QUERY_NOT_FOUND', 'PersistedQueryNotFound']
const notSafe = [200, 'QUERY_NOT_IN_SAFELIST', expect.any(String)]
const idRequired = [200, 'PERSISTED_QUERY_ID_REQUIRED', expect.any(String)]

let t: TestTenant

beforeAll(async () => {
  t = await testTenant()
  await pipelineFixture(t)
  await release(t, 'ios', '1', [role, byHash(moveText)])
})

/** A gateway whose clients are in this mode, and what it has logged. */
function gateway(mode: OperationMode) {
  const logged: Record<string, unknown>[] = []
  const log = auditedLog((line) => logged.push(line))
  const app = appFor(t, { operationModes: { default: mode, clients: {} }, log })
  return { app, logged, warnings: () => logged.filter(({ level }) => level === 40) }
}

const asApq = (text: string) => ({ query: text, ...persistedQuery(hashOf(text)) })
const bodies = {
  id: { documentId: role.id },
  text: { query: roleText },
  'text written otherwise': { query: `#!\n${roleText.replaceAll(' ', '\n  ')}` },
  'text with its hash': asApq(roleText),
  'unknown id': { documentId: hashOf(unknownText) },
  'unknown hash': persistedQuery(hashOf(unknownText)),
  'unknown text': { query: unknownText },
  'unknown text with its hash': asApq(unknownText),
}

describe('what a client may send in mode', () => {
  const anything = {
    ...{ id: served, text: served, 'text written otherwise': served },
    ...{ 'text with its hash': served, 'unknown id': notFound, 'unknown hash': notFound },
    ...{ 'unknown text': servedMine, 'unknown text with its hash': servedMine },
  }
  const table: Record<OperationMode, Record<keyof typeof bodies, unknown[]>> = {
    open: anything,
    log: anything,
    safelist: {
      ...{ id: served, text: served, 'text written otherwise': served },
      ...{ 'text with its hash': served, 'unknown id': notInList, 'unknown hash': notInList },
      ...{ 'unknown text': notSafe, 'unknown text with its hash': notSafe },
    },
    'require-id': {
      ...{ id: served, text: idRequired, 'text written otherwise': idRequired },
      ...{ 'text with its hash': served, 'unknown id': notInList, 'unknown hash': notInList },
      ...{ 'unknown text': idRequired, 'unknown text with its hash': notInList },
    },
  }
  const cases = Object.entries(table).flatMap(([mode, outcomes]) =>
    Object.entries(outcomes).map(([name, outcome]) => ({
      ...{ mode: mode as OperationMode, outcome },
      name: name as keyof typeof bodies,
    })),
  )

  it.each(cases)('$mode: $name', async ({ mode, name, outcome }) => {
    const { app, warnings } = gateway(mode)
    expect(outcomeOf(await send({ t, app }, bodies[name]))).toEqual(outcome)
    const isTold = mode === 'log' && outcome === servedMine
    const line = { sha256: hashOf(unknownText), client: null, clientVersion: null }
    expect(warnings()).toEqual(isTold ? [expect.objectContaining(line)] : [])
  })

  it.each(['safelist', 'require-id'] as const)('%s is no place to teach anything', async (mode) => {
    const { app } = gateway(mode)
    await send({ t, app }, asApq(unknownText))
    expect(outcomeOf(await send({ t, app }, bodies['unknown hash']))).toEqual(notInList)
  })

  it.each(['safelist', 'require-id'] as const)(
    '%s does not know what an open client has taught',
    async (mode) => {
      const app = appFor(t, { operationModes: { default: 'open', clients: { ios: mode } } })
      const hash = persistedQuery(hashOf(unknownText))
      await send({ t, app }, asApq(unknownText))
      expect(outcomeOf(await send({ t, app }, hash))).toEqual(servedMine)
      const headers = { 'graphql-client-name': 'ios' }
      expect(outcomeOf(await send({ t, app, headers }, hash))).toEqual(notInList)
    },
  )

  it('is its own client’s, by name, and that of the rest by default', async () => {
    const clients = { ios: 'require-id', 'GraphiQL of support': 'open' } as const
    const app = appFor(t, { operationModes: { default: 'safelist', clients } })
    const as = (name: string) => ({ 'apollographql-client-name': name })
    const outcomes = await Promise.all(
      ['ios', 'GraphiQL of support', 'IOS', 'constructor'].map(async (name) =>
        outcomeOf(await send({ t, app, headers: as(name) }, { query: unknownText })),
      ),
    )
    expect(outcomes).toEqual([idRequired, servedMine, notSafe, notSafe])
  })

  it('is that of the client whom an id names', async () => {
    const app = appFor(t, { operationModes: { default: 'open', clients: { ios: 'require-id' } } })
    const body = { query: unknownText, documentId: `ios~1~${hashOf(unknownText)}` }
    expect(outcomeOf(await send({ t, app }, body))).toEqual(notInList)
  })

  it('leaves what is nobody’s to everybody', async () => {
    const { app } = gateway('require-id')
    expect((await post(app, { query: '{ __typename }' })).data).toEqual({ __typename: 'Query' })
    expect((await post(app, { query: roleText })).status).toBe(401)
  })
})

describe('a release', () => {
  it('is served from its activation to its retirement, by every process at once', async () => {
    const [one, other] = [gateway('require-id').app, gateway('require-id').app]
    const text = 'query Later { viewer { role } }'
    const ask = () =>
      Promise.all([one, other].map((app) => send({ t, app }, { documentId: hashOf(text) })))
    const outcomes = async () => (await ask()).map(outcomeOf)
    expect(await outcomes()).toEqual([notInList, notInList])
    await release(t, 'ios', '2', [byHash(text)])
    expect(await outcomes()).toEqual([served, served])
    await retire(t, 'ios', '2')
    expect(await outcomes()).toEqual([notInList, notInList])
  })

  it('of another tenant is nobody’s here', async () => {
    const other = await testTenant()
    await release(other, 'ios', '1', [byHash(unknownText)])
    const { app } = gateway('safelist')
    expect(outcomeOf(await send({ t, app }, { query: unknownText }))).toEqual(notSafe)
    expect(outcomeOf(await send({ t, app }, bodies['unknown id']))).toEqual(notInList)
    expect(outcomeOf(await send({ t: other, app }, bodies['unknown id']))).toEqual(servedMine)
  })
})

describe('the operations of a tenant that shares them', () => {
  const app = () => {
    const operationModes = { default: 'require-id', clients: {} } as const
    return appFor(t, { operationModes, sharedTenantId: t.tenantId })
  }

  it('are every tenant’s, about its own data and as its own members may', async () => {
    const other = await testTenant()
    await pipelineFixture(other, { name: 'Theirs' })
    const text = 'query Names { pipelines { name } }'
    await release(t, 'vendor', '1', [byHash(text)])
    const named = [200, { pipelines: [{ name: 'Theirs' }] }]
    const shared = app()
    expect(outcomeOf(await send({ t: other, app: shared }, { doc_id: hashOf(text) }))).toEqual(
      named,
    )
    const move = { doc_id: hashOf(moveText), variables: { input: {} } }
    const refused = await send({ t: other, app: shared, as: 'READ_ONLY' }, move)
    expect(refused.errors).not.toEqual([])
    const unshared = gateway('require-id').app
    expect(outcomeOf(await send({ t: other, app: unshared }, { doc_id: hashOf(text) }))).toEqual(
      notInList,
    )
  })

  it('come after the tenant’s own', async () => {
    const other = await testTenant()
    await release(t, 'vendor', '2', [{ id: 'me', text: 'query Theirs { viewer { role } }' }])
    await release(other, 'vendor', '2', [{ id: 'me', text: unknownText }])
    expect(outcomeOf(await send({ t: other, app: app() }, { doc_id: 'me' }))).toEqual(servedMine)
  })

  it('are asked for again after the database has failed once', async () => {
    const other = await testTenant()
    const text = 'query Steady { viewer { role } }'
    await release(t, 'vendor', '4', [byHash(text)])
    let failures = 1
    const read: typeof t.database.read = (view, work) => {
      if (view.tenantId === t.tenantId && failures-- > 0) throw new DatabaseUnavailable('once')
      return t.database.read(view, work)
    }
    const shared = appFor(
      { database: { ...t.database, read } },
      {
        authenticate: createApiKeyAuthenticate(t.database),
        operationModes: { default: 'require-id', clients: {} },
        sharedTenantId: t.tenantId,
      },
    )
    const asked = () => send({ t: other, app: shared }, { doc_id: hashOf(text) })
    expect((await asked()).errors[0]?.extensions.code).toBe('UNAVAILABLE')
    expect(outcomeOf(await asked())).toEqual(served)
  })

  it('count as used with the tenant whose they are', async () => {
    const other = await testTenant()
    const before = await contentsOf(other)
    const text = 'query Used { viewer { role } }'
    await release(t, 'vendor', '3', [byHash(text)])
    await send({ t: other, app: app() }, { doc_id: hashOf(text) })
    const used = await t.read((db) =>
      db.persistedOperation.findFirst({
        where: { tenantId: t.tenantId, operationId: hashOf(text) },
      }),
    )
    expect(used?.lastUsedAt).toBeInstanceOf(Date)
    expect((await contentsOf(other)).persisted_operation).toEqual(before.persisted_operation)
  })
})

describe('breaking the glass', () => {
  const glass = { 'x-break-glass': '1' }

  it.each(['safelist', 'require-id'] as const)('passes %s, and is told', async (mode) => {
    const { app, warnings } = gateway(mode)
    const { data } = await send({ t, app, headers: glass, as: 'ADMIN' }, { query: unknownText })
    expect(data.viewer.scopes).toContain('operations:bypass')
    expect(warnings()).toEqual([
      expect.objectContaining({
        ...{ msg: 'the glass was broken', sha256: hashOf(unknownText), tenantId: t.tenantId },
        ...{ apiKeyId: expect.any(String), memberId: null, requestId: expect.any(String) },
      }),
    ])
  })

  it('needs its own scope, and changes nothing without', async () => {
    const { app, warnings } = gateway('safelist')
    const { id: dealId } = await dealFixture(t)
    const query = `mutation { deleteDeal(input: { dealId: "${dealId}", expectedVersion: 1 }) { replayed } }`
    const values = {
      name: 'CI',
      role: 'ADMIN',
      scopes: ['operations:write', 'deals:write'],
    } as const
    const { secret } = await t.write((tx) => createApiKey(tx, values))
    const answer = await untouched([t], () =>
      post(app, { query }, { authorization: `Bearer ${secret}`, ...glass }),
    )
    expect(outcomeOf(answer)).toEqual([200, 'FORBIDDEN', expect.stringContaining('bypass')])
    expect(warnings()).toEqual([])
  })

  it('is no matter where nothing would have been refused', async () => {
    const { app, warnings } = gateway('safelist')
    expect(outcomeOf(await send({ t, app, headers: glass }, bodies.id))).toEqual(served)
    expect(warnings()).toEqual([])
    const open = gateway('open')
    const mine = await send({ t, app: open.app, headers: glass }, { query: unknownText })
    expect(outcomeOf(mine)).toEqual(servedMine)
  })

  it('does not make an operation of an id', async () => {
    const { app } = gateway('safelist')
    const answer = await send({ t, app, headers: glass, as: 'ADMIN' }, bodies['unknown id'])
    expect(outcomeOf(answer)).toEqual(notInList)
  })
})
