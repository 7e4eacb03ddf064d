import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type EmbeddedDatabase, openEmbedded } from '../src/database/embedded.ts'
import { migrationNames, prismaDirectory } from '../src/database/migration-files.ts'
import { deployMigrations } from '../src/database/migrations.ts'

/** The migration before which deals had no catalogues, totals or time of rotting, and currencies no numbers. */
const dealDomain = '20261122090000_deal_domain'

let database: EmbeddedDatabase
let directory: string

beforeAll(async () => {
  database = await openEmbedded()
  directory = await mkdtemp(join(tmpdir(), 'dealgraph-upgrade-'))
  const older = (await migrationNames(prismaDirectory)).filter((name) => name < dealDomain)
  for (const name of [...older, 'migration_lock.toml']) {
    const path = join('migrations', name)
    await cp(join(prismaDirectory, path), join(directory, path), { recursive: true })
  }
  await cp(join(prismaDirectory, 'schema.prisma'), join(directory, 'schema.prisma'))
  await deployMigrations(database.poolConfig, { directory })
}, 120_000)

afterAll(async () => {
  await database.close()
  await rm(directory, { recursive: true, force: true })
})

async function ask(text: string) {
  const client = new pg.Client(database.poolConfig)
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}

const id = (number: number) => `'00000000-0000-7000-8000-00000000000${number}'::uuid`
const now = `'2026-03-01T00:00:00Z'::timestamptz`

interface OldDeal {
  stage: 'OPEN' | 'WON' | 'LOST'
  amount: number | null
  confidence?: number
  source?: string
  reason?: string
  deleted?: boolean
  currency?: string
  custom?: object
}

const stages = { OPEN: 2, WON: 3, LOST: 4 }

function insert(deal: OldDeal, index: number): string {
  const { stage, amount, confidence = null, source, reason, deleted = false, custom = {} } = deal
  const { currency = 'USD' } = deal
  const text = (value: string | undefined) => (value === undefined ? 'NULL' : `'${value}'`)
  const closed = stage === 'OPEN' ? 'NULL' : now
  return `INSERT INTO deal (tenant_id, id, number, name, amount, currency, value_period, confidence, status, pipeline_id, stage_id,
      rank, stage_entered_at, closed_at, source, won_reason, lost_reason, version, created_at, updated_at, deleted_at, custom_fields)
    VALUES (${id(0)}, ${id(5 + index)}, ${index + 1}, 'Deal', ${amount}, '${currency}', 'ONE_TIME', ${confidence}, '${stage}', ${id(1)},
      ${id(stages[stage])}, 'a${index}', ${now}, ${closed}, ${text(source)}, ${stage === 'WON' ? text(reason) : 'NULL'},
      ${stage === 'LOST' ? text(reason) : 'NULL'}, 1, ${now}, ${now}, ${deleted ? now : 'NULL'}, '${JSON.stringify(custom)}')`
}

const deals: OldDeal[] = [
  { stage: 'OPEN', amount: 10, confidence: 30, source: 'Cold call', custom: { cf_seats: 5 } },
  { stage: 'OPEN', amount: 5, source: 'cold CALL ', custom: { cf_seats: null, cf_old: null } },
  { stage: 'OPEN', amount: 99, deleted: true, currency: 'CHF' },
  { stage: 'WON', amount: null, reason: 'Price' },
  { stage: 'LOST', amount: -1, reason: 'price' },
]

test('deals of an older gateway get their totals, catalogues, currencies, fields and times of rotting', async () => {
  await ask(`
    INSERT INTO tenant VALUES (${id(0)}, 'old', 'Old', 'EUR', 'UTC', ${now}), (${id(1)}, 'empty', 'Empty', 'JPY', 'UTC', ${now});
    INSERT INTO pipeline (tenant_id, id, number, name, position, is_default, created_at, updated_at)
      VALUES (${id(0)}, ${id(1)}, 1, 'Sales', 0, true, ${now}, ${now});
    INSERT INTO stage (tenant_id, id, pipeline_id, number, name, position, kind, probability, rotting_days, reason_required, created_at, updated_at)
      SELECT ${id(0)}, id, ${id(1)}, position, kind, position, kind, probability, 7, false, ${now}, ${now}
      FROM (VALUES (${id(2)}, 1, 'OPEN', 40), (${id(3)}, 2, 'WON', 100), (${id(4)}, 3, 'LOST', 0)) AS s(id, position, kind, probability);
    ${deals.map(insert).join(';')}`)
  expect(await deployMigrations(database.poolConfig)).toContain(dealDomain)
  expect(
    await ask(`SELECT kind, count, amount::float, confident_amount::float AS confident, weighted_by_own::float AS weighted
      FROM stage_total t JOIN stage s ON s.id = t.stage_id ORDER BY position`),
  ).toEqual([
    { kind: 'OPEN', count: 2, amount: 15, confident: 10, weighted: 300 },
    { kind: 'WON', count: 1, amount: 0, confident: 0, weighted: 0 },
    { kind: 'LOST', count: 1, amount: -1, confident: 0, weighted: 0 },
  ])
  const rotting = new Date('2026-03-08T00:00:00Z')
  expect(
    await ask(`SELECT rotting_at, s.name AS source, r.kind, r.name AS reason FROM deal d
      LEFT JOIN source s ON s.id = source_id LEFT JOIN close_reason r ON r.id = close_reason_id ORDER BY number`),
  ).toEqual([
    { rotting_at: rotting, source: 'Cold call', kind: null, reason: null },
    { rotting_at: rotting, source: 'Cold call', kind: null, reason: null },
    { rotting_at: rotting, source: null, kind: null, reason: null },
    { rotting_at: null, source: null, kind: 'WON', reason: 'Price' },
    { rotting_at: null, source: null, kind: 'LOST', reason: 'price' },
  ])
  // The default comes first, then each as it was first used.
  expect(
    await ask(`SELECT slug, array_agg(number || ' ' || code ORDER BY number) AS currencies, max(last_number) AS last
      FROM tenant t JOIN currency c ON c.tenant_id = t.id JOIN tenant_counter n ON n.tenant_id = t.id AND noun = 'currency'
      GROUP BY slug ORDER BY slug`),
  ).toEqual([
    { slug: 'empty', currencies: ['1 JPY'], last: 1 },
    { slug: 'old', currencies: ['1 EUR', '2 USD', '3 CHF'], last: 3 },
  ])
  expect(await ask('SELECT key, type FROM custom_field_definition')).toEqual([
    { key: 'cf_seats', type: 'NUMBER' },
  ])
  expect(
    await ask(`SELECT custom_fields, number_key::int FROM deal d
      LEFT JOIN deal_custom_value v ON v.deal_id = d.id WHERE number < 3 ORDER BY number`),
  ).toEqual([
    { custom_fields: { cf_seats: 5 }, number_key: 50_000 },
    { custom_fields: {}, number_key: null },
  ])
}, 120_000)
