import { beforeEach, describe, expect, it } from 'vitest'
import { replaceContact } from '../src/reassignment/rules.ts'
import {
  ask,
  contactFixture,
  type DealFixture,
  dealFixture,
  done,
  eventsOf,
  mutate,
  pipelineFixture,
  untouched,
} from './fixtures.ts'
import { type TestTenant, testTenant } from './harness.ts'

const monday = new Date('2026-03-02T09:00:00.000Z')
const tuesday = new Date('2026-03-03T09:00:00.000Z')

let t: TestTenant
let deal: DealFixture
let ada: { id: string }
let bob: { id: string }
let eve: { id: string }

beforeEach(async () => {
  t = await testTenant()
  t.setNow(monday)
  await pipelineFixture(t)
  deal = await dealFixture(t)
  ada = await contactFixture(t, 'Ada')
  bob = await contactFixture(t, 'Bob')
  eve = await contactFixture(t, 'Eve')
})

async function read() {
  const document = `query ($id: ID!) { deal(id: $id) { version primaryContact { name }
    contacts { id contact { name } role isPrimary introducedBy { name } metadata createdAt updatedAt } } }`
  return (await ask(t, document, { id: deal.id })).deal
}

/** Puts a contact on the deal, and gives the id of that. */
async function add(contact: { id: string }, values: object = {}): Promise<string> {
  const { version: expectedVersion } = await read()
  const input = { dealId: deal.id, expectedVersion, contactId: contact.id, ...values }
  return (await done(t, 'addDealContact', input, 'dealContact { id }')).dealContact.id
}

/** Deletes Ada, for whom Bob steps in, and gives what that wrote into the outbox. */
async function replaceAda() {
  const before = await eventsOf(t)
  const input = { contactId: ada.id, reassignTo: bob.id }
  const selection = 'deletedContactId reassignedCount'
  const payload = await done(t, 'deleteContact', input, selection)
  expect(payload).toMatchObject({ deletedContactId: ada.id, reassignedCount: 1 })
  const events = (await eventsOf(t)).slice(before.length)
  return events.map(({ type, payload }) => [type, (payload as Row).dealContactId ?? null])
}

type Row = Record<string, unknown>

/** Who is on the deal, a star at the primary one, and who introduced them. */
async function people() {
  const { contacts } = await read()
  return contacts.map(({ contact, isPrimary, introducedBy }: Row) => {
    const [who, by] = [contact as { name: string }, introducedBy as { name: string } | null]
    return `${who.name}${isPrimary ? '*' : ''}${by ? ` by ${by.name}` : ''}`
  })
}

const uuidOf = (id: string) => id.slice(-36)

