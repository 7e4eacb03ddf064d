/** The most that one operation may cost, unless it is configured. */
export const defaultCostLimit = 10_000

export interface BucketSize {
  /** How many points it holds. */
  maximum: number
  /** How many points come back a second. */
  restoreRate: number
}

export const defaultBucketSize: BucketSize = { maximum: 20_000, restoreRate: 1_000 }

/** What is in a viewer's bucket. */
export interface RateLimit extends BucketSize {
  /** In whole points; below zero after more was read than was asked for. */
  available: number
}

export interface Taken {
  /** Whether the bucket held the cost. If not, nothing was taken. */
  isTaken: boolean
  /** What is left; a fraction, and below zero where more was read than was asked for. */
  available: number
}
