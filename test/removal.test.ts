import { randomUUID } from 'node:crypto'
import { beforeEach, describe, expect, it } from 'vitest'
import { newId } from '../src/ids.ts'
import { dealRows } from './bulk-fixtures.ts'
import {
  ask,
  askMutation,
  contactFixture,
  dealFixture,
  done,
  eventsOf,
  keyOfMember,
  memberFixture,
  mutate,
  organizationFixture,
  type PipelineFixture,
  pipelineFixture,
  refusal,
  untouched,
} from './fixtures.ts'
import { type TestTenant, testTenant } from './harness.ts'

const monday = new Date('2026-03-02T09:00:00.000Z')
const tuesday = new Date('2026-03-03T09:00:00.000Z')

let t: TestTenant
let sales: PipelineFixture

beforeEach(async () => {
  t = await testTenant()
  t.setNow(monday)
  sales = await pipelineFixture(t)
})

type Id = { id: string }

const uuidOf = ({ id }: Id) => id.slice(-36)

async function nodeOf({ id }: Id, selection: string) {
  return (await ask(t, `query ($id: ID!) { node(id: $id) { id ${selection} } }`, { id })).node
}

const dealOf = (deal: Id, selection: string) => nodeOf(deal, `... on Deal { ${selection} }`)

/** The deal deleted as it stands. */
async function discard(deal: Id) {
  const { version } = await dealOf(deal, 'version')
  await done(t, 'deleteDeal', { dealId: deal.id, expectedVersion: version })
}

/** The events that the work wrote, each by its type and deal with its payload. */
async function eventsBy(work: () => Promise<unknown>) {
  const before = await eventsOf(t)
  await work()
  return (await eventsOf(t)).slice(before.length)
}

function changesOf(deal: Id) {
  return t.read((db) =>
    db.dealChange.findMany({
      where: { tenantId: t.tenantId, dealId: uuidOf(deal) },
      orderBy: { occurredAt: 'asc' },
      select: { field: true, fromValue: true, toValue: true, fromId: true, toId: true },
    }),
  )
}

/** Deals by their inputs, in a few statements. */
async function manyDeals(inputs: Input[]): Promise<void> {
  const rows = inputs.map(({ organizationId, ownerId }) => ({
    organizationId: organizationId ? uuidOf({ id: organizationId }) : null,
    ownerId: ownerId ? uuidOf({ id: ownerId }) : null,
  }))
  const deals = await dealRows(t, sales, rows)
  await t.write(async (tx) => {
    const data = deals.flatMap((dealId, index) =>
      (inputs[index]?.contactIds ?? []).map((contactId) => ({
        ...{ tenantId: t.tenantId, id: newId(), isPrimary: true },
        ...{ dealId: uuidOf({ id: dealId }), contactId: uuidOf({ id: contactId }) },
        ...{ createdAt: tx.now, updatedAt: tx.now },
      })),
    )
    await tx.db.dealContact.createMany({ data })
    tx.emit({ type: 'deal.imported' })
  })
}

interface Input {
  organizationId?: string
  ownerId?: string
  contactIds?: string[]
}

interface Kind {
  noun: 'organization' | 'contact' | 'member'
  make: (t: TestTenant, name?: string) => Promise<Id>
  /** What makes a deal need it. */
  use: (it: Id) => Input
}

const kinds: Kind[] = [
  { noun: 'organization', make: organizationFixture, use: ({ id }) => ({ organizationId: id }) },
  { noun: 'contact', make: contactFixture, use: ({ id }) => ({ contactIds: [id] }) },
  { noun: 'member', make: memberFixture, use: ({ id }) => ({ ownerId: id }) },
]

