import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { DirectoryInUseError } from '../src/database/directory-lock.ts'
import { type EmbeddedDatabase, openEmbedded } from '../src/database/embedded.ts'
import { EmbeddedSession } from '../src/database/embedded-session.ts'
import { EmbeddedThread } from '../src/database/embedded-thread.ts'

async function withPool<T>(
  database: EmbeddedDatabase,
  work: (pool: pg.Pool) => Promise<T>,
  config: pg.PoolConfig = {},
): Promise<T> {
  const pool = new pg.Pool({ ...database.poolConfig, ...config })
  pool.on('error', () => {})
  try {
    return await work(pool)
  } finally {
    await pool.end()
  }
}

describe('openEmbedded in memory', { timeout: 120_000 }, () => {
  let database: EmbeddedDatabase
  let empty: Uint8Array<ArrayBuffer>

  beforeAll(async () => {
    database = await openEmbedded()
    empty = await database.dump()
  }, 120_000)

  afterAll(() => database.close())

  test('knows trigram and btree_gin indexes', () =>
    withPool(database, async (pool) => {
      await pool.query('CREATE EXTENSION pg_trgm; CREATE EXTENSION btree_gin')
      await pool.query('CREATE TABLE note (tenant_id uuid, body text)')
      await pool.query('CREATE INDEX ON note USING gin (tenant_id, body gin_trgm_ops)')
      const { rows } = await pool.query("SELECT similarity('pipeline', 'pipelines') AS alike")
      expect(rows[0].alike).toBeGreaterThan(0.5)
    }))

  test('returns a large result whole', () =>
    withPool(database, async (pool) => {
      const { rows } = await pool.query(
        "SELECT repeat('x', 1000) AS x FROM generate_series(1, 5000)",
      )
      expect(rows).toHaveLength(5000)
      expect(rows.reduce((bytes, row) => bytes + row.x.length, 0)).toBe(5_000_000)
    }))

  test('keeps a connection usable after a failed statement', () =>
    withPool(database, async (pool) => {
      const client = await pool.connect()
      await expect(client.query('SELECT 1 / $1::int', [0])).rejects.toThrow('division by zero')
      await expect(client.query('nonsense')).rejects.toThrow('syntax error')
      expect((await client.query('SELECT $1::int AS n', [7])).rows).toEqual([{ n: 7 }])
      client.release()
    }))

  test('answers pipelined statements each with its own result', () =>
    withPool(
      database,
      async (pool) => {
        const client = await pool.connect()
        const outcomes = await Promise.allSettled([
          client.query('BEGIN'),
          client.query("SELECT set_config('app.tenant_id', $1, true) AS tenant", ['t1']),
          client.query("SELECT current_setting('app.tenant_id') AS tenant"),
          client.query('SELECT 1 / $1::int', [0]),
          client.query('ROLLBACK'),
          client.query("SELECT current_setting('app.tenant_id') AS tenant"),
        ])
        client.release()
        const tenants = outcomes.map((outcome) =>
          outcome.status === 'fulfilled' ? outcome.value.rows[0]?.tenant : 'refused',
        )
        expect(tenants).toEqual([undefined, 't1', 't1', 'refused', undefined, ''])
      },
      { pipeline: true },
    ))

  test('gives the next client a session without the last one’s traces', () =>
    withPool(database, async (pool) => {
      const first = await pool.connect()
      await first.query('CREATE TABLE trace (n int); CREATE ROLE somebody')
      await first.query({ name: 'prepared', text: 'SELECT 1' })
      await first.query("SET ROLE somebody; SET app.tenant_id = 't1'; SELECT pg_advisory_lock(1)")
      await first.query('RESET ROLE; BEGIN; INSERT INTO trace VALUES (1); SET ROLE somebody')
      first.release(true)

      const next = await pool.connect()
      const { rows } = await next.query(`
        SELECT current_user AS "user", current_setting('app.tenant_id', true) AS tenant,
          (SELECT count(*)::int FROM trace) AS written,
          (SELECT count(*)::int FROM pg_prepared_statements) AS prepared,
          (SELECT count(*)::int FROM pg_locks WHERE locktype = 'advisory') AS locks`)
      expect(rows).toEqual([{ user: 'postgres', tenant: '', written: 0, prepared: 0, locks: 0 }])
      next.release()
    }))

  test('never mixes two clients: the second connects when the first has ended', async () => {
    const events: string[] = []
    const first = new pg.Client(database.poolConfig)
    await first.connect()
    const second = new pg.Client(database.poolConfig)
    const connected = second.connect().then(() => events.push('second connected'))
    await first.query('SELECT pg_sleep(0.05)')
    events.push('first ends')
    await first.end()
    await connected
    await second.end()
    expect(events).toEqual(['first ends', 'second connected'])
  })

  test('makes an independent copy from a dump', async () => {
    await withPool(database, (pool) => pool.query('CREATE TABLE copied AS SELECT 1 AS n'))
    const copy = await openEmbedded({ dump: await database.dump() })
    await withPool(copy, async (pool) => {
      expect((await pool.query('SELECT n FROM copied')).rows).toEqual([{ n: 1 }])
      await pool.query('DROP TABLE copied')
    })
    await copy.close()
    await withPool(database, (pool) => pool.query('SELECT n FROM copied'))
  })

  test('ends every connection when it is closed', async () => {
    const short = await openEmbedded({ dump: empty })
    const client = new pg.Client(short.poolConfig)
    client.on('error', () => {})
    await client.connect()
    const ended = new Promise((resolve) => client.once('end', resolve))
    await short.close()
    await ended
    await expect(client.query('SELECT 1')).rejects.toThrow()
    await expect(new pg.Client(short.poolConfig).connect()).rejects.toThrow('has ended')
  })

  test('fails the statement and every later connection when the thread ends', async () => {
    const thread = new EmbeddedThread({ dump: empty })
    await thread.opened
    const session = new EmbeddedSession(thread)
    const config = { stream: () => session.stream(), user: 'postgres', database: 'postgres' }
    const client = new pg.Client(config)
    client.on('error', () => {})
    await client.connect()
    const statement = client.query('SELECT pg_sleep(60)')
    await thread.stop()
    await expect(statement).rejects.toThrow('the embedded database has ended')
    await expect(new pg.Client(config).connect()).rejects.toThrow('the embedded database has ended')
  })

  test('rejects when the database cannot be opened', async () => {
    await expect(openEmbedded({ dump: Uint8Array.of(1, 2, 3) })).rejects.toThrow()
  })
})

