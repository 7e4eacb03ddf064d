import { pino } from 'pino'
import { type App, type AppOptions, createApp } from '../../src/app.ts'
import { authenticateApiKey } from '../../src/auth/api-key.ts'
import { createAuthenticate } from '../../src/auth/authenticate.ts'
import type { Database } from '../../src/database/database.ts'
import type { Throttle } from '../../src/throttle/throttle.ts'

/** The same gateway twice before one database. */
export interface Engines {
  interpreting: App
  compiling: App
}

const size = { maximum: 1_000_000, restoreRate: 1_000 }

/** A bucket that is full at the start of each request, so that answers tell the same of it. */
const fullBucket: Throttle = {
  size,
  take: async (_, cost) => ({
    ...{ isTaken: true, retryAfterSeconds: 1 },
    rateLimit: { ...size, available: size.maximum - cost },
    settle: (actual) => ({ ...size, available: size.maximum - actual }),
  }),
  warnings: () => [],
  close: () => {},
}
/**
 * An app that only interprets, and one that compiles what it can at first sight. What the second is
 * given beside shows whether a difference would be seen.
 */
export function enginesBefore(
  database: Database,
  now: Date,
  different: Partial<AppOptions> = {},
): Engines {
  const options: AppOptions = {
    database,
    // Unlike a gateway's, this does not record when a key was used, which an answer could show.
    authenticate: createAuthenticate([(credential) => authenticateApiKey(database, credential)]),
    clock: () => now,
    log: pino({ level: 'silent' }),
    unready: async () => [],
    requestTimeoutMs: 30_000,
    costLimit: 100_000,
    throttle: fullBucket,
  }
  return {
    interpreting: createApp({ ...options, compiler: null }),
    compiling: createApp({ ...options, compiler: { afterSeen: 0 }, ...different }),
  }
}
