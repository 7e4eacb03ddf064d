import { randomUUID } from 'node:crypto'
import { beforeEach, describe, expect, it } from 'vitest'
import { ask, done, eventsOf, refusal, untouched } from './fixtures.ts'
import { type TestTenant, testTenant } from './harness.ts'

const monday = new Date('2026-03-02T09:00:00.000Z')
const tuesday = new Date('2026-03-03T09:00:00.000Z')

const all = 'id name domain email phone createdAt updatedAt'
const values = { domain: 'acme.example', email: 'office@acme.example', phone: '+1 555 0100' }

let t: TestTenant

beforeEach(async () => {
  t = await testTenant()
  t.setNow(monday)
})

async function create(input: object = {}) {
  const payload = await done(
    t,
    'createOrganization',
    { name: 'Acme', ...input },
    `organization { ${all} } duplicates { id name }`,
  )
  return { ...payload.organization, duplicates: payload.duplicates }
}

async function update(organizationId: string, change: object) {
  const input = { organizationId, ...change }
  const selection = `organization { ${all} } duplicates { id name }`
  return done(t, 'updateOrganization', input, selection)
}

async function read(id: string) {
  const document = `query ($id: ID!) { node(id: $id) { ... on Organization { ${all} } } }`
  return (await ask(t, document, { id })).node
}

const names = (list: { name: string }[]) => list.map(({ name }) => name)

/** What is wrong with texts, wherever they are written. */
const invalid: [what: string, field: string, value: string][] = [
  ['an email without an @', 'email', 'office.acme.example'],
  ['an email with a space', 'email', 'the office@acme.example'],
  ['an email with two @', 'email', 'a@b@acme.example'],
  ['an email of 256 characters', 'email', `${'x'.repeat(251)}@a.de`],
  ['a domain of one word', 'domain', 'acme'],
  ['a domain with its scheme', 'domain', 'https://acme.example'],
  ['a domain with a path', 'domain', 'acme.example/home'],
  ['a domain with an @', 'domain', 'office@acme.example'],
  ['a domain with an empty part', 'domain', 'acme..example'],
  ['a domain that begins with a hyphen', 'domain', '-acme.example'],
  ['a domain of 256 characters', 'domain', `${'x'.repeat(253)}.de`],
  ['a phone of more than 10 000 characters', 'phone', '1'.repeat(10_001)],
  ['a name of 256 characters', 'name', 'x'.repeat(256)],
  ['a blank name', 'name', ' '],
]

describe('createOrganization', () => {
  it('writes what it is given, without the blanks around it', async () => {
    const spaced = Object.entries(values).map(([field, value]) => [field, `  ${value}\n`])
    const { duplicates, ...created } = await create({
      name: ' Acme ',
      ...Object.fromEntries(spaced),
    })
    const times = { createdAt: monday.toISOString(), updatedAt: monday.toISOString() }
    expect(created).toEqual({ id: created.id, name: 'Acme', ...values, ...times })
    expect(await read(created.id)).toEqual(created)
    expect(duplicates).toEqual([])
  })

  it('takes a blank and null for nothing', async () => {
    const { id } = await create({ domain: ' ', email: '', phone: null })
    expect(await read(id)).toMatchObject({ domain: null, email: null, phone: null })
  })

  it.each([['straße.example'], ['xn--strae-oqa.example'], ['a.b-c.co.uk'], ['4chan.example']])(
    'takes the domain %s',
    async (domain) => {
      expect((await create({ domain })).domain).toBe(domain)
    },
  )

  it.each(invalid)('refuses %s', async (_, field, value) => {
    const errors = await refusal(t, 'createOrganization', { name: 'Acme', [field]: value })
    expect(errors).toMatchObject([
      { __typename: 'ValidationError', code: 'VALIDATION_ERROR', path: ['input', field] },
    ])
  })

  it('says all that is wrong at once', async () => {
    const errors = await refusal(t, 'createOrganization', { name: '', domain: 'x', email: 'x' })
    const paths = errors.map(({ path }: { path: string[] }) => path[1])
    expect(paths).toEqual(['name', 'domain', 'email'])
  })
})

describe('updateOrganization', () => {
  it.each([
    ['name', 'Apex'],
    ['domain', 'apex.example'],
    ['email', 'hello@apex.example'],
    ['phone', '112'],
  ])('changes the %s and nothing else', async (field, value) => {
    const { id } = await create(values)
    const before = await read(id)
    t.setNow(tuesday)
    const { organization } = await update(id, { [field]: ` ${value} ` })
    expect(organization).toEqual({ ...before, [field]: value, updatedAt: tuesday.toISOString() })
    expect(await read(id)).toEqual(organization)
  })

  it.each(['domain', 'email', 'phone'])('clears the %s by null, and by a blank', async (field) => {
    const { id } = await create(values)
    for (const nothing of [null, '  ']) {
      await update(id, { [field]: nothing })
      expect((await read(id))[field]).toBeNull()
      await update(id, values)
    }
  })

  it('writes one event with the names of the fields', async () => {
    const { id } = await create(values)
    const before = await eventsOf(t)
    await update(id, { ...values, name: 'Apex', phone: null })
    const organizationId = id.replace('organization_', '')
    const events = (await eventsOf(t)).slice(before.length)
    expect(events).toMatchObject([
      { type: 'organization.updated', payload: { organizationId, fields: ['phone', 'name'] } },
    ])
  })

  it('changes nothing where nothing differs', async () => {
    const { id } = await create(values)
    t.setNow(tuesday)
    await untouched([t], async () => {
      await update(id, {})
      await update(id, { name: ' Acme ', ...values })
    })
  })

  it.each([...invalid, ['no name', 'name', null] as const])(
    'refuses %s',
    async (_, field, value) => {
      const { id } = await create(values)
      const input = { organizationId: id, [field]: value }
      expect(await refusal(t, 'updateOrganization', input)).toMatchObject([
        { code: 'VALIDATION_ERROR', path: ['input', field] },
      ])
    },
  )

  it('does not find what is not there', async () => {
    const input = { organizationId: `organization_${randomUUID()}`, name: 'Apex' }
    expect(await refusal(t, 'updateOrganization', input)).toMatchObject([
      { code: 'NOT_FOUND', path: ['input', 'organizationId'] },
    ])
  })
})

