import { randomUUID } from 'node:crypto'
import { beforeEach, describe, expect, it } from 'vitest'
import {
  ask,
  askMutation,
  contactFixture,
  type DealFixture,
  dealFixture,
  done,
  eventsOf,
  pipelineFixture,
  refusal,
  untouched,
} from './fixtures.ts'
import { type TestTenant, testTenant } from './harness.ts'

const monday = new Date('2026-03-02T09:00:00.000Z')
const tuesday = new Date('2026-03-03T09:00:00.000Z')

let t: TestTenant
let deal: DealFixture
let ada: { id: string }
let bob: { id: string }

beforeEach(async () => {
  t = await testTenant()
  t.setNow(monday)
  await pipelineFixture(t)
  deal = await dealFixture(t)
  ada = await contactFixture(t, 'Ada')
  bob = await contactFixture(t, 'Bob')
})

const all = 'id role isPrimary introducedBy { id } metadata createdAt updatedAt contact { id }'

async function read({ id } = deal) {
  const document = `query ($id: ID!) { deal(id: $id) { version primaryContact { id } contacts { ${all} } } }`
  return (await ask(t, document, { id })).deal
}

/** Changes the deal at the version at which it is now, and gives the contact on it. */
async function change(field: string, input: object) {
  const { version } = await read()
  const versioned = { dealId: deal.id, expectedVersion: version, ...input }
  return (await done(t, field, versioned, `dealContact { ${all} } deal { version }`)).dealContact
}

const add = (contact: { id: string }, values: object = {}) =>
  change('addDealContact', { contactId: contact.id, ...values })
const update = (dealContactId: string, values: object) =>
  change('updateDealContact', { dealContactId, ...values })
const remove = (dealContactId: string) => change('removeDealContact', { dealContactId })

/** Who is on the deal, a star at the primary one. */
async function people(): Promise<string[]> {
  const { contacts } = await read()
  const names = new Map([
    [ada.id, 'Ada'],
    [bob.id, 'Bob'],
  ])
  return contacts.map(
    ({ contact, isPrimary }: { contact: { id: string }; isPrimary: boolean }) =>
      `${names.get(contact.id)}${isPrimary ? '*' : ''}`,
  )
}

describe('addDealContact', () => {
  it('adds a contact with all that is said of it, as the deal’s primary one', async () => {
    const values = { role: 'Decision maker', metadata: { from: ['fair', 2026] } }
    const added = await add(ada, { ...values, introducedById: bob.id })
    expect(added).toEqual({
      id: expect.stringMatching(/^deal_contact_/),
      ...values,
      isPrimary: true,
      introducedBy: { id: bob.id },
      createdAt: monday.toISOString(),
      updatedAt: monday.toISOString(),
      contact: { id: ada.id },
    })
    expect(await read()).toEqual({ version: 2, primaryContact: { id: ada.id }, contacts: [added] })
  })

  it('makes the first primary and no later one', async () => {
    await add(bob)
    await add(ada)
    expect(await people()).toEqual(['Bob*', 'Ada'])
  })

  it('makes nobody primary when it is told so', async () => {
    await add(ada, { isPrimary: false })
    expect(await people()).toEqual(['Ada'])
    expect((await read()).primaryContact).toBeNull()
  })

  it('releases the primary contact for a new one, and lists the new one first', async () => {
    await add(ada)
    t.setNow(tuesday)
    await add(bob, { isPrimary: true })
    expect(await people()).toEqual(['Bob*', 'Ada'])
    const { primaryContact, contacts } = await read()
    expect(primaryContact).toEqual({ id: bob.id })
    expect(contacts[1]).toMatchObject({
      contact: { id: ada.id },
      createdAt: monday.toISOString(),
      updatedAt: tuesday.toISOString(),
    })
  })

  it('takes null for what was left out', async () => {
    const nulls = { role: null, isPrimary: null, introducedById: null, metadata: null }
    const added = await add(ada, nulls)
    expect(added).toMatchObject({ role: null, isPrimary: true, introducedBy: null, metadata: {} })
  })

  it('writes one event and a new version', async () => {
    const before = await eventsOf(t)
    const { id } = await add(ada)
    const events = (await eventsOf(t)).slice(before.length)
    const payload = {
      dealContactId: id.replace('deal_contact_', ''),
      contactId: ada.id.replace('contact_', ''),
    }
    expect(events).toMatchObject([{ type: 'deal.contact_added', payload }])
    expect((await read()).version).toBe(2)
  })

  it('leaves the contacts of other deals as they are', async () => {
    const other = await dealFixture(t, { contactIds: [ada.id, bob.id] })
    const before = await read(other)
    await add(bob)
    await add(ada, { isPrimary: true })
    expect(await read(other)).toEqual(before)
  })

  it('refuses a contact that is on the deal already', async () => {
    await add(ada)
    const input = { dealId: deal.id, expectedVersion: 2, contactId: ada.id, isPrimary: true }
    expect(await refusal(t, 'addDealContact', input)).toMatchObject([
      {
        __typename: 'ContactAlreadyAdded',
        code: 'CONTACT_ALREADY_ADDED',
        path: ['input', 'contactId'],
      },
    ])
  })
})

