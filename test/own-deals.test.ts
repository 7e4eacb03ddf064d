import { getNamedType, isObjectType } from 'graphql'
import { beforeAll, describe, expect, it, test } from 'vitest'
import { roles } from '../src/auth/scopes.ts'
import { dealsSeenBy } from '../src/auth/viewer.ts'
import { Prisma } from '../src/generated/prisma/client.ts'
import { schema } from '../src/schema.ts'
import { done, keyOfMember, memberFixture } from './fixtures.ts'
import type { GraphqlAnswer } from './harness.ts'
import { answer, limit, type OwnDealsFixture, ownDealsFixture } from './own-deals-fixtures.ts'

// biome-ignore lint/suspicious/noExplicitAny: answers have the shape that their documents ask for.
type Answer = any

describe('who sees only their own deals', () => {
  const id = 'somebody'
  test.each(roles.flatMap((role) => [...roles, null].map((memberRole) => ({ role, memberRole }))))(
    'is a MEMBER, or a key that reads for one: $role for $memberRole',
    ({ role, memberRole }) => {
      const memberId = memberRole && id
      const isLimited =
        memberRole !== null && (role === 'MEMBER' || `${role} ${memberRole}` === 'READ_ONLY MEMBER')
      const sight = { role, memberId, memberRole }
      expect(dealsSeenBy({ ...sight, membersSeeOnlyTheirDeals: true })).toBe(isLimited ? id : null)
      expect(dealsSeenBy({ ...sight, membersSeeOnlyTheirDeals: false })).toBeNull()
    },
  )
})

const page = `totalCount nodes { id number name amount currency status weightedAmount }`
const totals = `totals { currency count amount weightedAmount }`
const byStatus = `${totals} won: totals(status: WON) { currency count amount weightedAmount }`
const below = `id deals(first: 100) { ${page} }`

/** Every way from a query to deals, but for those through a deal itself. */
const everything = `{
  deals(first: 100) { ${page} }
  dealPage(pageSize: 100) { ${page} }
  pipelines { ${below} ${byStatus} stages { ${below} ${totals} } }
  organizations { nodes { ${below} ${byStatus} } }
  contacts { nodes { ${below} ${byStatus} } }
  members { nodes { ${below} ${byStatus} } }
}`

const ofDeal = `id history { totalCount nodes { id } } changes { totalCount nodes { id } } assignees { id }
  contacts { id deal { id } } tags { id } customFields { key } allowedTransitions { stage { id } }`

let fixture: OwnDealsFixture
let seen: Set<string>
let unseen: string[]

beforeAll(async () => {
  fixture = await ownDealsFixture()
  const { owned, assigned, others, nobodys } = fixture.deals
  seen = new Set([...owned, ...assigned].map(({ id }) => id))
  unseen = [...others, ...nobodys].map(({ id }) => id)
})

const asAnn = (document: string, variables: object = {}) =>
  answer(fixture.t, document, fixture.annKey, variables)
const asAdmin = (document: string, variables: object = {}) =>
  answer(fixture.t, document, 'ADMIN', variables)

interface Deal {
  id: string
  currency: string
  amount: string
  status: string
  weightedAmount: string
}

function totalsOf(deals: Deal[]) {
  const currencies = [...new Set(deals.map(({ currency }) => currency))].sort()
  return currencies.map((currency) => {
    const ofCurrency = deals.filter((deal) => deal.currency === currency)
    const sum = (key: 'amount' | 'weightedAmount') =>
      ofCurrency.reduce((all, deal) => all.add(deal[key]), new Prisma.Decimal(0)).toString()
    const [amount, weightedAmount] = [sum('amount'), sum('weightedAmount')]
    return { currency, count: ofCurrency.length, amount, weightedAmount }
  })
}

/** What is left of an administrator's answer when only these deals are seen. */
function limitedTo(found: Answer, isSeen: (id: string) => boolean): Answer {
  if (Array.isArray(found)) return found.map((item) => limitedTo(item, isSeen))
  if (typeof found !== 'object' || found === null) return found
  const copy: Answer = {}
  for (const [key, value] of Object.entries<Answer>(found)) copy[key] = limitedTo(value, isSeen)
  if (!copy.deals) return copy
  const nodes = copy.deals.nodes.filter(({ id }: Deal) => isSeen(id))
  copy.deals = { totalCount: nodes.length, nodes }
  if (copy.dealPage) copy.dealPage = copy.deals
  if (copy.totals) copy.totals = totalsOf(nodes)
  if (copy.won) copy.won = totalsOf(nodes.filter(({ status }: Deal) => status === 'WON'))
  return copy
}

