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
  type PipelineFixture,
  pipelineFixture,
  refusal,
  untouched,
} from './fixtures.ts'
import { type TestTenant, testTenant } from './harness.ts'

const noon = new Date('2026-03-02T12:00:00.000Z')

let t: TestTenant
let sales: PipelineFixture
let deal: DealFixture
let others: DealFixture[]

beforeEach(async () => {
  t = await testTenant()
  sales = await pipelineFixture(t)
  t.setNow(noon)
  const contacts = { contactIds: [(await contactFixture(t)).id] }
  deal = await dealFixture(t, { name: 'A', amount: '10', description: 'rocket', ...contacts })
  others = [
    await dealFixture(t, { name: 'B', amount: '5' }),
    await dealFixture(t, { name: 'C', amount: '7' }),
  ]
})

const remove = (expectedVersion = 1) =>
  done(t, 'deleteDeal', { dealId: deal.id, expectedVersion }, 'deal { version deletedAt }')
const restore = (expectedVersion = 2) =>
  done(t, 'restoreDeal', { dealId: deal.id, expectedVersion }, 'deal { version deletedAt }')

async function read({ id } = deal) {
  const document = `query ($id: ID!) { deal(id: $id) { name version deletedAt updatedAt stage { id } rank amount
    contacts { contact { name } } history { totalCount nodes { seq } } } }`
  return (await ask(t, document, { id })).deal
}

/** The names of the deals in every list and total that there is. */
async function lists() {
  const names = 'totalCount nodes { name }'
  const document = `query ($pipeline: ID!, $stage: ID!) {
    deals(orderBy: { field: NAME, direction: ASC }) { ${names} }
    found: deals(search: "rocket") { ${names} }
    filtered: deals(filter: { name: { in: ["A", "B", "C"] } }, orderBy: { field: NAME, direction: ASC }) { ${names} }
    pipeline(id: $pipeline) { deals(orderBy: { field: NAME, direction: ASC }) { ${names} } }
    node(id: $stage) { ... on Stage { deals { ${names} } totals { currency count amount weightedAmount } } } }`
  const answer = await ask(t, document, { pipeline: sales.id, stage: sales.stage('Lead') })
  const { totals, ...stage } = answer.node
  const connections = [
    answer.deals,
    answer.found,
    answer.filtered,
    answer.pipeline.deals,
    stage.deals,
  ]
  const named = connections.map(({ totalCount, nodes }) => [
    totalCount,
    nodes.map(({ name }: { name: string }) => name).join(' '),
  ])
  return { named, totals }
}

describe('deleteDeal', () => {
  it('takes the deal out of every list and total', async () => {
    expect(await lists()).toEqual({
      named: [
        [3, 'A B C'],
        [1, 'A'],
        [3, 'A B C'],
        [3, 'A B C'],
        [3, 'A B C'],
      ],
      totals: [{ currency: 'USD', count: 3, amount: '22', weightedAmount: '2.2' }],
    })
    await remove()
    expect(await lists()).toEqual({
      named: [
        [2, 'B C'],
        [0, ''],
        [2, 'B C'],
        [2, 'B C'],
        [2, 'B C'],
      ],
      totals: [{ currency: 'USD', count: 2, amount: '12', weightedAmount: '1.2' }],
    })
  })

  it('still shows the deal to who asks for it, with its history and contacts', async () => {
    const before = await read()
    const { deal: payload } = await remove()
    expect(payload).toEqual({ version: 2, deletedAt: noon.toISOString() })
    expect(await read()).toEqual({ ...before, version: 2, deletedAt: noon.toISOString() })
    const document = `query ($id: ID!, $number: Int!) {
      node(id: $id) { ... on Deal { deletedAt } } dealByNumber(number: $number) { deletedAt } }`
    const { node, dealByNumber } = await ask(t, document, { id: deal.id, number: deal.number })
    expect([node, dealByNumber]).toEqual(Array(2).fill({ deletedAt: noon.toISOString() }))
  })

  it('writes one event and leaves every other deal as it is', async () => {
    const before = [await Promise.all(others.map(read)), await eventsOf(t)] as const
    await remove()
    expect(await Promise.all(others.map(read))).toEqual(before[0])
    const events = (await eventsOf(t)).slice(before[1].length)
    expect(events).toMatchObject([{ type: 'deal.deleted', dealId: deal.id.replace('deal_', '') }])
  })

  it('refuses a deal that is deleted already', async () => {
    await remove()
    const errors = await refusal(t, 'deleteDeal', { dealId: deal.id, expectedVersion: 2 })
    expect(errors).toMatchObject([{ __typename: 'DealDeleted', path: ['input', 'dealId'] }])
  })
})

describe('restoreDeal', () => {
  it('brings the deal back to the end of its stage, with its history', async () => {
    const { rank: _, ...before } = await read()
    await remove()
    const { deal: payload } = await restore()
    expect(payload).toEqual({ version: 3, deletedAt: null })
    expect(await read()).toMatchObject({ ...before, version: 3, deletedAt: null })
    const { named, totals } = await lists()
    expect(named).toEqual([
      [3, 'A B C'],
      [1, 'A'],
      [3, 'A B C'],
      [3, 'A B C'],
      [3, 'B C A'],
    ])
    expect(totals).toEqual([{ currency: 'USD', count: 3, amount: '22', weightedAmount: '2.2' }])
  })

  it('writes one event', async () => {
    await remove()
    const before = await eventsOf(t)
    await restore()
    const events = (await eventsOf(t)).slice(before.length)
    expect(events.map(({ type }) => type)).toEqual(['deal.restored'])
  })

  it('changes nothing of a deal that is not deleted', async () => {
    await untouched([t], async () => {
      expect((await restore(1)).deal).toEqual({ version: 1, deletedAt: null })
    })
  })

  it('gives the deal back to changes', async () => {
    await remove()
    await restore()
    await done(t, 'updateDeal', { dealId: deal.id, expectedVersion: 3, name: 'A2' })
    expect(await read()).toMatchObject({ name: 'A2', version: 4 })
  })
})

describe.each(['deleteDeal', 'restoreDeal'])('%s with what cannot be', (field) => {
  it('refuses a stale version and shows the deal as it is', async () => {
    await remove()
    const errors = await refusal(t, field, { dealId: deal.id, expectedVersion: 1 })
    expect(errors).toMatchObject([
      {
        __typename: 'VersionConflict',
        code: 'VERSION_CONFLICT',
        path: ['input', 'expectedVersion'],
        currentVersion: 2,
        deal: { id: deal.id, version: 2, name: 'A' },
      },
    ])
  })

  it('does not find a deal that is nowhere or of another tenant', async () => {
    const stranger = await testTenant()
    await pipelineFixture(stranger)
    const theirs = await dealFixture(stranger)
    await untouched([stranger], async () => {
      for (const dealId of [theirs.id, `deal_${randomUUID()}`]) {
        expect(await refusal(t, field, { dealId, expectedVersion: 1 })).toMatchObject([
          { __typename: 'NotFound', code: 'NOT_FOUND', path: ['input', 'dealId'] },
        ])
      }
    })
  })

  it('is forbidden to a reader', async () => {
    await untouched([t], async () => {
      const input = { dealId: deal.id, expectedVersion: 1 }
      const { data, errors } = await askMutation(t, field, input, { as: 'READ_ONLY' })
      expect(data).toEqual({ [field]: null })
      expect(errors).toMatchObject([{ path: [field], extensions: { code: 'FORBIDDEN' } }])
    })
  })
})
