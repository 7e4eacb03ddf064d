import { getNamedType, isInputObjectType } from 'graphql'
import { beforeEach, describe, expect, it, test } from 'vitest'
import { newId } from '../src/ids.ts'
import { schema } from '../src/schema.ts'
import {
  askMutation,
  contactFixture,
  done,
  organizationFixture,
  pipelineFixture,
  tagFixture,
  untouched,
} from './fixtures.ts'
import type { GraphqlAnswer } from './harness.ts'
import {
  answer,
  type OwnDeal,
  type OwnDealsFixture,
  ownDealsFixture,
} from './own-deals-fixtures.ts'

let f: OwnDealsFixture

beforeEach(async () => {
  f = await ownDealsFixture()
})

type Payload = GraphqlAnswer['data']

/** The payload of a mutation that Ann sends, which may have user errors but no others. */
async function asAnn(field: string, input: object, selection = ''): Promise<Payload> {
  const { data, errors } = await askMutation(f.t, field, input, { selection, as: f.annKey })
  expect(errors).toEqual([])
  return data[field]
}

async function doneAsAnn(field: string, input: object, selection = ''): Promise<Payload> {
  const payload = await asAnn(field, input, selection)
  expect(payload.userErrors).toEqual([])
  return payload
}

/** The user errors that Ann gets, and proof that nothing was written. */
function refusedToAnn(field: string, input: object): Promise<Payload> {
  return untouched([f.t], async () => (await asAnn(field, input)).userErrors)
}

const invalidAt = (...path: string[]) => [
  { __typename: 'ValidationError', code: 'VALIDATION_ERROR', path: ['input', ...path] },
]
const versioned = ({ id, version }: OwnDeal) => ({ dealId: id, expectedVersion: version })
const loses = expect.stringContaining('stay its owner or an assignee')

/** What each mutation of one deal is sent beside the deal. */
function inputs(deal: OwnDeal): Record<string, object> {
  const { sales, bob, tag, contact } = f
  const dealContactId = deal.contacts[0]?.id
  return {
    moveDeal: { stageId: sales.stage('Qualified') },
    moveDealToPipeline: { pipelineId: sales.id },
    editDeal: { name: 'Mine', assigneeIds: [bob.id] },
    ...{ winDeal: {}, loseDeal: { reason: 'Price' }, reopenDeal: {}, reorderDeal: {} },
    ...{ updateDeal: { name: 'Mine' }, deleteDeal: {}, restoreDeal: {} },
    ...{ assignDeal: { memberIds: [bob.id] }, unassignDeal: { memberIds: [bob.id] } },
    ...{ tagDeal: { tagIds: [tag.id] }, untagDeal: { tagIds: [tag.id] } },
    addDealContact: { contactId: contact.id },
    updateDealContact: { dealContactId, role: 'Buyer' },
    removeDealContact: { dealContactId },
  }
}

