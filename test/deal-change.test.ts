import { beforeEach, describe, expect, it } from 'vitest'
import { idOf, newId } from '../src/ids.ts'
import { schema } from '../src/schema.ts'
import {
  ask,
  type DealFixture,
  dealFixture,
  done,
  keyOfMember,
  memberFixture,
  organizationFixture,
  pipelineFixture,
  refusal,
} from './fixtures.ts'
import { post, type TestTenant, testTenant } from './harness.ts'

const monday = new Date('2026-03-02T09:00:00.000Z')
const tuesday = new Date('2026-03-03T09:00:00.000Z')

let t: TestTenant
let deal: DealFixture

beforeEach(async () => {
  t = await testTenant()
  await pipelineFixture(t)
  deal = await dealFixture(t, { name: 'Rocket' })
  t.setNow(monday)
})

const all = `id field from to fromId toId requestId occurredAt deal { id }
  actor { kind name member { id } }`

async function changes({ id } = deal) {
  const document = `query ($id: ID!) { deal(id: $id) { changes { totalCount nodes { ${all} } } } }`
  const { totalCount, nodes } = (await ask(t, document, { id })).deal.changes
  expect(totalCount).toBe(nodes.length)
  return nodes
}

async function update(values: object) {
  const { version } = (
    await ask(t, 'query ($id: ID!) { deal(id: $id) { version } }', { id: deal.id })
  ).deal
  await done(t, 'updateDeal', { dealId: deal.id, expectedVersion: version, ...values })
}

/** What was read of a change, without what says who made it and when. */
const said = async () =>
  (await changes()).map(({ field, from, to }: Record<string, string>) => [field, from, to])

