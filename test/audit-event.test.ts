import { readdirSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { demoKey } from '../src/commands/demo-key.ts'
import { wholeTenant } from '../src/database/tenant-view.ts'
import { encodeId } from '../src/ids.ts'
import { schema } from '../src/schema.ts'
import { auditOf, type Entry, runCommand } from './audit-fixtures.ts'
import {
  ask,
  askMutation,
  contentsOf,
  dealFixture,
  done,
  memberFixture,
  pipelineFixture,
  refusal,
  untouched,
} from './fixtures.ts'
import { type TestTenant, testTenant } from './harness.ts'

const fields =
  'id type member { id } apiKey { id } details actor { kind name } requestId occurredAt'

let t: TestTenant
let directory: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dealgraph-audit-'))
})
afterAll(() => rm(directory, { recursive: true }))
afterEach(() => vi.restoreAllMocks())

beforeEach(async () => {
  t = await testTenant()
  await t.keyFor('ADMIN')
})

/** What the work adds to the audit: the types, who it is about, how, and by whom. */
async function auditDuring(work: () => Promise<unknown>) {
  const before = (await auditOf(t)).length
  await work()
  const added = (await auditOf(t)).slice(before)
  return added.map(({ type, member, apiKey, details, actor }) => [
    ...[type, (member ?? apiKey)?.id ?? null, details, actor.kind],
  ])
}

const command = (...args: string[]) => runCommand(t.database, ...args)

const idOfField = async (field: string, input: object, below: string) =>
  (await done(t, field, input, `${below} { id }`))[below].id as string
const memberOf = (input: object = {}) =>
  idOfField('createMember', { name: 'Ada', role: 'MEMBER', ...input }, 'member')

const release = { client: 'ios', version: '1' }
const operations = [{ id: 'role', text: '{ viewer { role } }' }]

