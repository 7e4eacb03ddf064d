import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openEmbedded } from './embedded.ts'
import { lockfile, prismaDirectory, readMigrations, readSchema } from './migration-files.ts'
import { engineAdapter, enginePool, noFilters, openSchemaEngine } from './schema-engine.ts'

/**
 * The SQL that schema.prisma still needs beyond the migrations, or null when they agree. It needs
 * no database.
 */
export async function checkMigrations(directory = prismaDirectory): Promise<string | null> {
  const schema = await readSchema(directory)
  const migrations = await readMigrations(directory)
  const embedded = await openEmbedded()
  try {
    const adapter = await engineAdapter(enginePool(embedded.poolConfig))
    const connect = async () => adapter
    const engine = await openSchemaEngine(schema, { connect, connectToShadowDb: connect })
    const { exitCode, stdout } = await engine.diff({
      from: { tag: 'migrations', ...migrations },
      to: { tag: 'schemaDatamodel', files: [{ path: 'schema.prisma', content: schema }] },
      script: true,
      exitCode: true,
      filters: noFilters,
    })
    return exitCode === 0 ? null : stdout
  } finally {
    await embedded.close()
  }
}

export interface NewMigration {
  /** What it does, in a few words: `add_deal_source`. */
  name: string
  /** Makes one without statements, for SQL that schema.prisma does not describe. */
  empty?: boolean
  directory?: string
}

/** Writes the next migration and resolves with its path, or with null when none is needed. */
export async function createMigration(migration: NewMigration): Promise<string | null> {
  const { name, empty = false, directory = prismaDirectory } = migration
  if (!/^[a-z][a-z0-9_]*$/.test(name)) {
    throw new Error(`the name of a migration is in lower_snake_case, not "${name}"`)
  }
  const sql = empty ? '' : await checkMigrations(directory)
  if (sql === null) return null
  const path = join(directory, 'migrations', `${timestamp()}_${name}`)
  await mkdir(path, { recursive: true })
  await writeFile(join(path, 'migration.sql'), sql)
  await writeFile(join(directory, 'migrations', lockfile.path), lockfile.content)
  return join(path, 'migration.sql')
}

function timestamp(): string {
  return new Date().toISOString().replace(/\D/g, '').slice(0, 14)
}
