import type { Database, Db } from './database.ts'
import type { Retryable } from './idempotency.ts'
import type { TransactionView } from './tenant-view.ts'
import { type Work, type WriteScope, type Written, writeOnce } from './transaction.ts'

/**
 * The transactions of one GraphQL operation.
 *
 * `db` reads in one transaction, opened at the first statement. A write ends it, so that what is
 * read afterwards sees the write; mutation fields run one after another, so nothing of the field
 * before is still reading.
 */
export interface Session {
  readonly db: Db
  write<T>(scope: WriteScope, work: Work<T>, retryable?: Retryable): Promise<Written<T>>
  close(): Promise<void>
}

/**
 * Why a read is refused that nobody waits for: its branch was given up for an error beside it, and
 * the operation has gone on. It is no error of the answer.
 */
export class Abandoned extends Error {}

interface OpenRead {
  db: Promise<Db>
  end(): Promise<void>
}

export function openSession(database: Database, view: () => TransactionView): Session {
  let read: OpenRead | undefined
  let isReading = true
  const calls = new Set<Promise<unknown>>()
  const db = deferred(calls, () => {
    if (!isReading) throw new Abandoned()
    read ??= openRead(database, view())
    return read.db
  })
  const close = async () => {
    isReading = false
    const open = read
    read = undefined
    // A call on its way could otherwise send its next statement on a connection that is another's.
    await Promise.allSettled(calls)
    await open?.end()
  }
  return {
    db,
    async write(scope, work, retryable) {
      await close()
      try {
        return await writeOnce(database, scope, work, retryable)
      } finally {
        isReading = true
      }
    },
    close,
  }
}

function openRead(database: Database, view: TransactionView): OpenRead {
  let end = () => {}
  const ended = new Promise<void>((resolve) => {
    end = resolve
  })
  let finished: Promise<void> = Promise.resolve()
  const db = new Promise<Db>((resolve, reject) => {
    const work = (open: Db) => {
      resolve(open)
      return ended
    }
    finished = database.read(view, work)
    // Before the transaction is open this is why it could not be; afterwards nobody waits for `db`
    // any more.
    finished.catch(reject)
  })
  return {
    db,
    end: () => {
      end()
      // A read has nothing to lose at its end, and a failed statement was reported where it was
      // awaited.
      return finished.catch(() => {})
    },
  }
}

/** A Prisma client whose every call first waits for the transaction; `calls` are those on their way. */
function deferred(calls: Set<Promise<unknown>>, open: () => Promise<Db>): Db {
  const models = new Map<string, object>()
  const call =
    (path: (db: Db) => unknown, name: string) =>
    (...args: unknown[]) => {
      const made = (async () => {
        const target = path(await open()) as Record<string, (...args: unknown[]) => unknown>
        return target[name]?.(...args)
      })()
      calls.add(made)
      const settled = () => void calls.delete(made)
      made.then(settled, settled)
      return made
    }
  const model = (modelName: string) =>
    new Proxy({}, { get: (_, method: string) => call((db) => db[modelName as keyof Db], method) })
  return new Proxy({} as Db, {
    has: () => true,
    get(_, name: string) {
      if (name.startsWith('$')) return call((db) => db, name)
      if (!models.has(name)) models.set(name, model(name))
      return models.get(name)
    },
  })
}
