import { randomUUID } from 'node:crypto'
import { beforeEach, describe, expect, it } from 'vitest'
import { ask, done, eventsOf, organizationFixture, refusal, untouched } from './fixtures.ts'
import { type TestTenant, testTenant } from './harness.ts'

const monday = new Date('2026-03-02T09:00:00.000Z')
const tuesday = new Date('2026-03-03T09:00:00.000Z')

const all = 'id name email phone jobTitle organization { id } createdAt updatedAt'
const values = { email: 'ada@acme.example', phone: '+1 555 0100', jobTitle: 'Engineer' }

let t: TestTenant
let acme: { id: string }

beforeEach(async () => {
  t = await testTenant()
  t.setNow(monday)
  acme = await organizationFixture(t)
})

async function create(input: object = {}) {
  const payload = await done(
    t,
    'createContact',
    { name: 'Ada', ...input },
    `contact { ${all} } duplicates { id name }`,
  )
  return { ...payload.contact, duplicates: payload.duplicates }
}

async function update(contactId: string, change: object) {
  const selection = `contact { ${all} } duplicates { id name }`
  return done(t, 'updateContact', { contactId, ...change }, selection)
}

async function read(id: string) {
  const document = `query ($id: ID!) { node(id: $id) { ... on Contact { ${all} } } }`
  return (await ask(t, document, { id })).node
}

const names = (list: { name: string }[]) => list.map(({ name }) => name)

const invalid: [what: string, field: string, value: string][] = [
  ['an email without an @', 'email', 'ada.acme.example'],
  ['an email with a space', 'email', 'ada l@acme.example'],
  ['an email of 256 characters', 'email', `${'x'.repeat(251)}@a.de`],
  ['a phone of more than 10 000 characters', 'phone', '1'.repeat(10_001)],
  ['a job title of more than 10 000 characters', 'jobTitle', 'x'.repeat(10_001)],
  ['a name of 256 characters', 'name', 'x'.repeat(256)],
  ['a blank name', 'name', ' '],
]

describe('createContact', () => {
  it('writes what it is given, without the blanks around it', async () => {
    const spaced = Object.entries(values).map(([field, value]) => [field, `\t${value} `])
    const input = { name: ' Ada ', ...Object.fromEntries(spaced), organizationId: acme.id }
    const { duplicates, ...created } = await create(input)
    expect(created).toEqual({
      ...{ id: created.id, name: 'Ada', ...values, organization: acme },
      ...{ createdAt: monday.toISOString(), updatedAt: monday.toISOString() },
    })
    expect(await read(created.id)).toEqual(created)
    expect(duplicates).toEqual([])
  })

  it('takes a blank and null for nothing', async () => {
    const { id } = await create({ email: ' ', phone: '', jobTitle: null, organizationId: null })
    const empty = { email: null, phone: null, jobTitle: null, organization: null }
    expect(await read(id)).toMatchObject(empty)
  })

  it.each(invalid)('refuses %s', async (_, field, value) => {
    expect(await refusal(t, 'createContact', { name: 'Ada', [field]: value })).toMatchObject([
      { __typename: 'ValidationError', code: 'VALIDATION_ERROR', path: ['input', field] },
    ])
  })
})

