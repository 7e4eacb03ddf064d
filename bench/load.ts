import { readFile } from 'node:fs/promises'
import type pg from 'pg'
import { deployMigrations } from '../src/database/migrations.ts'
import { checkData } from './load-checks.ts'
import { type Options, scales } from './options.ts'

/** Changes when the same seed shall give other data. */
const generation = 2
const tenantCount = 10
const dealsOfOthers = 20_000

/** Makes the data, unless the database has those of the same seed, scale and migrations. */
export async function load(
  client: pg.Client,
  url: string,
  { scale, seed }: Pick<Options, 'scale' | 'seed'>,
): Promise<boolean> {
  await deployMigrations({ connectionString: url })
  const { rows } = await client.query(
    'SELECT string_agg(migration_name, $1 ORDER BY migration_name) AS migrations FROM _prisma_migrations WHERE finished_at IS NOT NULL',
    [','],
  )
  const wanted = JSON.stringify({ generation, scale, seed, migrations: rows[0].migrations })
  if ((await stateOf(client, 'data')) === wanted) return false
  const { rowCount } = await client.query('SELECT FROM tenant LIMIT 1')
  if (rowCount) throw new Error('The database holds other data: run again with --fresh.')
  const sql = (name: string) => readFile(new URL(`sql/${name}.sql`, import.meta.url), 'utf8')
  await client.query(await sql('schema'))
  await client.query(await sql('pick'))
  // What triggers keep is filled by statements for all rows at once, and checked below.
  await client.query('SET session_replication_role = replica')
  const indexes = await dropIndexes(client)
  for (let tenant = 1; tenant <= tenantCount; tenant += 1) {
    const deals = tenant === 1 ? scales[scale] : dealsOfOthers
    await client.query('SELECT bench.load_tenant($1, $2, $3)', [seed, tenant, deals])
  }
  for (const definition of indexes) await client.query(definition)
  await client.query('SET session_replication_role = origin')
  await checkData(client)
  await keepState(client, 'data', wanted)
  return true
}

/** Takes the indexes away that guarantee nothing, and gives their definitions: made at once they take less time. */
async function dropIndexes(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query(
    `SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS definition FROM pg_index
     WHERE NOT indisunique AND indrelid::regclass::text IN ('deal', 'deal_contact', 'contact', 'organization', 'stage_change')`,
  )
  for (const { name } of rows) await client.query(`DROP INDEX ${name}`)
  return rows.map(({ definition }) => definition)
}

/** What an earlier run has left in the database to know it by. */
export async function stateOf(client: pg.Client, name: string): Promise<string | undefined> {
  const { rows } = await client.query("SELECT to_regclass('bench.state') IS NOT NULL AS exists")
  if (!rows[0].exists) return undefined
  const found = await client.query('SELECT value FROM bench.state WHERE name = $1', [name])
  return found.rows[0]?.value
}

export async function keepState(client: pg.Client, name: string, value: string): Promise<void> {
  await client.query(
    'INSERT INTO bench.state VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
    [name, value],
  )
}
