import { describe, expect, test } from 'vitest'
import { wholeTenant } from '../src/database/tenant-view.ts'
import { testTenant } from './harness.ts'
import {
  asRows,
  everythingOf,
  findDeal,
  historyOf,
  noChange,
  now,
  read,
  run,
  sample,
} from './import-fixtures.ts'

describe('importDeals', () => {
  test('tells the history of each deal from its dates', async () => {
    const tenant = await testTenant()
    const { counts, rejects } = await run(tenant, sample)
    expect(counts).toEqual({ ...noChange, read: 4, created: 4 })
    expect(rejects).toEqual([])
    expect(await historyOf(tenant, '1')).toEqual([
      '1 CREATED >Offer 67% 100.5 USD 2026-01-10T00:00:00.000Z',
    ])
    expect(await historyOf(tenant, '2')).toEqual([
      '1 CREATED >Offer 67% 200 EUR 2026-01-11T00:00:00.000Z',
      '2 WON Offer>Won 100% 200 EUR 2026-02-01T00:00:00.000Z',
    ])
    expect(await historyOf(tenant, '3')).toEqual([
      '1 CREATED >Offer 67% null USD 2026-01-12T00:00:00.000Z',
      `2 LOST Offer>Lost 0% null USD ${now.toISOString()}`,
    ])
    expect(await historyOf(tenant, '4')).toEqual([
      `1 CREATED >Lead 33% null USD ${now.toISOString()}`,
    ])
  })

  test('creates deals as their rows tell them', async () => {
    const tenant = await testTenant()
    await run(tenant, sample)
    expect(await findDeal(tenant, '2')).toMatchObject({
      number: 2,
      name: 'Barn',
      status: 'WON',
      stage: { name: 'Won' },
      lastOpenStage: { name: 'Offer' },
      stageEnteredAt: new Date('2026-02-01'),
      closedAt: new Date('2026-02-01'),
      createdAt: new Date('2026-01-11'),
      updatedAt: new Date('2026-02-01'),
      version: 1,
      metadata: {},
      customFields: {},
    })
    const { organizations, members } = await everythingOf(tenant)
    expect(organizations.map(({ name, number }) => [number, name])).toEqual([[1, 'Acme']])
    expect(members.map(({ name, email, role }) => [name, email, role]).sort()).toEqual([
      ['Ann', null, 'MEMBER'],
      ['bo@example.com', 'bo@example.com', 'MEMBER'],
    ])
    expect((await findDeal(tenant, '1')).organization?.name).toBe('Acme')
    expect((await findDeal(tenant, '2')).owner?.name).toBe('Ann')
  })

  test('changes nothing when run twice', async () => {
    const tenant = await testTenant()
    await run(tenant, sample)
    const before = await everythingOf(tenant)
    const { counts } = await run(tenant, sample)
    expect(counts).toEqual({ ...noChange, read: 4, unchanged: 4 })
    expect(await everythingOf(tenant)).toEqual(before)
  })

  test('puts new deals at the end of their stage, in the order of the file', async () => {
    const tenant = await testTenant()
    const names = Array.from({ length: 70 }, (_, index) => `Deal ${index}`)
    await run(
      tenant,
      names.slice(0, 40).map((name) => [name, name, 'Lead']),
    )
    await run(
      tenant,
      names.map((name) => [name, name, 'Lead']),
    )
    const deals = await read(tenant, (db) =>
      db.deal.findMany({ where: { tenantId: tenant.tenantId }, orderBy: { rank: 'asc' } }),
    )
    expect(deals.map((deal) => deal.name)).toEqual(names)
    expect(new Set(deals.map((deal) => deal.rank)).size).toBe(70)
  })

  test('updates what the file says otherwise, and takes an empty cell for no answer', async () => {
    const tenant = await testTenant()
    await run(tenant, sample)
    const { counts } = await run(tenant, [
      ['1', 'Windmill', 'Offer', 'Globex', '', '2020-01-01', '', '', ''],
      ['2', 'Barn', 'Won', '', '', '', '2026-02-03', '', ''],
      ['4', 'Yard', 'Lead', '', '', '', '', '-7', 'EUR'],
    ])
    expect(counts).toEqual({ ...noChange, read: 3, updated: 3 })
    expect(await findDeal(tenant, '1')).toMatchObject({
      name: 'Windmill',
      version: 2,
      updatedAt: now,
      createdAt: new Date('2026-01-10'),
      organization: { name: 'Globex' },
      owner: { name: 'Ann' },
      currency: 'USD',
    })
    expect((await findDeal(tenant, '1')).amount?.toFixed()).toBe('100.5')
    expect(await findDeal(tenant, '2')).toMatchObject({
      closedAt: new Date('2026-02-03'),
      version: 2,
    })
    expect((await findDeal(tenant, '4')).amount?.toFixed()).toBe('-7')
    expect(await historyOf(tenant, '2')).toHaveLength(2)
  })

  test('moves deals with a true chain of changes', async () => {
    const tenant = await testTenant()
    await run(tenant, sample)
    await run(tenant, [
      ['1', 'Mill', 'Won', '', '', '', '2026-03-01', '150', ''],
      ['2', 'Barn', 'Lead'],
      ['4', 'Yard', 'Offer'],
    ])
    await run(tenant, [['1', 'Mill', 'Lost', '', '', '', '2026-02-01']])
    expect(await historyOf(tenant, '1')).toEqual([
      '1 CREATED >Offer 67% 100.5 USD 2026-01-10T00:00:00.000Z',
      '2 WON Offer>Won 100% 150 USD 2026-03-01T00:00:00.000Z',
      '3 LOST Won>Lost 0% 150 USD 2026-03-01T00:00:00.000Z',
    ])
    expect((await historyOf(tenant, '2')).at(-1)).toBe(
      `3 REOPENED Won>Lead 33% 200 EUR ${now.toISOString()}`,
    )
    expect((await historyOf(tenant, '4')).at(-1)).toMatch(/^2 FORWARD Lead>Offer 67%/)
    expect(await findDeal(tenant, '1')).toMatchObject({
      status: 'LOST',
      version: 3,
      closedAt: new Date('2026-03-01'),
      lastOpenStage: { name: 'Offer' },
    })
    expect(await findDeal(tenant, '2')).toMatchObject({
      status: 'OPEN',
      closedAt: null,
      stageEnteredAt: now,
      lastOpenStage: { name: 'Lead' },
    })
  })

  test('writes one event for each deal that it changes', async () => {
    const tenant = await testTenant()
    await run(tenant, sample)
    await run(tenant, [
      ['1', 'Windmill', 'Offer'],
      ['2', 'Barn', 'Lead'],
      ['4', 'Yard', 'Lead'],
    ])
    const events = await read(tenant, (db) =>
      db.event.findMany({
        where: { tenantId: tenant.tenantId, dealId: { not: null } },
        orderBy: { revision: 'asc' },
      }),
    )
    expect(events.map(({ type }) => type)).toEqual([
      ...Array(4).fill('deal.imported'),
      'deal.updated',
      'deal.moved',
    ])
    const { id } = await findDeal(tenant, '2')
    expect(events.at(-1)).toMatchObject({ dealId: id, payload: { fields: ['stage'] } })
  })

  test('rejects rows with their lines and reasons, and imports the others', async () => {
    const tenant = await testTenant()
    await run(tenant, [
      ['deleted', 'Old', 'Lead'],
      ['gone', 'Old', 'Offer'],
    ])
    await run(tenant, [['elsewhere', 'Old', 'Lead']], { pipeline: 'Another' })
    await tenant.database.write(wholeTenant(tenant.tenantId), (db) =>
      db.deal.updateMany({
        where: { tenantId: tenant.tenantId, externalId: 'deleted' },
        data: { deletedAt: now },
      }),
    )
    const { counts, rejects } = await run(tenant, [
      ['deleted', 'Old', 'Lead', 'New GmbH'],
      ['good', 'Good', 'Lead'],
      ['elsewhere', 'Old', 'Lead', '', 'New Member'],
      ['good', 'Again', 'Lead'],
      ['bad', '', 'Sold', '', '', '2026-13-01', '', '1,000', 'XXQ'],
    ])
    expect(counts).toEqual({ ...noChange, read: 5, created: 1, rejected: 4 })
    expect(rejects.map(({ line, reasons }) => [line, reasons.length, reasons[0]])).toEqual([
      [2, 1, 'the deal with this externalId is deleted'],
      [4, 1, 'the deal with this externalId is in another pipeline'],
      [5, 1, 'externalId is the same as on line 3'],
      [6, 5, 'name is missing'],
    ])
    const { organizations, members } = await everythingOf(tenant)
    expect([...organizations, ...members]).toEqual([])
  })

  test('is finished by the next run when it is interrupted', async () => {
    const tenant = await testTenant()
    const rows = Array.from({ length: 1_200 }, (_, index) => [`${index}`, `Deal ${index}`, 'Won'])
    async function* interrupted() {
      for await (const row of asRows(rows)) {
        if (row.line > 1_100) throw new Error('the power is out')
        yield row
      }
    }
    await expect(run(tenant, interrupted())).rejects.toThrow('the power is out')
    expect((await everythingOf(tenant)).deals).toHaveLength(1_000)
    const { counts } = await run(tenant, rows)
    expect(counts).toEqual({ ...noChange, read: 1_200, created: 200, unchanged: 1_000 })
    expect((await everythingOf(tenant)).changes).toHaveLength(2_400)
  })

  test('takes a bounded number of statements for a batch', async () => {
    const tenant = await testTenant()
    const rows = (size: number, prefix: string) =>
      Array.from({ length: size }, (_, index) => {
        const id = `${prefix}${index}`
        return [
          id,
          id,
          'Won',
          `Company ${id}`,
          `Owner ${id}`,
          '2026-01-01',
          '2026-01-02',
          '5',
          'USD',
        ]
      })
    await run(tenant, [])
    const few = await tenant.recordStatements(() => run(tenant, rows(5, 'a')))
    const many = await tenant.recordStatements(() => run(tenant, rows(500, 'b')))
    expect(many.length).toBe(few.length)
    const unchanged = await tenant.recordStatements(() => run(tenant, rows(500, 'b')))
    expect(unchanged.length).toBeLessThan(few.length)
  })

  test('leaves other tenants as they are', async () => {
    const [tenant, other] = [await testTenant(), await testTenant()]
    await run(other, sample)
    const before = await everythingOf(other)
    await run(tenant, [['1', 'Mine', 'Lost', 'Acme', 'Ann']])
    expect(await everythingOf(other)).toEqual(before)
    expect((await findDeal(tenant, '1')).name).toBe('Mine')
  })

  test('links to the lowest number where several have the name, and keeps the link to another of them', async () => {
    const tenant = await testTenant()
    const { tenantId } = tenant
    await tenant.database.write(wholeTenant(tenantId), (db) =>
      db.organization.createMany({
        data: [8, 7].map((number) => ({
          tenantId,
          id: `00000000-0000-7000-8000-00000000000${number}`,
          number,
          name: 'Twin',
          createdAt: now,
          updatedAt: now,
        })),
      }),
    )
    await run(tenant, [['1', 'Mill', 'Lead', 'TWIN']])
    expect((await findDeal(tenant, '1')).organization?.number).toBe(7)
    await tenant.database.write(wholeTenant(tenantId), (db) =>
      db.deal.updateMany({
        where: { tenantId, externalId: '1' },
        data: { organizationId: '00000000-0000-7000-8000-000000000008' },
      }),
    )
    expect((await run(tenant, [['1', 'Mill', 'Lead', 'twin']])).counts.unchanged).toBe(1)
  })
})
