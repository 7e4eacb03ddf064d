import type { Viewer } from '../auth/viewer.ts'
import { type BucketSize, defaultBucketSize, type RateLimit, type Taken } from './bucket.ts'
import { createMemoryBuckets, type MemoryBuckets } from './memory.ts'
import type { RedisBuckets } from './redis.ts'

/** What came of asking for an operation's cost. */
export interface Charge {
  isTaken: boolean
  /** What is in the bucket after it. */
  rateLimit: RateLimit
  /** In how many whole seconds the cost would be there, if nobody else takes of it. */
  retryAfterSeconds: number
  /** Takes or gives back the difference to what was really read, and says what is there then. */
  settle(actual: number): RateLimit
}

export interface Throttle {
  size: BucketSize
  /** Checks, then takes: a cost that the bucket does not hold takes nothing. */
  take(viewer: Viewer | null, cost: number): Promise<Charge>
  /** What an operator should know while requests are answered all the same. */
  warnings(): string[]
  close(): void
}

export interface ThrottleOptions {
  size?: BucketSize
  /** Buckets that other processes share; without them, and while they fail, each has its own. */
  shared?: RedisBuckets | null
  memory?: MemoryBuckets
}

/** Leaky buckets, one for each credential of a tenant, and one for all who have none. */
export function createThrottle({
  size = defaultBucketSize,
  shared = null,
  memory = createMemoryBuckets(size),
}: ThrottleOptions = {}): Throttle {
  async function takeShared(key: string, cost: number): Promise<Taken | null> {
    if (!shared?.isUp()) return null
    try {
      return await shared.take(key, cost)
    } catch {
      // Said in the log by the one who found it.
      return null
    }
  }

  return {
    size,
    async take(viewer, cost) {
      const key = bucketOf(viewer)
      const taken = await takeShared(key, cost)
      const buckets = taken && shared ? shared : memory
      const { isTaken, available } = taken ?? memory.take(key, cost)
      return {
        isTaken,
        rateLimit: rateLimit(size, available),
        retryAfterSeconds: Math.max(1, Math.ceil((cost - available) / size.restoreRate)),
        settle(actual) {
          if (actual !== cost) buckets.settle(key, actual - cost)
          return rateLimit(size, available + cost - actual)
        },
      }
    },
    warnings: () =>
      shared?.isDown()
        ? ['Redis does not answer: each process keeps its own rate limits until it does.']
        : [],
    close: () => shared?.close(),
  }
}

/** One for each credential. */
export function bucketOf(viewer: Viewer | null): string {
  if (!viewer) return 'anonymous'
  const { tenantId, apiKeyId, memberId } = viewer
  return apiKeyId ? `${tenantId}:key:${apiKeyId}` : `${tenantId}:member:${memberId}`
}

function rateLimit({ maximum, restoreRate }: BucketSize, available: number): RateLimit {
  return { maximum, available: Math.floor(Math.min(available, maximum)), restoreRate }
}
