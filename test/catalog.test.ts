import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type DatabaseCopy, databaseCopy } from './harness.ts'

let copy: DatabaseCopy
let client: pg.Client

beforeAll(async () => {
  copy = await databaseCopy()
  client = new pg.Client(copy.owner)
  await client.connect()
})

afterAll(async () => {
  await client.end()
  await copy.close()
})

// What a test makes is gone after it.
beforeEach(() => client.query('BEGIN'))
afterEach(() => client.query('ROLLBACK'))

/** The first column of what a statement finds. */
async function names(text: string): Promise<string[]> {
  const { rows } = await client.query({ text, rowMode: 'array' })
  return rows.map(([name]) => name)
}

/** Every table that holds rows of a tenant, with the column that says of which. */
const tenantTables = `
  SELECT c.oid, c.relname, c.relrowsecurity, CASE c.relname WHEN 'tenant' THEN 'id' ELSE 'tenant_id' END AS key
  FROM pg_class c
  WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND (c.relname = 'tenant' OR EXISTS (
    SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped))`

/** Worked out once for a statement, since it is wrapped in SELECT. */
const ownRows = `'(' || t.key || ' = ( SELECT (NULLIF(current_setting(''app.tenant_id''::text, true), ''''::text))::uuid AS "nullif"))'`

/**
 * Permissive policies add up, so that one that shows more than the tenant's rows undoes all others.
 */
const tablesWithoutGuard = `
  SELECT t.relname FROM (${tenantTables}) t
  WHERE NOT t.relrowsecurity
    OR NOT EXISTS (SELECT FROM pg_policy p
      WHERE p.polrelid = t.oid AND p.polpermissive AND p.polcmd = '*' AND p.polroles = '{0}')
    OR EXISTS (SELECT FROM pg_policy p
      WHERE p.polrelid = t.oid AND p.polpermissive
        AND (pg_get_expr(p.polqual, t.oid) IS DISTINCT FROM ${ownRows}
          OR pg_get_expr(p.polwithcheck, t.oid) IS DISTINCT FROM ${ownRows}))
  ORDER BY 1`

/**
 * A function that runs as the owner sees every tenant: it needs a fixed search_path, and nobody
 * else may call it.
 */
const looseDefiners = `
  SELECT p.proname FROM pg_proc p
  WHERE p.prosecdef AND p.pronamespace = 'public'::regnamespace AND (
    NOT coalesce(p.proconfig @> ARRAY['search_path=public, pg_temp'], false)
    OR has_function_privilege('public', p.oid, 'EXECUTE'))
  ORDER BY 1`

describe('the tables of tenants', () => {
  test('are those of the schema', async () => {
    const found = await names(`SELECT relname FROM (${tenantTables}) t`)
    expect(found).toEqual(expect.arrayContaining(['tenant', 'deal', 'stage_change', 'event']))
  })

  test('show and take only rows of the tenant that is set', async () => {
    expect(await names(tablesWithoutGuard)).toEqual([])
  })

  test.each([
    ['without row level security', ''],
    ['without a policy', 'ALTER TABLE lax ENABLE ROW LEVEL SECURITY'],
    [
      'whose policy is for reading alone',
      `ALTER TABLE lax ENABLE ROW LEVEL SECURITY;
       CREATE POLICY own ON lax FOR SELECT USING (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid))`,
    ],
    [
      'that takes rows of any tenant',
      `ALTER TABLE lax ENABLE ROW LEVEL SECURITY;
       CREATE POLICY own ON lax USING (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid))
         WITH CHECK (true)`,
    ],
    [
      'with a second policy that shows all',
      `ALTER TABLE lax ENABLE ROW LEVEL SECURITY;
       CREATE POLICY own ON lax USING (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid))
         WITH CHECK (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid));
       CREATE POLICY all_rows ON lax FOR SELECT USING (true)`,
    ],
  ])('would not pass with one %s', async (_, guard) => {
    await client.query(`CREATE TABLE lax (tenant_id uuid); ${guard}`)
    expect(await names(tablesWithoutGuard)).toEqual(['lax'])
  })

  test('are found by their tenant first in every primary key', async () => {
    const keys = await names(`
      SELECT t.relname FROM (${tenantTables}) t JOIN pg_index i ON i.indrelid = t.oid AND i.indisprimary
        JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = i.indkey[0]
      WHERE a.attname = t.key`)
    expect(keys.toSorted()).toEqual(
      (await names(`SELECT relname FROM (${tenantTables}) t`)).toSorted(),
    )
  })

  test('refer to each other only within a tenant', async () => {
    const crossing = await names(`
      SELECT f.conname FROM pg_constraint f
        JOIN (${tenantTables}) t ON t.oid = f.conrelid JOIN (${tenantTables}) other ON other.oid = f.confrelid
        JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = f.conkey[1]
        JOIN pg_attribute b ON b.attrelid = other.oid AND b.attnum = f.confkey[1]
      WHERE f.contype = 'f' AND (a.attname <> t.key OR b.attname <> other.key)`)
    expect(crossing).toEqual([])
  })

  test('are shown by no view, which would read them with its owner’s rights', async () => {
    const views = await names(`
      SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('v', 'm')`)
    expect(views).toEqual([])
  })
})

