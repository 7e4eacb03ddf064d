import { z } from 'zod'
import { type JwtSettings, jwtEnvironment } from './auth/jwt-settings.ts'

const port = z.coerce.number().int().min(0).max(65_535)
const origins = z
  .string()
  .transform((list) =>
    list
      .split(',')
      .map((origin) => origin.trim())
      .filter(Boolean),
  )
  .pipe(z.array(z.url({ protocol: /^https?$/ })))

const environment = z.object({
  DATABASE_URL: z
    .string()
    .regex(
      /^postgres(ql)?:\/\//,
      'must be a PostgreSQL URL: postgresql://user:password@host:5432/database',
    )
    .optional(),
  DATABASE_POOL_SIZE: z.coerce.number().int().min(1).max(1_000).default(10),
  DATA_DIR: z.string().min(1).default('.data'),
  PORT: port.default(4_000),
  HOST: z.string().min(1).default('127.0.0.1'),
  REQUEST_TIMEOUT_MS: z.coerce.number().int().min(100).max(60_000).default(10_000),
  MAX_IN_FLIGHT: z.coerce.number().int().min(1).max(10_000).optional(),
  MAX_QUEUED: z.coerce.number().int().min(0).max(100_000).default(200),
  MAX_CONNECTIONS: z.coerce.number().int().min(1).max(1_000_000).default(5_000),
  KEEP_ALIVE_TIMEOUT_MS: z.coerce.number().int().min(1_000).max(3_600_000).default(65_000),
  CORS_ORIGINS: origins.default([]),
  GRAPHIQL: z.stringbool().default(true),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
})

export interface Config {
  database: { url: string; poolSize: number } | { dataDir: string }
  port: number
  host: string
  requestTimeoutMs: number
  admission: { maxInFlight: number; maxQueued: number }
  maxConnections: number
  keepAliveTimeoutMs: number
  corsOrigins: string[]
  graphiql: boolean
  logLevel: string
  /** Which tokens are taken beside API keys; null when none are. */
  jwt: JwtSettings | null
}

/**
 * The configuration that an environment describes. What it cannot be throws, by the variable's name
 * and what it should be.
 */
export function readConfig(env: Record<string, string | undefined> = process.env): Config {
  const known = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''))
  const parsed = environment.safeParse(known)
  const jwt = jwtEnvironment.safeParse(known)
  if (!parsed.success || !jwt.success) {
    const issues = [parsed, jwt].flatMap(({ error }) => error?.issues ?? [])
    const problems = issues.map((issue) => `${issue.path[0] as string} is wrong: ${issue.message}`)
    throw new Error(problems.join('. '))
  }
  const {
    DATABASE_URL: url,
    DATABASE_POOL_SIZE: poolSize,
    DATA_DIR: dataDir,
    ...others
  } = parsed.data
  return {
    database: url ? { url, poolSize } : { dataDir },
    port: others.PORT,
    host: others.HOST,
    requestTimeoutMs: others.REQUEST_TIMEOUT_MS,
    // While one half has its connections, the other is read, prepared or written out.
    admission: {
      maxInFlight: others.MAX_IN_FLIGHT ?? 2 * poolSize,
      maxQueued: others.MAX_QUEUED,
    },
    maxConnections: others.MAX_CONNECTIONS,
    keepAliveTimeoutMs: others.KEEP_ALIVE_TIMEOUT_MS,
    corsOrigins: others.CORS_ORIGINS,
    graphiql: others.GRAPHIQL,
    logLevel: others.LOG_LEVEL,
    jwt: jwt.data,
  }
}
