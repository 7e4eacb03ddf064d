import { createHash } from 'node:crypto'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createApiKey, revokeApiKey } from '../src/api-key/service.ts'
import { type Role, type Scope, scopes, scopesOfRole } from '../src/auth/scopes.ts'
import { encodeId, idOf } from '../src/ids.ts'
import {
  ask,
  askMutation,
  contentsOf,
  done,
  eventsDuring,
  keyOfMember,
  memberFixture,
  mutate,
  refusal,
  untouched,
} from './fixtures.ts'
import { type TestTenant, testTenant } from './harness.ts'

let t: TestTenant

beforeEach(async () => {
  t = await testTenant()
})

const key =
  'apiKey { id name prefix role scopes member { id } createdAt lastUsedAt expiresAt revokedAt }'

async function limitedTo(...limits: Scope[]): Promise<{ key: string; id: string }> {
  const values = { name: 'Limited', role: 'ADMIN', scopes: limits } as const
  const { id, secret } = await t.write((tx) => createApiKey(tx, values))
  return { key: secret, id: encodeId('ApiKey', id) }
}

async function scopesOf(secret: string) {
  const { data } = await t.graphql('{ viewer { scopes } }', {}, { key: secret })
  return data?.viewer.scopes
}

describe('createApiKey', () => {
  it('makes a key that may do what it was given, and shows its secret', async () => {
    const member = await memberFixture(t)
    const expiresAt = '2999-01-01T00:00:00.000Z'
    const input = { name: ' Till ', role: 'MEMBER', memberId: member.id, expiresAt }
    const limits = ['members:read', 'deals:read', 'deals:read']
    const { apiKey, secret } = await done(
      t,
      'createApiKey',
      { ...input, scopes: limits },
      `${key} secret`,
    )
    expect(secret).toMatch(/^dg_[\w-]{43}$/)
    expect(apiKey).toMatchObject({
      ...{ id: expect.stringMatching(/^api_key_/), name: 'Till', prefix: secret.slice(0, 9) },
      ...{ role: 'MEMBER', scopes: ['deals:read', 'members:read'], member: { id: member.id } },
      ...{ expiresAt, lastUsedAt: null, revokedAt: null },
    })
    expect(await scopesOf(secret)).toEqual(['deals:read', 'members:read'])
  })

  it.each(['ADMIN', 'MEMBER', 'READ_ONLY'] as const)(
    'gives all scopes of %s where none is named',
    async (role) => {
      const { apiKey, secret } = await done(t, 'createApiKey', { name: 'K', role }, `${key} secret`)
      expect(apiKey.scopes).toEqual(scopesOfRole[role])
      expect(await scopesOf(secret)).toEqual(scopesOfRole[role])
    },
  )

  it('keeps the SHA-256 of the secret and nothing else of it', async () => {
    const input = { name: 'K', role: 'ADMIN', idempotencyKey: 'once' }
    const { secret } = await done(t, 'createApiKey', input, 'secret')
    const contents = JSON.stringify(await contentsOf(t))
    expect(contents).toContain(createHash('sha256').update(secret).digest('hex'))
    expect(contents).not.toContain(secret.slice(9))
  })

  it('is answered without the secret when it is sent again', async () => {
    const input = { name: 'K', role: 'MEMBER', idempotencyKey: 'once' }
    const first = await done(t, 'createApiKey', input, 'apiKey { id } secret replayed')
    const again = await untouched([t], () =>
      done(t, 'createApiKey', input, 'apiKey { id } secret replayed'),
    )
    expect(again).toMatchObject({ apiKey: first.apiKey, secret: null, replayed: true })
  })

  const unknown = `member_${'0'.repeat(8)}-0000-7000-8000-${'0'.repeat(12)}`

  it.each([
    ['no name', { name: ' ' }, 'name', 'VALIDATION_ERROR', '1 to 255'],
    ['a long name', { name: 'x'.repeat(256) }, 'name', 'VALIDATION_ERROR', '1 to 255'],
    [
      'a past end',
      { expiresAt: '2020-01-01T00:00:00Z' },
      'expiresAt',
      'VALIDATION_ERROR',
      'future',
    ],
    ['no scope', { scopes: [] }, 'scopes', 'VALIDATION_ERROR', 'leave `scopes` out'],
    ['an unknown scope', { scopes: ['all'] }, 'scopes', 'VALIDATION_ERROR', 'does not have all'],
    [
      'a scope of another role',
      { role: 'MEMBER', scopes: ['deals:read', 'keys:write', 'members:write'] },
      ...([
        'scopes',
        'VALIDATION_ERROR',
        'MEMBER does not have keys:write, members:write',
      ] as const),
    ],
    [
      'a member that is not there',
      { memberId: unknown },
      'memberId',
      'NOT_FOUND',
      'no such member',
    ],
  ] as const)('refuses %s', async (_, values, field, code, message) => {
    const errors = await refusal(t, 'createApiKey', { name: 'K', role: 'ADMIN', ...values })
    const path = ['input', field]
    expect(errors).toMatchObject([{ code, path, message: expect.stringContaining(message) }])
  })

  it('says no more of scopes than fits a sentence', async () => {
    const long = Array.from({ length: 200 }, (_, index) => `${index}${'x'.repeat(300)}`)
    const [error] = await refusal(t, 'createApiKey', { name: 'K', role: 'ADMIN', scopes: long })
    expect(error.message.length).toBeLessThan(500)
  })

  it('refuses a member who is deleted or deactivated', async () => {
    const gone = await memberFixture(t, 'Gone')
    const resting = await memberFixture(t, 'Resting')
    await done(t, 'deleteMember', { memberId: gone.id })
    await done(t, 'updateMember', { memberId: resting.id, deactivated: true })
    const input = { name: 'K', role: 'MEMBER' }
    const codes = []
    for (const { id: memberId } of [gone, resting]) {
      codes.push((await refusal(t, 'createApiKey', { ...input, memberId }))[0].code)
    }
    expect(codes).toEqual(['NOT_FOUND', 'VALIDATION_ERROR'])
  })
})

