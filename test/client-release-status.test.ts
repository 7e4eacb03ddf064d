import { beforeEach, describe, expect, it } from 'vitest'
import { activateClientRelease } from '../src/client-release/service.ts'
import { idOf } from '../src/ids.ts'
import {
  ask,
  askMutation,
  done,
  eventsDuring,
  mutate,
  refusal,
  releaseFixture,
  untouched,
} from './fixtures.ts'
import { appFor, post, type TestTenant, testTenant } from './harness.ts'
import {
  byHash,
  hashOf,
  moveText,
  operationsRevision,
  outcomeOf,
  pageText,
  push,
  registeredRows,
  release,
  retire,
  role,
  roleText,
  send,
} from './persisted-fixtures.ts'

const web = { client: 'web', version: '1.0' }
const monday = new Date('2026-03-02T09:00:00.000Z')
const tuesday = new Date('2026-03-03T09:00:00.000Z')

let t: TestTenant
beforeEach(async () => {
  t = await testTenant()
  await t.keyFor('ADMIN')
  t.setNow(monday)
})

const fields = 'release { id status operationCount createdAt activatedAt retiredAt }'
const activated = async () => (await done(t, 'activateClientRelease', web, fields)).release
const retired = async () => (await done(t, 'retireClientRelease', web, fields)).release

/** What the work adds to the outbox, to the audit, and to the revision of the operations. */
async function toldDuring(work: () => Promise<unknown>) {
  const audit = async () => {
    const document = `{ auditEvents(last: 100) { nodes { type details apiKey { id } member { id } actor { kind } } } }`
    const { auditEvents } = await ask(t, document)
    return auditEvents.nodes.filter(({ type }: { type: string }) => type.startsWith('CLIENT'))
  }
  const before = await operationsRevision(t)
  const known = (await audit()).length
  const events = await eventsDuring(t, work)
  const entries = await audit()
  return {
    events: events.map(({ type, payload }) => [type, payload]),
    audit: entries.slice(0, entries.length - known),
    isStepped: (await operationsRevision(t)) > before,
  }
}

const ofWeb = (releaseId: string, operationCount: number) => ({
  ...{ ...web, operationCount },
  releaseId: idOf('ClientRelease', releaseId),
})
const entry = (type: string, details: object) => ({
  ...{ type, details, apiKey: null, member: null },
  actor: { kind: 'API_KEY' },
})

describe('a release that is activated', () => {
  it('is active from then on, and told of', async () => {
    const { ClientRelease: id } = await releaseFixture(t)
    t.setNow(tuesday)
    let made: object = {}
    const told = await toldDuring(async () => {
      made = await activated()
    })
    const since = { createdAt: monday.toJSON(), activatedAt: tuesday.toJSON(), retiredAt: null }
    expect(made).toEqual({ id, status: 'ACTIVE', operationCount: 1, ...since })
    expect(told).toEqual({
      events: [['client_release.activated', ofWeb(id, 1)]],
      audit: [entry('CLIENT_RELEASE_ACTIVATED', { ...web, operationCount: 1 })],
      isStepped: true,
    })
  })

  it('stays as it is when it is activated again', async () => {
    await release(t, 'web', '1.0', [role])
    t.setNow(tuesday)
    const made = await untouched([t], activated)
    expect(made).toMatchObject({ status: 'ACTIVE', activatedAt: monday.toJSON() })
  })

  it('can be retired, and activated again', async () => {
    const { ClientRelease: id } = await releaseFixture(t)
    await activated()
    t.setNow(tuesday)
    let made: object = {}
    const told = await toldDuring(async () => {
      made = await retired()
    })
    const since = { activatedAt: monday.toJSON(), retiredAt: tuesday.toJSON() }
    expect(made).toMatchObject({ status: 'RETIRED', operationCount: 1, ...since })
    expect(told).toEqual({
      events: [['client_release.retired', ofWeb(id, 1)]],
      audit: [entry('CLIENT_RELEASE_RETIRED', { ...web, operationCount: 1 })],
      isStepped: true,
    })
    await untouched([t], retired)
    const again = { status: 'ACTIVE', activatedAt: tuesday.toJSON(), retiredAt: null }
    expect(await activated()).toMatchObject(again)
  })

  it('can be retired before it was ever active', async () => {
    await push(t, 'web', '1.0', [role])
    expect(await retired()).toMatchObject({ status: 'RETIRED', activatedAt: null })
  })

  it.each(['activateClientRelease', 'retireClientRelease'])(
    'is not there for %s when nobody pushed it, or another client, version or tenant',
    async (field) => {
      await push(t, 'web', '1.0', [role])
      const stranger = await testTenant()
      for (const [of, name] of [
        [t, { ...web, version: '1.1' }],
        [t, { ...web, client: 'Web' }],
        [t, { ...web, version: '' }],
        [stranger, web],
      ] as const) {
        const errors = await untouched([t], () => refusal(of, field, name))
        expect(errors).toMatchObject([{ code: 'NOT_FOUND', path: ['input'] }])
      }
    },
  )

  it.each(['pushOperations', 'activateClientRelease', 'retireClientRelease'])(
    'is not for a MEMBER to %s',
    async (field) => {
      await push(t, 'web', '1.0', [role])
      const operations = field === 'pushOperations' ? { operations: [role] } : {}
      const { errors } = await untouched([t], () =>
        askMutation(t, field, { ...web, ...operations }, { as: 'MEMBER' }),
      )
      expect(errors).toMatchObject([{ path: [field], extensions: { code: 'FORBIDDEN' } }])
    },
  )

  it('is done once for an idempotencyKey, whatever came after', async () => {
    await push(t, 'web', '1.0', [role])
    const input = { ...web, idempotencyKey: 'activate-1' }
    await done(t, 'activateClientRelease', input)
    await retired()
    const again = await untouched([t], () =>
      mutate(t, 'activateClientRelease', input, 'release { status } replayed'),
    )
    expect(again).toMatchObject({ release: { status: 'RETIRED' }, replayed: true, userErrors: [] })
  })
})

