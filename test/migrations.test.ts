import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type EmbeddedDatabase, openEmbedded } from '../src/database/embedded.ts'
import { checkMigrations, createMigration } from '../src/database/migration-authoring.ts'
import { migrationNames, prismaDirectory } from '../src/database/migration-files.ts'
import { deployMigrations, MigrationError, pendingMigrations } from '../src/database/migrations.ts'

let empty: Uint8Array<ArrayBuffer>
let database: EmbeddedDatabase
let directory: string

beforeAll(async () => {
  const fresh = await openEmbedded()
  empty = await fresh.dump()
  await fresh.close()
}, 120_000)

beforeEach(async () => {
  database = await openEmbedded({ dump: empty })
  directory = await mkdtemp(join(tmpdir(), 'dealgraph-migrations-'))
}, 120_000)

afterEach(async () => {
  await database.close()
  await rm(directory, { recursive: true, force: true })
})

/** Adds a migration to the temporary directory. */
async function add(name: string, sql: string): Promise<void> {
  await mkdir(join(directory, 'migrations', name), { recursive: true })
  await writeFile(join(directory, 'migrations', name, 'migration.sql'), sql)
}

async function begin(schema = ''): Promise<void> {
  await writeFile(
    join(directory, 'schema.prisma'),
    `datasource db {\n  provider = "postgresql"\n}\n${schema}`,
  )
  await add(
    '1_note',
    'CREATE TABLE note (id INTEGER NOT NULL, CONSTRAINT note_pkey PRIMARY KEY (id));',
  )
}

const note = 'model note {\n  id Int @id\n}\n'

function deploy(onApplied?: (migration: string) => void): Promise<string[]> {
  return deployMigrations(database.poolConfig, { directory, ...(onApplied && { onApplied }) })
}

/** Runs one statement on a connection of its own, so that a deploy finds the session free. */
async function ask(text: string) {
  const client = new pg.Client(database.poolConfig)
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}

describe('the package’s migrations', { timeout: 120_000 }, () => {
  test('agree with schema.prisma', async () => {
    expect(await checkMigrations()).toBeNull()
  })

  test('apply to an empty database, and once', async () => {
    const names = await migrationNames(prismaDirectory)
    expect(await pendingMigrations(ask)).toEqual(names)
    expect(await deployMigrations(database.poolConfig)).toEqual(names)
    expect(await pendingMigrations(ask)).toEqual([])
    expect(await deployMigrations(database.poolConfig)).toEqual([])
  })
})

describe('deployMigrations', { timeout: 120_000 }, () => {
  beforeEach(() => begin())

  test('applies what is new, in order, and reports each', async () => {
    expect(await deploy()).toEqual(['1_note'])
    await add('3_second', 'INSERT INTO note VALUES (2) -- a comment without an end of line')
    await add('2_first', 'INSERT INTO note VALUES (1)')
    const reported: string[] = []
    expect(await deploy((name) => reported.push(name))).toEqual(['2_first', '3_second'])
    expect(reported).toEqual(['2_first', '3_second'])
    expect(await ask('SELECT id FROM note ORDER BY id')).toEqual([{ id: 1 }, { id: 2 }])
  })

  test('keeps function bodies whole', async () => {
    await add(
      '2_function',
      'CREATE FUNCTION two() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN 2; END $$;',
    )
    await deploy()
    expect(await ask('SELECT two()')).toEqual([{ two: 2 }])
  })

  test('keeps nothing of a migration that fails, names it, and goes on once it is mended', async () => {
    await add('2_broken', 'CREATE TABLE half (id int);\nCREATE TABLE half (id int);')
    await add('3_later', 'CREATE TABLE later (id int);')
    const failure = await deploy().catch((error) => error)
    expect(failure).toBeInstanceOf(MigrationError)
    expect(failure.message).toBe(
      'Migration 2_broken failed: relation "half" already exists (SQLSTATE 42P07)',
    )
    expect(await ask("SELECT to_regclass('half') AS half, to_regclass('later') AS later")).toEqual([
      { half: null, later: null },
    ])
    expect(await pendingMigrations(ask, directory)).toEqual(['2_broken', '3_later'])

    await add('2_broken', 'CREATE TABLE half (id int);')
    expect(await deploy()).toEqual(['2_broken', '3_later'])
  })

  test('applies again what a killed deploy began', async () => {
    await deploy()
    await add('2_begun', 'INSERT INTO note VALUES (1);')
    await ask(
      `INSERT INTO _prisma_migrations (id, checksum, migration_name) VALUES ('x', 'x', '2_begun')`,
    )
    expect(await deploy()).toEqual(['2_begun'])
    expect(await ask('SELECT id FROM note')).toEqual([{ id: 1 }])
  })

  test('commits a migration and the record of it together', async () => {
    // The engine's own record, which comes after the migration, is made to fail: the migration then
    // counts as applied.
    await deploy()
    await add(
      '2_record',
      `INSERT INTO note VALUES (1);
      CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'killed here'; END $$;
      CREATE TRIGGER refuse BEFORE UPDATE OF applied_steps_count ON _prisma_migrations
        FOR EACH ROW EXECUTE FUNCTION refuse();`,
    )
    await expect(deploy()).rejects.toThrow('killed here')
    expect(await ask('SELECT id FROM note')).toEqual([{ id: 1 }])
    expect(await pendingMigrations(ask, directory)).toEqual([])
    expect(await deploy()).toEqual([])
  })

  test('applies what cannot run inside a transaction', async () => {
    await add('2_index', 'CREATE INDEX CONCURRENTLY note_index ON note (id);')
    expect(await deploy()).toEqual(['1_note', '2_index'])
  })

  test('accepts a database that is ahead of it', async () => {
    await add('2_newer', 'SELECT 1')
    await deploy()
    await rm(join(directory, 'migrations', '2_newer'), { recursive: true })
    expect(await deploy()).toEqual([])
  })
})

describe('createMigration', { timeout: 120_000 }, () => {
  test('writes what schema.prisma is ahead by, which the check then accepts', async () => {
    await begin(`${note}model tag {\n  id Int @id\n}\n`)
    expect(await checkMigrations(directory)).toContain('CREATE TABLE "tag"')
    const path = await createMigration({ name: 'add_tag', directory })
    expect(path).toMatch(/\d{14}_add_tag.migration\.sql$/)
    expect(await readFile(path ?? '', 'utf8')).toContain('CREATE TABLE "tag"')
    expect(await checkMigrations(directory)).toBeNull()
    expect(await createMigration({ name: 'again', directory })).toBeNull()
  })

  test('writes an empty one when asked, and refuses a name it could not use', async () => {
    await begin(note)
    const path = await createMigration({ name: 'policies', empty: true, directory })
    expect(await readFile(path ?? '', 'utf8')).toBe('')
    await expect(createMigration({ name: '../x', empty: true, directory })).rejects.toThrow('../x')
    expect(await migrationNames(directory)).toHaveLength(2)
  })
})
