import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { newDatabase } from '../scratch-database.ts'

const cli = new URL('../../dist/cli.js', import.meta.url).pathname
const run = promisify(execFile)

export type Environment = Record<string, string>

export interface Place {
  env: Environment
  remove(): Promise<void>
}

/**
 * A fresh database for a gateway: a directory for the embedded one, or a database of the server at
 * DATABASE_URL.
 */
export async function freshPlace(): Promise<Place> {
  const server = process.env.DATABASE_URL
  return server ? serverPlace(server) : embeddedPlace()
}

export async function embeddedPlace(): Promise<Place> {
  const dataDir = await mkdtemp(join(tmpdir(), 'dealgraph-'))
  return {
    env: { DATA_DIR: dataDir, DATABASE_URL: '' },
    remove: () => rm(dataDir, { recursive: true, force: true }),
  }
}

async function serverPlace(server: string): Promise<Place> {
  const { url, drop: remove } = await newDatabase(server)
  const env = { DATABASE_URL: url }
  await dealgraph(env, 'migrate')
  return { env, remove }
}

/** Runs one command to its end and returns its standard output. */
export async function dealgraph(env: Environment, ...args: string[]): Promise<string> {
  const { stdout } = await run(process.execPath, [cli, ...args], {
    env: { ...process.env, ...env },
  })
  return stdout.trim()
}

/** A key for the demo tenant: the embedded gateway prints one, on a server the tenant is seeded. */
export async function demoKeyOf(place: Place, gateway: Gateway): Promise<string> {
  return gateway.demoKey ?? (JSON.parse(await dealgraph(place.env, 'seed', '--json')).key as string)
}

export interface Gateway {
  url: string
  demoKey: string | null
  process: ChildProcess
  /** What it has printed on standard output. */
  output(): string
  kill(signal: NodeJS.Signals): Promise<number | null>
  // biome-ignore lint/suspicious/noExplicitAny: an answer has the shape that its test asked for.
  graphql(key: string, query: string, variables?: object): Promise<any>
}

/** Tests look at more at once than a client may. */
const unlimited = { COST_LIMIT: 'off', RATE_LIMIT_MAXIMUM: 'off' }

/** Starts the gateway on a free port and waits until it says that it is ready. */
export async function startGateway(
  env: Environment,
  [command = '', ...args]: string[] = [process.execPath, cli, 'serve'],
): Promise<Gateway> {
  const child = spawn(command, args, {
    env: { ...process.env, LOG_LEVEL: 'warn', PORT: '0', ...unlimited, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own, so that a signal reaches what npm has started as well.
    detached: true,
  })
  let output = ''
  let errors = ''
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const ready = new Promise<void>((resolve, reject) => {
    child.stdout?.on('data', (chunk) => {
      output += chunk
      const last = env.DATABASE_URL ? /^GraphiQL.*\n/m : /^Demo key.*\n/m
      if (last.test(output)) resolve()
    })
    child.stderr?.on('data', (chunk) => {
      errors += chunk
    })
    exited.then(() => reject(new Error(errors || 'the gateway ended without a word')))
  })
  await ready
  const url = /^GraphiQL {2}(\S+)\/graphql$/m.exec(output)?.[1] ?? ''
  return {
    url,
    demoKey: /^Demo key {2}(\S+)$/m.exec(output)?.[1] ?? null,
    process: child,
    output: () => output,
    async kill(signal) {
      if (child.pid && child.exitCode === null) process.kill(-child.pid, signal)
      return exited
    },
    async graphql(key, query, variables = {}) {
      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
        body: JSON.stringify({ query, variables }),
      })
      const { data, errors: problems } = (await response.json()) as {
        data: unknown
        errors?: unknown
      }
      if (problems) throw new Error(JSON.stringify(problems))
      return data
    },
  }
}
