import type { JWTPayload } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { scopesOfRole } from '../src/auth/scopes.ts'
import { wholeTenant } from '../src/database/tenant-view.ts'
import { ask, dealFixture, done, pipelineFixture, untouched } from './fixtures.ts'
import { type TestTenant, testTenant } from './harness.ts'
import {
  claimsOf,
  type GatewayOptions,
  type JwksServer,
  type SigningKey,
  signedMember,
  signingKey,
  startJwks,
  type TokenGateway,
  tokenGateway,
} from './jwt-fixtures.ts'

let t: TestTenant
let key: SigningKey
let jwks: JwksServer
let gateway: TokenGateway

beforeAll(async () => {
  key = await signingKey('first')
  jwks = await startJwks(key)
})

afterAll(() => jwks.stop())

beforeEach(async () => {
  t = await testTenant()
  gateway = gatewayWith()
})

const gatewayWith = (options: GatewayOptions = {}) => tokenGateway(t, { url: jwks.url }, options)
const token = (changes: JWTPayload = {}) => key.sign(claimsOf(t, changes))

const membersOf = async () =>
  (await ask(t, '{ members { nodes { id name email role externalId } } }')).members.nodes

describe('the member of a token', () => {
  it.each([
    ['slug', () => t.slug],
    ['id', () => t.tenantId],
    ['id in capitals', () => t.tenantId.toUpperCase()],
  ])('is found in the tenant by its %s', async (_, tenant) => {
    const ada = await signedMember(t)
    const { data } = await gateway.ask(
      await token({ tenant: tenant() }),
      '{ viewer { member { id } } }',
    )
    expect(data.viewer.member).toEqual(ada)
  })

  it('is of the tenant with this id, whatever slug another one has', async () => {
    const { database } = t
    const twin = await testTenant()
    await database.write(wholeTenant(twin.tenantId), (db) =>
      db.tenant.update({ where: { id: twin.tenantId }, data: { slug: t.tenantId } }),
    )
    const ada = await signedMember(t)
    await signedMember(twin)
    const { data } = await gateway.ask(
      await token({ tenant: t.tenantId }),
      '{ viewer { tenant { slug } member { id } } }',
    )
    expect(data.viewer.tenant.slug).toBe(t.slug)
    expect(data.viewer.member).toEqual(ada)
  })

  it('is one of its own tenant alone', async () => {
    const stranger = await testTenant()
    await signedMember(stranger)
    expect(await gateway.codeOf(await token())).toBe('UNAUTHENTICATED')
    expect(await gateway.codeOf(await token({ tenant: stranger.slug }))).toBeNull()
  })

  it('is shut out from the moment at which they are deactivated, and let in again', async () => {
    const { id: memberId } = await signedMember(t)
    const good = await token()
    expect(await gateway.codeOf(good)).toBeNull()
    await done(t, 'updateMember', { memberId, deactivated: true })
    expect(await gateway.codeOf(good)).toBe('UNAUTHENTICATED')
    await done(t, 'updateMember', { memberId, deactivated: false })
    expect(await gateway.codeOf(good)).toBeNull()
  })

  it('is shut out when they are deleted, and nobody is made in their place', async () => {
    const { id: memberId } = await signedMember(t)
    const creating = gatewayWith({ settings: { createMembersAs: 'MEMBER' } })
    await done(t, 'deleteMember', { memberId })
    await untouched([t], async () => {
      expect(await gateway.codeOf(await token())).toBe('UNAUTHENTICATED')
      expect(await creating.codeOf(await token())).toBe('UNAUTHENTICATED')
    })
    const again = await signedMember(t)
    const { data } = await gateway.ask(await token(), '{ viewer { member { id } } }')
    expect(data.viewer.member).toEqual(again)
  })

  it('is who history names for a move', async () => {
    const ada = await signedMember(t)
    const sales = await pipelineFixture(t)
    const { id } = await dealFixture(t)
    const input = `{ dealId: "${id}", stageId: "${sales.stage('Qualified')}", expectedVersion: 1 }`
    const { errors } = await gateway.ask(
      await token(),
      `mutation { moveDeal(input: ${input}) { userErrors { message } deal { version } } }`,
    )
    expect(errors).toEqual([])
    const { deal } = await ask(
      t,
      `{ deal(id: "${id}") { history { nodes { actor { kind member { id } } } } } }`,
    )
    expect(deal.history.nodes).toContainEqual({ actor: { kind: 'MEMBER', member: ada } })
  })

  it('is looked up in one statement', async () => {
    await signedMember(t)
    const good = await token()
    await gateway.codeOf(good)
    const statements = await t.recordStatements(() => gateway.ask(good))
    expect(statements).toEqual(['SELECT * FROM authenticate_member($1::uuid, $2, $3)'])
  })
})