describe('nobody gives what they do not have', () => {
  const refused = (...path: string[]) => ({
    ...{ code: 'VALIDATION_ERROR', path: ['input', ...path] },
    message: expect.stringContaining('Nobody gives what they do not have'),
  })

  /** The user errors that a key gets, which then has changed nothing. */
  async function refusalOf(as: { key: string }, field: string, input: object) {
    const { data } = await untouched([t], () => askMutation(t, field, input, { as }))
    return data[field].userErrors
  }

  it('a key that may only make keys makes only such keys', async () => {
    const as = await limitedTo('keys:write')
    const input = { name: 'K', role: 'ADMIN' }
    expect(await refusalOf(as, 'createApiKey', input)).toMatchObject([refused('role')])
    for (const scope of scopes.filter((scope) => scope !== 'keys:write')) {
      const limited = { ...input, scopes: ['keys:write', scope] }
      const errors = await refusalOf(as, 'createApiKey', limited)
      expect(errors).toMatchObject([refused('scopes')])
      expect(errors[0].message).toContain(`have: ${scope}.`)
    }
    expect(await refusalOf(as, 'createApiKey', { ...input, role: 'READ_ONLY' })).toHaveLength(1)
    const same = { as, selection: 'apiKey { scopes } secret' }
    const { data } = await askMutation(
      t,
      'createApiKey',
      { ...input, scopes: ['keys:write'] },
      same,
    )
    expect(data.createApiKey.apiKey).toEqual({ scopes: ['keys:write'] })
    expect(await scopesOf(data.createApiKey.secret)).toEqual(['keys:write'])
  })

  it('nor a longer life than that of the key by which they ask', async () => {
    const [soon, later] = ['2990-01-01T00:00:00.000Z', '2990-01-01T00:00:00.001Z']
    const values = { name: 'Brief', role: 'ADMIN', expiresAt: new Date(soon) } as const
    const { secret } = await t.write((tx) => createApiKey(tx, values))
    const as = { key: secret }
    const input = { name: 'K', role: 'MEMBER' }
    const longer = { path: ['input', 'expiresAt'], message: expect.stringContaining(soon) }
    for (const expiresAt of [undefined, null, later]) {
      expect(await refusalOf(as, 'createApiKey', { ...input, expiresAt })).toMatchObject([longer])
    }
    const same = { as, selection: 'apiKey { expiresAt }' }
    const { data } = await askMutation(t, 'createApiKey', { ...input, expiresAt: soon }, same)
    expect(data.createApiKey.apiKey).toEqual({ expiresAt: soon })
  })

  it('nor a key for others by the key of one member', async () => {
    const [ann, ben] = [await memberFixture(t, 'Ann'), await memberFixture(t, 'Ben')]
    const as = await keyOfMember(t, ann, 'ADMIN')
    const input = { name: 'K', role: 'MEMBER' }
    for (const memberId of [undefined, ben.id]) {
      expect(await refusalOf(as, 'createApiKey', { ...input, memberId })).toMatchObject([
        { code: 'VALIDATION_ERROR', path: ['input', 'memberId'] },
      ])
    }
    const own = { as, selection: 'apiKey { member { name } }' }
    const { data } = await askMutation(t, 'createApiKey', { ...input, memberId: ann.id }, own)
    expect(data.createApiKey.apiKey).toEqual({ member: { name: 'Ann' } })
  })

  it.each(['ADMIN', 'MEMBER', 'READ_ONLY'])(
    'a key that may only write members makes no %s',
    async (role) => {
      const as = await limitedTo('members:write')
      expect(await refusalOf(as, 'createMember', { name: 'Eve', role })).toMatchObject([
        refused('role'),
      ])
    },
  )

  it.each<[Role, Scope[], boolean]>([
    ['READ_ONLY', ['members:write', 'deals:read', 'members:read'], true],
    ['MEMBER', ['members:write', 'deals:read', 'members:read'], false],
    ['MEMBER', ['members:write', ...scopesOfRole.MEMBER], true],
    ['ADMIN', ['members:write', ...scopesOfRole.MEMBER], false],
  ])('a role is given by who has its scopes: %s by %j, %s', async (role, limits, allowed) => {
    const as = await limitedTo(...limits)
    const { id: memberId } = await memberFixture(t)
    await done(t, 'updateMember', { memberId, role: role === 'MEMBER' ? 'READ_ONLY' : 'MEMBER' })
    const created = await askMutation(t, 'createMember', { name: 'Eve', role }, { as })
    const changed = await askMutation(t, 'updateMember', { memberId, role }, { as })
    const errors = allowed ? [] : [refused('role')]
    expect(created.data.createMember.userErrors).toMatchObject(errors)
    expect(changed.data.updateMember.userErrors).toMatchObject(errors)
  })

  it('nor the sign-in of an administrator, nor their return', async () => {
    const as = await limitedTo('members:write', 'members:read')
    const { member } = await done(
      t,
      'createMember',
      { name: 'Root', role: 'ADMIN' },
      'member { id }',
    )
    const memberId = member.id
    const mine = { memberId, externalId: 'my-own-subject' }
    expect(await refusalOf(as, 'updateMember', mine)).toMatchObject([refused('externalId')])
    await done(t, 'updateMember', { memberId, deactivated: true })
    const back = { memberId, deactivated: false }
    expect(await refusalOf(as, 'updateMember', back)).toMatchObject([refused('deactivated')])
    const { data } = await askMutation(t, 'updateMember', { memberId, name: 'Ruth' }, { as })
    expect(data.updateMember.userErrors).toEqual([])
  })
})

