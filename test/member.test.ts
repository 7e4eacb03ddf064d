import { randomUUID } from 'node:crypto'
import { beforeEach, describe, expect, it } from 'vitest'
import {
  ask,
  askMutation,
  dealFixture,
  done,
  eventsOf,
  keyOfMember,
  pipelineFixture,
  refusal,
  untouched,
} from './fixtures.ts'
import { type TestTenant, testTenant } from './harness.ts'

const monday = new Date('2026-03-02T09:00:00.000Z')
const tuesday = new Date('2026-03-03T09:00:00.000Z')

const all = 'id number name email role externalId deactivatedAt deletedAt createdAt'
const values = { email: 'ada@acme.example', role: 'MEMBER', externalId: 'auth0|1' }

let t: TestTenant

beforeEach(async () => {
  t = await testTenant()
  t.setNow(monday)
})

async function create(input: object = {}) {
  const member = { name: 'Ada', ...values, ...input }
  return (await done(t, 'createMember', member, `member { ${all} }`)).member
}

async function update(memberId: string, change: object) {
  return (await done(t, 'updateMember', { memberId, ...change }, `member { ${all} }`)).member
}

async function read(id: string) {
  const document = `query ($id: ID!) { node(id: $id) { ... on Member { ${all} } } }`
  return (await ask(t, document, { id })).node
}

const grace = { name: 'Grace', email: 'grace@acme.example', externalId: 'auth0|2' }

const invalid: [what: string, change: object, field: string][] = [
  ['a blank name', { name: ' ' }, 'name'],
  ['a name of 256 characters', { name: 'x'.repeat(256) }, 'name'],
  ['an email without an @', { email: 'ada' }, 'email'],
  ['an email with a space', { email: 'ada l@acme.example' }, 'email'],
  ['an email of 256 characters', { email: `${'x'.repeat(251)}@a.de` }, 'email'],
  ['an empty external id', { externalId: '' }, 'externalId'],
  ['an external id of 256 characters', { externalId: 'x'.repeat(256) }, 'externalId'],
  ['the email of another, in any case', { email: ' GRACE@acme.example ' }, 'email'],
  ['the external id of another', { externalId: 'auth0|2' }, 'externalId'],
]

describe('createMember', () => {
  it('writes what it is given, without the blanks around it', async () => {
    const created = await create({ name: ' Ada ', email: ' ada@acme.example\n' })
    expect(created).toEqual({
      ...{ id: expect.stringMatching(/^member_/), number: 1, name: 'Ada', ...values },
      ...{ deactivatedAt: null, deletedAt: null, createdAt: monday.toISOString() },
    })
    expect(await read(created.id)).toEqual(created)
  })

  it('needs a name and a role, no more', async () => {
    const { member } = await done(
      t,
      'createMember',
      { name: 'Ada', role: 'READ_ONLY', email: ' ' },
      `member { ${all} }`,
    )
    expect(member).toMatchObject({ role: 'READ_ONLY', email: null, externalId: null })
  })

  it('writes one event', async () => {
    const { id } = await create()
    const payload = { memberId: id.replace('member_', '') }
    expect((await eventsOf(t)).at(-1)).toMatchObject({ type: 'member.created', payload })
  })

  it('takes the email and the external id of a member who was deleted', async () => {
    const { id } = await create()
    await done(t, 'deleteMember', { memberId: id })
    expect(await create()).toMatchObject(values)
  })

  it('takes what a member of another tenant has', async () => {
    const stranger = await testTenant()
    await done(stranger, 'createMember', { name: 'Ada', ...values })
    expect(await create()).toMatchObject(values)
  })

  it.each(invalid)('refuses %s', async (_, change, field) => {
    await create(grace)
    const input = { name: 'Ada', role: 'MEMBER', ...change }
    expect(await refusal(t, 'createMember', input)).toMatchObject([
      { __typename: 'ValidationError', code: 'VALIDATION_ERROR', path: ['input', field] },
    ])
  })
})

describe('updateMember', () => {
  it.each([
    ['name', 'Augusta'],
    ['email', 'augusta@acme.example'],
    ['email', 'ADA@acme.example'],
    ['role', 'ADMIN'],
    ['externalId', 'auth0|9'],
  ])('changes the %s and nothing else', async (field, value) => {
    const before = await create()
    const expected = { ...before, [field]: value }
    expect(await update(before.id, { [field]: value })).toEqual(expected)
    expect(await read(before.id)).toEqual(expected)
  })

  it.each(['email', 'externalId'])('clears the %s by null', async (field) => {
    const { id } = await create()
    expect((await update(id, { [field]: null }))[field]).toBeNull()
  })

  it('deactivates and activates again, the keys too', async () => {
    const { id } = await create()
    const as = await keyOfMember(t, { id })
    const role = () => t.graphql('{ viewer { role } }', {}, as)
    expect((await role()).errors).toEqual([])
    t.setNow(tuesday)
    const since = tuesday.toISOString()
    expect(await update(id, { deactivated: true })).toMatchObject({ deactivatedAt: since })
    expect((await role()).errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }])
    t.setNow(null)
    await untouched([t], () => update(id, { deactivated: true }))
    expect(await update(id, { deactivated: false })).toMatchObject({ deactivatedAt: null })
    expect((await role()).errors).toEqual([])
  })

  it('writes one event with the names of the fields', async () => {
    const { id } = await create()
    const before = await eventsOf(t)
    await update(id, { ...values, name: 'Augusta', email: null, deactivated: true })
    const payload = {
      memberId: id.replace('member_', ''),
      fields: ['email', 'name', 'deactivated'],
    }
    const events = (await eventsOf(t)).slice(before.length)
    expect(events).toMatchObject([{ type: 'member.updated', payload }])
  })

  it('changes nothing where nothing differs', async () => {
    const { id } = await create()
    await untouched([t], async () => {
      await update(id, {})
      await update(id, { name: ' Ada ', ...values, deactivated: false })
    })
  })

  it.each([
    ...invalid,
    ['no name', { name: null }, 'name'] as const,
    ['no role', { role: null }, 'role'] as const,
    ['neither active nor not', { deactivated: null }, 'deactivated'] as const,
  ])('refuses %s', async (_, change, field) => {
    await create(grace)
    const { id } = await create()
    expect(await refusal(t, 'updateMember', { memberId: id, ...change })).toMatchObject([
      { code: 'VALIDATION_ERROR', path: ['input', field] },
    ])
  })

  it('does not find who is not there, or no longer', async () => {
    const { id } = await create()
    await done(t, 'deleteMember', { memberId: id })
    for (const memberId of [`member_${randomUUID()}`, id]) {
      expect(await refusal(t, 'updateMember', { memberId, name: 'Eve' })).toMatchObject([
        { code: 'NOT_FOUND', path: ['input', 'memberId'] },
      ])
    }
  })
})