describe('openEmbedded in a directory', { timeout: 120_000 }, () => {
  let directory: string

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'dealgraph-embedded-'))
  })

  afterEach(() => rm(directory, { recursive: true, force: true }))

  test('finds what was written when it is opened again, and lets one opener in at a time', async () => {
    const first = await openEmbedded({ dataDir: directory, holder: 'dealgraph serve' })
    await expect(openEmbedded({ dataDir: directory })).rejects.toThrow(DirectoryInUseError)
    await withPool(first, (pool) => pool.query('CREATE TABLE kept AS SELECT 42 AS n'))
    await first.close()

    const second = await openEmbedded({ dataDir: directory })
    const { rows } = await withPool(second, (pool) => pool.query('SELECT n FROM kept'))
    expect(rows).toEqual([{ n: 42 }])
    await second.close()
    expect(await readdir(directory)).toEqual(['postgres'])
  })

  test('keeps what was acknowledged when the process is killed', async () => {
    const module = new URL('../src/database/embedded.ts', import.meta.url).href
    const script = `import(${JSON.stringify(module)}).then(async ({ openEmbedded }) => {
      const { default: pg } = await import('pg')
      const { poolConfig } = await openEmbedded({ dataDir: ${JSON.stringify(directory)} })
      const pool = new pg.Pool(poolConfig)
      await pool.query('CREATE TABLE acknowledged (n int)')
      for (let n = 1; ; n++) {
        await pool.query('INSERT INTO acknowledged VALUES ($1)', [n])
        console.log(n)
      }
    })`
    const child = spawn(process.execPath, ['--import', 'tsx', '--eval', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let acknowledged = 0
    const lines = createInterface(child.stdout).on('line', (line) => {
      acknowledged = Number(line)
      if (acknowledged === 200) child.kill('SIGKILL')
    })
    await once(lines, 'close')
    const database = await openEmbedded({ dataDir: directory })
    const { rows } = await withPool(database, (pool) =>
      pool.query('SELECT count(*)::int AS rows, max(n) AS last FROM acknowledged'),
    )
    await database.close()
    expect(rows[0].rows).toBe(rows[0].last)
    expect(rows[0].last).toBeGreaterThanOrEqual(acknowledged)
  })

  test('begins anew where a killed process left a directory half made', async () => {
    await mkdir(join(directory, 'postgres.new', 'base'), { recursive: true })
    await writeFile(join(directory, 'postgres.new', 'PG_VERSION'), '18\n')
    const database = await openEmbedded({ dataDir: directory })
    await withPool(database, (pool) => pool.query('SELECT 1'))
    await database.close()
  })
})
