import type { Viewer } from '../auth/viewer.ts'
import { codedError, errorStatus } from '../errors.ts'
import type { RateLimit } from '../throttle/bucket.ts'
import type { Throttle } from '../throttle/throttle.ts'
import type { Answer } from './answer.ts'
import { leastCost, type OperationCost } from './cost.ts'

/** Executes with what the viewer's bucket holds, if there are buckets. */
export type Execute = (rateLimit: RateLimit | null) => Promise<Answer>

/**
 * Takes what the operation may cost, executes it, and gives back what it did not read. An operation
 * that the bucket does not hold is refused before anything of it ran.
 */
export async function executeCharged(
  throttle: Throttle | null,
  viewer: Viewer | null,
  cost: OperationCost,
  execute: Execute,
): Promise<Answer> {
  const { requested } = cost
  if (!throttle) {
    const result = await execute(null)
    return withCost(result, viewer, { requested, actual: actualCost(cost, result) })
  }
  const charge = await throttle.take(viewer, requested)
  const { rateLimit, retryAfterSeconds } = charge
  if (!charge.isTaken) {
    const refused = { errors: [throttled(requested, rateLimit, retryAfterSeconds)] }
    return withCost(refused, viewer, { requested, actual: null, ...rateLimit })
  }
  const result = await execute(rateLimit)
  const actual = actualCost(cost, result)
  return withCost(result, viewer, { requested, actual, ...charge.settle(actual) })
}

/** The same for what may come to nothing, which is then not charged, whatever the bucket holds. */
export async function tryCharged(
  throttle: Throttle | null,
  viewer: Viewer | null,
  cost: OperationCost,
  execute: () => Promise<Answer | null>,
): Promise<Answer | null> {
  const charge = await throttle?.take(viewer, cost.requested)
  if (charge && !charge.isTaken) return null
  // Of what throws nobody knows what it has read: it keeps its charge.
  const result = await execute()
  const actual = result ? actualCost(cost, result) : 0
  const rateLimit = charge?.settle(actual)
  return result && withCost(result, viewer, { requested: cost.requested, actual, ...rateLimit })
}

/** What was read for an answer with errors is not known, so that nothing is given back. */
function actualCost(cost: OperationCost, { data, errors, points }: Answer): number {
  if (points !== undefined) return points
  // Without `data` nothing was executed.
  if (data === undefined) return leastCost
  const actual = data === null ? leastCost : cost.actual(data)
  return errors ? Math.max(actual, cost.requested) : actual
}

function throttled(requested: number, { available }: RateLimit, retryAfterSeconds: number) {
  const http = {
    status: errorStatus.THROTTLED,
    headers: { 'retry-after': String(retryAfterSeconds) },
  }
  return codedError(
    'THROTTLED',
    `The operation costs up to ${requested} points, and ${available} are left: nothing was done. Send it again in ${retryAfterSeconds} s.`,
    { retryAfterSeconds, http },
  )
}

/** The anonymous share a bucket, which is none of their business. */
function withCost(result: Answer, viewer: Viewer | null, cost: object): Answer {
  return viewer ? { ...result, extensions: { ...result.extensions, cost } } : result
}
