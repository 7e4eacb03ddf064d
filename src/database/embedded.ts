import { join } from 'node:path'
import type pg from 'pg'
import { lockDirectory } from './directory-lock.ts'
import { EmbeddedSession } from './embedded-session.ts'
import { EmbeddedThread } from './embedded-thread.ts'
import type { Bytes, Storage } from './embedded-worker.ts'

export interface EmbeddedDatabase {
  /** Connects node-postgres to the database. Its one connection is a superuser's. */
  readonly poolConfig: pg.PoolConfig
  /**
   * The whole database as bytes, from which `openEmbedded` makes another in memory in a fraction of
   * a second.
   */
  dump(): Promise<Bytes>
  close(): Promise<void>
}

export type EmbeddedOptions =
  | {
      dataDir: string
      /**
       * What the process that holds the directory is, for whoever is refused: `dealgraph serve`.
       */
      holder?: string
    }
  | { dataDir?: never; dump?: Bytes }

/**
 * PostgreSQL inside this process, in a thread of its own: with a `dataDir`, which one process at a
 * time may open, or in memory. It knows the extensions pg_trgm and btree_gin.
 */
export async function openEmbedded(options: EmbeddedOptions = {}): Promise<EmbeddedDatabase> {
  if (options.dataDir === undefined) return start({ dump: options.dump })
  const unlock = await lockDirectory(options.dataDir, options.holder ?? 'dealgraph')
  try {
    return await start({ directory: join(options.dataDir, 'postgres') }, unlock)
  } catch (error) {
    await unlock()
    throw error
  }
}

async function start(storage: Storage, afterwards = async () => {}): Promise<EmbeddedDatabase> {
  const thread = new EmbeddedThread(storage)
  await thread.opened
  const session = new EmbeddedSession(thread)
  const close = async () => {
    session.end()
    await thread.ask({ kind: 'close' }).finally(() => thread.stop())
  }
  let closing: Promise<void> | undefined
  return {
    poolConfig: {
      stream: () => session.stream(),
      user: 'postgres',
      database: 'postgres',
      max: 1,
      idleTimeoutMillis: 0,
    },
    dump: () => thread.ask({ kind: 'dump' }),
    close() {
      closing ??= close().finally(afterwards)
      return closing
    },
  }
}
