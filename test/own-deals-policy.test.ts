import type pg from 'pg'
import { describe, expect, test } from 'vitest'
import { plantedDatabase, plantedIds } from './planted-tenant.ts'

const a = plantedIds('a')
const b = plantedIds('b')

// The member of a planted tenant is assigned to its open deal; its won one is nobody's.
const database = plantedDatabase()

/** Becomes the application role, with the deals of a member or what else is set as the setting. */
async function assume(dealsOf: string | null) {
  await database().query(`SELECT set_config('app.tenant_id', $1, true)`, [a.tenant])
  if (dealsOf !== null)
    await database().query(`SELECT set_config('app.deals_of', $1, true)`, [dealsOf])
  await database().query('SET LOCAL ROLE dealgraph_app')
}

async function column(text: string): Promise<unknown[]> {
  return (await database().query({ text, rowMode: 'array' })).rows.map(([value]) => value)
}

/** The tables whose rows are of a deal, from the catalog, and the column that says of which. */
async function tablesOfDeals(): Promise<[table: string, column: string][]> {
  const tables = await column(`
    SELECT DISTINCT table_name FROM information_schema.columns
    WHERE table_schema = 'public' AND column_name = 'deal_id' ORDER BY 1`)
  return [['deal', 'id'], ...tables.map((table): [string, string] => [String(table), 'deal_id'])]
}

/** The code with which a statement is refused, else how many rows it wrote; it is undone. */
async function codeOf(statement: string): Promise<string | number | null> {
  await database().query('SAVEPOINT attempt')
  try {
    return (await database().query(statement)).rowCount
  } catch (error) {
    return (error as pg.DatabaseError).code ?? ''
  } finally {
    await database().query('ROLLBACK TO attempt')
  }
}

/** The rows of a deal copied, as INSERTs that no key refuses before a policy would. */
async function insertsOf(table: string, key: string, deal: string): Promise<string[]> {
  const [columns] = await column(
    `SELECT string_agg(quote_ident(column_name), ', ') FROM information_schema.columns
     WHERE table_schema = 'public' AND table_name = '${table}' AND is_generated = 'NEVER'`,
  )
  const rows = await column(
    `SELECT to_jsonb(t)::text FROM ${table} t WHERE tenant_id = '${a.tenant}' AND ${key} = '${deal}'`,
  )
  return rows.map(
    (row) =>
      `INSERT INTO ${table} (${columns}) SELECT ${columns} FROM jsonb_populate_record(NULL::${table}, '${row}')`,
  )
}

const totals = 'SELECT count::int, amount::float FROM visible_stage_totals()'
const searches = [
  `SELECT search_deals('%Deal%', true, true, 9)`,
  `SELECT search_custom_values('cf_region', '%EMEA%', 9)`,
  'SELECT visible_deals()',
]

describe.each([
  ['nothing says whose deals are seen', null],
  ['it is said with nothing', ''],
  ['a member sees them who has none', a.unused],
  ['a member of another tenant sees them', b.member],
])('while %s', (_, dealsOf) => {
  test('no deal is seen, nor what is on one or what they come to', async () => {
    const tables = await tablesOfDeals()
    expect(tables.length).toBeGreaterThanOrEqual(8)
    await assume(dealsOf)
    for (const [table, key] of tables) {
      const found = await column(`SELECT ${key} FROM ${table} WHERE ${key} IS NOT NULL`)
      expect([table, found]).toEqual([table, []])
    }
    for (const text of [...searches, totals, 'SELECT count FROM stage_total']) {
      expect([text, await column(text)]).toEqual([text, []])
    }
  })

  test('no deal is written, nor anything on one', async () => {
    const inserts: string[] = []
    const tables = await tablesOfDeals()
    for (const [table, key] of tables) inserts.push(...(await insertsOf(table, key, a.deal)))
    expect(inserts.length).toBeGreaterThanOrEqual(tables.length)
    await assume(dealsOf)
    for (const insert of inserts) expect([insert, await codeOf(insert)]).toEqual([insert, '42501'])
    for (const [table, key] of tables) {
      const change = `UPDATE ${table} SET ${key} = ${key} WHERE ${key} IS NOT NULL`
      expect([0, '42501']).toContain(await codeOf(change))
      expect([0, '42501']).toContain(await codeOf(`DELETE FROM ${table} WHERE ${key} IS NOT NULL`))
    }
  })
})