describe('Deal.changes', () => {
  it('is empty for a new deal, whatever it was created with', async () => {
    const { id: ownerId } = await memberFixture(t)
    const made = await dealFixture(t, { amount: '10', ownerId, priority: 'HIGH', confidence: 5 })
    expect(await changes(made)).toEqual([])
  })

  it.each([
    ['name', 'NAME', 'Shuttle', 'Rocket', 'Shuttle'],
    ['amount', 'AMOUNT', '1054.50', null, '1054.5'],
    ['currency', 'CURRENCY', 'EUR', 'USD', 'EUR'],
    ['expectedCloseDate', 'EXPECTED_CLOSE_DATE', '2026-03-31', null, '2026-03-31'],
    ['priority', 'PRIORITY', 'HIGH', null, 'HIGH'],
    ['confidence', 'CONFIDENCE', 0, null, '0'],
  ])('tells of %s what it was and what it became', async (input, field, value, from, to) => {
    await update({ [input]: value })
    expect(await changes()).toEqual([
      {
        id: expect.stringMatching(/^deal_change_/),
        field,
        from,
        to,
        fromId: null,
        toId: null,
        requestId: expect.any(String),
        occurredAt: monday.toISOString(),
        deal: { id: deal.id },
        actor: { kind: 'API_KEY', name: 'ADMIN', member: null },
      },
    ])
  })

  it.each([
    ['amount', 'AMOUNT', ['0.0001', '99999999999.9999', null]],
    ['expectedCloseDate', 'EXPECTED_CLOSE_DATE', ['2026-01-01', '2027-12-31', null]],
    ['priority', 'PRIORITY', ['LOW', 'HIGH', null]],
    ['confidence', 'CONFIDENCE', [100, 7, null]],
  ])('tells every change of %s in order, and that it was cleared', async (input, field, values) => {
    for (const value of values) await update({ [input]: value })
    const texts = values.map((value) => (value === null ? null : `${value}`))
    const [one, two] = texts
    expect(await said()).toEqual([
      [field, null, one],
      [field, one, two],
      [field, two, null],
    ])
  })

  it.each([
    ['ownerId', 'OWNER', memberFixture],
    ['organizationId', 'ORGANIZATION', organizationFixture],
  ] as const)('tells of %s the names and ids', async (input, field, make) => {
    const [one, two] = [await make(t, 'One'), await make(t, 'Two')]
    for (const value of [one.id, two.id, null]) await update({ [input]: value })
    const nothing = { from: null, fromId: null }
    expect(await changes()).toMatchObject([
      { field, ...nothing, to: 'One', toId: one.id },
      { field, from: 'One', fromId: one.id, to: 'Two', toId: two.id },
      { field, from: 'Two', fromId: two.id, to: null, toId: null },
    ])
  })

  it('keeps the names of that moment, and the id of an organization that is gone', async () => {
    const { id } = await organizationFixture(t, 'Acme')
    await update({ organizationId: id })
    await update({ organizationId: null })
    await t.write(async (tx) => {
      const where = { tenantId_id: { tenantId: t.tenantId, id: idOf('Organization', id) } }
      await tx.db.organization.update({ where, data: { name: 'Acme 2' } })
      tx.emit({ type: 'organization.updated' })
    })
    expect(await said()).toEqual([
      ['ORGANIZATION', null, 'Acme'],
      ['ORGANIZATION', 'Acme', null],
    ])
    await t.write(async (tx) => {
      await tx.db.organization.delete({
        where: { tenantId_id: { tenantId: t.tenantId, id: idOf('Organization', id) } },
      })
      tx.emit({ type: 'organization.deleted' })
    })
    expect(await changes()).toMatchObject([
      { to: 'Acme', toId: id },
      { from: 'Acme', fromId: id },
    ])
  })

  it('tells the member for whom a key acted, and the request', async () => {
    const member = await memberFixture(t, 'Ann')
    const { key } = await keyOfMember(t, member)
    const query = 'mutation ($input: UpdateDealInput!) { updateDeal(input: $input) { replayed } }'
    const input = { dealId: deal.id, expectedVersion: 1, amount: '5', confidence: 50 }
    const headers = { authorization: `Bearer ${key}`, 'x-request-id': 'pipeline-review-1' }
    await post(t.app, { query, variables: { input } }, headers)
    const actor = { kind: 'API_KEY', name: 'Ann', member: { id: member.id } }
    const made = { actor, requestId: 'pipeline-review-1', occurredAt: monday.toISOString() }
    expect(await changes()).toMatchObject([
      { field: 'AMOUNT', ...made },
      { field: 'CONFIDENCE', ...made },
    ])
  })

  it('has no entry where nothing changed, or where the field is not audited', async () => {
    await update({ amount: '5.50', expectedCloseDate: '2026-03-31', confidence: 5 })
    const before = await changes()
    await update({ name: ' Rocket ', amount: '5.5', expectedCloseDate: '2026-03-31' })
    await update({ nextStep: 'Call', source: 'Fair', description: 'Big', metadata: { a: 1 } })
    await update({ confidence: 5, leadRef: 'lead-1' })
    expect(await changes()).toEqual(before)
    expect(before).toHaveLength(3)
  })

  it('has no entry of a refused change', async () => {
    const input = { dealId: deal.id, expectedVersion: 1, name: 'Shuttle', confidence: 101 }
    expect(await refusal(t, 'updateDeal', input)).toMatchObject([{ code: 'VALIDATION_ERROR' }])
    expect(await changes()).toEqual([])
  })

  it('is of one deal alone', async () => {
    const other = await dealFixture(t)
    await update({ name: 'Shuttle' })
    expect(await changes(other)).toEqual([])
  })

  it('pages from the oldest to the newest and back, also within one instant', async () => {
    await update({ name: 'One', amount: '1', confidence: 1, priority: 'LOW' })
    t.setNow(tuesday)
    await update({ name: 'Two', amount: '2', confidence: 2, priority: 'HIGH' })
    const ids = (await changes()).map(({ id }: { id: string }) => id)
    expect(ids).toHaveLength(8)
    const page = async (args: string) => {
      const document = `query ($id: ID!) { deal(id: $id) { changes(${args}) {
        nodes { id } pageInfo { startCursor endCursor hasNextPage hasPreviousPage } } } }`
      const { nodes, pageInfo } = (await ask(t, document, { id: deal.id })).deal.changes
      return { ids: nodes.map(({ id }: { id: string }) => id), ...pageInfo }
    }
    const walked = [await page('first: 3')]
    while (walked.at(-1)?.hasNextPage)
      walked.push(await page(`first: 3, after: "${walked.at(-1)?.endCursor}"`))
    expect(walked.map((part) => part.ids)).toEqual([ids.slice(0, 3), ids.slice(3, 6), ids.slice(6)])
    const last = await page('last: 5')
    expect(last).toMatchObject({ ids: ids.slice(3), hasPreviousPage: true })
    const first = await page(`last: 5, before: "${last.startCursor}"`)
    expect(first).toMatchObject({ ids: ids.slice(0, 3), hasPreviousPage: false })
  })

  it('has a name for each field that the database takes', async () => {
    const type = schema.getType('DealChangeField')
    const values = type && 'getValues' in type ? type.getValues() : []
    const fields = [
      'name',
      'amount',
      'currency',
      'owner',
      'organization',
      'expectedCloseDate',
      'priority',
      'confidence',
    ]
    await t.write(async (tx) => {
      const key = { tenantId: t.tenantId, dealId: idOf('Deal', deal.id) }
      const made = { actorKind: 'IMPORT', requestId: 'test', occurredAt: tx.now }
      const data = fields.map((field) => ({ ...key, ...made, id: newId(), field }))
      await tx.db.dealChange.createMany({ data })
      tx.emit({ type: 'deal.updated' })
    })
    const read = (await changes()).map(({ field }: { field: string }) => field)
    expect(read.toSorted()).toEqual(values.map(({ name }) => name).toSorted())
  })
})