describe('a deal that is not seen', () => {
  it('is not found by any mutation, and does not change', async () => {
    const mutations = Object.values(schema.getMutationType()?.getFields() ?? {})
    const ofDeals = mutations.filter(({ args }) => {
      const input = args[0] && getNamedType(args[0].type)
      return isInputObjectType(input) && 'dealId' in input.getFields()
    })
    const { others, nobodys } = f.deals
    expect(ofDeals.map(({ name }) => name).sort()).toEqual(Object.keys(inputs(others[0])).sort())
    const notFound = { __typename: 'NotFound', code: 'NOT_FOUND', path: ['input', 'dealId'] }
    for (const deal of [others[0], nobodys[1], others[2]]) {
      await untouched([f.t], async () => {
        for (const [field, input] of Object.entries(inputs(deal))) {
          const { userErrors } = await asAnn(field, { ...versioned(deal), ...input })
          expect([field, userErrors]).toMatchObject([field, [notFound]])
        }
      })
    }
  })

  it.each([
    ['moveDeals', () => ({ stageId: f.sales.stage('Qualified') })],
    ['updateDeals', () => ({ name: 'Mine' })],
    ['deleteDeals', () => ({})],
  ])('is not found by an item of %s, and the others are done', async (field, input) => {
    const items = [f.deals.others[0], f.deals.owned[0]].map((deal) => ({
      ...versioned(deal),
      ...input(),
    }))
    const { results } = await doneAsAnn(
      field,
      { items },
      'results { deal { id } userErrors { code path } }',
    )
    const path = ['input', 'items', '0', 'dealId']
    expect(results).toEqual([
      { deal: null, userErrors: [{ code: 'NOT_FOUND', path }] },
      { deal: { id: f.deals.owned[0].id }, userErrors: [] },
    ])
  })

  it('is no neighbour on the board, yet keeps its place there', async () => {
    const [own] = f.deals.owned
    const [other] = f.deals.others
    const reorder = { ...versioned(own), before: other.id }
    expect(await refusedToAnn('reorderDeal', reorder)).toMatchObject([
      { code: 'NOT_FOUND', path: ['input', 'before'] },
    ])
    const board = async () => {
      const document = `query ($id: ID!) { node(id: $id) { ... on Stage { deals { nodes { name } } } } }`
      const { node } = await answer(f.t, document, 'ADMIN', { id: f.sales.stage('Lead') })
      return node.deals.nodes.map(({ name }: { name: string }) => name.split(' ')[0])
    }
    expect(await board()).toEqual(['owned', 'assigned', 'others', 'nobodys'])
    await doneAsAnn('reorderDeal', versioned(own))
    expect(await board()).toEqual(['assigned', 'others', 'nobodys', 'owned'])
    await doneAsAnn('createDeal', { name: 'new' })
    expect(await board()).toEqual(['assigned', 'others', 'nobodys', 'owned', 'new'])
    await doneAsAnn('reorderDeal', {
      ...versioned(own),
      expectedVersion: own.version + 1,
      after: f.deals.assigned[0].id,
    })
    expect(await board()).toEqual(['assigned', 'owned', 'others', 'nobodys', 'new'])
  })

  it('keeps its ids to itself', async () => {
    const [own] = f.deals.owned
    const [, , deleted] = f.deals.others
    for (const { id, externalId } of [f.deals.others[0], deleted]) {
      expect(await refusedToAnn('createDeal', { id, name: 'Mine' })).toMatchObject(invalidAt('id'))
      const taken = invalidAt('externalId')
      expect(await refusedToAnn('createDeal', { name: 'Mine', externalId })).toMatchObject(taken)
      const update = { ...versioned(own), externalId }
      expect(await refusedToAnn('updateDeal', update)).toMatchObject(taken)
    }
  })
})

describe('createDeal of who sees only their own deals', () => {
  it('makes them the owner, whoever else is assigned', async () => {
    const input = { name: 'Mine', assigneeIds: [f.bob.id], contactIds: [f.contact.id] }
    const more = { tagIds: [f.tag.id], customFields: { cf_region: 'EMEA' }, id: `deal_${newId()}` }
    const selection = 'deal { id owner { id } assignees { id } history { totalCount } tags { id } }'
    const { deal } = await doneAsAnn('createDeal', { ...input, ...more }, selection)
    expect(deal).toEqual({
      ...{ id: more.id, owner: { id: f.ann.id }, assignees: [{ id: f.bob.id }] },
      ...{ history: { totalCount: 1 }, tags: [{ id: f.tag.id }] },
    })
    const again = await untouched([f.t], () =>
      asAnn('createDeal', { ...input, ...more }, selection),
    )
    expect(again).toMatchObject({ deal: { id: more.id }, userErrors: [] })
  })

  it('refuses another owner', async () => {
    const input = { name: 'Theirs', ownerId: f.bob.id, assigneeIds: [f.ann.id] }
    expect(await refusedToAnn('createDeal', input)).toMatchObject([
      { ...invalidAt('ownerId')[0], message: loses },
    ])
  })
})