describe.each(kinds)('deleting: $noun', ({ noun, make, use }) => {
  const field = `delete${noun[0]?.toUpperCase()}${noun.slice(1)}`
  const inputOf = ({ id }: Id, other?: Id) => ({
    [`${noun}Id`]: id,
    ...(other && { reassignTo: other.id }),
  })
  const inUse = 'userErrors { ... on StillInUse { count deals { id } } }'

  it('is done where no deal needs it', async () => {
    const one = await make(t)
    const { reassignedCount } = await done(t, field, inputOf(one), 'reassignedCount')
    expect(reassignedCount).toBe(0)
    const events = await eventsOf(t)
    const payload = { [`${noun}Id`]: uuidOf(one), reassignedTo: null }
    expect(events.at(-1)).toMatchObject({ type: `${noun}.deleted`, payload })
    const list = (await ask(t, `{ ${noun}s { nodes { id } } }`))[`${noun}s`]
    expect(list.nodes).toEqual([])
  })

  it('is refused while deals need it, deleted ones too, with the first 10 of them', async () => {
    const one = await make(t)
    const deals: Id[] = []
    for (let index = 0; index < 12; index += 1) {
      t.setNow(new Date(monday.getTime() - index * 1000))
      deals.push(await dealFixture(t, use(one)))
    }
    await discard(deals.at(-1) as Id)
    await dealFixture(t)
    await untouched([t], async () => {
      const { userErrors } = await mutate(t, field, inputOf(one), inUse)
      expect(userErrors).toMatchObject([
        { __typename: 'StillInUse', code: 'STILL_IN_USE', path: ['input', 'reassignTo'] },
      ])
      expect(userErrors[0].message).toMatch(`12 deals need this ${noun}`)
      expect(userErrors[0].count).toBe(12)
      const oldest = deals.toReversed().slice(0, 10)
      expect(userErrors[0].deals).toEqual(oldest.map(({ id }) => ({ id })))
    })
  })

  it('gives its deals to another, deleted ones too', async () => {
    const [one, other] = [await make(t, 'One'), await make(t, 'Other')]
    const deals = [await dealFixture(t, use(one)), await dealFixture(t, use(one))]
    await discard(deals[1] as Id)
    const bystander = await dealFixture(t, use(other))
    t.setNow(tuesday)
    const { reassignedCount } = await done(t, field, inputOf(one, other), 'reassignedCount')
    expect(reassignedCount).toBe(2)
    const said = 'version updatedAt organization { id } primaryContact { id } owner { id }'
    const holders = async (deal: Id) => {
      const { organization, primaryContact, owner, ...rest } = await dealOf(deal, said)
      return [(organization ?? primaryContact ?? owner).id, rest.version, rest.updatedAt]
    }
    expect(await holders(deals[0] as Id)).toEqual([other.id, 2, tuesday.toISOString()])
    expect(await holders(deals[1] as Id)).toEqual([other.id, 3, tuesday.toISOString()])
    expect(await holders(bystander)).toEqual([other.id, 1, monday.toISOString()])
  })

  it('takes as many statements for 40 deals as for 2', async () => {
    const other = await make(t, 'Other')
    const counts = []
    for (const deals of [2, 40]) {
      const one = await make(t, `Of ${deals}`)
      await manyDeals(Array.from({ length: deals }, () => use(one)))
      const statements = await t.recordStatements(() => done(t, field, inputOf(one, other)))
      counts.push(statements.filter((text) => !text.startsWith('SET ROLE')).length)
    }
    expect(counts[1]).toBe(counts[0])
    expect(counts[0]).toBeLessThan(20)
  })

  it('finds neither what is not there nor what was deleted', async () => {
    const [one, gone] = [await make(t, 'One'), await make(t, 'Gone')]
    await dealFixture(t, use(one))
    await done(t, field, inputOf(gone))
    for (const missing of [gone, { id: `${noun}_${randomUUID()}` }]) {
      expect(await refusal(t, field, inputOf(one, missing))).toMatchObject([
        { code: 'NOT_FOUND', path: ['input', 'reassignTo'] },
      ])
      expect(await refusal(t, field, inputOf(missing))).toMatchObject([
        { code: 'NOT_FOUND', path: ['input', `${noun}Id`] },
      ])
    }
  })

  it('is refused where it should take its own place', async () => {
    const one = await make(t)
    expect(await refusal(t, field, inputOf(one, one))).toMatchObject([
      { code: 'VALIDATION_ERROR', path: ['input', 'reassignTo'] },
    ])
  })
})

