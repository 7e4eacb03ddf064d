import { readFileSync } from 'node:fs'
import type pg from 'pg'

/** What a candidate has used of the processors by now, in seconds; null where the system does not tell. */
export interface Usage {
  node: number | null
  postgres: number | null
}

// What Linux counts in, on all of its platforms.
const ticksPerSecond = 100

function secondsOf(pid: number): number | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
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
  const backends = rows.map((row) => (row.local ? secondsOf(row.pid) : null))
  const known = backends.filter((seconds) => seconds !== null)
  return {
    node: secondsOf(pid),
    postgres: known.length > 0 ? known.reduce((sum, seconds) => sum + seconds, 0) : null,
  }
}

export function residentMegabytes(pid: number): number | null {
  try {
    const kilobytes = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return kilobytes === undefined ? null : Number(kilobytes) / 1_024
  } catch {
    return null
  }
}
