import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest'
import { prismaDirectory } from '../src/database/migration-files.ts'
import {
  ask,
  dealFixture,
  done,
  eventsDuring,
  mutate,
  pipelineFixture,
  refusal,
  untouched,
} from './fixtures.ts'
import { type DatabaseCopy, databaseCopy, type TestTenant, testTenant } from './harness.ts'
import { noChange, run, sample } from './import-fixtures.ts'
import { type Planted, plantTenant } from './planted-tenant.ts'

let t: TestTenant

beforeEach(async () => {
  t = await testTenant()
  await pipelineFixture(t)
})

/** The currencies of a tenant as its API tells them: `1 USD`. */
async function currencies(of = t): Promise<string[]> {
  const read = await ask(of, '{ currencies { id number code } }')
  return read.currencies.map(({ id, number, code }: Record<string, string>) => {
    expect(id).toMatch(/^currency_[0-9a-f-]{36}$/)
    return `${number} ${code}`
  })
}

const nowhere = 'organization_019b8d64-d7f8-77c6-afb8-339c4472611b'

describe('the currencies of a tenant', () => {
  it('are its default alone at first, as number 1', async () => {
    expect(await currencies()).toEqual(['1 USD'])
  })

  it('are joined by that of a new deal, once, with the next number', async () => {
    for (const currency of ['EUR', 'USD', 'JPY', 'EUR', 'JPY']) await dealFixture(t, { currency })
    expect(await currencies()).toEqual(['1 USD', '2 EUR', '3 JPY'])
  })

  it('are joined by what updateDeal changes one to, and never left', async () => {
    const { id: dealId } = await dealFixture(t)
    await done(t, 'updateDeal', { dealId, expectedVersion: 1, name: 'Renamed', currency: 'USD' })
    await done(t, 'updateDeal', { dealId, expectedVersion: 2, currency: 'CHF' })
    await done(t, 'updateDeal', { dealId, expectedVersion: 3, currency: 'USD' })
    await done(t, 'updateDeal', { dealId, expectedVersion: 4, currency: 'CHF' })
    await done(t, 'deleteDeal', { dealId, expectedVersion: 5 })
    expect(await currencies()).toEqual(['1 USD', '2 CHF'])
  })

  it('are joined by what updateDeals changes many to', async () => {
    const items = []
    for (const currency of ['EUR', 'EUR', 'JPY']) {
      const { id: dealId } = await dealFixture(t)
      items.push({ dealId, expectedVersion: 1, currency })
    }
    const { results } = await done(t, 'updateDeals', { items }, 'results { userErrors { code } }')
    expect(results).toEqual(Array(3).fill({ userErrors: [] }))
    expect(await currencies()).toEqual(['1 USD', '2 EUR', '3 JPY'])
  })

  it('are joined by those of an import, which finds them when it comes again', async () => {
    const row = (id: string, code: string) => [id, id, 'Lead', '', '', '', '', '5', code]
    const rows = [...sample, row('5', 'JPY'), row('6', 'EUR'), row('7', 'jpy')]
    const created = { ...noChange, read: 7, created: 7 }
    expect((await run(t, rows)).counts).toEqual(created)
    expect(await currencies()).toEqual(['1 USD', '2 EUR', '3 JPY'])
    await run(t, rows)
    expect(await currencies()).toEqual(['1 USD', '2 EUR', '3 JPY'])
  })

  it('are joined by the one that an import gives to rows that tell none', async () => {
    await run(t, [['1', 'Mill', 'Lead']], { currency: 'gbp' })
    expect(await currencies()).toEqual(['1 USD', '2 GBP'])
  })

  it('are not joined by that of a row that is rejected, nor by a check', async () => {
    const rejected = ['1', 'Mill', 'Nowhere', '', '', '', '', '5', 'EUR']
    const good = ['2', 'Barn', 'Lead', '', '', '', '', '5', 'JPY']
    expect((await run(t, [rejected])).rejects).toHaveLength(1)
    await untouched([t], () => run(t, [good], { check: true }))
    expect(await currencies()).toEqual(['1 USD'])
  })

  it('are joined by a new default, before any deal has it', async () => {
    await done(t, 'updateTenant', { defaultCurrency: 'EUR' })
    await dealFixture(t)
    await done(t, 'updateTenant', { defaultCurrency: 'USD' })
    await done(t, 'updateTenant', { defaultCurrency: 'EUR', name: 'Acme' })
    expect(await currencies()).toEqual(['1 USD', '2 EUR'])
  })

  it('are not joined by a write that is refused', async () => {
    const { id: dealId } = await dealFixture(t)
    const currency = 'EUR'
    const update = { dealId, currency, expectedVersion: 1, organizationId: nowhere }
    for (const [field, input] of [
      ['createDeal', { name: 'Deal', currency, organizationId: nowhere }],
      ['updateDeal', update],
      ['updateTenant', { defaultCurrency: currency, name: ' ' }],
    ] as const)
      expect(await refusal(t, field, input)).toHaveLength(1)
    expect(await currencies()).toEqual(['1 USD'])
  })

  it('are not joined by a write that is undone, whose number the next one gets', async () => {
    const [first, second] = [await dealFixture(t), await dealFixture(t)]
    const items = [
      { dealId: first.id, expectedVersion: 1, currency: 'EUR' },
      { dealId: second.id, expectedVersion: 7, currency: 'JPY' },
    ]
    await untouched([t], () => mutate(t, 'updateDeals', { items, atomic: true }))
    await dealFixture(t, { currency: 'CHF' })
    expect(await currencies()).toEqual(['1 USD', '2 CHF'])
  })

  it('are no event of their own', async () => {
    const events = await eventsDuring(t, () => dealFixture(t, { currency: 'EUR' }))
    expect(events.map(({ type }) => type)).toEqual(['deal.created'])
  })

  it('have numbers of each tenant’s own', async () => {
    const other = await testTenant()
    await pipelineFixture(other)
    await dealFixture(other, { currency: 'JPY' })
    await untouched([other], async () => {
      for (const currency of ['EUR', 'JPY']) await dealFixture(t, { currency })
    })
    expect(await currencies()).toEqual(['1 USD', '2 EUR', '3 JPY'])
    expect(await currencies(other)).toEqual(['1 USD', '2 JPY'])
  })

  it('are joined once by what brings the same one at the same time', async () => {
    const codes = ['EUR', 'JPY', 'EUR', 'CHF', 'JPY', 'EUR', 'CHF', 'EUR']
    await Promise.all(codes.map((currency) => dealFixture(t, { currency })))
    const known = await currencies()
    expect(known.map((currency) => currency.slice(0, 1))).toEqual(['1', '2', '3', '4'])
    expect(known.map((currency) => currency.slice(2)).sort()).toEqual(['CHF', 'EUR', 'JPY', 'USD'])
  })
})