/** Every way to change who may do what, and what the audit tells of it. */
const ways: Record<string, () => Promise<void>> = {
  async createMember() {
    let id = ''
    const added = await auditDuring(async () => {
      id = await memberOf({ role: 'ADMIN', externalId: 'sub-1' })
    })
    const details = { role: 'ADMIN', externalId: 'sub-1' }
    expect(added).toEqual([['MEMBER_CREATED', id, details, 'API_KEY']])
  },
  async updateMember() {
    const memberId = await memberOf({ externalId: 'sub-1' })
    const change = (input: object) =>
      auditDuring(() => done(t, 'updateMember', { memberId, ...input }))
    const role = ['MEMBER_ROLE_CHANGED', memberId, { from: 'MEMBER', to: 'ADMIN' }, 'API_KEY']
    expect(await change({ role: 'ADMIN', name: 'Ida' })).toEqual([role])
    expect(await change({ role: 'ADMIN', name: 'Ada', email: 'ada@acme.example' })).toEqual([])
    const sub = ['MEMBER_EXTERNAL_ID_CHANGED', memberId, { from: 'sub-1', to: null }, 'API_KEY']
    const off = ['MEMBER_DEACTIVATED', memberId, {}, 'API_KEY']
    expect(await change({ externalId: null, deactivated: true })).toEqual([sub, off])
    expect(await change({ deactivated: true })).toEqual([])
    const on = ['MEMBER_REACTIVATED', memberId, {}, 'API_KEY']
    expect(await change({ deactivated: false })).toEqual([on])
  },
  async deleteMember() {
    const memberId = await memberOf({ externalId: 'sub-1' })
    const key = { name: 'Phone', role: 'MEMBER', memberId }
    const { apiKey } = await done(t, 'createApiKey', key, 'apiKey { id prefix }')
    const added = await auditDuring(() => done(t, 'deleteMember', { memberId }))
    const details = { name: 'Phone', prefix: apiKey.prefix }
    expect(added).toEqual([
      ['API_KEY_REVOKED', apiKey.id, details, 'API_KEY'],
      ['MEMBER_DELETED', memberId, { role: 'MEMBER', externalId: 'sub-1' }, 'API_KEY'],
    ])
  },
  async createApiKey() {
    const memberId = await memberOf()
    const expiresAt = '2999-01-01T00:00:00.000Z'
    const input = { name: 'Till', role: 'MEMBER', scopes: ['deals:read'], memberId, expiresAt }
    let made = { apiKey: { id: '', prefix: '' } }
    const added = await auditDuring(async () => {
      made = await done(t, 'createApiKey', input, 'apiKey { id prefix }')
    })
    const details = { ...input, prefix: made.apiKey.prefix }
    expect(added).toEqual([['API_KEY_CREATED', made.apiKey.id, details, 'API_KEY']])
  },
  async revokeApiKey() {
    const input = { name: 'Till', role: 'MEMBER' }
    const { apiKey } = await done(t, 'createApiKey', input, 'apiKey { id prefix }')
    const revoke = () => auditDuring(() => done(t, 'revokeApiKey', { apiKeyId: apiKey.id }))
    const details = { name: 'Till', prefix: apiKey.prefix }
    expect(await revoke()).toEqual([['API_KEY_REVOKED', apiKey.id, details, 'API_KEY']])
    expect(await revoke()).toEqual([])
  },
  async updateTenant() {
    const change = (input: object) => auditDuring(() => done(t, 'updateTenant', input))
    const details = { setting: 'membersMayReopen', from: false, to: true }
    const told = ['TENANT_ACCESS_CHANGED', null, details, 'API_KEY']
    expect(await change({ membersMayReopen: true, name: 'Acme' })).toEqual([told])
    expect(await change({ membersMayReopen: true, name: 'Apex' })).toEqual([])
  },
  async pushOperations() {
    expect(await auditDuring(() => done(t, 'pushOperations', { ...release, operations }))).toEqual(
      [],
    )
  },
  async activateClientRelease() {
    await done(t, 'pushOperations', { ...release, operations })
    const activate = () => auditDuring(() => done(t, 'activateClientRelease', release))
    const details = { ...release, operationCount: 1 }
    expect(await activate()).toEqual([['CLIENT_RELEASE_ACTIVATED', null, details, 'API_KEY']])
    expect(await activate()).toEqual([])
  },
  async retireClientRelease() {
    await done(t, 'pushOperations', { ...release, operations })
    const retire = () => auditDuring(() => done(t, 'retireClientRelease', release))
    const details = { ...release, operationCount: 1 }
    expect(await retire()).toEqual([['CLIENT_RELEASE_RETIRED', null, details, 'API_KEY']])
    expect(await retire()).toEqual([])
  },
  async persistOperation() {
    const persist = (text: string) =>
      auditDuring(() => done(t, 'persistOperation', { client: 'web', text }))
    const details = { client: 'web', version: 'development', operationCount: 1 }
    const told = ['CLIENT_RELEASE_ACTIVATED', null, details, 'API_KEY']
    expect(await persist('{ viewer { role } }')).toEqual([told])
    expect(await persist('{ viewer { scopes } }')).toEqual([])
    await done(t, 'retireClientRelease', { client: 'web', version: 'development' })
    const again = { ...details, operationCount: 2 }
    expect(await persist('{ viewer { role } }')).toEqual([
      ['CLIENT_RELEASE_ACTIVATED', null, again, 'API_KEY'],
    ])
  },
  async 'operations.ts'() {
    const path = join(directory, 'manifest.json')
    await writeFile(path, JSON.stringify({ role: '{ viewer { role } }' }))
    const flags = ['--client', 'ios', '--version', '1', '--tenant', t.slug]
    const run = (...args: string[]) => auditDuring(() => command('operations', ...args, ...flags))
    const details = { ...release, operationCount: 1 }
    expect(await run('push', path)).toEqual([])
    expect(await run('activate')).toEqual([['CLIENT_RELEASE_ACTIVATED', null, details, 'OPERATOR']])
    expect(await run('retire')).toEqual([['CLIENT_RELEASE_RETIRED', null, details, 'OPERATOR']])
  },
  async 'key.ts'() {
    const create = ['key', 'create', '--tenant', t.slug, '--name', 'Shell', '--role', 'READ_ONLY']
    let secret = ''
    const made = await auditDuring(async () => {
      const printed = await command(
        ...create,
        '--scope',
        'deals:read',
        '--scope',
        'members:read',
        '--json',
      )
      secret = JSON.parse(printed).key
    })
    const prefix = secret.slice(0, 9)
    const scopes = ['deals:read', 'members:read']
    const details = {
      name: 'Shell',
      prefix,
      role: 'READ_ONLY',
      scopes,
      memberId: null,
      expiresAt: null,
    }
    expect(made).toEqual([['API_KEY_CREATED', expect.any(String), details, 'OPERATOR']])
    expect(await command('key', 'list', '--tenant', t.slug)).toContain('deals:read members:read')
    const revoked = await auditDuring(() => command('key', 'revoke', prefix, '--tenant', t.slug))
    const id = made[0]?.[1]
    expect(revoked).toEqual([['API_KEY_REVOKED', id, { name: 'Shell', prefix }, 'OPERATOR']])
    const refused = command(...create, '--scope', 'keys:write')
    await expect(refused).rejects.toThrow('The role READ_ONLY does not have keys:write')
  },
  async 'import.ts'() {
    const path = join(directory, 'deals.csv')
    await writeFile(
      path,
      'id,name,stage,owner\n1,A,Lead,Bo\n2,B,Lead,Cy\n3,C,Lead,bo\n4,D,None,Di\n',
    )
    await pipelineFixture(t)
    const map = 'externalId=id,name=name,stage=stage,owner=owner'
    const flags = ['--tenant', t.slug, '--pipeline', 'Sales', '--map', map]
    const added = await auditDuring(() => command('import', path, ...flags))
    const told = [
      'MEMBER_CREATED',
      expect.any(String),
      { role: 'MEMBER', externalId: null },
      'IMPORT',
    ]
    expect(added).toEqual([told, told])
    expect(await auditDuring(() => command('import', path, ...flags))).toEqual([])
  },
  async 'seed.ts'() {
    const { tenantId } = JSON.parse(await command('seed', '--json'))
    const demo = { database: t.database, tenantId }
    const audit = await auditOf(demo)
    const count = (type: string) => audit.filter((entry) => entry.type === type).length
    const [members, keys] = await t.database.read(wholeTenant(tenantId), async (db) => [
      await db.member.count({ where: { tenantId } }),
      await db.apiKey.count({ where: { tenantId } }),
    ])
    expect([count('MEMBER_CREATED'), count('API_KEY_CREATED')]).toEqual([members, keys])
    expect(new Set(audit.map(({ actor }) => actor.kind))).toEqual(new Set(['OPERATOR']))
    await demoKey(t.database, directory)
    expect((await auditOf(demo)).slice(audit.length)).toMatchObject([{ type: 'API_KEY_CREATED' }])
    expect(await restOf(demo)).toEqual(await restFrom(await auditOf(demo)))
  },
}