describe('revokeApiKey', () => {
  it('ends a key at once and for good, and once', async () => {
    const { apiKey, secret } = await done(
      t,
      'createApiKey',
      { name: 'K', role: 'MEMBER' },
      'apiKey { id } secret',
    )
    expect(await scopesOf(secret)).toBeDefined()
    const input = { apiKeyId: apiKey.id }
    const events = await eventsDuring(t, () => done(t, 'revokeApiKey', input))
    const payload = { apiKeyId: idOf('ApiKey', apiKey.id) }
    expect(events).toMatchObject([{ type: 'api_key.revoked', payload }])
    expect((await t.graphql('{ __typename }', {}, { key: secret })).status).toBe(401)
    const again = await untouched([t], () => done(t, 'revokeApiKey', input, 'apiKey { revokedAt }'))
    expect(again.apiKey.revokedAt).not.toBeNull()
  })

  it('lets a key revoke itself', async () => {
    const as = await limitedTo('keys:write')
    const selection = 'apiKey { revokedAt }'
    const { data } = await askMutation(t, 'revokeApiKey', { apiKeyId: as.id }, { as, selection })
    expect(data.revokeApiKey.apiKey.revokedAt).not.toBeNull()
    expect((await t.graphql('{ __typename }', {}, as)).status).toBe(401)
  })

  it('does not find the key of another tenant', async () => {
    const theirs = await testTenant()
    const { apiKey } = await done(
      theirs,
      'createApiKey',
      { name: 'K', role: 'ADMIN' },
      'apiKey { id }',
    )
    const errors = await untouched([theirs], () =>
      refusal(t, 'revokeApiKey', { apiKeyId: apiKey.id }),
    )
    expect(errors).toMatchObject([{ code: 'NOT_FOUND', path: ['input', 'apiKeyId'] }])
  })
})

