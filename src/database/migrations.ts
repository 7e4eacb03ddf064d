import { isDriverAdapterError, type SqlDriverAdapter } from '@prisma/driver-adapter-utils'
import type { MigrationList } from '@prisma/schema-engine-wasm/schema_engine_bg'
import type pg from 'pg'
import { migrationNames, prismaDirectory, readMigrations, readSchema } from './migration-files.ts'
import { engineAdapter, enginePool, noFilters, openSchemaEngine } from './schema-engine.ts'

export class MigrationError extends Error {
  override name = 'MigrationError'
  readonly migration: string

  constructor(migration: string, reason: string, cause: unknown) {
    super(`Migration ${migration} failed: ${reason}`, { cause })
    this.migration = migration
  }
}

export interface DeployOptions {
  directory?: string
  onApplied?: (migration: string) => void
}

/**
 * Applies the migrations that the database does not have, in their order, and resolves with their
 * names.
 *
 * A migration and the record of it are one transaction, so nothing is kept of one that fails, and
 * the next deploy goes on after a failed or killed one. Deploys at the same time wait for each
 * other. The login must own the database's objects; no application role is assumed.
 */
export async function deployMigrations(
  config: pg.PoolConfig,
  options: DeployOptions = {},
): Promise<string[]> {
  const pool = enginePool(config)
  try {
    const ask = async (text: string) => (await pool.query(text)).rows
    const pending = await pendingMigrations(ask, options.directory)
    if (pending.length === 0) return []
    // The same lock as the engine's, which it would wait for only 10 s.
    await pool.query('SELECT pg_advisory_lock(72707369)')
    await forgetUnfinished(pool)
    return await applyMigrations(pool, options)
  } finally {
    await pool.end()
  }
}

/** The names of the migrations that the database does not have, by one cheap query. */
export async function pendingMigrations(
  ask: (text: string) => Promise<{ migration_name: string }[]>,
  directory = prismaDirectory,
): Promise<string[]> {
  const applied = await ask(
    'SELECT migration_name FROM _prisma_migrations WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL',
  ).catch((error) => {
    if (error.code === undefinedTable) return []
    throw error
  })
  const names = new Set(applied.map((row) => row.migration_name))
  return (await migrationNames(directory)).filter((name) => !names.has(name))
}

const undefinedTable = '42P01'

/**
 * Under the lock a migration that began and did not finish is a dead deploy's, and PostgreSQL has
 * undone it.
 */
async function forgetUnfinished(pool: pg.Pool): Promise<void> {
  const { rows } = await pool.query(
    "SELECT to_regclass('_prisma_migrations') IS NOT NULL AS exists",
  )
  if (!rows[0].exists) return
  await pool.query(
    'UPDATE _prisma_migrations SET rolled_back_at = now() WHERE finished_at IS NULL AND rolled_back_at IS NULL',
  )
}

async function applyMigrations(
  pool: pg.Pool,
  { directory = prismaDirectory, onApplied }: DeployOptions,
): Promise<string[]> {
  const migrationsList = await readMigrations(directory)
  const recording = recordScripts(await engineAdapter(pool), migrationsList, onApplied)
  const connect = async () => recording.adapter
  const engine = await openSchemaEngine(await readSchema(directory), {
    connect,
    connectToShadowDb: connect,
  })
  try {
    const done = await engine.applyMigrations({ migrationsList, filters: noFilters })
    return done.appliedMigrationNames
  } catch (error) {
    throw recording.failure() ?? error
  } finally {
    engine.free()
  }
}

/**
 * What PostgreSQL refuses inside a transaction. Such a migration should be one statement that can
 * be repeated.
 */
const runsAlone = /\b(CONCURRENTLY|VACUUM)\b/i
const recordFinished =
  '\n;UPDATE _prisma_migrations SET finished_at = now() WHERE finished_at IS NULL AND rolled_back_at IS NULL'

/**
 * The scripts that the engine runs are the migrations: each gets its record into its own
 * transaction, and its name into its error.
 */
function recordScripts(
  adapter: SqlDriverAdapter,
  { migrationDirectories }: MigrationList,
  onApplied?: (migration: string) => void,
) {
  const { executeScript } = adapter
  const names = new Map(migrationDirectories.map((m) => [m.migrationFile.content.value, m.path]))
  let failure: MigrationError | undefined
  const recorded = async (script: string) => {
    const name = names.get(script) ?? 'unknown'
    try {
      await executeScript(runsAlone.test(script) ? script : script + recordFinished)
    } catch (error) {
      failure = new MigrationError(name, reasonOf(error), error)
      throw error
    }
    onApplied?.(name)
  }
  return {
    adapter: Object.assign(adapter, { executeScript: recorded }),
    failure: () => failure,
  }
}

function reasonOf(error: unknown): string {
  if (!isDriverAdapterError(error)) return String(error)
  const { originalMessage, originalCode, kind } = error.cause
  return originalMessage ? `${originalMessage} (SQLSTATE ${originalCode})` : kind
}
