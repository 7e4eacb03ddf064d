import type pg from 'pg'
import type { Candidate } from './candidates.ts'
import { drive, type Source, type Sources, sourcesOf, warmUp } from './driver.ts'
import type { OperationName } from './operations.ts'
import type { Options } from './options.ts'
import type { Running } from './processes.ts'
import { nodeSeconds, postgresSeconds, residentMegabytes, usageOf } from './usage.ts'
import { openCountedWay } from './wire.ts'
import type { World } from './world.ts'

export interface Contestant {
  candidate: Candidate
  running: Running
  sources: Sources
}

/** What one candidate did in one round. */
export interface Round {
  perSecond: number
  p50Ms: number
  p99Ms: number
  /** Of one operation, in milliseconds of a processor. */
  nodeCpuMs: number | null
  postgresCpuMs: number | null
}

export interface Series {
  operation: OperationName
  connections: number
  candidate: string
  rounds: Round[]
}

export interface Measured {
  series: Series[]
  /** Of each candidate at the highest number of connections. */
  residentMegabytes: Record<string, number | null>
  statements: Record<string, Partial<Record<OperationName, number>>>
}

type Plan = Pick<Options, 'only' | 'connections' | 'rounds' | 'seconds'>

/** Drives the candidates in turns, so that each has its share of the machine's quiet and busy times. */
export async function measure(
  contestants: Contestant[],
  client: pg.Client,
  plan: Plan,
  tell: (progress: string) => void,
): Promise<Pick<Measured, 'series' | 'residentMegabytes'>> {
  const series: Series[] = []
  const resident: Record<string, number | null> = {}
  for (const connections of plan.connections) {
    for (const operation of plan.only) {
      tell(`${operation} at ${connections}`)
      const all = contestants.map(({ candidate: { name } }) => ({
        operation,
        connections,
        candidate: name as string,
        rounds: [] as Round[],
      }))
      for (let round = 0; round < plan.rounds; round += 1) {
        for (const [index, { candidate, running, sources }] of contestants.entries()) {
          const load = { connections, seconds: plan.seconds }
          all[index]?.rounds.push(await oneRound(running, sources[operation], load, client))
          if (connections === Math.max(...plan.connections)) {
            const now = residentMegabytes(running.pid)
            resident[candidate.name] = now && Math.max(now, resident[candidate.name] ?? 0)
          }
        }
      }
      series.push(...all)
    }
  }
  return { series, residentMegabytes: resident }
}

async function oneRound(
  { pid, port }: Running,
  source: Source,
  load: { connections: number; seconds: number },
  client: pg.Client,
): Promise<Round> {
  let before = await usageOf(pid, client)
  const { latencies, seconds } = await drive(port, source, load, async () => {
    before = await usageOf(pid, client)
  })
  const after = await usageOf(pid, client)
  const count = latencies.length
  const each = (used: number | null) =>
    used === null || count === 0 ? null : (used * 1_000) / count
  return {
    perSecond: count / seconds,
    p50Ms: latencies[Math.floor(count * 0.5)] ?? Number.NaN,
    p99Ms: latencies[Math.floor(count * 0.99)] ?? Number.NaN,
    nodeCpuMs: each(nodeSeconds(before, after)),
    postgresCpuMs: each(postgresSeconds(before, after)),
  }
}

const counted = 10
/** So many requests are sent first, after which each answer that E1 asks for again is known. */
const before = 100

/** How many statements one operation takes, counted on a way that is not timed, after what is only done at first. */
export async function countStatements(
  candidate: Candidate,
  databaseUrl: string,
  world: World,
  { only, seed }: Pick<Options, 'only' | 'seed'>,
): Promise<Partial<Record<OperationName, number>>> {
  const way = await openCountedWay(databaseUrl)
  const running = await candidate.start(way.url)
  const statements: Partial<Record<OperationName, number>> = {}
  try {
    const sources = await sourcesOf(candidate, running.port, world, seed)
    for (const operation of only) {
      await warmUp(running.port, sources[operation], before)
      const completed = way.completed()
      await warmUp(running.port, sources[operation], counted)
      statements[operation] = (way.completed() - completed) / counted
    }
  } finally {
    await running.stop()
    way.close()
  }
  return statements
}
