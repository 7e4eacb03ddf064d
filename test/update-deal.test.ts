import { randomUUID } from 'node:crypto'
import { beforeEach, describe, expect, it } from 'vitest'
import { schema } from '../src/schema.ts'
import {
  ask,
  askMutation,
  customFieldFixture,
  type DealFixture,
  dealFixture,
  done,
  eventsOf,
  memberFixture,
  organizationFixture,
  pipelineFixture,
  refusal,
  untouched,
} from './fixtures.ts'
import { type TestTenant, testTenant } from './harness.ts'

const plain = `name description amount currency valuePeriod confidence priority source nextStep expectedCloseDate leadRef
  externalId metadata customFields { key value }`
const everything = `${plain} organization { id } owner { id } version updatedAt createdAt
  stage { id } rank status stageEnteredAt history { totalCount }`

let t: TestTenant
let deal: DealFixture

beforeEach(async () => {
  t = await testTenant()
  await pipelineFixture(t)
  await customFieldFixture(t, 'cf_region', 'SELECT')
  deal = await dealFixture(t, { name: 'Rocket' })
})

async function read({ id } = deal) {
  return (await ask(t, `query ($id: ID!) { deal(id: $id) { ${everything} } }`, { id })).deal
}

const update = (values: object, expectedVersion = 1) =>
  done(t, 'updateDeal', { dealId: deal.id, expectedVersion, ...values }, 'deal { id version }')

const refused = (values: object) =>
  refusal(t, 'updateDeal', { dealId: deal.id, expectedVersion: 1, ...values })

/** Each field with a value, how it reads back, and how it reads when it was cleared. */
const fields: [field: string, value: unknown, read?: unknown, cleared?: unknown][] = [
  ['description', 'Two stages, reusable.'],
  ['amount', '1054.50', '1054.5'],
  ['confidence', 65],
  ['priority', 'HIGH'],
  ['source', 'Referral'],
  ['nextStep', 'Call on Monday'],
  ['expectedCloseDate', '2026-03-31'],
  ['leadRef', 'lead-7'],
  ['externalId', 'crm-99'],
  ['metadata', { nested: [1, null, { two: true }] }, undefined, {}],
  ['customFields', { cf_region: 'EMEA' }, [{ key: 'cf_region', value: 'EMEA' }], []],
]

const unclearable: [field: string, value: unknown][] = [
  ['name', 'Shuttle'],
  ['currency', 'EUR'],
  ['valuePeriod', 'ANNUAL'],
]