// The embedded database has one session, in which nothing is at the same time.
describe.runIf('url' in inject('template'))('a write beside another', () => {
  let copy: DatabaseCopy
  let one: pg.Client
  let two: pg.Client
  let planted: Planted

  beforeEach(async () => {
    copy = await databaseCopy()
    one = new pg.Client(copy.owner)
    two = new pg.Client(copy.owner)
    await Promise.all([one.connect(), two.connect()])
    planted = await plantTenant(one, 'a')
  })

  afterEach(async () => {
    await Promise.all([one.end(), two.end()])
    await copy.close()
  })

  const change = (id: string) =>
    `UPDATE deal SET currency = 'EUR' WHERE tenant_id = '${planted.tenant}' AND id = '${id}'`

  /** Has the second do what has to wait for the first, and the first then commit. */
  async function behind(statements: string): Promise<void> {
    const { pid } = (await two.query('SELECT pg_backend_pid() AS pid')).rows[0]
    const waiting = two.query(statements)
    const locked = `SELECT FROM pg_locks WHERE pid = ${pid} AND NOT granted`
    await expect.poll(async () => (await one.query(locked)).rowCount).toBe(1)
    await one.query('COMMIT')
    await waiting
    const { rows } = await one.query('SELECT number, code FROM currency ORDER BY number')
    expect(rows).toEqual([
      { number: 1, code: 'USD' },
      { number: 2, code: 'EUR' },
    ])
  }

  it('brings the same currency once, even where neither waits for the tenant’s revision', async () => {
    await one.query(`BEGIN; ${change(planted.deal)}`)
    await behind(change(planted.wonDeal))
  })

  it('brings one that a migration of older data at the same time finds', async () => {
    await one.query(`DROP TABLE currency CASCADE; DROP FUNCTION currency_is_known CASCADE;
      DELETE FROM tenant_counter WHERE noun = 'currency'`)
    await one.query(`BEGIN; ${change(planted.deal)}`)
    const path = join(prismaDirectory, 'migrations/20261126100000_currencies/migration.sql')
    await behind(`BEGIN; ${await readFile(path, 'utf8')}; COMMIT`)
  })
})
