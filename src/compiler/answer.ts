import type { Logger } from 'pino'
import type { Recalled } from '../auth/authenticate.ts'
import type { Viewer } from '../auth/viewer.ts'
import type { Database } from '../database/database.ts'
import { isUndone } from '../database/interruption.ts'
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
  const proof = recalled ? [recalled.proof] : []
  try {
    const sent = [...proof, ...statements]
    const scope = { tenantId, dealsOf, deadline, access }
    const rows = sent.length > 0 ? await database.flush(scope, sent) : []
    const proven = recalled ? recalled.proven(rows[0] ?? null) : viewer
    if (!proven) return new NotCompilable('who asks is not who they were')
    const own = rows.slice(proof.length)
    const dataText = compiled.dataOf(own)
    if (dataText === null) return new NotCompilable('it is not the usual case')
    feed.publish(tenantId, compiled.eventsOf(own))
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