describe('deleteContact', () => {
  it('leaves the part that the one played to the other', async () => {
    const values = { role: 'Champion', metadata: { from: 'fair' }, introducedById: eve.id }
    const row = await add(ada, values)
    t.setNow(tuesday)
    const events = await replaceAda()
    expect(await read()).toEqual({
      version: 3,
      primaryContact: { name: 'Bob' },
      contacts: [
        {
          ...{ id: row, contact: { name: 'Bob' }, role: 'Champion', isPrimary: true },
          ...{ introducedBy: { name: 'Eve' }, metadata: { from: 'fair' } },
          ...{ createdAt: monday.toISOString(), updatedAt: tuesday.toISOString() },
        },
      ],
    })
    expect(events).toEqual([
      ['deal.contact_updated', uuidOf(row)],
      ['contact.deleted', null],
    ])
  })

  it('makes the other primary where they are on the deal already', async () => {
    const [gone, row] = [await add(ada), await add(bob, { role: 'Buyer' })]
    t.setNow(tuesday)
    const events = await replaceAda()
    expect(await people()).toEqual(['Bob*'])
    const { version, primaryContact, contacts } = await read()
    expect([version, primaryContact]).toEqual([4, { name: 'Bob' }])
    const updatedAt = tuesday.toISOString()
    expect(contacts).toMatchObject([{ id: row, role: 'Buyer', updatedAt }])
    expect(events).toEqual([
      ['deal.contact_removed', uuidOf(gone)],
      ['deal.contact_updated', uuidOf(row)],
      ['contact.deleted', null],
    ])
  })

  it.each([
    ['the primary one stays who it is', ['Eve', 'Ada', 'Bob'], ['Eve*', 'Bob']],
    ['the other stays primary', ['Bob', 'Ada'], ['Bob*']],
    ['the one is primary no more', ['Ada', 'Eve'], ['Bob*', 'Eve']],
  ])('changes who is on a deal: %s', async (_, before, after) => {
    const byName = new Map(Object.entries({ Ada: ada, Bob: bob, Eve: eve }))
    for (const name of before) await add(byName.get(name) as { id: string })
    await replaceAda()
    expect(await people()).toEqual(after)
  })

  it('makes the other the one who introduced', async () => {
    const row = await add(eve, { introducedById: ada.id })
    const events = await replaceAda()
    expect(await people()).toEqual(['Eve* by Bob'])
    expect((await read()).version).toBe(3)
    expect(events).toEqual([
      ['deal.contact_updated', uuidOf(row)],
      ['contact.deleted', null],
    ])
  })

  it('lets nobody introduce themselves', async () => {
    await add(bob, { introducedById: ada.id })
    await replaceAda()
    expect(await people()).toEqual(['Bob*'])
  })

  it('lets nobody introduce themselves by taking a place', async () => {
    await add(ada, { introducedById: bob.id })
    await replaceAda()
    expect(await people()).toEqual(['Bob*'])
  })

  it('counts each deal once, and one where they only introduced somebody', async () => {
    await add(ada)
    await add(eve, { introducedById: ada.id })
    const other = await dealFixture(t)
    const input = { dealId: other.id, expectedVersion: 1, contactId: eve.id }
    await done(t, 'addDealContact', { ...input, introducedById: ada.id })
    const selection = 'userErrors { ... on StillInUse { count deals { id } } }'
    await untouched([t], async () => {
      const { userErrors } = await mutate(t, 'deleteContact', { contactId: ada.id }, selection)
      const deals = [{ id: deal.id }, { id: other.id }]
      expect(userErrors).toMatchObject([{ code: 'STILL_IN_USE', count: 2, deals }])
    })
  })

  it('leaves other deals as they are', async () => {
    await add(bob)
    await add(eve, { introducedById: bob.id })
    const before = await read()
    const other = await dealFixture(t, { contactIds: [ada.id] })
    await replaceAda()
    expect(await read()).toEqual(before)
    deal = other
    expect(await people()).toEqual(['Bob*'])
  })
})

describe('replaceContact', () => {
  it('decides each deal for itself', () => {
    const row = (id: string, contactId: string, isPrimary = false, by: string | null = null) => ({
      ...{ id, dealId: id.slice(0, 1), contactId, isPrimary, introducedById: by },
    })
    const rows = [
      row('a1', 'ada', true),
      row('b1', 'ada', true),
      row('b2', 'bob', false, 'ada'),
      row('c1', 'eve', true, 'ada'),
      row('c2', 'bob'),
      row('d1', 'ada', false, 'ada'),
    ]
    const { rowOfDeal, ...decided } = replaceContact(rows, 'ada', 'bob')
    const ids = Object.entries(decided).map(([what, list]) => [what, list.map(({ id }) => id)])
    expect(Object.fromEntries(ids)).toEqual({
      dropped: ['b1'],
      promoted: ['b2'],
      replaced: ['a1', 'd1'],
      introduced: ['c1'],
      unintroduced: ['d1', 'b2'],
    })
    const shown = [...rowOfDeal].map(([dealId, { id }]) => [dealId, id])
    expect(Object.fromEntries(shown)).toEqual({ a: 'a1', b: 'b2', c: 'c1', d: 'd1' })
  })
})
