import { beforeEach, describe, expect, test } from 'vitest'
import { newId } from '../src/ids.ts'
import {
  ask,
  contactFixture,
  done,
  eventsOf,
  organizationFixture,
  pipelineFixture,
  untouched,
} from './fixtures.ts'
import { type TestTenant, testTenant } from './harness.ts'
import { type Fields, read as readFrom, runFields } from './import-fixtures.ts'

let t: TestTenant
beforeEach(async () => {
  t = await testTenant()
  await pipelineFixture(t)
})

const run = (...rows: Fields[]) => runFields(t, rows)
const deal = (values: object = {}) => ({ externalId: '1', name: 'Mill', stage: 'Lead', ...values })

/** The contacts of a deal: whom, as what, and a star for the primary one. */
async function contactsOf(externalId = '1'): Promise<string[]> {
  const { deals } = await ask(
    t,
    `query ($id: String!) { deals(filter: { externalId: { eq: $id } }) {
      nodes { contacts { role isPrimary contact { name email organization { name } } introducedBy { name } } } } }`,
    { id: externalId },
  )
  type Contact = {
    role: string | null
    isPrimary: boolean
    contact: { name: string; email: string | null; organization: { name: string } | null }
    introducedBy: { name: string } | null
  }
  return deals.nodes[0].contacts.map(({ role, isPrimary, contact, introducedBy }: Contact) =>
    [
      `${contact.name}${isPrimary ? '*' : ''}`,
      contact.email ?? '-',
      contact.organization?.name ?? '-',
      role ?? '-',
      introducedBy?.name ?? '-',
    ].join(' '),
  )
}

const countContacts = () =>
  readFrom(t, (db) => db.contact.count({ where: { tenantId: t.tenantId } }))

const ann = { contactName: 'Ann', contactEmail: 'Ann@example.com', contactRole: 'Decides' }

describe('one contact a row', () => {
  test('is created in the organization of the row, and found again by email in any case', async () => {
    await run(
      deal({ ...ann, organization: 'Acme' }),
      deal({ externalId: '2', contactEmail: 'ANN@EXAMPLE.COM', organization: 'Globex' }),
    )
    expect(await contactsOf()).toEqual(['Ann* Ann@example.com Acme Decides -'])
    expect(await contactsOf('2')).toEqual(['Ann* Ann@example.com Acme - -'])
    const again = await untouched([t], () => run(deal({ ...ann, organization: 'Acme' })))
    expect(again.counts.unchanged).toBe(1)
  })

  test('joins those on the deal and takes nobody off it', async () => {
    await run(deal(ann))
    await run(deal({ contactName: 'Bo' }))
    expect(await contactsOf()).toEqual(['Ann* Ann@example.com - Decides -', 'Bo - - - -'])
    const { counts } = await run(deal({ contactName: 'bo', contactRole: 'Signs' }))
    expect(counts.updated).toBe(1)
    expect((await contactsOf())[1]).toBe('Bo - - Signs -')
  })

  test('is found by name within the organization first, and never in another one', async () => {
    const [acme, globex] = [await organizationFixture(t), await organizationFixture(t, 'Globex')]
    for (const { id: organizationId } of [acme, globex]) {
      await done(t, 'createContact', { name: 'Ann', organizationId })
    }
    await run(
      deal({ contactName: 'ann', organization: 'Globex' }),
      deal({ externalId: '2', contactName: 'Ann', organization: 'Initech' }),
      deal({ externalId: '3', contactName: 'Ann' }),
      deal({ externalId: '4', contactName: 'ANN', organization: 'initech' }),
    )
    expect(await contactsOf()).toEqual(['Ann* - Globex - -'])
    expect(await contactsOf('2')).toEqual(['Ann* - Initech - -'])
    expect(await contactsOf('3')).toEqual(['Ann* - Acme - -'])
    expect(await contactsOf('4')).toEqual(['Ann* - Initech - -'])
    expect(await countContacts()).toBe(3)
  })

  test('gets the email that it lacked, and another email is another person', async () => {
    await contactFixture(t, 'Ann')
    const { counts } = await run(
      deal(ann),
      deal({ externalId: '2', contactName: 'Ann', contactEmail: 'b@x.org' }),
    )
    expect(counts.created).toBe(2)
    expect(await contactsOf()).toEqual(['Ann* Ann@example.com - Decides -'])
    expect((await eventsOf(t)).filter(({ type }) => type === 'contact.updated')).toHaveLength(1)
    expect(await countContacts()).toBe(2)
    expect(await contactsOf('2')).toEqual(['Ann* b@x.org - - -'])
    expect((await run(deal(ann))).counts.unchanged).toBe(1)
  })

  test('needs a name or an email', async () => {
    const { reasons } = await run(deal({ contactRole: 'Decides', contactName: '' }))
    expect(reasons).toEqual([['contactRole has no contactName or contactEmail beside it']])
  })
})

