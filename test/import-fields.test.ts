import { beforeEach, describe, expect, test } from 'vitest'
import { newId } from '../src/ids.ts'
import type { ImportOptions } from '../src/import/service.ts'
import { findColumns } from '../src/import-field/rules.ts'
import { defineFields } from './export-fixtures.ts'
import { ask, done, memberFixture, pipelineFixture, tagFixture, untouched } from './fixtures.ts'
import { type TestTenant, testTenant } from './harness.ts'
import { type Fields, noChange, runFields } from './import-fixtures.ts'

const id = newId()

let t: TestTenant
beforeEach(async () => {
  t = await testTenant()
  await pipelineFixture(t)
})

const run = (rows: Fields[], options?: Partial<ImportOptions>) => runFields(t, rows, options)

const deal = (values: object = {}) => ({ externalId: '1', name: 'Mill', stage: 'Lead', ...values })

async function read(selection: string, externalId = '1') {
  const { deals } = await ask(
    t,
    `query ($id: String!) { deals(filter: { externalId: { eq: $id } }) { nodes { ${selection} } } }`,
    { id: externalId },
  )
  return deals.nodes[0]
}

describe('importDeals by id', () => {
  test('creates the deal under its id and finds it again by it', async () => {
    expect((await run([{ id: `deal_${id}`, name: 'Mill', stage: 'Lead' }])).counts.created).toBe(1)
    const { deal: found } = await ask(
      t,
      '{ deal(id: "deal_ID") { name externalId } }'.replace('ID', id),
    )
    expect(found).toEqual({ name: 'Mill', externalId: null })
    const { counts } = await run([{ id: id.toUpperCase(), ...deal({ name: 'Wind' }) }])
    expect(counts).toEqual({ ...noChange, read: 1, updated: 1 })
    expect(await read('id name')).toEqual({ id: `deal_${id}`, name: 'Wind' })
  })

  test('finds a deal by externalId where nothing has the id', async () => {
    await run([deal()])
    const { counts } = await run([{ id, ...deal({ name: 'Wind' }) }])
    expect(counts.updated).toBe(1)
    expect((await read('id')).id).not.toBe(`deal_${id}`)
  })

  test('rejects what tells of one deal twice or of two at once', async () => {
    await run([{ id, ...deal() }, deal({ externalId: '2' })])
    const { reasons } = await untouched([t], () =>
      run([
        { id, externalId: '2', name: 'Mill', stage: 'Lead' },
        { id: 'deal_7', name: 'Mill', stage: 'Lead' },
        { name: 'Mill', stage: 'Lead' },
        { id, name: 'Mill', stage: 'Lead' },
      ]),
    )
    expect(reasons).toEqual([
      ['externalId is that of another deal'],
      [expect.stringMatching(/^id "deal_7" is no id such as deal_/)],
      ['id and externalId are missing'],
      ['id is the same as on line 2'],
    ])
    const repeated = await run([deal({ id: '', name: 'A' }), { id, name: 'B', stage: 'Lead' }])
    expect(repeated.reasons).toEqual([['an earlier row tells of the same deal']])
  })
})

describe('importDeals with metadata', () => {
  test.each([
    ['{ "a": [1] }', { a: [1] }],
    ['null', {}],
  ])('reads %s', async (metadata, expected) => {
    await run([deal({ metadata })])
    expect(await read('metadata')).toEqual({ metadata: expected })
  })

  test('rejects a number that JavaScript has no room for', async () => {
    const { reasons } = await run([deal({ metadata: '[1e999]' })])
    expect(reasons).toEqual([['metadata "[1e999]" is no JSON of at most 64 levels']])
  })
})