describe('a deal of who sees only their own', () => {
  it.each([
    ['another owner', () => f.bob.id],
    ['none', () => null],
  ])('goes not to %s unless they stay assigned to it', async (_, ownerOf) => {
    const ownerId = ownerOf()
    const [[own], [assigned]] = [f.deals.owned, f.deals.assigned]
    const refused = { ...versioned(own), ownerId }
    const errors = [{ ...invalidAt('ownerId')[0], message: loses }]
    expect(await refusedToAnn('updateDeal', refused)).toMatchObject(errors)
    const items = [refused, { ...versioned(assigned), ownerId, nextStep: 'Call' }]
    const { results } = await doneAsAnn('updateDeals', { items }, 'results { userErrors { path } }')
    expect(results).toEqual([
      { userErrors: [{ path: ['input', 'items', '0', 'ownerId'] }] },
      { userErrors: [] },
    ])
    const assign = { ...versioned(own), memberIds: [f.ann.id] }
    const { deal } = await doneAsAnn('assignDeal', assign, 'deal { version }')
    const given = { dealId: own.id, expectedVersion: deal.version, ownerId }
    const selection = 'deal { owner { id } }'
    const { deal: after } = await doneAsAnn('updateDeal', given, selection)
    expect(after.owner?.id ?? null).toBe(ownerId)
  })

  it('is not left by them unless they own it', async () => {
    const [[own], [assigned]] = [f.deals.owned, f.deals.assigned]
    const memberIds = [f.bob.id, f.ann.id]
    const leave = { ...versioned(assigned), memberIds }
    expect(await refusedToAnn('unassignDeal', leave)).toMatchObject([
      { ...invalidAt('memberIds', '1')[0], message: loses },
    ])
    const assign = { ...versioned(own), memberIds }
    const { deal } = await doneAsAnn('assignDeal', assign, 'deal { version }')
    await doneAsAnn('unassignDeal', { dealId: own.id, expectedVersion: deal.version, memberIds })
    await doneAsAnn('updateDeal', { ...versioned(assigned), ownerId: f.ann.id })
    await doneAsAnn('unassignDeal', { ...leave, expectedVersion: assigned.version + 1 })
  })

  it('takes every other change that it takes from an administrator', async () => {
    await done(f.t, 'updateTenant', { membersMayReopen: true })
    const other = await pipelineFixture(f.t, { name: 'Other' })
    const guest = await contactFixture(f.t, 'Guest')
    for (const [deal, won, deleted] of [f.deals.owned, f.deals.assigned]) {
      let { version } = deal
      const change = async (field: string, input: object, selection = '') => {
        const sent = { dealId: deal.id, expectedVersion: version, ...input }
        const payload = await doneAsAnn(field, sent, `deal { version } ${selection}`)
        expect([field, payload.deal.version]).toEqual([field, version + 1])
        version += 1
        return payload
      }
      await change('moveDeal', { stageId: f.sales.stage('Proposal') })
      await change('moveDealToPipeline', { pipelineId: other.id })
      await change('loseDeal', { reason: 'Price' })
      await change('reopenDeal', {})
      await change('updateDeal', {
        amount: '7',
        customFields: { cf_region: 'APAC' },
        source: 'Fair',
      })
      await change('untagDeal', { tagIds: [f.tag.id] })
      await change('tagDeal', { tagIds: [f.tag.id] })
      const { dealContact } = await change(
        'addDealContact',
        { contactId: guest.id, isPrimary: true },
        'dealContact { id }',
      )
      await change('updateDealContact', { dealContactId: dealContact.id, role: 'Buyer' })
      await change('removeDealContact', { dealContactId: dealContact.id })
      await change('deleteDeal', {})
      await change('restoreDeal', {})
      await doneAsAnn('reopenDeal', versioned(won))
      await doneAsAnn('restoreDeal', versioned(deleted))
    }
    await expectTotalsToBeCounts()
  })
})

/** Compares what the triggers have kept with a count, which an administrator sees of all deals. */
async function expectTotalsToBeCounts() {
  const rows = await f.t.read(
    (db) => db.$queryRaw<object[]>`
    SELECT stage_id, currency, count, amount::float FROM stage_total WHERE count > 0 EXCEPT
    SELECT stage_id, currency, count(*), sum(amount)::float FROM deal WHERE deleted_at IS NULL GROUP BY 1, 2`,
  )
  expect(rows).toEqual([])
}