/** The members and keys as the audit alone tells them. */
async function restFrom(audit: Entry[]) {
  const rest: Record<string, Record<string, unknown>> = {}
  for (const { type, member, apiKey, details } of audit) {
    const id = (member ?? apiKey)?.id
    if (!id) continue
    const { role, externalId } = details
    if (type === 'MEMBER_CREATED') rest[id] = { role, externalId, active: true, deleted: false }
    if (type === 'API_KEY_CREATED') rest[id] = { role, active: true }
    const changed: Record<string, object> = {
      MEMBER_ROLE_CHANGED: { role: details.to },
      MEMBER_EXTERNAL_ID_CHANGED: { externalId: details.to },
      MEMBER_DEACTIVATED: { active: false },
      MEMBER_REACTIVATED: { active: true },
      MEMBER_DELETED: { active: false, deleted: true },
      API_KEY_REVOKED: { active: false },
    }
    Object.assign(rest[id] ?? {}, changed[type])
  }
  return rest
}

/** The members and keys as they are. */
async function restOf({ database, tenantId }: Pick<TestTenant, 'database' | 'tenantId'>) {
  const [members, keys] = await database.read(wholeTenant(tenantId), async (db) => [
    await db.member.findMany({ where: { tenantId } }),
    await db.apiKey.findMany({ where: { tenantId } }),
  ])
  return Object.fromEntries([
    ...members.map(({ id, role, externalId, deactivatedAt, deletedAt }) => [
      encodeId('Member', id),
      { role, externalId, active: !deactivatedAt, deleted: deletedAt !== null },
    ]),
    ...keys.map(({ id, role, revokedAt }) => [
      encodeId('ApiKey', id),
      { role, active: !revokedAt },
    ]),
  ])
}