describe('members who change themselves', () => {
  async function asOneself(role: string, change: object) {
    const { id } = await create({ role })
    const as = await keyOfMember(t, { id }, 'ADMIN')
    const input = { memberId: id, ...change }
    const { data, errors } = await askMutation(t, 'updateMember', input, {
      as,
      selection: `member { ${all} }`,
    })
    expect(errors).toEqual([])
    return data.updateMember
  }

  it.each([
    ['a lower role', { role: 'MEMBER' }, 'role'],
    ['an end of their access', { deactivated: true }, 'deactivated'],
    ['another sign-in', { externalId: 'auth0|7' }, 'externalId'],
    ['no sign-in', { externalId: null }, 'externalId'],
  ])('cannot give themselves %s', async (_, change, field) => {
    const { userErrors, member } = await asOneself('ADMIN', { name: 'Augusta', ...change })
    expect(userErrors).toMatchObject([{ code: 'VALIDATION_ERROR', path: ['input', field] }])
    expect(member).toBeNull()
    const { members } = await ask(t, '{ members { nodes { name role deactivatedAt } } }')
    expect(members.nodes).toEqual([{ name: 'Ada', role: 'ADMIN', deactivatedAt: null }])
  })

  it('can change all else, and a role that is none of an administrator', async () => {
    const kept = await asOneself('ADMIN', { name: 'Augusta', role: 'ADMIN', deactivated: false })
    expect(kept).toMatchObject({ userErrors: [], member: { name: 'Augusta', role: 'ADMIN' } })
    await update(kept.member.id, { email: null, externalId: null })
    const raised = await asOneself('MEMBER', { role: 'READ_ONLY' })
    expect(raised).toMatchObject({ userErrors: [], member: { role: 'READ_ONLY' } })
  })
})

describe('members', () => {
  const names = async (args: string) => {
    const { members } = await ask(t, `{ members${args} { totalCount nodes { name } } }`)
    expect(members.totalCount).toBe(members.nodes.length)
    return members.nodes.map(({ name }: { name: string }) => name)
  }

  beforeEach(async () => {
    for (const [name, role] of [
      ['Ada', 'ADMIN'],
      ['Bob', 'MEMBER'],
      ['Cleo', 'MEMBER'],
      ['Dan', 'READ_ONLY'],
      ['Eve', 'MEMBER'],
    ]) {
      const email = `${name?.toLowerCase()}@acme.example`
      const { id } = await create({ name, role, email, externalId: null })
      if (name === 'Cleo') await update(id, { deactivated: true })
      if (name === 'Eve') await done(t, 'deleteMember', { memberId: id })
    }
  })

  it.each([
    ['', ['Ada', 'Bob', 'Cleo', 'Dan']],
    ['(search: "acme.example")', ['Ada', 'Bob', 'Cleo', 'Dan']],
    ['(search: "eve")', []],
    ['(filter: { role: { eq: MEMBER } })', ['Bob', 'Cleo']],
    ['(filter: { role: { in: [ADMIN, READ_ONLY] } })', ['Ada', 'Dan']],
    ['(filter: { deactivated: true })', ['Cleo']],
    ['(filter: { deactivated: false })', ['Ada', 'Bob', 'Dan']],
    ['(filter: { deactivated: null, role: null })', ['Ada', 'Bob', 'Cleo', 'Dan']],
    ['(filter: { deactivated: false, role: { eq: MEMBER } })', ['Bob']],
    ['(filter: { role: { eq: MEMBER } }, search: "c")', ['Bob', 'Cleo']],
    ['(filter: { role: { eq: MEMBER } }, search: "leo")', ['Cleo']],
  ])('are listed without those deleted: %s', async (args, expected) => {
    expect(await names(args)).toEqual(expected)
  })

  it('who are deactivated still own deals', async () => {
    await pipelineFixture(t)
    const { members } = await ask(t, '{ members(filter: { deactivated: true }) { nodes { id } } }')
    const deal = await dealFixture(t, { ownerId: members.nodes[0].id })
    expect(deal.version).toBe(1)
  })
})
