import { existsSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { PGlite } from '@electric-sql/pglite'
import { btree_gin } from '@electric-sql/pglite/contrib/btree_gin'
import { pg_trgm } from '@electric-sql/pglite/contrib/pg_trgm'

export type Bytes = Uint8Array<ArrayBuffer>

/** Where the database lies: in a directory, or in memory, there empty or as a dump was taken. */
export type Storage = { directory: string } | { directory?: never; dump?: Bytes | undefined }

export type Request =
  | { kind: 'reset' }
  | { kind: 'execute'; bytes: Bytes }
  | { kind: 'dump' }
  | { kind: 'close' }

const extensions = { pg_trgm, btree_gin }
/** Ends what an error in the middle of an extended query began: the skipping of all messages. */
const sync = Uint8Array.of('S'.charCodeAt(0), 0, 0, 0, 4)

async function open(storage: Storage): Promise<PGlite> {
  if (storage.directory === undefined) {
    const { dump } = storage
    return PGlite.create({ extensions, ...(dump && { loadDataDir: new Blob([dump]) }) })
  }
  if (!existsSync(storage.directory)) await initialize(storage.directory)
  return PGlite.create({ dataDir: storage.directory, extensions })
}

/**
 * The directory gets its name when it is complete: one that a killed process left half made is
 * never opened.
 */
async function initialize(directory: string): Promise<void> {
  const unfinished = `${directory}.new`
  await rm(unfinished, { recursive: true, force: true })
  const database = await PGlite.create({ dataDir: unfinished })
  await database.close()
  await rename(unfinished, directory)
}

async function handle(database: PGlite, request: Request): Promise<Bytes> {
  switch (request.kind) {
    case 'execute':
      return new Uint8Array(await database.execProtocolRaw(request.bytes))
    case 'dump':
      return new Uint8Array(await (await database.dumpDataDir('none')).arrayBuffer())
    case 'reset':
      await reset(database)
      return new Uint8Array()
    case 'close':
      await database.close()
      return new Uint8Array()
  }
}

/** Leaves the one session as a new connection would find it. */
async function reset(database: PGlite): Promise<void> {
  await database.execProtocolRaw(sync)
  if (database.isInTransaction()) await database.exec('ROLLBACK')
  await database.exec('DISCARD ALL')
}

/**
 * Says that the database is open and then answers each request in its order. SQL errors are part of
 * an answer; any other error is PostgreSQL's own end, and is thrown so that the thread ends with
 * it.
 */
async function main(storage: Storage): Promise<void> {
  if (!parentPort) throw new Error('the embedded database runs in a worker thread')
  const port = parentPort
  const answer = (bytes: Bytes) => port.postMessage(bytes, [bytes.buffer])
  const database = await open(storage)
  let turn = Promise.resolve()
  port.on('message', (request: Request) => {
    turn = turn.then(() => handle(database, request)).then(answer)
  })
  answer(new Uint8Array())
}

await main(workerData)