describe('deleteOrganization', () => {
  it('audits each deal and tells of it', async () => {
    const [acme, apex] = [
      await organizationFixture(t, 'Acme'),
      await organizationFixture(t, 'Apex'),
    ]
    const deal = await dealFixture(t, { organizationId: acme.id })
    const input = { organizationId: acme.id, reassignTo: apex.id }
    let payload: { deletedOrganizationId?: string } = {}
    const events = await eventsBy(async () => {
      payload = await done(t, 'deleteOrganization', input, 'deletedOrganizationId')
    })
    expect(payload.deletedOrganizationId).toBe(acme.id)
    expect(await nodeOf(acme, '')).toBeNull()
    const ids = { fromId: uuidOf(acme), toId: uuidOf(apex) }
    expect(await changesOf(deal)).toEqual([
      { field: 'organization', fromValue: 'Acme', toValue: 'Apex', ...ids },
    ])
    expect(events).toMatchObject([
      { type: 'deal.updated', dealId: uuidOf(deal), payload: { fields: ['organization'] } },
      { type: 'organization.deleted', payload: { reassignedTo: uuidOf(apex) } },
    ])
  })

  it('gives its contacts to the other one, or leaves them without', async () => {
    const [acme, apex] = [
      await organizationFixture(t, 'Acme'),
      await organizationFixture(t, 'Apex'),
    ]
    const input = { name: 'Ada', organizationId: acme.id }
    const { contact } = await done(t, 'createContact', input, 'contact { id }')
    const of = () => nodeOf(contact, '... on Contact { organization { id } updatedAt }')
    t.setNow(tuesday)
    await done(t, 'deleteOrganization', { organizationId: acme.id, reassignTo: apex.id })
    expect(await of()).toMatchObject({ organization: apex, updatedAt: tuesday.toISOString() })
    const events = await eventsBy(() => done(t, 'deleteOrganization', { organizationId: apex.id }))
    expect(await of()).toMatchObject({ organization: null })
    expect(events.map(({ type }) => type)).toEqual(['contact.updated', 'organization.deleted'])
  })

  it('moves more deals than one chunk holds, each once', async () => {
    const [acme, apex] = [
      await organizationFixture(t, 'Acme'),
      await organizationFixture(t, 'Apex'),
    ]
    await manyDeals(Array.from({ length: 1_003 }, () => ({ organizationId: acme.id })))
    const input = { organizationId: acme.id, reassignTo: apex.id }
    let payload: { reassignedCount?: number } = {}
    const events = await eventsBy(async () => {
      payload = await done(t, 'deleteOrganization', input, 'reassignedCount')
    })
    expect(payload.reassignedCount).toBe(1_003)
    expect(events).toHaveLength(1_004)
    const moved = await t.read((db) =>
      db.deal.count({
        where: { tenantId: t.tenantId, organizationId: uuidOf(apex), version: 2 },
      }),
    )
    expect(moved).toBe(1_003)
  })
})