describe('updateDeal', () => {
  it('changes nothing where the values are those that the deal has', async () => {
    const metadata = { a: 1, b: { c: [2] } }
    await update({ name: 'Comet', amount: '12.50', expectedCloseDate: '2026-03-31', metadata })
    const same = { name: ' Comet ', amount: '12.5', expectedCloseDate: '2026-03-31' }
    await untouched([t], () => update({ ...same, metadata: { b: { c: [2] }, a: 1 } }, 2))
    expect((await read()).version).toBe(2)
  })

  it.each(fields)('writes %s and clears it by null', async (field, value, readBack, cleared) => {
    const before = await read()
    await update({ [field]: value })
    const written = { ...before, [field]: readBack ?? value, version: 2 }
    expect(await read()).toEqual({ ...written, updatedAt: expect.any(String) })
    await update({ [field]: null }, 2)
    const emptied = { ...written, [field]: cleared ?? null, version: 3 }
    expect(await read()).toEqual({ ...emptied, updatedAt: expect.any(String) })
  })

  it.each(unclearable)('writes %s, which cannot be cleared', async (field, value) => {
    const before = await read()
    expect(await refused({ [field]: null })).toMatchObject([
      { __typename: 'ValidationError', code: 'VALIDATION_ERROR', path: ['input', field] },
    ])
    await update({ [field]: value })
    const written = { ...before, [field]: value, version: 2, updatedAt: expect.any(String) }
    expect(await read()).toEqual(written)
  })

  it.each([
    ['organizationId', 'organization', organizationFixture],
    ['ownerId', 'owner', memberFixture],
  ] as const)('writes %s and clears it by null', async (field, relation, make) => {
    const { id } = await make(t)
    await update({ [field]: id })
    expect((await read())[relation]).toEqual({ id })
    await update({ [field]: null }, 2)
    expect((await read())[relation]).toBeNull()
  })

  it('has a case here for every field of its input', () => {
    const input = schema.getType('UpdateDealInput')
    const known = [...fields, ...unclearable].map(([field]) => field)
    const others = [
      'dealId',
      'expectedVersion',
      'organizationId',
      'ownerId',
      'idempotencyKey',
      'reason',
    ]
    const all = [...others, ...known].sort()
    expect(Object.keys(input && 'getFields' in input ? input.getFields() : {}).sort()).toEqual(all)
  })

  it('leaves what is not named as it is', async () => {
    const named = Object.fromEntries([...fields, ...unclearable])
    await update(named)
    const before = await read()
    await update({ nextStep: 'Sign' }, 2)
    const after = { ...before, nextStep: 'Sign', version: 3, updatedAt: expect.any(String) }
    expect(await read()).toEqual(after)
  })

  it('changes nothing when nothing is given', async () => {
    await untouched([t], async () => {
      expect((await update({})).deal).toEqual({ id: deal.id, version: 1 })
    })
  })

  it('writes when it changed, but no history', async () => {
    const now = new Date('2030-01-01T00:00:00.000Z')
    t.setNow(now)
    await update({ name: 'Shuttle' })
    expect(await read()).toMatchObject({ updatedAt: now.toISOString(), history: { totalCount: 1 } })
  })

  it('writes one event with the names of the fields', async () => {
    const before = await eventsOf(t)
    await update({ name: 'Shuttle', amount: '1' })
    const events = (await eventsOf(t)).slice(before.length)
    const revision = (before.at(-1)?.revision ?? 0n) + 1n
    expect(events).toMatchObject([
      { type: 'deal.updated', revision, payload: { fields: ['amount', 'name'] } },
    ])
  })

  it('leaves every other deal as it is', async () => {
    const other = await dealFixture(t, { name: 'Other' })
    const before = await read(other)
    await update({ name: 'Shuttle', amount: '1' })
    expect(await read(other)).toEqual(before)
  })

  it('keeps its own external id', async () => {
    await update({ externalId: 'crm-1' })
    await update({ externalId: 'crm-1', name: 'Shuttle' }, 2)
    expect(await read()).toMatchObject({ externalId: 'crm-1', name: 'Shuttle' })
  })
})

describe('updateDeal with a reason', () => {
  const closed = async (stage: 'winDeal' | 'loseDeal', reason: string) => {
    await done(t, stage, { dealId: deal.id, expectedVersion: 1, reason })
    const document =
      'query ($id: ID!) { deal(id: $id) { wonReason lostReason version history { nodes { reason } } } }'
    return async () => (await ask(t, document, { id: deal.id })).deal
  }

  it('corrects why a deal was closed, and the audit keeps what was said', async () => {
    const read = await closed('loseDeal', 'Price')
    const before = await eventsOf(t)
    await update({ reason: ' Budget ' }, 2)
    expect(await read()).toMatchObject({ lostReason: 'Budget', wonReason: null, version: 3 })
    expect((await read()).history.nodes.at(-1)).toEqual({ reason: 'Price' })
    const events = (await eventsOf(t)).slice(before.length)
    expect(events.map(({ type }) => type)).toEqual(['close_reason.created', 'deal.updated'])
    expect(events[1]).toMatchObject({ payload: { fields: ['reason'] } })
    await untouched([t], () => update({ reason: 'BUDGET' }, 3))
  })

  it('takes one away where none is required, and asks for it where it is', async () => {
    const read = await closed('winDeal', 'Price')
    await update({ reason: null }, 2)
    expect(await read()).toMatchObject({ wonReason: null, version: 3 })
    await done(t, 'loseDeal', { dealId: deal.id, expectedVersion: 3, reason: 'Budget' })
    const errors = await refused({ expectedVersion: 4, reason: null })
    expect(errors).toMatchObject([{ code: 'REASON_REQUIRED', path: ['input', 'reason'] }])
  })

  it('refuses one for an open deal, which has none to take away', async () => {
    expect(await refused({ reason: 'Price' })).toMatchObject([
      { code: 'VALIDATION_ERROR', path: ['input', 'reason'] },
    ])
    await untouched([t], () => update({ reason: null }))
  })
})