describe('a member who sees only their own deals', () => {
  it('sees of everything that leads to deals those that they own or are assigned to', async () => {
    const all = await asAdmin(everything)
    expect(all).toEqual(limitedTo(all, () => true))
    const own = await asAnn(everything)
    expect(own).toEqual(limitedTo(all, (id) => seen.has(id)))
    expect([all.deals.totalCount, own.deals.totalCount]).toEqual([8, 4])
    expect(own.pipelines[0].totals).toEqual([
      { currency: 'EUR', count: 2, amount: '201', weightedAmount: '201' },
      { currency: 'USD', count: 2, amount: '201', weightedAmount: '100.5' },
    ])
  })

  it('is tried on every field that leads to deals', () => {
    const leading = Object.values(schema.getTypeMap())
      .filter(isObjectType)
      .flatMap((type) =>
        Object.values(type.getFields())
          .filter((field) =>
            /^(DealConnection|DealPage|StageTotal|DealTotal)$/.test(`${getNamedType(field.type)}`),
          )
          .map((field) => `${type.name}.${field.name}`),
      )
    const parents = ['Contact', 'Member', 'Organization', 'Pipeline', 'Stage']
    const expected = parents.flatMap((parent) => [`${parent}.deals`, `${parent}.totals`])
    expect(leading.sort()).toEqual([...expected, 'Query.dealPage', 'Query.deals'].sort())
  })

  it('reads of their own deals all that an administrator reads', async () => {
    for (const id of seen) {
      const document = `query ($id: ID!) { deal(id: $id) { ${ofDeal} } node(id: $id) { id __typename } }`
      const found = await asAnn(document, { id })
      expect(found).toEqual(await asAdmin(document, { id }))
      expect(found.deal.history.totalCount).toBeGreaterThan(0)
      expect(found.deal.changes.totalCount).toBe(1)
    }
  })

  it('finds no other deal by its id or number, deleted or not, nor what is on it', async () => {
    const { others, nobodys } = fixture.deals
    for (const deal of [...others, ...nobodys]) {
      const ids = [
        ...[deal.id, deal.contacts[0]?.id],
        ...[...deal.history.nodes, ...deal.changes.nodes].map(({ id }) => id),
      ]
      const document = `query ($id: ID!, $number: Int!, $ids: [ID!]!) {
        deal(id: $id) { id } node(id: $id) { id } dealByNumber(number: $number) { id } nodes(ids: $ids) { id } }`
      const variables = { id: deal.id, number: deal.number, ids }
      expect(await asAnn(document, variables)).toEqual({
        ...{ deal: null, node: null, dealByNumber: null },
        nodes: ids.map(() => null),
      })
      expect((await asAdmin(document, variables)).nodes.map(({ id }: Deal) => id)).toEqual(ids)
      expect(ids.length).toBeGreaterThanOrEqual(4)
    }
  })

  const filters: [string, (f: OwnDealsFixture) => object][] = [
    ['a pipeline', ({ sales }) => ({ pipelineId: { eq: sales.id } })],
    ['a stage', ({ sales }) => ({ stageId: { in: [sales.stage('Lead'), sales.stage('Won')] } })],
    ['a status', () => ({ status: { eq: 'WON' } })],
    ['an owner', ({ bob }) => ({ ownerId: { eq: bob.id } })],
    ['no owner', () => ({ ownerId: { isNull: true } })],
    ['an organization', ({ organization }) => ({ organizationId: { eq: organization.id } })],
    ['an assignee', ({ ann }) => ({ assigneeId: { eq: ann.id } })],
    ['another assignee', ({ bob }) => ({ assigneeId: { eq: bob.id } })],
    ['no assignee', () => ({ assigneeId: { isNull: true } })],
    ['a contact', ({ contact }) => ({ contactId: { eq: contact.id } })],
    ['a tag', ({ tag }) => ({ tagId: { eq: tag.id } })],
    ['a source', () => ({ source: { eq: 'referral' } })],
    ['a reason', () => ({ reason: { eq: 'price' } })],
    ['a text', () => ({ name: { contains: 'OPEN' } })],
    ['a custom field', () => ({ customFields: [{ key: 'cf_region', eq: 'EMEA' }] })],
    ['a part of one', () => ({ customFields: [{ key: 'cf_region', contains: 'ME' }] })],
    ['an external id', () => ({ externalId: { in: ['others-open', 'owned-open'] } })],
    ['not a tag', ({ tag }) => ({ not: { tagId: { eq: tag.id } } })],
    ['one of two', ({ bob }) => ({ or: [{ ownerId: { eq: bob.id } }, { status: { eq: 'WON' } }] })],
  ]

  it.each(filters)('finds by %s only their own', async (_, filterOf) => {
    const filter = filterOf(fixture)
    const document = `query ($filter: DealFilter) { deals(filter: $filter, first: 100) { ${page} }
      pipelines { deals(filter: $filter, first: 100) { ${page} } } }`
    const all = await asAdmin(document, { filter })
    expect(await asAnn(document, { filter })).toEqual(limitedTo(all, (id) => seen.has(id)))
  })

  it.each(['plant', 'OPEN', 'others'])(
    'finds by a search for %s only their own',
    async (search) => {
      const document = `query ($search: String) { deals(search: $search, first: 100) { ${page} } }`
      const all = await asAdmin(document, { search })
      expect(all.deals.totalCount).toBeGreaterThan(0)
      expect(await asAnn(document, { search })).toEqual(limitedTo(all, (id) => seen.has(id)))
    },
  )

  it('pages through their own alone, and no cursor of another deal shows more', async () => {
    const document = `query ($after: String) { deals(first: 1, after: $after, orderBy: { field: NUMBER, direction: ASC }) {
      nodes { id } pageInfo { hasNextPage endCursor } } }`
    const found: string[] = []
    let after: string | null = null
    for (let hasNext = true; hasNext; ) {
      const { deals }: Answer = await asAnn(document, { after })
      found.push(...deals.nodes.map(({ id }: Deal) => id))
      after = deals.pageInfo.endCursor
      hasNext = deals.pageInfo.hasNextPage
    }
    expect(found).toEqual(found.filter((id) => seen.has(id)))
    expect(found).toHaveLength(4)
    const all = await asAdmin(
      `{ deals(first: 100, orderBy: { field: NUMBER, direction: ASC }) { edges { cursor node { id } } } }`,
    )
    const other = all.deals.edges.find((edge: Answer) => unseen.includes(edge.node.id))
    expect((await asAnn(document, { after: other.cursor })).deals.nodes).toEqual([])
  })

  it('is asked for by a key of the tenant itself and by administrators in vain', async () => {
    const { t, ann } = fixture
    const admin = await keyOfMember(t, ann, 'ADMIN')
    for (const as of ['MEMBER', 'READ_ONLY', 'ADMIN', admin] as const) {
      expect((await answer(t, '{ deals { totalCount } }', as)).deals.totalCount).toBe(8)
    }
    const reader = await keyOfMember(t, ann, 'READ_ONLY')
    expect((await answer(t, everything, reader)) as GraphqlAnswer['data']).toEqual(
      await asAnn(everything),
    )
  })
})

describe('the switch', () => {
  it('takes effect on the next request, as do a lost assignment and a changed role', async () => {
    const { t, annKey, ann, bob, deals } = await ownDealsFixture()
    const count = async (as = annKey) =>
      (await answer(t, '{ deals { totalCount } }', as)).deals.totalCount
    expect(await count()).toBe(4)
    await limit(t, false)
    expect(await count()).toBe(8)
    await limit(t, true)
    expect(await count()).toBe(4)
    const [deal] = deals.assigned
    const unassign = { dealId: deal.id, expectedVersion: deal.version, memberIds: [ann.id] }
    await done(t, 'unassignDeal', unassign)
    expect(await count()).toBe(3)
    const reader = await keyOfMember(t, bob, 'READ_ONLY')
    expect(await count(reader)).toBe(6)
    await done(t, 'updateMember', { memberId: bob.id, role: 'READ_ONLY' })
    expect(await count(reader)).toBe(8)
  })

  it('shows a member without deals none, and no total', async () => {
    const { t } = fixture
    const key = await keyOfMember(t, await memberFixture(t, 'Newcomer'))
    const all = await asAdmin(everything)
    expect(await answer(t, everything, key)).toEqual(limitedTo(all, () => false))
  })
})
