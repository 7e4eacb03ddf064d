import type { Logger } from 'pino'
import type { Recalled } from '../auth/authenticate.ts'
import type { Viewer } from '../auth/viewer.ts'
import type { Database } from '../database/database.ts'
import { isUndone } from '../database/interruption.ts'
import type { Flushed } from '../database/tenant-pool.ts'
import { DatabaseUnavailable } from '../database/unavailable.ts'
import type { Deadline } from '../deadline.ts'
import type { Feed } from '../feed.ts'
import { NotCompilable } from '../rows.ts'
import type { Compiled } from './plan.ts'
import { pointsIn } from './points.ts'

interface Asking {
  database: Database
  viewer: Viewer
  deadline: Deadline
  log: Logger
  requestId: string
  feed: Feed
  /** By whom it is asked if they still are who they were, which is proven with the answer. */
  recalled?: Recalled
}

/** The `data` of an answer as PostgreSQL has written it, and what it has read in points. */
export interface Answered {
  dataText: string
  points: number
  /** Who was answered, as they were then. */
  viewer: Viewer
}

const nothingSent: Flushed = { revision: null, rows: [] }

/**
 * Runs a compiled request in one round trip. What a search finds too much of is left to the
 * interpreter, and so is what fails, as it tells of a failure where in the answer it was.
 */
export async function answerOf(
  compiled: Compiled,
  asking: Asking,
): Promise<Answered | NotCompilable> {
  const { statements, access } = compiled
  const { database, viewer, deadline, recalled, feed } = asking
  const { tenantId, dealsOf } = viewer
  try {
    const scope = { tenantId, dealsOf, deadline, access, proof: recalled?.proof }
    const isSent = recalled || statements.length > 0
    const flushed = isSent ? await database.flush(scope, statements) : nothingSent
    if (!flushed) return new NotCompilable('who asks is not who they were')
    const { revision, rows } = flushed
    const proven = recalled && revision !== null ? recalled.proven(revision) : viewer
    const dataText = compiled.dataOf(rows)
    if (dataText === null) return new NotCompilable('it is not the usual case')
    feed.publish(tenantId, compiled.eventsOf(rows))
    return { dataText, points: pointsIn(dataText), viewer: proven }
  } catch (error) {
    return leftAfter(error, compiled, asking)
  }
}

/** A write of which nobody knows whether it was done is not tried again. */
function leftAfter(
  error: unknown,
  { access }: Compiled,
  { deadline, log, requestId }: Asking,
): NotCompilable {
  if (access === 'write' && !isUndone(error)) throw error
  if (!deadline.end.aborted && !(error instanceof DatabaseUnavailable))
    log.error({ err: error, requestId }, 'a compiled statement failed')
  return new NotCompilable('its statement failed')
}
