import { z } from 'zod'
import { type Access, accesses } from './auth/access.ts'
import { type JwtSettings, jwtEnvironment } from './auth/jwt-settings.ts'
import { type OperationMode, type OperationModes, operationModes } from './persisted/mode.ts'
import { type BucketSize, defaultBucketSize, defaultCostLimit } from './throttle/bucket.ts'

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

/** Who may see something; a boolean says it for everybody. */
const access = z
  .preprocess(
    (value) => (value === 'true' ? 'public' : value === 'false' ? 'off' : value),
    z.enum(accesses),
  )
  .optional()

const off = z.literal('off').transform(() => null)
const limitOrOff = 'must be a number of points from 1 to 1000000000, or off'
const points = z.coerce.number().int().min(1).max(1_000_000_000)

const gatewayForm = 'must be the URL of a gateway: https://deals.example'

const modes = operationModes.join(', ')
const modesForm = `must be names of clients and what each may send, such as ios=require-id,web=log: ${modes}`

const clientModes = z.string().transform((list, context) => {
  const pairs = list.split(',').map((pair) => pair.split('=').map((part) => part.trim()))
  const isPair = ([name, mode, ...more]: string[]) =>
    name && mode && operationModes.includes(mode as OperationMode) && more.length === 0
  if (pairs.every(isPair)) return Object.fromEntries(pairs) as OperationModes['clients']
  context.addIssue({ code: 'custom', message: modesForm })
  return z.NEVER
})

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
  MAX_SUBSCRIPTIONS: z.coerce.number().int().min(0).max(1_000_000).default(10_000),
  MAX_CONNECTIONS: z.coerce.number().int().min(1).max(1_000_000).default(5_000),
  KEEP_ALIVE_TIMEOUT_MS: z.coerce.number().int().min(1_000).max(3_600_000).default(65_000),
  CORS_ORIGINS: origins.default([]),
  GRAPHIQL: access,
  INTROSPECTION: access,
  SUGGESTIONS: z.stringbool().optional(),
  COMPILER: z.stringbool().default(true),
  ANSWER_CACHE_MB: z.coerce.number().int().min(0).max(65_536).default(32),
  COST_LIMIT: z.union([off, points], limitOrOff).default(defaultCostLimit),
  RATE_LIMIT_MAXIMUM: z.union([off, points], limitOrOff).default(defaultBucketSize.maximum),
  RATE_LIMIT_RESTORE_RATE: points.default(defaultBucketSize.restoreRate),
  OPERATIONS_MODE: z.enum(operationModes).default('open'),
  OPERATIONS_CLIENT_MODES: clientModes.default({}),
  OPERATIONS_TENANT: z.string().min(1).optional(),
  REDIS_URL: z
    .string()
    .regex(/^rediss?:\/\//, 'must be a Redis URL: redis://host:6379')
    .optional(),
  DEALGRAPH_URL: z.url({ protocol: /^https?$/, error: gatewayForm }).optional(),
  DEALGRAPH_KEY: z
    .string()
    .trim()
    .regex(/^[!-~]+$/, 'must be a key: dg_…')
    .optional(),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
})

export interface Config {
  database: { url: string; poolSize: number } | { dataDir: string }
  port: number
  host: string
  requestTimeoutMs: number
  admission: { maxInFlight: number; maxQueued: number }
  /** How many subscriptions are open at a time. */
  maxSubscriptions: number
  maxConnections: number
  keepAliveTimeoutMs: number
  corsOrigins: string[]
  graphiql: Access
  introspection: Access
  suggestions: boolean
  /** What clients may send. */
  operationModes: OperationModes
  /** The slug of the tenant whose registered operations every tenant may send. */
  operationsTenant: string | null
  /** Whether queries are compiled to one statement where that can be done. */
  compiler: boolean
  /** How many bytes of answers are kept, for as long as they are right; zero for none. */
  answerCacheBytes: number
  /** The most points that an operation may cost; infinite where there is no limit. */
  costLimit: number
  /** Null where there is no rate limit. */
  bucket: BucketSize | null
  redisUrl: string | null
  /** Where commands that go through the API of a gateway send what they ask, and with which key. */
  gateway: { url: string | null; key: string | null }
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
  return configOf(parsed.data, jwt.data)
}

function configOf(values: z.output<typeof environment>, jwt: Config['jwt']): Config {
  const { DATABASE_URL: url, DATABASE_POOL_SIZE: poolSize, DATA_DIR: dataDir } = values
  // Without a database of its own the gateway is a demo, which hides nothing of its schema.
  const unlessDemo = url ? 'authenticated' : 'public'
  return {
    database: url ? { url, poolSize } : { dataDir },
    port: values.PORT,
    host: values.HOST,
    requestTimeoutMs: values.REQUEST_TIMEOUT_MS,
    // While one half has its connections, the other is read, prepared or written out.
    admission: {
      maxInFlight: values.MAX_IN_FLIGHT ?? 2 * poolSize,
      maxQueued: values.MAX_QUEUED,
    },
    maxSubscriptions: values.MAX_SUBSCRIPTIONS,
    maxConnections: values.MAX_CONNECTIONS,
    keepAliveTimeoutMs: values.KEEP_ALIVE_TIMEOUT_MS,
    corsOrigins: values.CORS_ORIGINS,
    graphiql: values.GRAPHIQL ?? unlessDemo,
    introspection: values.INTROSPECTION ?? unlessDemo,
    suggestions: values.SUGGESTIONS ?? !url,
    operationModes: { default: values.OPERATIONS_MODE, clients: values.OPERATIONS_CLIENT_MODES },
    operationsTenant: values.OPERATIONS_TENANT ?? null,
    compiler: values.COMPILER,
    answerCacheBytes: values.ANSWER_CACHE_MB * 1024 * 1024,
    ...limitsOf(values),
    redisUrl: values.REDIS_URL ?? null,
    gateway: { url: values.DEALGRAPH_URL ?? null, key: values.DEALGRAPH_KEY ?? null },
    logLevel: values.LOG_LEVEL,
    jwt,
  }
}

function limitsOf(values: z.output<typeof environment>): Pick<Config, 'costLimit' | 'bucket'> {
  const { COST_LIMIT: costLimit, RATE_LIMIT_MAXIMUM: maximum } = values
  if (costLimit !== null && maximum !== null && maximum < costLimit) {
    throw new Error(
      `RATE_LIMIT_MAXIMUM is wrong: it is ${maximum}, but must hold at least one operation of COST_LIMIT, which is ${costLimit}`,
    )
  }
  return {
    costLimit: costLimit ?? Number.POSITIVE_INFINITY,
    bucket: maximum === null ? null : { maximum, restoreRate: values.RATE_LIMIT_RESTORE_RATE },
  }
}
