import { readdirSync, readFileSync } from 'node:fs'
import type pg from 'pg'

/** What a candidate has used of the processors by now, in seconds; null where the system does not tell. */
export interface Usage {
  node: number | null
  /** Each process of PostgreSQL by its id; empty where they are on another machine. */
  backends: ReadonlyMap<number, number>
}

/** All threads of a process, to the nanosecond. */
function secondsOf(pid: number): number | null {
  try {
    const threads = readdirSync(`/proc/${pid}/task`)
    const nanoseconds = threads.map((thread) =>
      Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]),
    )
    return nanoseconds.reduce((sum, one) => sum + one, 0) / 1e9
  } catch {
    return null
  }
}

/** Of the candidate's process, and of all that PostgreSQL runs for the database, if that is on this machine. */
export async function usageOf(pid: number, client: pg.Client): Promise<Usage> {
  const { rows } = await client.query<{ pid: number; local: boolean }>(
    `SELECT pid, coalesce(inet_server_addr() << '127.0.0.0/8', true) AS local FROM pg_stat_activity
     WHERE datname = current_database() AND backend_type = 'client backend'`,
  )
  const backends = new Map<number, number>()
  for (const row of rows) {
    const seconds = row.local ? secondsOf(row.pid) : null
    if (seconds !== null) backends.set(row.pid, seconds)
  }
  return { node: secondsOf(pid), backends }
}

export function nodeSeconds(before: Usage, after: Usage): number | null {
  return before.node === null || after.node === null ? null : after.node - before.node
}

/** Of those that are still there: what was closed meanwhile has told nothing of its end. */
export function postgresSeconds(before: Usage, after: Usage): number | null {
  if (after.backends.size === 0) return null
  let sum = 0
  for (const [pid, seconds] of after.backends) sum += seconds - (before.backends.get(pid) ?? 0)
  return sum
}

export function residentMegabytes(pid: number): number | null {
  try {
    const kilobytes = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return kilobytes === undefined ? null : Number(kilobytes) / 1_024
  } catch {
    return null
  }
}