describe('many contacts a row', () => {
  const bo = { name: 'Bo', email: 'bo@example.com' }
  const cy = { name: 'Cy', role: 'Knows', metadata: { k: 1 } }

  test('are all that the deal has, the first of them primary', async () => {
    await run(deal({ contacts: [bo, { ...cy, introducedBy: 'BO@example.com' }] }))
    expect(await contactsOf()).toEqual(['Bo* bo@example.com - - -', 'Cy - - Knows Bo'])
    expect((await run(deal({ contacts: [bo, cy] }))).counts.unchanged).toBe(1)
    await run(deal({ contacts: [{ name: 'Di' }, cy] }))
    expect(await contactsOf()).toEqual(['Di* - - - -', 'Cy - - Knows Bo'])
    await run(deal({ contacts: '[]' }))
    expect(await contactsOf()).toEqual([])
  })

  test('have the primary one that the file says, and perhaps none', async () => {
    await run(deal({ contacts: [bo, { ...cy, isPrimary: true }] }))
    expect(await contactsOf()).toEqual(['Cy* - - Knows -', 'Bo bo@example.com - - -'])
    await run(deal({ contacts: [{ ...bo, isPrimary: true }, cy] }))
    expect((await contactsOf())[0]).toBe('Bo* bo@example.com - - -')
    await run(deal({ contacts: [{ ...bo, isPrimary: false }, cy] }))
    expect((await contactsOf()).join()).not.toContain('*')
    const { primaryContactId } = await readFrom(t, (db) =>
      db.deal.findFirstOrThrow({ where: { tenantId: t.tenantId } }),
    )
    expect(primaryContactId).toBeNull()
  })

  test('are found by id, and created under it', async () => {
    const { id } = await contactFixture(t, 'Bo')
    const [fresh, other] = [newId(), newId()]
    const own = {
      id: `contact_${fresh}`,
      name: 'Bo',
      phone: '1',
      jobTitle: 'CTO',
      organization: 'Acme',
    }
    await run(
      deal({
        contacts: [{ id, name: 'Renamed' }, own, { id: other, name: 'Bo', organization: null }],
        organization: 'Globex',
      }),
    )
    expect(await contactsOf()).toEqual(['Bo* - - - -', 'Bo - Acme - -', 'Bo - - - -'])
    const { node } = await ask(
      t,
      `{ node(id: "contact_${fresh}") { ... on Contact { phone jobTitle } } }`,
    )
    expect(node).toEqual({ phone: '1', jobTitle: 'CTO' })
  })

  test.each([
    [[{ role: 'Decides' }], '[0] has neither name nor email'],
    [
      [
        { name: 'A', isPrimary: true },
        { name: 'B', isPrimary: true },
      ],
      'has two primary contacts',
    ],
    [[{ name: 'A', mail: 'a@b' }], '"mail"'],
    [[{ name: 'x'.repeat(256) }], '[0].name has more than 255 characters'],
    [{ name: 'A' }, 'expected array'],
  ])('are rejected where they are wrong (%#)', async (contacts, reason) => {
    const { reasons } = await untouched([t], () => run(deal({ contacts })))
    expect(reasons).toEqual([[expect.stringContaining(reason)]])
  })

  test('are rejected where one is named twice, and then nobody is created', async () => {
    const { reasons } = await untouched([t], () =>
      run(deal({ contacts: [bo, { email: 'Bo@example.com' }] })),
    )
    expect(reasons).toEqual([['contacts names "Bo" twice']])
  })

  test('take a number of statements that does not grow with the rows', async () => {
    const rows = (size: number, prefix: string) =>
      Array.from({ length: size }, (_, index) => ({
        ...{
          externalId: `${prefix}${index}`,
          name: 'Mill',
          stage: 'Won',
          reason: `R${prefix}${index}`,
        },
        ...{
          organization: `O${prefix}${index}`,
          tags: `T${prefix}${index};all`,
          assignees: `A${prefix}${index}`,
        },
        contacts: [
          { name: `N${prefix}${index}` },
          { email: `${prefix}${index}@x`, introducedBy: 'Bo' },
        ],
      }))
    const few = await t.recordStatements(() => run(...rows(3, 'a')))
    const many = await t.recordStatements(() => run(...rows(400, 'b')))
    expect(many.length).toBe(few.length)
    const unchanged = await t.recordStatements(() => run(...rows(400, 'b')))
    expect(unchanged.length).toBeLessThan(few.length)
  })

  test('of another tenant are not found', async () => {
    const other = await testTenant()
    const { id } = await contactFixture(other, 'Bo')
    await untouched([other], () => run(deal({ contacts: [{ id, name: 'Bo' }] })))
    expect(await countContacts()).toBe(1)
  })
})