describe('duplicates of an organization', () => {
  it('are the others with the same email or domain, in any case, the oldest first', async () => {
    await create({ name: 'By domain', domain: 'ACME.example' })
    await create({ name: 'By email', email: 'Office@ACME.example' })
    await create({ name: 'Neither', domain: 'office.acme.example', email: 'o@acme.example' })
    const created = await create({ domain: 'acme.Example', email: 'OFFICE@acme.example' })
    expect(names(created.duplicates)).toEqual(['By domain', 'By email'])
    expect(await read(created.id)).toMatchObject({ domain: 'acme.Example' })
  })

  it('are pointed out by an update too, until nothing is the same', async () => {
    await create({ name: 'Apex', domain: 'apex.example' })
    const { id } = await create({ domain: 'acme.example' })
    expect(names((await update(id, { domain: 'APEX.example' })).duplicates)).toEqual(['Apex'])
    expect(names((await update(id, { phone: '1' })).duplicates)).toEqual(['Apex'])
    expect((await update(id, { domain: null })).duplicates).toEqual([])
  })

  it('are none where there is neither, whatever others have not', async () => {
    await create({ name: 'Bare' })
    expect((await create()).duplicates).toEqual([])
  })

  it('are at most 10', async () => {
    for (let index = 0; index < 11; index += 1) await create({ name: `${index}`, ...values })
    const { duplicates } = await create(values)
    expect(names(duplicates)).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])
  })

  it('are none of another tenant', async () => {
    const stranger = await testTenant()
    await done(stranger, 'createOrganization', { name: 'Acme', ...values })
    expect((await create(values)).duplicates).toEqual([])
  })

  it('are none of what is refused', async () => {
    await create(values)
    const { data } = await t.graphql(
      `mutation ($input: CreateOrganizationInput!) { createOrganization(input: $input) {
        organization { id } duplicates { id } userErrors { code } } }`,
      { input: { ...values, name: '' } },
    )
    expect(data.createOrganization).toEqual({
      organization: null,
      duplicates: [],
      userErrors: [{ code: 'VALIDATION_ERROR' }],
    })
  })
})

describe('organizations by a filter', () => {
  it.each([
    ['a domain', { domain: { eq: 'ACME.example ' } }, ['Acme']],
    ['some domains', { domain: { in: ['Apex.Example', 'nobody.example'] } }, ['Apex']],
    ['an email', { email: { eq: 'OFFICE@acme.example' } }, ['Acme']],
    ['some emails', { email: { in: ['office@acme.example', 'x@y.z'] } }, ['Acme']],
    ['no domain', { domain: { isNull: true } }, ['Bare']],
    ['any email', { email: { isNull: false } }, ['Acme']],
    ['both', { domain: { eq: 'apex.example' }, email: { isNull: true } }, ['Apex']],
    ['both in vain', { domain: { eq: 'apex.example' }, email: { isNull: false } }, []],
    ['none of an empty list', { domain: { in: [] } }, []],
    ['nothing at all', {}, ['Acme', 'Apex', 'Bare']],
  ])('are those with %s', async (_, filter, expected) => {
    await create({ ...values, domain: 'Acme.Example', email: 'Office@Acme.Example' })
    await create({ name: 'Apex', domain: 'apex.example' })
    await create({ name: 'Bare' })
    const document = `query ($filter: OrganizationFilter) {
      organizations(filter: $filter) { totalCount nodes { name } } }`
    const { organizations } = await ask(t, document, { filter })
    expect(names(organizations.nodes)).toEqual(expected)
    expect(organizations.totalCount).toBe(expected.length)
  })

  it('are searched as well', async () => {
    await create(values)
    await create({ name: 'Apex', domain: 'acme.example' })
    const document = `query ($filter: OrganizationFilter) {
      organizations(filter: $filter, search: "ape") { nodes { name } } }`
    const filter = { domain: { eq: 'acme.example' } }
    expect(names((await ask(t, document, { filter })).organizations.nodes)).toEqual(['Apex'])
  })

  it('take at most 500 values', async () => {
    const document = `query ($filter: OrganizationFilter) {
      organizations(filter: $filter) { totalCount } }`
    const filter = { domain: { in: Array.from({ length: 501 }, (_, index) => `${index}.example`) } }
    const { errors } = await t.graphql(document, { filter })
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
  })
})
