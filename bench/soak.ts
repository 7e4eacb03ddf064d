import { type ChildProcess, spawn } from 'node:child_process'
import http from 'node:http'
import { setTimeout } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { dealgraph, freshPlace } from '../test/process/gateway.ts'
import {
  type Action,
  abuses,
  moveSomeDeal,
  type Outcome,
  reads,
  type Target,
} from './soak-requests.ts'

// Keeps a gateway busy with what people and strangers send, and tells whether it stays as it was:
// `npm run soak -- --minutes 5`, on the embedded database or in a new one on the server of DATABASE_URL. With --url and --key it
// aims at a gateway that runs on this machine, of whose process it knows nothing.

const warmUpMs = 10_000
const windowMs = 10_000
const mostGrowth = 2

/** What the probe tells of the gateway's process. */
interface Sample {
  rssMegabytes: number
  delayP99Ms: number
  delayMaxMs: number
  sockets: number
}

interface Gateway {
  url: URL
  key: string
  samples: { at: number; sample: Sample }[]
  /** Why it is no longer there; nothing while it is. */
  ended(): string | undefined
  stop(): Promise<void>
}

interface Seen extends Outcome {
  at: number
  ms: number
  kind: string
}

async function startGateway(): Promise<Gateway> {
  const place = await freshPlace()
  const path = (name: string) => new URL(name, import.meta.url).pathname
  const child = spawn(
    process.execPath,
    ['--import', path('./probe.mjs'), path('../dist/cli.js'), 'serve'],
    {
      env: { ...process.env, LOG_LEVEL: 'error', PORT: '0', ...place.env },
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    },
  )
  let end: string | undefined
  const exited = new Promise<void>((resolve) => {
    child.once('exit', (code, signal) => {
      end = `the gateway ended with ${signal ?? code}`
      resolve()
    })
  })
  const samples: Gateway['samples'] = []
  child.on('message', (sample) => samples.push({ at: performance.now(), sample: sample as Sample }))
  const output = await Promise.race([ready(child, !place.env.DATABASE_URL), exited])
  if (!output) throw new Error(end)
  const printed = /^Demo key {2}(\S+)$/m.exec(output)?.[1]
  const seeded = async () => JSON.parse(await dealgraph(place.env, 'seed', '--json')).key as string
  return {
    url: new URL(/^GraphiQL {2}(\S+)\/graphql$/m.exec(output)?.[1] ?? ''),
    key: printed ?? (await seeded()),
    samples,
    ended: () => end,
    async stop() {
      child.kill('SIGTERM')
      await Promise.race([exited, setTimeout(20_000, undefined, { ref: false })])
      child.kill('SIGKILL')
      await place.remove()
    },
  }
}

function ready(child: ChildProcess, isEmbedded: boolean): Promise<string> {
  const last = isEmbedded ? /^Demo key.*\n/m : /^GraphiQL.*\n/m
  return new Promise((resolve) => {
    let output = ''
    child.stdout?.on('data', (chunk) => {
      output += chunk
      if (last.test(output)) resolve(output)
    })
  })
}

function runningGateway(given: string, key: string): Gateway {
  const url = new URL(given)
  if (!['localhost', '127.0.0.1', '[::1]'].includes(url.hostname)) {
    throw new Error('--url must be of this machine: this is a load that nobody else asked for.')
  }
  return { url, key, samples: [], ended: () => undefined, stop: async () => {} }
}

/** What is done next: of ten, six read, one and a half move, and the others are abuse. */
function nextAction(): [kind: string, action: Action] {
  const chance = Math.random()
  if (chance < 0.6) return ['read', reads[Math.floor(Math.random() * reads.length)] as Action]
  if (chance < 0.75) return ['move', moveSomeDeal]
  const names = Object.keys(abuses)
  const name = names[Math.floor(Math.random() * names.length)] as string
  return [name, abuses[name] as Action]
}

async function load(gateway: Gateway, connections: number, until: number): Promise<Seen[]> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: connections })
  const target: Target = { url: gateway.url, key: gateway.key, agent }
  const seen: Seen[] = []
  const worker = async () => {
    while (performance.now() < until && !gateway.ended()) {
      const [kind, action] = nextAction()
      const at = performance.now()
      const outcome = await action(target)
      seen.push({ ...outcome, kind, at, ms: performance.now() - at })
    }
  }
  await Promise.all(Array.from({ length: connections }, worker))
  agent.destroy()
  return seen
}