describe('updateDealContact', () => {
  it.each([
    ['role', { role: 'Champion' }, { role: 'Champion' }, { role: null }, { role: null }],
    ['metadata', { metadata: [1] }, { metadata: [1] }, { metadata: null }, { metadata: {} }],
  ])('writes %s and clears it by null', async (_, values, written, nothing, cleared) => {
    const { id, ...before } = await add(ada)
    t.setNow(tuesday)
    const updatedAt = tuesday.toISOString()
    expect(await update(id, values)).toEqual({ id, ...before, ...written, updatedAt })
    expect(await update(id, nothing)).toEqual({ id, ...before, ...cleared, updatedAt })
    expect((await read()).version).toBe(4)
  })

  it('writes introducedById and clears it by null', async () => {
    const { id } = await add(ada)
    expect((await update(id, { introducedById: bob.id })).introducedBy).toEqual({ id: bob.id })
    expect((await update(id, { role: 'Champion' })).introducedBy).toEqual({ id: bob.id })
    expect((await update(id, { introducedById: null })).introducedBy).toBeNull()
  })

  it('releases the primary contact for another', async () => {
    await add(ada)
    const { id } = await add(bob)
    await update(id, { isPrimary: true })
    expect(await people()).toEqual(['Bob*', 'Ada'])
    expect((await read()).primaryContact).toEqual({ id: bob.id })
  })

  it('writes the rest of what it is told when it makes a contact primary', async () => {
    await add(ada)
    const { id } = await add(bob)
    const values = { role: 'Champion', introducedById: ada.id, metadata: { a: 1 } }
    const { introducedBy, ...updated } = await update(id, { ...values, isPrimary: true })
    expect(updated).toMatchObject({ role: 'Champion', metadata: { a: 1 }, isPrimary: true })
    expect(introducedBy).toEqual({ id: ada.id })
  })

  it('leaves none primary when the primary one is no longer', async () => {
    const { id } = await add(ada)
    await update(id, { isPrimary: false })
    expect(await people()).toEqual(['Ada'])
    expect((await read()).primaryContact).toBeNull()
  })

  it('writes nothing when nothing is to change', async () => {
    const said = { role: 'Champion', introducedById: bob.id, metadata: { a: 1, b: [2] } }
    const { id } = await add(ada, said)
    t.setNow(tuesday)
    const same = { ...said, metadata: { b: [2], a: 1 } }
    await untouched([t], async () => {
      for (const values of [{}, { isPrimary: true }, { isPrimary: null }, said, same])
        await update(id, values)
    })
  })
})