test('what says whose deals are seen is the id of a member or "all", and nothing else', async () => {
  await assume('everything')
  expect(await codeOf('SELECT FROM deal')).toBe('22P02')
  expect(await codeOf('SELECT FROM deal_contact')).toBe('22P02')
})

describe('a member who is assigned to a deal', () => {
  test('sees that one and what is on it, in every table', async () => {
    const tables = await tablesOfDeals()
    await assume(a.member)
    for (const [table, key] of tables) {
      const found = await column(`SELECT DISTINCT ${key} FROM ${table}`)
      expect([table, found]).toEqual([table, [a.deal]])
    }
    for (const text of searches) expect(await column(text)).toEqual([a.deal])
    expect((await database().query(totals)).rows).toEqual([{ count: 1, amount: 100 }])
    expect(await column('SELECT count FROM stage_total')).toEqual([])
  })

  test('sees as its owner the other one too, deleted or not', async () => {
    const won = `tenant_id = '${a.tenant}' AND id = '${a.wonDeal}'`
    await database().query(`UPDATE deal SET owner_id = '${a.member}' WHERE ${won}`)
    await assume(a.member)
    expect(await column('SELECT number FROM deal ORDER BY 1')).toEqual([1, 2])
    expect(await codeOf(`UPDATE deal SET deleted_at = now() WHERE ${won}`)).toBe(1)
    await database().query(`UPDATE deal SET deleted_at = now() WHERE ${won}`)
    expect(await column('SELECT number FROM deal ORDER BY 1')).toEqual([1, 2])
    expect((await column('SELECT visible_deals()')).sort()).toEqual([a.deal, a.wonDeal])
    expect(await codeOf(`UPDATE deal SET owner_id = NULL WHERE ${won}`)).toBe('42501')
  })

  test('keeps the totals of all deals by what they write', async () => {
    await assume(a.member)
    await database().query(`UPDATE deal SET amount = 7`)
    await database().query('RESET ROLE')
    const kept = `SELECT amount::float FROM stage_total WHERE tenant_id = '${a.tenant}' ORDER BY 1`
    expect(await column(kept)).toEqual([7, 100])
  })
})

test('the application role writes no total itself', async () => {
  await assume('all')
  expect(await codeOf('UPDATE stage_total SET count = 0')).toBe('42501')
  expect(await codeOf('INSERT INTO stage_total SELECT * FROM stage_total')).toBe('42501')
  expect(await column('SELECT count FROM stage_total')).toEqual([1, 1])
})

test('a stage that changes when deals rot changes it for those that are not seen too', async () => {
  await assume(a.unused)
  await database().query(`UPDATE stage SET rotting_days = 1 WHERE id = '${a.open}'`)
  await database().query('RESET ROLE')
  const rotting = `SELECT rotting_at FROM deal WHERE id = '${a.deal}'`
  expect(await column(rotting)).toEqual([new Date('2026-03-02T00:00:00Z')])
})

test('of what is not seen it is told whether an id is free, and where deals stand', async () => {
  await assume(a.unused)
  const asked = [
    `SELECT deal_exists('${a.deal}')`,
    `SELECT deal_exists('${b.deal}')`,
    `SELECT unseen_deals_need('${a.contact}')`,
    `SELECT unseen_deals_need('${b.contact}')`,
    `SELECT unseen_deals_need('${a.colleague}')`,
  ]
  const answers: unknown[] = []
  for (const text of asked) answers.push(...(await column(text)))
  expect(answers).toEqual([true, false, true, false, false])
  const places = (stage: string) =>
    column(`SELECT rank FROM places_in_stage('${stage}', true, NULL, NULL, NULL, 9)`)
  expect(await places(a.open)).toEqual(['a0'])
  expect(await places(b.open)).toEqual([])
  await database().query(
    `SELECT give_ranks('[{"id": "${a.deal}", "rank": "b0"}, {"id": "${b.deal}", "rank": "b0"}]')`,
  )
  await database().query('RESET ROLE')
  expect(await column('SELECT rank FROM deal ORDER BY 1')).toEqual(['a0', 'a0', 'a0', 'b0'])
})