describe('what deals need that are not seen', () => {
  const stillInUse = (argument: string) => [
    {
      ...{ __typename: 'StillInUse', code: 'STILL_IN_USE', path: ['input', argument] },
      ...{ count: 0, deals: [], message: expect.stringContaining('ask an administrator') },
    },
  ]

  it('is not deleted, and nothing of those deals is told', async () => {
    const organizationId = f.organization.id
    const reassignTo = (await organizationFixture(f.t, 'Heir')).id
    const heir = (await contactFixture(f.t, 'Heir')).id
    for (const [field, argument, input] of [
      ['deleteOrganization', 'organizationId', { organizationId }],
      ['deleteOrganization', 'organizationId', { organizationId, reassignTo }],
      ['deleteContact', 'contactId', { contactId: f.contact.id }],
      ['deleteContact', 'contactId', { contactId: f.contact.id, reassignTo: heir }],
      ['deleteTag', 'tagId', { tagId: f.tag.id }],
    ] as const) {
      expect(await refusedToAnn(field, input)).toMatchObject(stillInUse(argument))
    }
  })

  it('is deleted once all deals that need it are seen', async () => {
    const reassignTo = (await organizationFixture(f.t, 'Heir')).id
    const heir = (await contactFixture(f.t, 'Heir')).id
    for (const deal of [...f.deals.others, ...f.deals.nobodys]) {
      const document = 'query ($id: ID!) { deal(id: $id) { version deletedAt } }'
      const { deal: now } = await answer(f.t, document, 'ADMIN', { id: deal.id })
      const at = { dealId: deal.id, expectedVersion: now.version }
      if (now.deletedAt) await done(f.t, 'restoreDeal', at)
      const expectedVersion = at.expectedVersion + (now.deletedAt ? 1 : 0)
      await done(f.t, 'assignDeal', { ...at, expectedVersion, memberIds: [f.ann.id] })
    }
    const organizationId = f.organization.id
    const [error] = await refusedToAnn('deleteOrganization', { organizationId })
    expect(error).toMatchObject({ code: 'STILL_IN_USE', count: 12 })
    const count = 'reassignedCount'
    const input = { organizationId, reassignTo }
    expect(await doneAsAnn('deleteOrganization', input, count)).toMatchObject({ [count]: 12 })
    const replaced = { contactId: f.contact.id, reassignTo: heir }
    expect(await doneAsAnn('deleteContact', replaced, count)).toMatchObject({ [count]: 12 })
    const { untaggedCount } = await doneAsAnn('deleteTag', { tagId: f.tag.id }, 'untaggedCount')
    expect(untaggedCount).toBe(12)
  })

  it('is deleted where no deal needs it, as before', async () => {
    const { id: organizationId } = await organizationFixture(f.t, 'Unused')
    const { id: tagId } = await tagFixture(f.t, 'Unused')
    await doneAsAnn('deleteOrganization', { organizationId })
    await doneAsAnn('deleteTag', { tagId })
  })
})

test('a retry is answered as the first time, without the deal when it is seen no more', async () => {
  const [deal] = f.deals.assigned
  const input = { ...versioned(deal), nextStep: 'Write', idempotencyKey: 'once' }
  const selection = 'replayed deal { id }'
  const first = await doneAsAnn('updateDeal', input, selection)
  expect(first).toMatchObject({ replayed: false, deal: { id: deal.id } })
  expect(await doneAsAnn('updateDeal', input, selection)).toMatchObject({ deal: { id: deal.id } })
  const unassign = { dealId: deal.id, expectedVersion: deal.version + 1, memberIds: [f.ann.id] }
  await done(f.t, 'unassignDeal', unassign)
  const last = await doneAsAnn('updateDeal', input, selection)
  expect(last).toMatchObject({ replayed: true, deal: null })
})