describe('removeDealContact', () => {
  it('takes the contact off the deal, and off no other', async () => {
    const other = await dealFixture(t, { contactIds: [ada.id] })
    const { id } = await add(ada)
    await add(bob)
    expect(await remove(id)).toBeNull()
    expect(await people()).toEqual(['Bob'])
    expect((await read(other)).contacts).toHaveLength(1)
  })

  it('leaves the deal without a primary contact when that one is removed', async () => {
    const { id } = await add(ada)
    await add(bob)
    await remove(id)
    expect(await read()).toMatchObject({ version: 4, primaryContact: null })
  })

  it('keeps the primary contact when another is removed', async () => {
    await add(ada)
    const { id } = await add(bob)
    await remove(id)
    expect(await people()).toEqual(['Ada*'])
  })

  it('lets the contact be added again, as the first', async () => {
    const { id } = await add(ada)
    await remove(id)
    await add(ada)
    expect(await people()).toEqual(['Ada*'])
  })
})

describe('the primary contact of a deal', () => {
  /** The statements that change which contact is primary. */
  async function switches(work: () => Promise<unknown>) {
    const statements = await t.recordStatements(work)
    return statements.filter((text) => /UPDATE.* SET .*\bis_primary"? = /s.test(text))
  }

  it('is released and set in one statement, when it is added or updated', async () => {
    const { id } = await add(ada)
    const toBob = await switches(() => add(bob, { isPrimary: true }))
    expect(await people()).toEqual(['Bob*', 'Ada'])
    const toAda = await switches(() => update(id, { isPrimary: true }))
    expect(await people()).toEqual(['Ada*', 'Bob'])
    const both = expect.stringMatching(/is_primary = false.*is_primary = true/s)
    expect([toBob, toAda]).toEqual([[both], [both]])
  })

  it('is in every payload, and null when nobody is', async () => {
    let expectedVersion = 1
    const afterwards = async (field: string, input: object) => {
      const versioned = { dealId: deal.id, expectedVersion, ...input }
      expectedVersion += 1
      return done(t, field, versioned, 'dealContact { id } primaryContact { name }')
    }
    const first = await afterwards('addDealContact', { contactId: ada.id })
    expect(first.primaryContact).toEqual({ name: 'Ada' })
    const second = await afterwards('addDealContact', { contactId: bob.id })
    expect(second.primaryContact).toEqual({ name: 'Ada' })
    const { id: dealContactId } = second.dealContact
    const made = await afterwards('updateDealContact', { dealContactId, isPrimary: true })
    expect(made.primaryContact).toEqual({ name: 'Bob' })
    const other = { dealContactId: first.dealContact.id }
    expect((await afterwards('removeDealContact', other)).primaryContact).toEqual({ name: 'Bob' })
    const unmade = await afterwards('updateDealContact', { dealContactId, isPrimary: false })
    expect(unmade.primaryContact).toBeNull()
  })

  it('is nobody once it is removed, though others stay', async () => {
    const { id } = await add(ada)
    await add(bob)
    const input = { dealId: deal.id, expectedVersion: 3, dealContactId: id }
    const removed = await done(t, 'removeDealContact', input, 'primaryContact { id }')
    expect(removed.primaryContact).toBeNull()
    expect(await people()).toEqual(['Bob'])
  })
})

describe.each([
  ['addDealContact', () => ({ contactId: bob.id })],
  ['updateDealContact', (id: string) => ({ dealContactId: id, role: 'Champion' })],
  ['removeDealContact', (id: string) => ({ dealContactId: id })],
] as const)('%s with what cannot be', (field, inputOf) => {
  const missing = { __typename: 'NotFound', code: 'NOT_FOUND' }
  let input: object

  beforeEach(async () => {
    const { id } = await add(ada)
    input = { dealId: deal.id, expectedVersion: 2, ...inputOf(id) }
  })

  it('refuses a stale version', async () => {
    const errors = await refusal(t, field, { ...input, expectedVersion: 1 })
    expect(errors).toMatchObject([
      {
        __typename: 'VersionConflict',
        code: 'VERSION_CONFLICT',
        path: ['input', 'expectedVersion'],
        currentVersion: 2,
        deal: { id: deal.id, version: 2 },
      },
    ])
  })

  it('refuses a deleted deal', async () => {
    await done(t, 'deleteDeal', { dealId: deal.id, expectedVersion: 2 })
    expect(await refusal(t, field, { ...input, expectedVersion: 3 })).toMatchObject([
      { __typename: 'DealDeleted', code: 'DEAL_DELETED', path: ['input', 'dealId'] },
    ])
  })

  it('does not find a deal, a contact or a contact on the deal that is nowhere', async () => {
    const ids = { dealId: 'deal', contactId: 'contact', dealContactId: 'deal_contact' }
    for (const [name, prefix] of Object.entries(ids).filter(([name]) => name in input)) {
      const errors = await refusal(t, field, { ...input, [name]: `${prefix}_${randomUUID()}` })
      expect(errors).toMatchObject([{ ...missing, path: ['input', name] }])
    }
  })

  it('does not find what belongs to another tenant', async () => {
    const stranger = await testTenant()
    await pipelineFixture(stranger)
    const contact = await contactFixture(stranger)
    const theirs = await dealFixture(stranger, { contactIds: [contact.id] })
    const document = 'query ($id: ID!) { deal(id: $id) { contacts { id } } }'
    const on = (await ask(stranger, document, { id: theirs.id })).deal.contacts[0]
    const ids = { dealId: theirs.id, contactId: contact.id, dealContactId: on.id }
    await untouched([stranger], async () => {
      for (const [name, id] of Object.entries(ids).filter(([name]) => name in input)) {
        const errors = await refusal(t, field, { ...input, [name]: id })
        expect(errors).toMatchObject([{ ...missing, path: ['input', name] }])
      }
    })
  })

  it('is forbidden to a reader', async () => {
    await untouched([t], async () => {
      const { data, errors } = await askMutation(t, field, input, { as: 'READ_ONLY' })
      expect(data).toEqual({ [field]: null })
      expect(errors).toMatchObject([{ path: [field], extensions: { code: 'FORBIDDEN' } }])
    })
  })
})

describe('contacts on deals', () => {
  const missing = { __typename: 'NotFound', code: 'NOT_FOUND' }

  it.each([['addDealContact'], ['updateDealContact']])(
    '%s does not find an introducer of another tenant',
    async (field) => {
      const { id } = await add(ada)
      const stranger = await testTenant()
      const introducedById = (await contactFixture(stranger)).id
      const input = { dealId: deal.id, expectedVersion: 2, introducedById }
      const whom = field === 'addDealContact' ? { contactId: bob.id } : { dealContactId: id }
      const errors = await refusal(t, field, { ...input, ...whom })
      expect(errors).toMatchObject([{ ...missing, path: ['input', 'introducedById'] }])
    },
  )

  it.each(['addDealContact', 'updateDealContact'])(
    '%s lets nobody introduce themselves',
    async (field) => {
      const { id } = await add(ada)
      const whom = field === 'addDealContact' ? { contactId: bob.id } : { dealContactId: id }
      const introducedById = field === 'addDealContact' ? bob.id : ada.id
      const input = { dealId: deal.id, expectedVersion: 2, introducedById, ...whom }
      const errors = await refusal(t, field, input)
      expect(errors).toMatchObject([
        { code: 'VALIDATION_ERROR', path: ['input', 'introducedById'] },
      ])
    },
  )

  it.each(['updateDealContact', 'removeDealContact'])(
    '%s does not find a contact on another deal',
    async (field) => {
      const other = await dealFixture(t, { contactIds: [ada.id] })
      const dealContactId = (await read(other)).contacts[0].id
      const input = { dealId: deal.id, expectedVersion: 1, dealContactId }
      const errors = await refusal(t, field, input)
      expect(errors).toMatchObject([{ ...missing, path: ['input', 'dealContactId'] }])
    },
  )
})