describe('the audit tells every change of who may do what', () => {
  it('and is tried here with every mutation and command that can make one', () => {
    const scoped = Object.values(schema.getMutationType()?.getFields() ?? {}).filter(
      ({ extensions }) => {
        const { authScopes } = extensions.pothosOptions as { authScopes: { scope: string } }
        return ['members:write', 'keys:write', 'operations:write'].includes(authScopes.scope)
      },
    )
    const others = [
      ...['demo-key.ts', 'export.ts', 'migrate.ts', 'output.ts', 'serve.ts', 'tenant.ts'],
      ...['operations-check.ts', 'operations-list.ts', 'readiness.ts', 'registry.ts'],
    ]
    const commands = readdirSync(join(import.meta.dirname, '../src/commands')).filter(
      (file) => ![...others, 'with-database.ts'].includes(file),
    )
    const all = [...scoped.map(({ name }) => name), 'updateTenant', ...commands]
    expect(Object.keys(ways).sort()).toEqual(all.sort())
  })

  it.each(Object.keys(ways))('%s', async (way) => {
    await ways[way]?.()
    // What is in the tables follows from the audit: nothing was changed behind it.
    expect(await restFrom(await auditOf(t))).toEqual(await restOf(t))
  })

  it('and nothing of what was refused', async () => {
    const memberId = await memberOf()
    await refusal(t, 'updateMember', { memberId, role: 'ADMIN', name: ' ' })
    await refusal(t, 'createApiKey', { name: '', role: 'ADMIN' })
    const as = 'MEMBER'
    await untouched([t], () => askMutation(t, 'createApiKey', { name: 'K', role: 'ADMIN' }, { as }))
  })

  it('once, however often the request is sent', async () => {
    const input = { name: 'K', role: 'ADMIN', idempotencyKey: 'once' }
    const create = () => done(t, 'createApiKey', input)
    expect(await auditDuring(create)).toHaveLength(1)
    expect(await auditDuring(create)).toEqual([])
  })

  it('without the secret of a key', async () => {
    const { secret } = await done(t, 'createApiKey', { name: 'K', role: 'ADMIN' }, 'secret')
    expect(JSON.stringify(await auditOf(t))).not.toContain(secret.slice(9))
    expect(JSON.stringify(await contentsOf(t))).not.toContain(secret.slice(9))
  })
})