describe('an activation validates again', () => {
  const broken = 'query Broken {\n  viewer { rank }\n}'

  /** What the schema has served once, and serves no more. */
  async function breakOperation(id: string, text: string) {
    await t.write(async (tx) => {
      const data = { text, sha256: hashOf(text) }
      await tx.db.persistedOperation.updateMany({ where: { operationId: id }, data })
      tx.emit({ type: 'test.written' })
    })
  }

  it('and is refused for what the schema does not serve any more', async () => {
    await push(t, 'web', '1.0', [role, byHash(pageText)])
    await breakOperation(role.id, broken)
    expect(await refusal(t, 'activateClientRelease', web)).toMatchObject([
      {
        code: 'VALIDATION_ERROR',
        message: expect.stringMatching(/: Cannot query field "rank" on type "Viewer"\..*\(2:12\)$/),
        path: ['input'],
      },
    ])
  })

  it('also of a release that was active', async () => {
    await release(t, 'web', '1.0', [role])
    await retired()
    await breakOperation(role.id, broken)
    expect(await refusal(t, 'activateClientRelease', web)).toHaveLength(1)
  })

  it('and tells 20 problems of it', async () => {
    const operations = Array.from({ length: 25 }, (_, n) => byHash(`query Q${n} { __typename }`))
    await push(t, 'web', '1.0', operations)
    for (const [n, { id }] of operations.entries()) await breakOperation(id, `{ gone${n} }`)
    expect(await refusal(t, 'activateClientRelease', web)).toHaveLength(20)
  })

  it('and is to be tried again when the release was pushed again meanwhile', async () => {
    const { PersistedOperation } = await releaseFixture(t)
    const checkedIds = [idOf('PersistedOperation', PersistedOperation)]
    const activate = (ids: string[]) => () =>
      t.write((tx) => activateClientRelease(tx, { name: web, checkedIds: ids }))
    const message = 'The release was pushed again meanwhile: activate it again.'
    for (const operations of [[byHash(pageText)], [role, byHash(pageText)]]) {
      await push(t, 'web', '1.0', operations)
      await untouched([t], () => expect(activate(checkedIds)()).rejects.toThrow(message))
    }
    await untouched([t], () => expect(activate([])()).rejects.toThrow(message))
  })

  it('but for what was used meanwhile', async () => {
    const { PersistedOperation } = await releaseFixture(t)
    const id = idOf('PersistedOperation', PersistedOperation)
    await t.write((tx) => activateClientRelease(tx, { name: web, checkedIds: [id] }))
    expect((await registeredRows(t))[0]?.releases).toEqual([['1.0', 'ACTIVE']])
  })
})

