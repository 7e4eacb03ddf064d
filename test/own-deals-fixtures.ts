import { expect } from 'vitest'
import type { Role } from '../src/auth/scopes.ts'
import {
  contactFixture,
  customFieldFixture,
  done,
  keyOfMember,
  memberFixture,
  organizationFixture,
  type PipelineFixture,
  pipelineFixture,
  tagFixture,
} from './fixtures.ts'
import { type GraphqlAnswer, type TestTenant, testTenant } from './harness.ts'

export interface OwnDeal {
  id: string
  number: number
  name: string
  externalId: string
  version: number
  contacts: { id: string; contact: { id: string } }[]
  history: { nodes: { id: string }[] }
  changes: { nodes: { id: string }[] }
}

/** A tenant whose members see only their own deals, with deals of two members and of nobody. */
export interface OwnDealsFixture {
  t: TestTenant
  sales: PipelineFixture
  ann: { id: string }
  bob: { id: string }
  /** A key that acts for Ann as a MEMBER. */
  annKey: { key: string }
  organization: { id: string }
  contact: { id: string }
  tag: { id: string }
  /** The deals by what they are to Ann: an open one, a won one and a deleted one of each. */
  deals: OfEach<OwnDeal>
}

const selection = `id number name externalId version contacts { id contact { id } }
  history { nodes { id } } changes { nodes { id } }`

export async function ownDealsFixture(): Promise<OwnDealsFixture> {
  const t = await testTenant()
  const sales = await pipelineFixture(t)
  await customFieldFixture(t, 'cf_region', 'TEXT')
  const [ann, bob] = [await memberFixture(t, 'Ann'), await memberFixture(t, 'Bob')]
  const organization = await organizationFixture(t)
  const contact = await contactFixture(t)
  const tag = await tagFixture(t)
  const shared = {
    organizationId: organization.id,
    ...{ contactIds: [contact.id], tagIds: [tag.id], customFields: { cf_region: 'EMEA' } },
    ...{ description: 'Solar plant', source: 'Referral', confidence: 50 },
  }
  const three = (of: string, values: object) => threeDeals(t, of, { ...shared, ...values })
  const made = {
    owned: await three('owned', { ownerId: ann.id }),
    assigned: await three('assigned', { ownerId: bob.id, assigneeIds: [ann.id] }),
    others: await three('others', { ownerId: bob.id }),
    nobodys: await three('nobodys', { assigneeIds: [bob.id] }),
  }
  const deals = await closeAndDelete(t, sales, made)
  await limit(t, true)
  const annKey = await keyOfMember(t, ann)
  return { t, sales, ann, bob, annKey, organization, contact, tag, deals }
}

/** Turns the switch of the tenant. */
export function limit(t: TestTenant, membersSeeOnlyTheirDeals: boolean): Promise<unknown> {
  return done(t, 'updateTenant', { membersSeeOnlyTheirDeals })
}

type Three<Deal> = [open: Deal, won: Deal, deleted: Deal]
type OfEach<Deal> = Record<'owned' | 'assigned' | 'others' | 'nobodys', Three<Deal>>

async function threeDeals(t: TestTenant, of: string, values: object): Promise<Three<string>> {
  const create = async (kind: string, amount: string, currency: string) => {
    const names = { name: `${of} ${kind}`, externalId: `${of}-${kind}` }
    const input = { ...values, ...names, amount, currency }
    return (await done(t, 'createDeal', input, 'deal { id }')).deal.id
  }
  return [
    await create('open', '100.25', 'USD'),
    await create('won', '20.25', 'EUR'),
    await create('deleted', '3.25', 'USD'),
  ]
}

/** Renames all deals, for their changes, wins the second of each three and deletes the third. */
async function closeAndDelete(
  t: TestTenant,
  sales: PipelineFixture,
  made: OfEach<string>,
): Promise<OfEach<OwnDeal>> {
  const all = Object.values(made).flat()
  const change = (field: string, ids: string[], expectedVersion: number, input: object = {}) =>
    done(t, field, {
      atomic: true,
      items: ids.map((dealId) => ({ dealId, expectedVersion, ...input })),
    })
  const nth = (place: number) => Object.values(made).map((three) => three[place] as string)
  await change('updateDeals', all, 1, { nextStep: 'Call', amount: '100.5' })
  await change('moveDeals', nth(1), 2, { stageId: sales.stage('Won'), reason: 'Price' })
  await change('deleteDeals', nth(2), 2)
  const document = `query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Deal { ${selection} } } }`
  const { nodes } = await answer(t, document, 'ADMIN', { ids: all })
  const byId = new Map<string, OwnDeal>(nodes.map((deal: OwnDeal) => [deal.id, deal]))
  const read = (ids: Three<string>) => ids.map((id) => byId.get(id)) as Three<OwnDeal>
  const { owned, assigned, others, nobodys } = made
  return {
    ...{ owned: read(owned), assigned: read(assigned) },
    ...{ others: read(others), nobodys: read(nobodys) },
  }
}

/** The data of a query that has no errors, as an ADMIN or with a key. */
export async function answer(
  t: TestTenant,
  document: string,
  as: Role | { key: string | null },
  variables: object = {},
): Promise<GraphqlAnswer['data']> {
  const { data, errors } = await t.graphql(document, variables, as)
  expect(errors).toEqual([])
  return data
}