describe('auditEvents', () => {
  const list = async (filter: object = {}, args = ''): Promise<Entry[]> => {
    const document = `query ($filter: AuditEventFilter) { auditEvents(filter: $filter ${args}) { totalCount nodes { ${fields} } } }`
    const { auditEvents } = await ask(t, document, { filter })
    if (!args) expect(auditEvents.totalCount).toBe(auditEvents.nodes.length)
    return auditEvents.nodes
  }

  it('lists the newest first, with who made the change and by which request', async () => {
    const acting = await memberOf({ name: 'Grace Hopper', role: 'ADMIN' })
    const input = { name: 'Phone', role: 'ADMIN', memberId: acting }
    const { apiKey, secret } = await done(t, 'createApiKey', input, 'apiKey { id } secret')
    const request = { name: 'Ada', role: 'MEMBER' }
    await askMutation(t, 'createMember', request, { as: { key: secret } })
    const [latest, before] = await list()
    expect(before).toMatchObject({ type: 'API_KEY_CREATED', apiKey, member: null })
    const actor = { kind: 'API_KEY', name: 'Grace Hopper' }
    expect(latest).toMatchObject({ type: 'MEMBER_CREATED', actor, apiKey: null })
    expect(t.logged.map(({ requestId }) => requestId)).toContain(latest?.requestId)
  })

  it('calls the operator and a key by their names', async () => {
    await command('key', 'create', '--tenant', t.slug)
    await memberOf()
    const actors = (await list()).slice(0, 2).map(({ actor }) => actor)
    expect(actors).toEqual([
      { kind: 'API_KEY', name: 'ADMIN' },
      { kind: 'OPERATOR', name: 'Operator' },
    ])
  })

  it('finds by type, subject and time, page by page', async () => {
    const at = (hour: number) => new Date(Date.UTC(2026, 2, 2, hour))
    t.setNow(at(9))
    const [ada, bob] = [await memberOf(), await memberOf({ name: 'Bob' })]
    t.setNow(at(10))
    await done(t, 'updateMember', { memberId: ada, role: 'ADMIN' })
    const { apiKey } = await done(t, 'createApiKey', { name: 'K', role: 'ADMIN' }, 'apiKey { id }')
    const subjects = async (filter: object) =>
      (await list(filter)).map(({ member, apiKey }) => (member ?? apiKey)?.id)
    expect(await subjects({ memberId: { eq: ada } })).toEqual([ada, ada])
    expect(await subjects({ memberId: { in: [bob] } })).toEqual([bob])
    expect(await subjects({ apiKeyId: { eq: apiKey.id } })).toEqual([apiKey.id])
    expect(await subjects({ type: { eq: 'MEMBER_ROLE_CHANGED' } })).toEqual([ada])
    const types = ['MEMBER_ROLE_CHANGED', 'MEMBER_CREATED']
    expect(await subjects({ type: { in: types } })).toEqual([ada, bob, ada])
    const hour = { gte: at(10).toISOString(), lt: at(11).toISOString() }
    expect(await subjects({ occurredAt: hour })).toEqual([apiKey.id, ada])
    const first = await ask(t, '{ auditEvents(first: 2) { nodes { id } pageInfo { endCursor } } }')
    const { nodes, pageInfo } = first.auditEvents
    const rest = await list({}, `after: "${pageInfo.endCursor}"`)
    expect([...nodes, ...rest.map(({ id }) => ({ id }))]).toEqual(
      (await list()).map(({ id }) => ({ id })),
    )
  })

  it.each(['MEMBER', 'READ_ONLY'] as const)('are not for a %s', async (role) => {
    const { errors } = await t.graphql('{ auditEvents { totalCount } }', {}, role)
    expect(errors).toMatchObject([{ path: ['auditEvents'], extensions: { code: 'FORBIDDEN' } }])
  })

  it('outlive the member and the key that they are about', async () => {
    const memberId = (await memberFixture(t, 'Leaver')).id
    await pipelineFixture(t)
    await dealFixture(t)
    await done(t, 'deleteMember', { memberId })
    const [entry] = await list({ memberId: { eq: memberId } })
    expect(entry).toMatchObject({ type: 'MEMBER_DELETED', member: { id: memberId } })
  })
})