describe('deleteMember', () => {
  const member = '... on Member { name email externalId deactivatedAt deletedAt }'

  it('keeps the member for history, and what they signed in with, but lets them in no more', async () => {
    const input = { name: 'Ada', email: 'ada@acme.example', role: 'MEMBER', externalId: 'auth0|1' }
    const { member: ada } = await done(t, 'createMember', input, 'member { id }')
    const as = await keyOfMember(t, ada)
    const deal = await askMutation(
      t,
      'createDeal',
      { name: 'Rocket' },
      {
        as,
        selection: 'deal { id }',
      },
    )
    const dealId = deal.data.createDeal.deal.id
    await done(t, 'updateDeal', { dealId, expectedVersion: 1, ownerId: null })
    t.setNow(tuesday)
    const events = await eventsBy(() => done(t, 'deleteMember', { memberId: ada.id }))
    const now = tuesday.toISOString()
    expect(await nodeOf(ada, member)).toEqual({
      ...{ id: ada.id, name: 'Ada', email: 'ada@acme.example', externalId: 'auth0|1' },
      ...{ deactivatedAt: now, deletedAt: now },
    })
    expect(events.map(({ type }) => type)).toEqual(['api_key.revoked', 'member.deleted'])
    const { errors } = await t.graphql('{ viewer { role } }', {}, as)
    expect(errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }])
    const { history } = await dealOf({ id: dealId }, 'history { nodes { actor { name } } }')
    expect(history.nodes).toEqual([{ actor: { name: 'Ada' } }])
  })

  it('keeps since when they were deactivated', async () => {
    const ada = await memberFixture(t)
    await done(t, 'updateMember', { memberId: ada.id, deactivated: true })
    t.setNow(tuesday)
    await done(t, 'deleteMember', { memberId: ada.id })
    const [since, deletedAt] = [monday.toISOString(), tuesday.toISOString()]
    expect(await nodeOf(ada, member)).toMatchObject({ deactivatedAt: since, deletedAt })
  })

  it('gives what they own and are assigned to to the other one, nobody twice', async () => {
    const [ada, bob] = [await memberFixture(t, 'Ada'), await memberFixture(t, 'Bob')]
    const both = await dealFixture(t, { ownerId: ada.id, assigneeIds: [ada.id, bob.id] })
    const assigned = await dealFixture(t, { assigneeIds: [ada.id] })
    const owned = await dealFixture(t, { ownerId: ada.id })
    let payload: { reassignedCount?: number } = {}
    const events = await eventsBy(async () => {
      const input = { memberId: ada.id, reassignTo: bob.id }
      payload = await done(t, 'deleteMember', input, 'reassignedCount')
    })
    expect(payload.reassignedCount).toBe(3)
    const said = 'version owner { id } assignees { id }'
    expect(await dealOf(both, said)).toMatchObject({ version: 2, owner: bob, assignees: [bob] })
    expect(await dealOf(assigned, said)).toMatchObject({
      version: 2,
      owner: null,
      assignees: [bob],
    })
    expect(await dealOf(owned, said)).toMatchObject({ version: 2, owner: bob, assignees: [] })
    const ids = { fromId: uuidOf(ada), toId: uuidOf(bob) }
    const change = { field: 'owner', fromValue: 'Ada', toValue: 'Bob', ...ids }
    expect(await changesOf(both)).toEqual([change])
    expect(await changesOf(assigned)).toEqual([])
    const [gone, taken] = [{ memberIds: [uuidOf(ada)] }, { memberIds: [uuidOf(bob)] }]
    expect(events.map(({ type, dealId, payload }) => [type, dealId, payload])).toEqual([
      ['deal.updated', uuidOf(both), { fields: ['owner'] }],
      ['deal.updated', uuidOf(owned), { fields: ['owner'] }],
      ['deal.unassigned', uuidOf(both), gone],
      ['deal.unassigned', uuidOf(assigned), gone],
      ['deal.assigned', uuidOf(assigned), taken],
      ['member.deleted', null, { memberId: uuidOf(ada), reassignedTo: uuidOf(bob) }],
    ])
  })

  it('is refused to who would delete themselves', async () => {
    const ada = await memberFixture(t)
    const as = await keyOfMember(t, ada, 'ADMIN')
    const { data } = await askMutation(t, 'deleteMember', { memberId: ada.id }, { as })
    expect(data.deleteMember.userErrors).toMatchObject([
      { code: 'VALIDATION_ERROR', path: ['input', 'memberId'] },
    ])
    expect(await nodeOf(ada, member)).toMatchObject({ deletedAt: null, deactivatedAt: null })
  })

  it('leaves nobody who could own a deal or be assigned to it', async () => {
    const ada = await memberFixture(t)
    await done(t, 'deleteMember', { memberId: ada.id })
    for (const [field, value] of [
      ['ownerId', ada.id],
      ['assigneeIds', [ada.id]],
    ] as const) {
      expect(await refusal(t, 'createDeal', { name: 'Rocket', [field]: value })).toMatchObject([
        { code: 'NOT_FOUND', path: expect.arrayContaining(['input', field]) },
      ])
    }
  })
})
