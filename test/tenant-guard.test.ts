import { PrismaPg } from '@prisma/adapter-pg'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTenantPool, withTransactionScope } from '../src/database/tenant-pool.ts'
import { wholeTenant } from '../src/database/tenant-view.ts'
import { PrismaClient } from '../src/generated/prisma/client.ts'
import { newId } from '../src/ids.ts'
import { rowId } from './bulk-fixtures.ts'
import { ask, dealFixture, pipelineFixture } from './fixtures.ts'
import { type DatabaseCopy, databaseCopy, type TestTenant, testTenant } from './harness.ts'
import { plantedIds, plantTenant } from './planted-tenant.ts'

describe('Prisma on the tenant pool', () => {
  const scope = { ...wholeTenant(plantedIds('a').tenant), access: 'read' } as const
  const tag = { tenantId: scope.tenantId, id: newId(), number: 9, name: 'x', createdAt: new Date() }
  let copy: DatabaseCopy
  let pool: pg.Pool
  let prisma: PrismaClient

  beforeAll(async () => {
    copy = await databaseCopy()
    const owner = new pg.Client(copy.owner)
    await owner.connect()
    await plantTenant(owner, 'a')
    await owner.end()
    pool = createTenantPool(
      { ...copy.owner, max: 1 },
      { statementTimeoutMs: 5_000, idleInTransactionTimeoutMs: 5_000 },
    )
    prisma = new PrismaClient({ adapter: new PrismaPg(pool) })
  })

  afterAll(async () => {
    await prisma.$disconnect()
    await pool.end()
    await copy.close()
  })

  const countInScope = () =>
    withTransactionScope(scope, () => prisma.$transaction((tx) => tx.deal.count()))

  test.each([
    ['findMany', () => prisma.deal.findMany()],
    [
      'findUnique',
      () =>
        prisma.deal.findUnique({
          where: { tenantId_id: { tenantId: scope.tenantId, id: newId() } },
        }),
    ],
    ['create', () => prisma.tag.create({ data: tag })],
    ['$queryRaw', () => prisma.$queryRaw`SELECT 1`],
    ['$executeRaw', () => prisma.$executeRaw`DELETE FROM deal_tag`],
  ])('refuses a %s of its own', async (_, call) => {
    await expect((async () => call())()).rejects.toThrow(
      /this (database call names no tenant: it must run inside a tenant transaction|transaction names no tenant)/,
    )
  })

  test('refuses it inside a scope too, unless it is in the transaction', async () => {
    const call = () => withTransactionScope(scope, () => prisma.deal.findMany())
    await expect((async () => call())()).rejects.toThrow('names no tenant')
  })

  test.each([
    ['a function', () => prisma.$transaction((tx) => tx.deal.count())],
    ['a list', () => prisma.$transaction([prisma.deal.count(), prisma.tag.count()])],
  ])(
    'refuses a transaction of %s without a scope, and goes on with the same connection',
    async (_, transaction) => {
      for (const attempt of ['first', 'second', 'third']) {
        await expect(transaction(), attempt).rejects.toThrow('this transaction names no tenant')
      }
      expect(await countInScope()).toBe(2)
    },
  )

  test.each(['', 'x', 'null', `${scope.tenantId}'`, `' OR true --`, scope.tenantId.toUpperCase()])(
    'refuses "%s" as a tenant',
    (tenantId) => {
      const work = () => prisma.$transaction((tx) => tx.deal.count())
      expect(() => withTransactionScope({ ...scope, tenantId }, work)).toThrow(
        'a transaction needs the id of its tenant',
      )
    },
  )

  test.each(['', 'all', `all'`, scope.tenantId.toUpperCase()])(
    'refuses "%s" as who sees their own deals',
    (dealsOf) => {
      const work = () => prisma.$transaction((tx) => tx.deal.count())
      expect(() => withTransactionScope({ ...scope, dealsOf }, work)).toThrow(
        'a transaction needs to know whose deals it sees',
      )
    },
  )
})

