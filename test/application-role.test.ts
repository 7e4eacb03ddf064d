import type pg from 'pg'
import { expect, test } from 'vitest'
import { plantedDatabase, plantedIds } from './planted-tenant.ts'

const a = plantedIds('a')
const b = plantedIds('b')

const database = plantedDatabase()

/** Every table with rows of tenants, from the catalog; `tenant` itself says who is a tenant. */
async function tenantTables(): Promise<string[]> {
  const { rows } = await database().query(`
    SELECT DISTINCT table_name FROM information_schema.columns
    WHERE table_schema = 'public' AND column_name = 'tenant_id' ORDER BY 1`)
  return rows.map(({ table_name }) => table_name)
}

async function assume(tenantId: string | null) {
  if (tenantId !== null)
    await database().query(
      `SELECT set_config('app.tenant_id', $1, true), set_config('app.deals_of', 'all', true)`,
      [tenantId],
    )
  await database().query('SET LOCAL ROLE dealgraph_app')
}

async function countIn(table: string, tenantId?: string): Promise<number> {
  const where = tenantId ? `WHERE tenant_id = '${tenantId}'` : ''
  return (await database().query(`SELECT count(*)::int AS count FROM ${table} ${where}`)).rows[0]
    .count
}

/** The code with which a statement is refused; the transaction goes on. */
async function codeOf(statement: string): Promise<string | number> {
  await database().query('SAVEPOINT attempt')
  try {
    return (await database().query(statement)).rowCount ?? 0
  } catch (error) {
    return (error as pg.DatabaseError).code ?? ''
  } finally {
    await database().query('ROLLBACK TO attempt')
  }
}

/** Copies the rows of tenant B in a table, all but what PostgreSQL generates, as INSERTs. */
async function insertsOf(table: string): Promise<string[]> {
  const { rows } = await database().query(
    `SELECT string_agg(quote_ident(column_name), ', ') AS columns FROM information_schema.columns
     WHERE table_schema = 'public' AND table_name = $1 AND is_generated = 'NEVER'`,
    [table],
  )
  const [{ columns }] = rows
  const found = await database().query(
    `SELECT to_jsonb(t)::text AS row FROM ${table} t WHERE tenant_id = '${b.tenant}'`,
  )
  return found.rows.map(
    ({ row }) =>
      `INSERT INTO ${table} (${columns}) SELECT ${columns} FROM jsonb_populate_record(NULL::${table}, '${row}')`,
  )
}

test.each([
  'UPDATE stage_change SET note = NULL',
  'DELETE FROM stage_change',
  "UPDATE audit_event SET details = '{}'",
  'DELETE FROM audit_event',
  'UPDATE event SET payload = NULL',
  'DELETE FROM event',
  'DELETE FROM deal',
  'DELETE FROM tenant',
  'TRUNCATE deal_tag',
])('may not %s', async (statement) => {
  await assume(a.tenant)
  expect(await codeOf(statement)).toBe('42501')
})

test.each([
  ['no tenant is set', null],
  ['the tenant is set to nothing', ''],
])('sees nothing while %s', async (_, tenantId) => {
  const tables = await tenantTables()
  await assume(tenantId)
  for (const table of [...tables, 'tenant']) {
    expect([table, await countIn(table)]).toEqual([table, 0])
  }
})

test.each([
  ['no tenant is set', null],
  ['another tenant is set', a.tenant],
])('adds nothing to any table while %s', async (_, tenantId) => {
  const tables = await tenantTables()
  const inserts: string[] = []
  for (const table of tables) inserts.push(...(await insertsOf(table)))
  expect(inserts.length).toBeGreaterThanOrEqual(tables.length)
  await assume(tenantId)
  for (const insert of inserts) expect([insert, await codeOf(insert)]).toEqual([insert, '42501'])
})

test('sees all of the tenant that is set and nothing of another', async () => {
  const tables = await tenantTables()
  expect(tables).toContain('deal_assignee')
  await assume(a.tenant)
  for (const table of tables) {
    expect([table, (await countIn(table, a.tenant)) > 0, await countIn(table, b.tenant)]).toEqual([
      table,
      true,
      0,
    ])
  }
  expect((await database().query('SELECT id FROM tenant')).rows).toEqual([{ id: a.tenant }])
})

test('changes and deletes no row of another tenant', async () => {
  const tables = await tenantTables()
  await assume(a.tenant)
  for (const table of tables) {
    const update = await codeOf(
      `UPDATE ${table} SET tenant_id = tenant_id WHERE tenant_id = '${b.tenant}'`,
    )
    const remove = await codeOf(`DELETE FROM ${table} WHERE tenant_id = '${b.tenant}'`)
    expect([0, '42501']).toContain(update)
    expect([0, '42501']).toContain(remove)
  }
})

test('hands no row of its tenant to another', async () => {
  await assume(a.tenant)
  expect(
    await codeOf(`UPDATE contact SET organization_id = NULL WHERE id = '${a.colleague}'`),
  ).toBe(1)
  expect(
    await codeOf(`UPDATE contact SET tenant_id = '${b.tenant}' WHERE id = '${a.colleague}'`),
  ).toBe('42501')
})