describe('importDeals with lists', () => {
  test('creates tags and assignees as needed, in any case one, and takes the cell for all', async () => {
    await tagFixture(t, 'Hot')
    await memberFixture(t)
    const row = { tags: 'hot; Cold;COLD', assignees: 'grace.hopper@example.com;Alan' }
    await run([deal(row), deal({ externalId: '2', tags: 'cold', assignees: 'GRACE hopper' })])
    const selection = 'version tags { name } assignees { name }'
    expect(await read(selection)).toEqual({
      version: 1,
      tags: [{ name: 'Cold' }, { name: 'Hot' }],
      assignees: [{ name: 'Alan' }, { name: 'Grace Hopper' }],
    })
    expect((await run([deal(row)])).counts.unchanged).toBe(1)
    const { counts } = await run([
      deal({ tags: 'New', assignees: ['alan', 'Grace Hopper', 'grace.hopper@example.com'] }),
    ])
    expect(counts.updated).toBe(1)
    expect(await read(selection)).toEqual({
      version: 2,
      tags: [{ name: 'New' }],
      assignees: [{ name: 'Alan' }, { name: 'Grace Hopper' }],
    })
  })

  test('takes reasons into the catalogue, one in any case, for won and lost apart', async () => {
    await run([
      deal({ stage: 'Lost', reason: 'Price' }),
      deal({ externalId: '2', stage: 'Lost', reason: 'PRICE' }),
      deal({ externalId: '3', stage: 'Won', reason: 'price' }),
      deal({ externalId: '4', reason: 'Unused' }),
    ])
    expect(await read('lostReason wonReason history { nodes { direction reason } }', '2')).toEqual({
      ...{ lostReason: 'Price', wonReason: null },
      history: {
        nodes: [
          { direction: 'CREATED', reason: null },
          { direction: 'LOST', reason: 'PRICE' },
        ],
      },
    })
    const reasons = await t.read((db) =>
      db.closeReason.findMany({ where: { tenantId: t.tenantId }, orderBy: { kind: 'asc' } }),
    )
    expect(reasons.map(({ kind, name }) => [kind, name])).toEqual([
      ['LOST', 'Price'],
      ['WON', 'price'],
    ])
    await run([
      deal({ stage: 'Lost', reason: 'Timing' }),
      deal({ externalId: '4', stage: 'Won', reason: 'Luck' }),
    ])
    expect((await read('lostReason')).lostReason).toBe('Timing')
    expect(await read('wonReason history { nodes { reason } }', '4')).toEqual({
      wonReason: 'Luck',
      history: { nodes: [{ reason: null }, { reason: 'Luck' }] },
    })
  })
})