describe('the revision of the operations', () => {
  it('stays where only their use is noted', async () => {
    await release(t, 'web', '1.0', [role])
    const before = await operationsRevision(t)
    const headers = { 'graphql-client-name': 'web', 'graphql-client-version': '1.0' }
    expect(await send({ t, headers }, { documentId: role.id })).toMatchObject({ status: 200 })
    const { lastUsedAt } = await t.read((db) => db.persistedOperation.findFirstOrThrow())
    const { lastUsedAt: ofRelease } = await t.read((db) => db.clientRelease.findFirstOrThrow())
    expect([lastUsedAt, ofRelease]).toEqual([expect.any(Date), expect.any(Date)])
    expect(await operationsRevision(t)).toBe(before)
  })
})

describe('an operation that is persisted', () => {
  const persist = (text: string, app = appFor(t), client = 'web') =>
    t.keyFor('ADMIN').then((key) => {
      const query = `mutation ($input: PersistOperationInput!) { persistOperation(input: $input) {
        operationId replayed userErrors { code message path } } }`
      const variables = { input: { client, text } }
      return post(app, { query, variables }, { authorization: `Bearer ${key}` })
    })
  const answer = (operationId: string | null, ...userErrors: object[]) => ({
    persistOperation: { operationId, replayed: false, userErrors },
  })
  const development = { client: 'web', version: 'development' }

  it('is served at once, in the release for development', async () => {
    const told = await toldDuring(async () => {
      expect((await persist(roleText)).data).toEqual(answer(role.id))
    })
    const details = { ...development, operationCount: 1 }
    expect(told).toMatchObject({
      events: [['client_release.activated', details]],
      audit: [entry('CLIENT_RELEASE_ACTIVATED', details)],
      isStepped: true,
    })
    const headers = { 'graphql-client-name': 'web' }
    expect(outcomeOf(await send({ t, headers }, { documentId: role.id }))).toEqual([
      ...[200, { viewer: { role: 'MEMBER' } }],
    ])
  })

  it('joins those that were persisted before, which the audit has told of', async () => {
    await persist(roleText)
    const told = await toldDuring(() => persist(moveText))
    const events = [['client_release.pushed', { ...development, operationCount: 2 }]]
    expect(told).toMatchObject({ events, audit: [], isStepped: true })
    expect((await registeredRows(t)).map(({ releases }) => releases)).toEqual([
      [['development', 'ACTIVE']],
      [['development', 'ACTIVE']],
    ])
  })

  it('is the same again', async () => {
    await persist(roleText)
    const { data } = await untouched([t], () => persist(roleText))
    expect(data).toEqual(answer(role.id))
  })

  it('has the release served again that was retired', async () => {
    await persist(roleText)
    await retire(t, 'web', 'development')
    const { audit, isStepped } = await toldDuring(() => persist(roleText))
    expect([audit.length, isStepped]).toEqual([1, true])
    expect((await registeredRows(t))[0]?.releases).toEqual([['development', 'ACTIVE']])
  })

  it('is that of a release that has it, if there is one', async () => {
    await push(t, 'web', '1.0', [role])
    await persist(roleText)
    expect((await registeredRows(t)).map(({ releases }) => releases)).toEqual([
      [
        ['1.0', 'PENDING'],
        ['development', 'ACTIVE'],
      ],
    ])
  })

  it('says nothing of the caches, who may do what the release in the field lets them', async () => {
    await release(t, 'web', '1.0', [{ ...role, maxAgeSeconds: 60 }])
    await persist(roleText)
    expect(await registeredRows(t)).toMatchObject([{ maxAgeSeconds: 60 }])
  })

  it.each([
    ['query A { __typename } query B { __typename }', 'A document is of one operation, not of 2.'],
    ['{ nothing }', 'Cannot query field "nothing" on type "Query". (1:3)'],
  ])('is refused as %j', async (text, message) => {
    const { data } = await untouched([t], () => persist(text))
    const error = { code: 'VALIDATION_ERROR', message, path: ['input', 'text'] }
    expect(data).toEqual(answer(null, error))
  })

  it.each(['', 'web~ios'])('is refused of the client %j', async (client) => {
    const { data } = await untouched([t], () => persist(roleText, appFor(t), client))
    expect(data.persistOperation.userErrors).toMatchObject([{ path: ['input', 'client'] }])
  })

  it.each(['safelist', 'require-id'] as const)('is refused in mode %s', async (mode) => {
    const app = appFor(t, { operationModes: { default: 'open', clients: { ios: mode } } })
    const { data } = await untouched([t], () => persist(roleText, app, 'ios'))
    const message = `This client is in mode ${mode}: push its operations and activate the release.`
    const error = { code: 'VALIDATION_ERROR', message, path: ['input', 'client'] }
    expect(data).toEqual(answer(null, error))
    expect((await persist(roleText, app)).data).toEqual(answer(role.id))
  })
})
