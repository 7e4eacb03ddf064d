import { parse, validate } from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDatabase, type Database } from '../src/database/database.ts'
import { wholeTenant } from '../src/database/tenant-view.ts'
import { startOfDay } from '../src/demo/company.ts'
import { demoRows } from '../src/demo/rules.ts'
import { demoSeed, seedDemo } from '../src/demo/service.ts'
import { exampleTabs } from '../src/graphiql/tabs.ts'
import { schema } from '../src/schema.ts'
import { directionOf } from '../src/stage-change/rules.ts'
import { appFor, type DatabaseCopy, databaseCopy, type GraphqlAnswer, post } from './harness.ts'

const day = new Date('2026-11-22T00:00:00Z')
const rows = demoRows(demoSeed, day)
const stageById = new Map(rows.stages.map((stage) => [stage.id, stage]))

function changesOf(dealId: string) {
  return rows.stageChanges.filter((change) => change.dealId === dealId)
}

describe('demoRows', () => {
  it('gives the same rows for the same seed and day', () => {
    expect(demoRows(demoSeed, day)).toEqual(rows)
    expect(demoRows(demoSeed + 1, day).deals).not.toEqual(rows.deals)
  })

  it('moves nothing but dates on another day', () => {
    const shiftMs = 100 * 86_400_000
    const later = demoRows(demoSeed, new Date(day.getTime() + shiftMs))
    const shifted = (_: string, value: unknown) =>
      typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value)
        ? new Date(Date.parse(value) - shiftMs).toISOString()
        : value
    expect(JSON.parse(JSON.stringify(later), shifted)).toEqual(JSON.parse(JSON.stringify(rows)))
  })

  it('has 300 deals, one of every id and name', () => {
    expect(rows.deals).toHaveLength(300)
    expect(new Set(rows.deals.map((deal) => deal.name)).size).toBe(300)
    expect(new Set(rows.contacts.map((contact) => contact.name)).size).toBe(90)
    const ids = Object.values(rows).flatMap((list) =>
      list.flatMap((row: object) => ('id' in row ? [row.id] : [])),
    )
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('tells every history as one chain of rising dates from CREATED to where the deal is', () => {
    for (const deal of rows.deals) {
      const changes = changesOf(deal.id)
      expect(changes.map(({ seq }) => seq)).toEqual(changes.map((_, index) => index + 1))
      for (const [index, change] of changes.entries()) {
        const previous = changes[index - 1]
        const from = stageById.get(change.fromStageId ?? '') ?? null
        const to = stageById.get(change.toStageId)
        expect(change.fromStageId).toBe(previous?.toStageId ?? null)
        expect(to && directionOf(from, to)).toBe(change.direction)
        expect(Number(change.occurredAt)).toBeGreaterThan(Number(previous?.occurredAt ?? 0))
        expect(Number(change.occurredAt)).toBeLessThan(Number(day))
        if (change.direction === 'LOST') expect(change.reason).toBeTruthy()
      }
      const last = changes.at(-1)
      expect([deal.stageId, deal.stageEnteredAt, deal.amount, deal.version]).toEqual([
        last?.toStageId,
        last?.occurredAt,
        last?.amount,
        changes.length,
      ])
    }
  })

  it('makes a board that looks alive: open deals in each stage, and some rotting', () => {
    const open = rows.deals.filter((deal) => deal.status === 'OPEN')
    const rotting = open.filter(({ stageId, stageEnteredAt }) => {
      const days = stageById.get(stageId)?.rottingDays ?? Number.POSITIVE_INFINITY
      return Number(stageEnteredAt) + days * 86_400_000 < Number(day)
    })
    expect(new Set(rows.deals.map((deal) => deal.stageId)).size).toBe(rows.stages.length)
    expect(rotting.length / open.length).toBeGreaterThan(0.2)
    expect(rotting.length / open.length).toBeLessThan(0.5)
  })

  it('has what the README says of its first deal', () => {
    const [first] = rows.deals
    const reason = rows.closeReasons.find(({ id }) => id === first?.closeReasonId)
    expect(reason?.name).toBe('Reference customer')
    expect(first).toMatchObject({
      id: '019b8d64-d7f8-77c6-afb8-339c4472611b',
      name: 'Valverde Produce – 14 picking robots',
      amount: '460000',
      currency: 'USD',
    })
    expect(changesOf(first?.id ?? '').map(({ direction }) => direction)).toEqual([
      'CREATED',
      'FORWARD',
      'FORWARD',
      'FORWARD',
      'BACKWARD',
      'LOST',
      'REOPENED',
      'WON',
    ])
  })
})

describe('seedDemo', () => {
  // A database has one tenant with the slug of the demo.
  let copy: DatabaseCopy
  let database: Database
  let tenantId: string
  let ask: (tab: (typeof exampleTabs)[number] | undefined) => Promise<GraphqlAnswer>

  beforeAll(async () => {
    copy = await databaseCopy()
    database = createDatabase(copy.owner)
    const seeded = await seedDemo(database, { now: new Date() })
    tenantId = seeded.tenantId
    const app = appFor({ database })
    ask = (tab) => post(app, tab, { authorization: `Bearer ${seeded.secret}` })
  })

  afterAll(async () => {
    await database.close()
    await copy.close()
  })

  it('writes exactly the rows of the rules, and an event for each entry of the histories', async () => {
    const written = await database.read(wholeTenant(tenantId), async (db) => {
      const where = { tenantId }
      return {
        deals: await db.deal.findMany({ where, orderBy: { number: 'asc' } }),
        changes: await db.stageChange.findMany({ where, orderBy: { id: 'asc' } }),
        events: await db.event.groupBy({ by: ['type'], where, _count: true }),
        introductions: await db.dealContact.count({
          where: { ...where, introducedById: { not: null } },
        }),
        currencies: await db.currency.findMany({ where, orderBy: { number: 'asc' } }),
      }
    })
    const expected = demoRows(demoSeed, startOfDay(new Date()))
    expect(written.deals.map(({ number }) => number)).toEqual(
      expected.deals.map((_, index) => index + 1),
    )
    for (const [index, deal] of expected.deals.entries()) {
      const { amount, ...values } = deal
      expect(written.deals[index]).toMatchObject(values)
      expect(written.deals[index]?.amount?.toFixed() ?? null).toBe(amount)
    }
    expect(written.changes.map(({ id }) => id)).toEqual(
      expected.stageChanges.map(({ id }) => id).sort(),
    )
    expect(written.introductions).toBe(
      expected.dealContacts.filter(({ introducedById }) => introducedById !== null).length,
    )
    expect(written.currencies.map(({ number, code }) => [number, code])).toEqual([
      [1, 'USD'],
      [2, 'EUR'],
    ])
    expect(Object.fromEntries(written.events.map(({ type, _count }) => [type, _count]))).toEqual({
      'deal.created': 300,
      'deal.moved': expected.stageChanges.length - 300,
      'api_key.created': 1,
    })
  })

  it('keeps the primary contact of each deal that has contacts', async () => {
    const deals = await database.read(wholeTenant(tenantId), (db) =>
      db.deal.findMany({
        where: { tenantId, primaryContactId: { not: null } },
        select: { id: true },
      }),
    )
    const withContacts = new Set(rows.dealContacts.map(({ dealId }) => dealId))
    expect(new Set(deals.map(({ id }) => id))).toEqual(withContacts)
  })

  it('refuses a tenant that has data', async () => {
    await expect(seedDemo(database, { now: new Date() })).rejects.toThrow('"demo"')
  })

  it.each(exampleTabs)('has example tab %# in the language of the schema', ({ query }) => {
    expect(validate(schema, parse(query))).toEqual([])
  })

  it.each(exampleTabs.slice(0, -1))('answers example tab %#', async (tab) => {
    const { data, errors } = await ask(tab)
    expect(errors).toEqual([])
    for (const field of Object.values(data)) expect(field).toBeTruthy()
    expect(data.deals?.totalCount).not.toBe(0)
  })

  it('moves the deal of the last tab once, and the second time says that it has changed', async () => {
    const first = await ask(exampleTabs.at(-1))
    expect(first.data.moveDeal).toMatchObject({
      deal: { stageName: 'Negotiation', version: 4 },
      stageChange: { fromStageName: 'Proposal', direction: 'FORWARD' },
      userErrors: [],
    })
    const second = await ask(exampleTabs.at(-1))
    expect(second.data.moveDeal.userErrors).toMatchObject([
      { code: 'VERSION_CONFLICT', currentVersion: 4, deal: { stageName: 'Negotiation' } },
    ])
  })
})