describe('importDeals with values', () => {
  test('writes valuePeriod and metadata', async () => {
    const row = deal({ valuePeriod: 'monthly', metadata: { b: 1, a: [] } })
    await run([row])
    expect(await read('valuePeriod metadata')).toEqual({
      valuePeriod: 'MONTHLY',
      metadata: { a: [], b: 1 },
    })
    expect((await run([{ ...row, metadata: { a: [], b: 1 } }])).counts.unchanged).toBe(1)
    expect((await run([{ ...row, metadata: { a: [], b: 2 } }])).counts.updated).toBe(1)
    const { reasons } = await run([
      deal({ metadata: '{a' }),
      deal({ externalId: '2', valuePeriod: 'DAILY' }),
    ])
    expect(reasons).toEqual([
      ['metadata "{a" is no JSON of at most 64 levels'],
      ['valuePeriod "DAILY" is none of ONE_TIME, MONTHLY, QUARTERLY, ANNUAL'],
    ])
  })

  test('adds what changes to the audit of the deal', async () => {
    await run([deal({ amount: '5', owner: 'Ann' })])
    await run([
      deal({ name: 'Wind', amount: '6.50', owner: 'Bo', description: 'New', stage: 'Proposal' }),
    ])
    const changes = await t.read((db) =>
      db.dealChange.findMany({ where: { tenantId: t.tenantId }, orderBy: { field: 'asc' } }),
    )
    expect(changes.map(({ field, fromValue, toValue }) => [field, fromValue, toValue])).toEqual([
      ['amount', '5', '6.5'],
      ['name', 'Mill', 'Wind'],
      ['owner', 'Ann', 'Bo'],
    ])
    expect(changes[0]).toMatchObject({ actorKind: 'IMPORT', requestId: 'import-test' })
  })

  test('reads dates and numbers as the options say', async () => {
    const row = deal({ amount: '1.054,50', expectedCloseDate: '3.4.2026', createdAt: '1.2.2026' })
    await run([row], { dates: 'DMY', decimal: ',' })
    expect(await read('amount expectedCloseDate createdAt')).toEqual({
      ...{ amount: '1054.5', expectedCloseDate: '2026-04-03' },
      createdAt: '2026-02-01T00:00:00.000Z',
    })
    const { reasons } = await run([deal({ amount: '1054.50', expectedCloseDate: '3.4.26' })], {
      dates: 'DMY',
      decimal: ',',
    })
    expect(reasons[0]).toEqual([
      expect.stringContaining('amount "1054.50" is no plain decimal such as 1054,50 or 1.054,50'),
      expect.stringContaining('nor a day such as 31.3.2026 with a year of four digits'),
    ])
  })

  test('checks custom fields against their definitions', async () => {
    await defineFields(t)
    await run([deal({ cf_seats: '3', cf_tier: 'Gold' })])
    await run([deal({ cf_seats: '4', cf_modules: 'Plans;Board' })])
    expect((await read('customFields { key value }')).customFields).toEqual([
      { key: 'cf_seats', value: 4 },
      { key: 'cf_tier', value: 'Gold' },
      { key: 'cf_modules', value: ['Plans', 'Board'] },
    ])
    const { reasons } = await untouched([t], () =>
      run([
        deal({ cf_seats: 'few', cf_signed: 'soon' }),
        deal({ externalId: '2', cf_tier: 'Tin' }),
      ]),
    )
    expect(reasons).toEqual([
      [expect.stringMatching(/^cf_seats "few"/), expect.stringMatching(/^cf_signed "soon"/)],
      [expect.stringContaining('"cf_tier" (cf_tier) must be one of its options: "Gold"')],
    ])
  })

  test('asks a new deal for what its pipeline requires, but not a copy with its history', async () => {
    await run([deal({})])
    await done(t, 'createCustomField', {
      ...{ key: 'cf_code', label: 'Code', type: 'TEXT', required: true },
    })
    const field = { key: 'cf_other', label: 'Other', type: 'TEXT' }
    const { id } = await pipelineFixture(t, { name: 'Other' })
    await done(t, 'createCustomField', { ...field, pipelineId: id })
    const history = JSON.stringify([{ stage: 'Lead', occurredAt: '2026-01-01' }])
    const { reasons } = await run([
      deal({}),
      deal({ externalId: '2' }),
      deal({ externalId: '3', cf_code: 'a', cf_other: 'b' }),
      deal({ externalId: '4', cf_other: 'b', history }),
    ])
    expect(reasons).toEqual([
      [expect.stringContaining('"cf_code" (Code) must be')],
      [expect.stringContaining('"cf_other" is of another pipeline')],
    ])
  })

  test('does not start with a custom field that nobody defined', async () => {
    await defineFields(t)
    await untouched([t], () =>
      expect(run([deal({ cf_other: '1' })], { stages: ['More'] })).rejects.toThrow(
        'There is no custom field "cf_other", only cf_region, cf_seats',
      ),
    )
    expect(() => findColumns({ cf_x: 'X' }, ['Y'])).toThrow('no column "X" for cf_x')
  })

  test('rejects rows of another pipeline', async () => {
    const { reasons } = await run([
      deal({ pipeline: 'Renewals' }),
      deal({ externalId: '2', pipeline: 'SALES' }),
    ])
    expect(reasons).toEqual([['pipeline "Renewals" is not the one of this import, "Sales"']])
  })
})