describe('a transaction of the gateway', () => {
  const settings = `SELECT current_setting('TimeZone') AS zone, current_setting('statement_timeout') AS timeout,
    current_setting('idle_in_transaction_session_timeout') AS idle, current_user::text AS role, current_setting('app.tenant_id') AS tenant, current_setting('app.deals_of') AS deals,
    current_setting('transaction_isolation') AS isolation, current_setting('transaction_read_only') AS read_only`

  let t: TestTenant

  beforeAll(async () => {
    t = await testTenant()
  })

  test('reads on one snapshot, read-only, as the application role', async () => {
    const rows = await t.read((db) => db.$queryRawUnsafe(settings))
    expect(rows).toEqual([
      {
        ...{ zone: 'UTC', timeout: '30s', idle: '30s', role: 'dealgraph_app', tenant: t.tenantId },
        deals: 'all',
        ...{ isolation: 'repeatable read', read_only: 'on' },
      },
    ])
  })

  test('writes as the application role', async () => {
    const rows = await t.database.write(wholeTenant(t.tenantId), (db) =>
      db.$queryRawUnsafe(settings),
    )
    expect(rows).toMatchObject([
      {
        zone: 'UTC',
        role: 'dealgraph_app',
        tenant: t.tenantId,
        isolation: 'read committed',
        read_only: 'off',
      },
    ])
  })

  test('that reads refuses to write', async () => {
    const tag = { tenantId: t.tenantId, id: newId(), number: 1, name: 'x', createdAt: new Date() }
    await expect(t.read((db) => db.tag.create({ data: tag }))).rejects.toThrow(
      /read-only transaction/,
    )
    await expect(t.read((db) => db.$executeRaw`SELECT 1 FROM tenant FOR UPDATE`)).rejects.toThrow(
      /read-only transaction/,
    )
  })

  test('leaves no tenant behind on its connection', async () => {
    await t.database.write(wholeTenant(t.tenantId), (db) => db.tag.count())
    for (const attempt of Array(12).keys()) {
      const rows = await t.database.ask(
        `SELECT current_setting('app.tenant_id', true) AS tenant, (SELECT count(*)::int FROM tenant) AS tenants`,
      )
      expect(['', null], `attempt ${attempt}`).toContain(rows[0]?.tenant)
      expect(rows[0]?.tenants).toBe(0)
    }
  })

  test('is undone as a whole by what is thrown in it', async () => {
    const tag = {
      tenantId: t.tenantId,
      id: newId(),
      number: 7,
      name: 'Undone',
      createdAt: new Date(),
    }
    const failing = t.database.write(wholeTenant(t.tenantId), async (db) => {
      await db.tag.create({ data: tag })
      throw new Error('after the write')
    })
    await expect(failing).rejects.toThrow('after the write')
    expect(await ask(t, '{ tags { name } }')).toEqual({ tags: [] })
  })

  test('that fails spoils no later request', async () => {
    for (const _ of Array(12).keys()) {
      await expect(
        t.database.write(wholeTenant(t.tenantId), (db) => db.$executeRaw`SELECT 1 / 0`),
      ).rejects.toThrow(/division by zero/)
      await expect(t.read((db) => db.$queryRaw`SELECT * FROM nowhere`)).rejects.toThrow(/nowhere/)
      await expect(t.database.ask('SELECT 1 / 0')).rejects.toThrow(/division by zero/)
    }
    expect(await ask(t, '{ viewer { tenant { slug } } }')).toEqual({
      viewer: { tenant: { slug: t.slug } },
    })
  })
})

describe('requests of two tenants at the same moment', () => {
  async function tenantWithDeals(): Promise<[TestTenant, string[]]> {
    const t = await testTenant()
    await pipelineFixture(t)
    const ids: string[] = []
    for (const name of ['1', '2', '3'])
      ids.push((await dealFixture(t, { name: `${t.slug} ${name}` })).id)
    return [t, ids]
  }

  const document = `query ($own: ID!, $others: ID!) {
    own: deal(id: $own) { id name stageName pipeline { stages { deals { totalCount } } } }
    others: deal(id: $others) { id } otherNode: node(id: $others) { __typename }
    byNumber: dealByNumber(number: 2) { name } deals { totalCount } viewer { tenant { slug } } }`

  test('each see their own deals and no other', async () => {
    const tenants = [await tenantWithDeals(), await tenantWithDeals()] as const
    const requests = Array.from({ length: 50 }, async (_, index) => {
      const [[t, ids], [, otherIds]] =
        index % 2 ? [tenants[1], tenants[0]] : [tenants[0], tenants[1]]
      const number = index % 3
      const data = await ask(t, document, { own: ids[number], others: otherIds[number] })
      expect(data).toMatchObject({
        ...{
          own: { id: ids[number], name: `${t.slug} ${number + 1}`, stageName: 'Lead' },
          others: null,
          otherNode: null,
        },
        ...{
          byNumber: { name: `${t.slug} 2` },
          deals: { totalCount: 3 },
          viewer: { tenant: { slug: t.slug } },
        },
      })
      expect(data.own.pipeline.stages[0].deals.totalCount).toBe(3)
    })
    await Promise.all(requests)
  })

  test('each find the deal that both have under one id', async () => {
    const [one, ids] = await tenantWithDeals()
    const [two] = await tenantWithDeals()
    const id = ids[0] as string
    await two.write(async (tx) => {
      const deal = await tx.db.deal.findFirstOrThrow({
        where: { tenantId: two.tenantId, number: 1 },
      })
      const { amountKey: _, expectedCloseKey: __, ...values } = deal
      const json = { metadata: {}, customFields: {} }
      await tx.db.deal.create({
        data: { ...values, ...json, id: rowId(id), number: 9, name: 'Of two' },
      })
      tx.emit({ type: 'test.written' })
    })
    const names = await Promise.all(
      Array.from(
        { length: 20 },
        async (_, index) =>
          (await ask(index % 2 ? two : one, 'query ($id: ID!) { deal(id: $id) { name } }', { id }))
            .deal.name,
      ),
    )
    expect(names).toEqual(
      Array.from({ length: 20 }, (_, index) => (index % 2 ? 'Of two' : `${one.slug} 1`)),
    )
  })
})