function percentile(values: number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

function counts(values: (string | number)[]): string {
  const found: Record<string, number> = {}
  for (const value of values) found[value] = (found[value] ?? 0) + 1
  const parts = Object.entries(found).sort(([, a], [, b]) => b - a)
  return parts.map(([value, count]) => `${value} ${count}`).join(', ') || 'none'
}

/** How the gateway was in a time. */
function column(gateway: Gateway, seen: Seen[], [from, to]: [number, number]): string[] {
  const within = <T extends { at: number }>(all: T[]) =>
    all.filter(({ at }) => at >= from && at < to)
  const samples = within(gateway.samples).map(({ sample }) => sample)
  const of = (key: keyof Sample) =>
    percentile(
      samples.map((sample) => sample[key]),
      0.5,
    )
  const rounded = (value: number) => (Number.isNaN(value) ? '-' : value.toFixed(0))
  const requests = within(seen)
  const times = requests.filter(({ kind }) => kind === 'read').map(({ ms }) => ms)
  return [
    rounded(of('rssMegabytes')),
    rounded(of('delayP99Ms')),
    rounded(
      percentile(
        samples.map(({ delayMaxMs }) => delayMaxMs),
        1,
      ),
    ),
    rounded(of('sockets')),
    rounded((requests.length / (to - from)) * 1_000),
    rounded(percentile(times, 0.5)),
    rounded(percentile(times, 0.99)),
    counts(requests.map(({ status }) => status || 'no answer')),
    counts(requests.flatMap(({ codes }) => codes)),
  ]
}

const rows = [
  ...['RSS (MB)', 'event loop delay p99 (ms)', 'event loop delay max (ms)', 'open sockets'],
  ...['requests a second', 'read p50 (ms)', 'read p99 (ms)', 'statuses', 'error codes'],
]

function problemsOf(gateway: Gateway, seen: Seen[], [start, end]: [string[], string[]]): string[] {
  const faults = seen.filter(({ status, codes }) => status === 500 || codes.includes('INTERNAL'))
  const ended = gateway.ended()
  const grown = Number(end[0]) / Number(start[0])
  return [
    ...(ended ? [ended] : []),
    ...(faults.length > 0
      ? [`${faults.length} faults: ${counts(faults.map(({ kind }) => kind))}`]
      : []),
    ...(grown > mostGrowth ? [`its memory is ${grown.toFixed(1)} times that of the start`] : []),
    ...(seen.some(({ status }) => status === 200) ? [] : ['nothing was answered']),
  ]
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '5' },
      connections: { type: 'string', default: '64' },
      url: { type: 'string' },
      key: { type: 'string', default: '' },
    },
  })
  const say = (text: string) => void process.stdout.write(`${text}\n`)
  const gateway = values.url ? runningGateway(values.url, values.key) : await startGateway()
  try {
    const begin = performance.now()
    const until = begin + Math.max(Number(values.minutes) * 60_000, warmUpMs + 2 * windowMs)
    const connections = Number(values.connections)
    say(`${values.minutes} minutes at ${connections} connections on ${gateway.url.origin}`)
    const seen = await load(gateway, connections, until)
    const start = column(gateway, seen, [begin + warmUpMs, begin + warmUpMs + windowMs])
    const end = column(gateway, seen, [until - windowMs, until])
    say('| | at the start | at the end |\n|---|---|---|')
    for (const [at, row] of rows.entries()) say(`| ${row} | ${start[at]} | ${end[at]} |`)
    say(
      `\n${seen.length} requests; statuses: ${counts(seen.map(({ status }) => status || 'no answer'))}`,
    )
    say(`error codes: ${counts(seen.flatMap(({ codes }) => codes))}`)
    const problems = problemsOf(gateway, seen, [start, end])
    say(
      `It must live on, have no fault (500, INTERNAL), and at most ${mostGrowth} times its memory:`,
    )
    say(problems.length > 0 ? problems.join('\n') : 'so it was.')
    if (problems.length > 0) process.exitCode = 1
  } finally {
    await gateway.stop()
  }
}

await main()
