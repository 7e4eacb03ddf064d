import pg from 'pg'
import { createDatabase, type Database } from './database.ts'
import { openEmbedded } from './embedded.ts'
import { deployMigrations } from './migrations.ts'

export type DatabaseLocation = { url: string; poolSize: number } | { dataDir: string }

export interface Connection {
  database: Database
  close(): Promise<void>
}

const second = 1_000

/**
 * Connects to PostgreSQL by its URL, or opens the embedded database of a directory and brings its
 * tables up to date: it has no other user who could. The holder says what the process is to whoever
 * finds the directory taken. Where requests with a deadline are served, a wait that does not know of
 * it, such as for authentication, is not given up before.
 */
export async function connectDatabase(
  location: DatabaseLocation,
  holder: string,
  requestTimeoutMs = 0,
): Promise<Connection> {
  const patienceMs = Math.max(10 * second, requestTimeoutMs)
  if ('url' in location) {
    const database = createDatabase(
      {
        connectionString: location.url,
        max: location.poolSize,
        connectionTimeoutMillis: patienceMs,
      },
      { statementTimeoutMs: patienceMs },
    )
    return { database, close: () => database.close() }
  }
  const embedded = await openEmbedded({ dataDir: location.dataDir, holder })
  try {
    await deployMigrations(embedded.poolConfig)
    await analyze(embedded.poolConfig)
  } catch (error) {
    await embedded.close()
    throw error
  }
  // Transactions run one after another on its one session, so a burst of requests waits longer than
  // on a server.
  const database = createDatabase(embedded.poolConfig, { maxWaitMs: 60 * second })
  return {
    database,
    async close() {
      await database.close()
      await embedded.close()
    },
  }
}

/**
 * Tells the planner what the tables hold. A server does it by itself; the embedded database has
 * nobody who would.
 */
async function analyze(config: pg.PoolConfig): Promise<void> {
  const client = new pg.Client(config)
  await client.connect()
  await client.query('ANALYZE')
  await client.end()
}