describe('updateContact', () => {
  it.each([
    ['name', 'Grace'],
    ['email', 'grace@acme.example'],
    ['phone', '112'],
    ['jobTitle', 'Admiral'],
  ])('changes the %s and nothing else', async (field, value) => {
    const { id } = await create({ ...values, organizationId: acme.id })
    const before = await read(id)
    t.setNow(tuesday)
    const { contact } = await update(id, { [field]: ` ${value} ` })
    expect(contact).toEqual({ ...before, [field]: value, updatedAt: tuesday.toISOString() })
    expect(await read(id)).toEqual(contact)
  })

  it('changes the organization, and clears it by null', async () => {
    const apex = await organizationFixture(t, 'Apex')
    const { id } = await create({ organizationId: acme.id })
    expect((await update(id, { organizationId: apex.id })).contact.organization).toEqual(apex)
    expect((await update(id, { phone: '1' })).contact.organization).toEqual(apex)
    expect((await update(id, { organizationId: null })).contact.organization).toBeNull()
  })

  it.each(['email', 'phone', 'jobTitle'])(
    'clears the %s by null, and by a blank',
    async (field) => {
      const { id } = await create(values)
      for (const nothing of [null, '  ']) {
        await update(id, { [field]: nothing })
        expect((await read(id))[field]).toBeNull()
        await update(id, values)
      }
    },
  )

  it('writes one event with the names of the fields', async () => {
    const { id } = await create(values)
    const before = await eventsOf(t)
    await update(id, { ...values, jobTitle: null, organizationId: acme.id })
    const contactId = id.replace('contact_', '')
    const payload = { contactId, fields: ['jobTitle', 'organization'] }
    const events = (await eventsOf(t)).slice(before.length)
    expect(events).toMatchObject([{ type: 'contact.updated', payload }])
  })

  it('changes nothing where nothing differs', async () => {
    const { id } = await create({ ...values, organizationId: acme.id })
    t.setNow(tuesday)
    await untouched([t], async () => {
      await update(id, {})
      await update(id, { name: ' Ada ', ...values, organizationId: acme.id })
    })
  })

  it.each([...invalid, ['no name', 'name', null] as const])(
    'refuses %s',
    async (_, field, value) => {
      const { id } = await create(values)
      expect(await refusal(t, 'updateContact', { contactId: id, [field]: value })).toMatchObject([
        { code: 'VALIDATION_ERROR', path: ['input', field] },
      ])
    },
  )

  it('does not find what is not there', async () => {
    const { id } = await create()
    const organizationId = `organization_${randomUUID()}`
    expect(await refusal(t, 'updateContact', { contactId: id, organizationId })).toMatchObject([
      { code: 'NOT_FOUND', path: ['input', 'organizationId'] },
    ])
    const contactId = `contact_${randomUUID()}`
    expect(await refusal(t, 'updateContact', { contactId, name: 'Grace' })).toMatchObject([
      { code: 'NOT_FOUND', path: ['input', 'contactId'] },
    ])
  })
})

describe('duplicates of a contact', () => {
  it('are the others with the same email, in any case, the oldest first', async () => {
    await create({ name: 'First', email: 'ADA@acme.example' })
    t.setNow(tuesday)
    await create({ name: 'Second', email: 'ada@ACME.example' })
    await create({ name: 'Other', email: 'lada@acme.example' })
    const created = await create(values)
    expect(names(created.duplicates)).toEqual(['First', 'Second'])
  })

  it('are pointed out by an update too, until nothing is the same', async () => {
    await create({ name: 'Grace', email: 'grace@acme.example' })
    const { id } = await create(values)
    const payload = await update(id, { email: 'Grace@acme.example' })
    expect(names(payload.duplicates)).toEqual(['Grace'])
    expect((await update(id, { email: null })).duplicates).toEqual([])
  })

  it('are none where there is no email, whatever others have not', async () => {
    await create()
    expect((await create()).duplicates).toEqual([])
  })

  it('are at most 10', async () => {
    for (let index = 0; index < 11; index += 1) await create({ name: `${index}`, ...values })
    expect(names((await create(values)).duplicates)).toHaveLength(10)
  })

  it('are none of another tenant', async () => {
    const stranger = await testTenant()
    await done(stranger, 'createContact', { name: 'Ada', ...values })
    expect((await create(values)).duplicates).toEqual([])
  })
})

describe('contacts by a filter', () => {
  it.each([
    ['an email', { email: { eq: ' ADA@acme.example' } }, ['Ada']],
    ['some emails', { email: { in: ['Grace@Acme.example', 'x@y.z'] } }, ['Grace']],
    ['no email', { email: { isNull: true } }, ['Bare']],
    ['any email', { email: { isNull: false } }, ['Ada', 'Grace']],
    [
      'an email in no organization',
      { email: { isNull: false }, organizationId: { isNull: true } },
      ['Grace'],
    ],
    ['nothing at all', {}, ['Ada', 'Bare', 'Grace']],
  ])('are those with %s', async (_, filter, expected) => {
    await create({ email: 'Ada@Acme.Example', organizationId: acme.id })
    await create({ name: 'Grace', email: 'grace@acme.example' })
    await create({ name: 'Bare' })
    const document = `query ($filter: ContactFilter) {
      contacts(filter: $filter) { totalCount nodes { name } } }`
    const { contacts } = await ask(t, document, { filter })
    expect(names(contacts.nodes)).toEqual(expected)
    expect(contacts.totalCount).toBe(expected.length)
  })
})