describe('apiKeys', () => {
  const names = async (args: string) => {
    const { apiKeys } = await ask(
      t,
      `{ apiKeys${args} { totalCount nodes { name } pageInfo { endCursor } } }`,
    )
    const { totalCount, nodes, pageInfo } = apiKeys
    return { totalCount, names: nodes.map(({ name }: { name: string }) => name), ...pageInfo }
  }

  beforeEach(async () => {
    const dayAfter = (day: number) => new Date(Date.UTC(2026, 2, day))
    const make = (day: number, name: string, expiresAt: Date | null = null) => {
      t.setNow(dayAfter(day))
      return t.write((tx) => createApiKey(tx, { name, role: 'ADMIN', expiresAt }))
    }
    await make(1, 'first')
    await make(2, 'ended', dayAfter(5))
    const { id } = await make(3, 'revoked')
    await make(4, 'last')
    await t.write((tx) => revokeApiKey(tx, { id }))
    t.setNow(dayAfter(6))
    await t.keyFor('ADMIN')
  })

  it('lists those that live, the newest first', async () => {
    expect(await names('')).toMatchObject({ totalCount: 3, names: ['ADMIN', 'last', 'first'] })
  })

  it('lists the others too when asked, page by page', async () => {
    const all = ['ADMIN', 'last', 'revoked', 'ended', 'first']
    expect(await names('(includeRevoked: true)')).toMatchObject({ totalCount: 5, names: all })
    const page = await names('(includeRevoked: true, first: 2)')
    const behind = await names(`(includeRevoked: true, after: "${page.endCursor}")`)
    expect([...page.names, ...behind.names]).toEqual(all)
  })

  it.each(['MEMBER', 'READ_ONLY'] as const)('are not for a %s', async (role) => {
    const { errors } = await t.graphql('{ apiKeys { totalCount } }', {}, role)
    expect(errors).toMatchObject([{ path: ['apiKeys'], extensions: { code: 'FORBIDDEN' } }])
  })
})

describe('a key of a member', () => {
  beforeAll(async () => {
    t = await testTenant()
  })

  it('rests while they are deactivated, and ends with them', async () => {
    const member = await memberFixture(t)
    const as = await keyOfMember(t, member)
    const status = async () => (await t.graphql('{ __typename }', {}, as)).status
    const set = (deactivated: boolean) =>
      mutate(t, 'updateMember', { memberId: member.id, deactivated })
    await set(true)
    expect(await status()).toBe(401)
    await set(false)
    expect(await status()).toBe(200)
    await done(t, 'deleteMember', { memberId: member.id })
    expect(await status()).toBe(401)
  })
})