describe('updateDeal with what cannot be', () => {
  const invalid = { __typename: 'ValidationError', code: 'VALIDATION_ERROR' }
  const missing = { __typename: 'NotFound', code: 'NOT_FOUND' }

  it.each([
    [{ name: ' ' }, ['input', 'name']],
    [{ name: 'x'.repeat(256) }, ['input', 'name']],
    [{ confidence: 101 }, ['input', 'confidence']],
    [{ source: 'x'.repeat(10_001) }, ['input', 'source']],
    [{ externalId: '' }, ['input', 'externalId']],
    [{ customFields: { 'cf_Region!': 1 } }, ['input', 'customFields', 'cf_Region!']],
  ])('refuses %j', async (values, path) => {
    expect(await refused(values)).toMatchObject([{ ...invalid, path }])
  })

  it('refuses a stale version and shows the deal as it is', async () => {
    await update({ name: 'Shuttle' })
    const errors = await refusal(t, 'updateDeal', {
      dealId: deal.id,
      expectedVersion: 1,
      name: 'Train',
    })
    expect(errors).toMatchObject([
      {
        __typename: 'VersionConflict',
        code: 'VERSION_CONFLICT',
        path: ['input', 'expectedVersion'],
        currentVersion: 2,
        deal: { id: deal.id, version: 2, name: 'Shuttle' },
      },
    ])
  })

  it('refuses a stale version even when nothing is given', async () => {
    expect(await refused({ expectedVersion: 7 })).toMatchObject([{ __typename: 'VersionConflict' }])
  })

  it('refuses a deleted deal', async () => {
    await done(t, 'deleteDeal', { dealId: deal.id, expectedVersion: 1 })
    expect(await refused({ expectedVersion: 2, name: 'Shuttle' })).toMatchObject([
      { __typename: 'DealDeleted', code: 'DEAL_DELETED', path: ['input', 'dealId'] },
    ])
  })

  it('refuses an external id that another deal has, even a deleted one', async () => {
    const other = await dealFixture(t, { externalId: 'crm-1' })
    await done(t, 'deleteDeal', { dealId: other.id, expectedVersion: 1 })
    expect(await refused({ externalId: 'crm-1' })).toMatchObject([
      { ...invalid, path: ['input', 'externalId'] },
    ])
  })

  it('does not find a deal, an organization or an owner that is nowhere or elsewhere', async () => {
    const stranger = await testTenant()
    await pipelineFixture(stranger)
    const ids = {
      dealId: ['deal', (await dealFixture(stranger)).id],
      organizationId: ['organization', (await organizationFixture(stranger)).id],
      ownerId: ['member', (await memberFixture(stranger)).id],
    }
    await untouched([stranger], async () => {
      for (const [field, [prefix, theirs]] of Object.entries(ids)) {
        for (const id of [theirs, `${prefix}_${randomUUID()}`]) {
          const errors = await refused({ name: 'Shuttle', [field]: id })
          expect(errors).toMatchObject([{ ...missing, path: ['input', field] }])
        }
      }
    })
  })

  it('is forbidden to a reader', async () => {
    const input = { dealId: deal.id, expectedVersion: 1, name: 'Shuttle' }
    await untouched([t], async () => {
      const { data, errors } = await askMutation(t, 'updateDeal', input, { as: 'READ_ONLY' })
      expect(data).toEqual({ updateDeal: null })
      expect(errors).toMatchObject([{ path: ['updateDeal'], extensions: { code: 'FORBIDDEN' } }])
    })
  })
})
