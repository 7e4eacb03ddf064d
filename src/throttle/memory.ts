import type { BucketSize, Taken } from './bucket.ts'

export interface MemoryBuckets {
  take(key: string, cost: number): Taken
  /** Takes what was read beyond what was taken, or gives back what was not read. */
  settle(key: string, difference: number): void
  /** How many buckets it keeps. */
  size(): number
}

/** How much was taken of a bucket and has not come back, at a moment. */
interface Level {
  level: number
  at: number
}

/**
 * Buckets of this process. One that is full is the same as one never used, so that it is forgotten:
 * no more are kept than were used within the time that an empty one takes to fill.
 */
export function createMemoryBuckets(
  { maximum, restoreRate }: BucketSize,
  nowMs: () => number = () => performance.now(),
): MemoryBuckets {
  // In the order of their last use.
  const levels = new Map<string, Level>()

  function levelOf(known: Level | undefined, now: number): number {
    return known ? Math.max(0, known.level - ((now - known.at) / 1_000) * restoreRate) : 0
  }

  function set(key: string, level: number, at: number): void {
    levels.delete(key)
    if (level > 0) levels.set(key, { level, at })
    forgetFull(at)
  }

  /** The two longest unused at each use, which is more than a use adds. */
  function forgetFull(now: number): void {
    let looked = 0
    for (const [key, known] of levels) {
      looked += 1
      if (looked > 2 || levelOf(known, now) > 0) return
      levels.delete(key)
    }
  }

  return {
    take(key, cost) {
      const now = nowMs()
      const level = levelOf(levels.get(key), now)
      const isTaken = level + cost <= maximum
      if (isTaken) set(key, level + cost, now)
      return { isTaken, available: maximum - level - (isTaken ? cost : 0) }
    },
    settle(key, difference) {
      const now = nowMs()
      set(key, Math.max(0, levelOf(levels.get(key), now) + difference), now)
    },
    size: () => levels.size,
  }
}