describe('the role of a token', () => {
  const auth0 = 'https://acme.example/role'

  it.each<[string, string | null, JWTPayload, string | null]>([
    ['is the member’s where none is configured', null, { role: 'ADMIN' }, 'MEMBER'],
    ['is the member’s where the claim is absent', 'role', {}, 'MEMBER'],
    ['is the claim’s', 'role', { role: 'READ_ONLY' }, 'READ_ONLY'],
    ['is read in any case', 'role', { role: 'Admin' }, 'ADMIN'],
    [
      'is the greatest of several',
      'role',
      { role: ['read_only', 'x', 'admin', 'member'] },
      'ADMIN',
    ],
    ['is found by a name with dots', auth0, { [auth0]: 'ADMIN' }, 'ADMIN'],
    [
      'is found by a path',
      'realm_access.roles',
      { realm_access: { roles: ['offline_access', 'admin'] } },
      'ADMIN',
    ],
    [
      'is found by a path through a name with dots',
      'resource_access.deal.graph.roles',
      { resource_access: { 'deal.graph': { roles: ['admin'] } } },
      'ADMIN',
    ],
    ['is first the exact name', 'a.b', { 'a.b': 'ADMIN', a: { b: 'READ_ONLY' } }, 'ADMIN'],
    ['is nothing inherited', 'constructor.name', {}, 'MEMBER'],
    ['is refused where none is ours', 'role', { role: 'owner' }, null],
    ['is refused with a letter that only looks like ours', 'role', { role: 'adm\u0131n' }, null],
    ['is refused where the list is empty', 'role', { role: [] }, null],
    ['is refused where it is null', 'role', { role: null }, null],
    ['is refused where it is no text', 'role', { role: [['ADMIN'], 1, { a: 1 }] }, null],
  ])('%s', async (_, role, claims, expected) => {
    await signedMember(t)
    const { data, errors } = await gatewayWith({ claims: { role } }).ask(
      await token(claims),
      '{ viewer { role scopes member { role } } }',
    )
    if (!expected) return expect(errors[0]?.extensions.code).toBe('UNAUTHENTICATED')
    const scopes = scopesOfRole[expected as keyof typeof scopesOfRole]
    expect(data.viewer).toEqual({ role: expected, scopes, member: { role: 'MEMBER' } })
  })

  it('allows what the role allows', async () => {
    await signedMember(t, { role: 'ADMIN' })
    const byClaim = gatewayWith({ claims: { role: 'role' } })
    const change =
      'mutation { updateTenant(input: { membersMayReopen: true }) { userErrors { code } } }'
    const lesser = await byClaim.ask(await token({ role: 'MEMBER' }), change)
    expect(lesser.errors[0]?.extensions.code).toBe('FORBIDDEN')
    expect((await byClaim.ask(await token(), change)).errors).toEqual([])
  })
})

describe('a member who comes for the first time', () => {
  const creating = (options: GatewayOptions = {}) =>
    gatewayWith({ ...options, settings: { createMembersAs: 'READ_ONLY' } })

  it('is created with what the token says, and found from then on', async () => {
    const first = creating()
    const good = await token({ name: ' Ada Lovelace ', email: 'Ada@acme.example' })
    const { data } = await first.ask(good, '{ viewer { role member { id } } }')
    expect(data.viewer.role).toBe('READ_ONLY')
    await untouched([t], async () => expect(await first.codeOf(good)).toBeNull())
    expect(await membersOf()).toEqual([
      {
        ...{ id: data.viewer.member.id, name: 'Ada Lovelace', email: 'Ada@acme.example' },
        ...{ role: 'READ_ONLY', externalId: 'auth0|ada' },
      },
    ])
  })

  it('is created once by requests that come at once', async () => {
    const first = creating()
    const good = await token()
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => first.ask(good, '{ viewer { member { id } } }')),
    )
    const ids = new Set(answers.map(({ data }) => data.viewer.member.id))
    expect([...ids]).toEqual((await membersOf()).map(({ id }: { id: string }) => id))
  })

  it('has the role that the token names', async () => {
    const first = creating({ claims: { role: 'role' } })
    expect(await first.codeOf(await token({ role: 'nothing' }))).toBe('UNAUTHENTICATED')
    expect(await membersOf()).toEqual([])
    expect(await first.codeOf(await token({ role: 'admin' }))).toBeNull()
    expect(await membersOf()).toMatchObject([{ role: 'ADMIN' }])
  })

  it.each<[string, JWTPayload, { name: string; email: string | null }]>([
    ['by the email', { email: 'a@b.example' }, { name: 'a@b.example', email: 'a@b.example' }],
    ['by the subject', {}, { name: 'auth0|ada', email: null }],
    ['without an email that is none', { email: 'none' }, { name: 'none', email: null }],
    [
      'without an email that is taken',
      { name: 'A', email: 'TAKEN@b.example' },
      { name: 'A', email: null },
    ],
    [
      'by a name cut to fit',
      { name: `${'😀'.repeat(300)}` },
      { name: '😀'.repeat(255), email: null },
    ],
    ['without a blank name', { name: ' \n', email: 7 }, { name: 'auth0|ada', email: null }],
    ['without a name that cannot be stored', { name: 'A\0' }, { name: 'auth0|ada', email: null }],
  ])('is called %s', async (_, claims, expected) => {
    await signedMember(t, { externalId: 'auth0|other', email: 'taken@b.example' })
    expect(await creating().codeOf(await token(claims))).toBeNull()
    const created = (await membersOf()).filter(
      ({ externalId }: { externalId: string }) => externalId === 'auth0|ada',
    )
    expect(created).toMatchObject([expected])
  })

  it('is not created by a token that does not hold, or in a tenant that is not there', async () => {
    const first = creating()
    await untouched([t], async () => {
      expect(await first.codeOf(await token({ exp: 1 }))).toBe('UNAUTHENTICATED')
      expect(await first.codeOf(await token({ tenant: 'nobody' }))).toBe('UNAUTHENTICATED')
      expect(await gateway.codeOf(await token())).toBe('UNAUTHENTICATED')
    })
  })

  it('does what they do as themselves', async () => {
    await pipelineFixture(t)
    const first = gatewayWith({ settings: { createMembersAs: 'MEMBER' } })
    const { data } = await first.ask(
      await token({ name: 'Ada' }),
      'mutation { createDeal(input: { name: "Rocket" }) { deal { owner { name } } } }',
    )
    expect(data.createDeal.deal.owner).toEqual({ name: 'Ada' })
  })
})
