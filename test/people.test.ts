import { beforeAll, describe, expect, it } from 'vitest'
import { ask, done, memberFixture, tagFixture } from './fixtures.ts'
import { type TestTenant, testTenant } from './harness.ts'

let t: TestTenant
let acme: string

beforeAll(async () => {
  const stranger = await testTenant()
  await done(stranger, 'createOrganization', { name: 'Acme of another tenant' })
  await done(stranger, 'createContact', { name: 'Ada of another tenant' })
  await memberFixture(stranger, 'Grace of another tenant')
  await tagFixture(stranger, 'Hot elsewhere')
  t = await testTenant()
  for (const name of ['Delta', 'Bravo', 'Echo', 'Charlie', '100%_sure']) {
    const domain = `${name.toLowerCase().replace('%_', '')}.example`
    await done(t, 'createOrganization', { name, domain })
    await memberFixture(t, name)
    await tagFixture(t, name)
  }
  const { organization } = await done(
    t,
    'createOrganization',
    { name: 'Acme' },
    'organization { id }',
  )
  acme = organization.id
  for (const name of ['Delta', 'Bravo', 'Echo', 'Charlie', '100%_sure']) {
    const organizationId = name === 'Delta' || name === 'Echo' ? acme : null
    await done(t, 'createContact', {
      name,
      email: `${name.toLowerCase()}@mail.example`,
      organizationId,
    })
  }
})

type Named = { name: string }

async function list(field: string, args: string, variables: object = {}) {
  const declared = 'filter' in variables ? '($filter: ContactFilter)' : ''
  const document = `query ${declared} { ${field}${args} { totalCount nodes { name } edges { cursor node { name } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`
  const connection = (await ask(t, document, variables))[field]
  return { ...connection, names: connection.nodes.map(({ name }: Named) => name) }
}

const lists = ['organizations', 'contacts', 'members']
const sorted: Record<string, string[]> = {
  organizations: ['100%_sure', 'Acme', 'Bravo', 'Charlie', 'Delta', 'Echo'],
  contacts: ['100%_sure', 'Bravo', 'Charlie', 'Delta', 'Echo'],
  members: ['100%_sure', 'Bravo', 'Charlie', 'Delta', 'Echo'],
}

describe.each(lists)('%s', (field) => {
  const names = sorted[field] ?? []

  it('are by name, those of the tenant and no others', async () => {
    const all = await list(field, '')
    expect(all.names).toEqual(names)
    expect(all.totalCount).toBe(names.length)
    expect(all.edges.map(({ node }: { node: Named }) => node.name)).toEqual(names)
  })

  it('come in pages, forward', async () => {
    const seen: string[] = []
    let after = ''
    for (let page = 0; page < 3; page += 1) {
      const { pageInfo, edges, names: some, totalCount } = await list(field, `(first: 2 ${after})`)
      seen.push(...some)
      expect(totalCount).toBe(names.length)
      expect(pageInfo).toEqual({
        hasNextPage: seen.length < names.length,
        hasPreviousPage: page > 0,
        startCursor: edges[0].cursor,
        endCursor: edges.at(-1).cursor,
      })
      after = `after: "${pageInfo.endCursor}"`
    }
    expect(seen).toEqual(names)
  })

  it('come in pages, backward', async () => {
    const last = await list(field, '(last: 2)')
    expect(last.names).toEqual(names.slice(-2))
    expect(last.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true })
    const before = await list(field, `(last: 2, before: "${last.pageInfo.startCursor}")`)
    expect(before.names).toEqual(names.slice(-4, -2))
    expect(before.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: true })
  })

  it.each([
    ['part of a name, in any case', 'RAV', ['Bravo']],
    ['a percent sign as itself', '%', ['100%_sure']],
    ['an underscore as itself', '_', ['100%_sure']],
    ['what is nowhere', 'zebra', []],
    ['what another tenant has', 'another tenant', []],
  ])('are searched for %s', async (_, search, found) => {
    const { names: some, totalCount } = await list(field, `(search: "${search}")`)
    expect([some, totalCount]).toEqual([found, found.length])
  })

  it('can be no page at all, and no page of more than 100', async () => {
    expect((await list(field, '(first: 0)')).names).toEqual([])
    for (const args of ['(first: 101)', '(last: 101)', '(first: -1)', '(first: 1, last: 1)']) {
      const { errors } = await t.graphql(`{ ${field}${args} { nodes { id } } }`)
      expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
    }
  })

  it('refuse a cursor that is not theirs', async () => {
    const { errors } = await t.graphql(`{ ${field}(after: "nonsense") { nodes { id } } }`)
    expect(errors).toMatchObject([{ path: [field], extensions: { code: 'INVALID_CURSOR' } }])
  })
})

describe.each([
  ['organizations', ['Delta', 'Bravo', 'Echo', 'Charlie', '100%_sure', 'Acme']],
  ['contacts', ['Delta', 'Bravo', 'Echo', 'Charlie', '100%_sure']],
])('%s in an order', (field, created) => {
  it.each([
    ['NAME', sorted[field] ?? []],
    ['CREATED_AT', created],
    ['NUMBER', created],
  ])('by %s, both ways', async (order, names) => {
    const asc = await list(field, `(orderBy: { field: ${order}, direction: ASC })`)
    const desc = await list(field, `(orderBy: { field: ${order}, direction: DESC })`)
    expect([asc.names, desc.names]).toEqual([names, [...names].reverse()])
  })

  it('refuse the cursor of another order', async () => {
    const { pageInfo } = await list(field, '(first: 1)')
    const args = `(after: "${pageInfo.endCursor}", orderBy: { field: NUMBER, direction: ASC })`
    const { errors } = await t.graphql(`{ ${field}${args} { nodes { id } } }`)
    expect(errors).toMatchObject([{ extensions: { code: 'INVALID_CURSOR' } }])
  })
})

describe('organizations', () => {
  it('are searched by their domain too', async () => {
    expect((await list('organizations', '(search: "delta.example")')).names).toEqual(['Delta'])
  })
})

describe('contacts', () => {
  it('are searched by their email too', async () => {
    expect((await list('contacts', '(search: "echo@mail")')).names).toEqual(['Echo'])
  })

  it.each([
    ['of an organization', () => ({ eq: acme }), ['Delta', 'Echo']],
    ['of some', () => ({ in: [acme] }), ['Delta', 'Echo']],
    ['of none', () => ({ isNull: true }), ['100%_sure', 'Bravo', 'Charlie']],
    ['of any', () => ({ isNull: false }), ['Delta', 'Echo']],
  ])('are filtered: those %s', async (_, organizationId, names) => {
    const filter = { organizationId: organizationId() }
    const { names: found, totalCount } = await list('contacts', '(filter: $filter)', { filter })
    expect([found, totalCount]).toEqual([names, names.length])
  })
})

describe('members', () => {
  it('are searched by their email too', async () => {
    expect((await list('members', '(search: "charlie@example")')).names).toEqual(['Charlie'])
  })
})

describe('tags', () => {
  it('are by name, those of the tenant and no others', async () => {
    const { tags } = await ask(t, '{ tags { number name color } }')
    const names = tags.map(({ name }: Named) => name)
    expect(names).toEqual(['100%_sure', 'Bravo', 'Charlie', 'Delta', 'Echo'])
    expect(tags[3]).toEqual({ number: 1, name: 'Delta', color: '#ff0000' })
  })
})