describe('the application role', () => {
  test('is held by row level security and may make nothing', async () => {
    const { rows } = await client.query(`
      SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication,
        has_schema_privilege(oid, 'public', 'CREATE') AS creates
      FROM pg_roles WHERE rolname = 'dealgraph_app'`)
    expect(rows.map((row) => Object.values(row))).toEqual([Array(7).fill(false)])
  })

  test('owns nothing and is a member of no other role', async () => {
    const owned = `SELECT objid::text FROM pg_shdepend WHERE deptype = 'o' AND refobjid = 'dealgraph_app'::regrole`
    const roles = `SELECT roleid::regrole::text FROM pg_auth_members WHERE member = 'dealgraph_app'::regrole`
    expect(await names(owned)).toEqual([])
    expect(await names(roles)).toEqual([])
  })

  test.each(['stage_change', 'deal_change', 'audit_event', 'event', 'currency'])(
    'only adds to %s',
    async (table) => {
      const { rows } = await client.query(
        `SELECT has_table_privilege($1, $2, 'INSERT') AS inserts, has_any_column_privilege($1, $2, 'UPDATE') AS updates,
         has_table_privilege($1, $2, 'DELETE') AS deletes, has_table_privilege($1, $2, 'TRUNCATE') AS truncates`,
        ['dealgraph_app', table],
      )
      expect(rows).toEqual([{ inserts: true, updates: false, deletes: false, truncates: false }])
    },
  )

  test('empties no table and writes none that is no tenant’s', async () => {
    const writable = await names(`
      SELECT c.relname FROM pg_class c
      WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND (
        has_table_privilege('dealgraph_app', c.oid, 'TRUNCATE')
        OR c.oid NOT IN (SELECT t.oid FROM (${tenantTables}) t)
          AND has_table_privilege('dealgraph_app', c.oid, 'INSERT, UPDATE, DELETE'))`)
    expect(writable).toEqual([])
  })
})

describe('the functions that run as the owner', () => {
  test('have a fixed search_path and are not everybody’s to call', async () => {
    expect(await names(looseDefiners)).toEqual([])
  })

  test('would not pass with one that is', async () => {
    await client.query(`
      CREATE FUNCTION no_path() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';
      REVOKE ALL ON FUNCTION no_path() FROM PUBLIC;
      CREATE FUNCTION open_to_all() RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS 'SELECT 1'`)
    expect(await names(looseDefiners)).toEqual(['no_path', 'open_to_all'])
  })

  test('name the tenant that is set, but for the lookups that find it, and triggers', async () => {
    const others = await names(`
      SELECT proname FROM pg_proc
      WHERE prosecdef AND pronamespace = 'public'::regnamespace AND prorettype <> 'trigger'::regtype
        AND prosrc NOT LIKE '%tenant_id = nullif(current_setting(''app.tenant_id'', true), '''')::uuid%'
      ORDER BY 1`)
    expect(others).toEqual([
      ...['authenticate_api_key', 'authenticate_member', 'prove_api_key', 'tenant_id_of_slug'],
      'tenants_with_active_operations',
    ])
  })
})
