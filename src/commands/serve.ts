import type { Command } from 'commander'
import type { Logger } from 'pino'
import { createApiKeyAuthenticator } from '../auth/api-key.ts'
import { createAuthenticate } from '../auth/authenticate.ts'
import { createKeySet } from '../auth/jwks.ts'
import { createJwtAuthenticator } from '../auth/jwt.ts'
import type { JwtSettings } from '../auth/jwt-settings.ts'
import type { Config } from '../config.ts'
import { type Connection, connectDatabase } from '../database/connect.ts'
import type { Database } from '../database/database.ts'
import { Abandoned } from '../database/session.ts'
import { graphiqlOptions } from '../graphiql/page.ts'
import { openLog } from '../log.ts'
import { activeOperations } from '../persisted-operation/service.ts'
import { startServer } from '../server.ts'
import { findTenantBySlug } from '../tenant/service.ts'
import { createThrottle, type Throttle } from '../throttle/throttle.ts'
import { demoKey } from './demo-key.ts'
import { unreadyDatabase, untilWarm } from './readiness.ts'

const graceMs = 10_000

const clock = () => new Date()

export function registerServe(program: Command, config: () => Config): void {
  program
    .command('serve')
    .description('Serve the API; without DATABASE_URL on the embedded database, with a demo tenant')
    .option(
      '--allow-broken-operations',
      'be ready although apps in the field may send operations that the schema no longer serves',
    )
    .action((options: ServeOptions) => serve(config(), options))
}

interface ServeOptions {
  allowBrokenOperations?: boolean
}

async function serve(
  config: Config,
  { allowBrokenOperations = false }: ServeOptions,
): Promise<void> {
  // Standard output is for the two lines that a person or a script waits for.
  const log = openLog(config.logLevel)
  const takeTokens = config.jwt && (await tokens(config.jwt, log))
  const connection = await connectDatabase(
    config.database,
    'dealgraph serve',
    config.requestTimeoutMs,
  )
  const throttle = await throttleOf(config, log)
  try {
    await serveFrom({ connection, throttle, takeTokens, log }, config, allowBrokenOperations)
  } catch (error) {
    // What is open would keep a process that serves nothing.
    throttle?.close()
    await connection.close()
    throw error
  }
}

interface Sources {
  connection: Connection
  throttle: Throttle | null
  takeTokens: Awaited<ReturnType<typeof tokens>> | null
  log: Logger
}

async function serveFrom(
  { connection, throttle, takeTokens, log }: Sources,
  config: Config,
  allowBrokenOperations: boolean,
): Promise<void> {
  const { database } = connection
  const demo =
    'dataDir' in config.database ? await demoKey(database, config.database.dataDir) : null
  // The schema takes most of a second to build, which other commands do without.
  const { createApp } = await import('../app.ts')
  let stopping = false
  const app = createApp({
    database,
    authenticate: createAuthenticate([
      createApiKeyAuthenticator(database),
      ...(takeTokens ? [takeTokens(database)] : []),
    ]),
    clock,
    log,
    unready: async () => (stopping ? ['The process is shutting down.'] : unreadyDatabase(database)),
    activeOperations: () => activeOperations(database),
    allowBrokenOperations,
    warnings: () => throttle?.warnings() ?? [],
    graphiql: config.graphiql === 'off' ? null : (request) => graphiqlOptions(request, demo),
    graphiqlAccess: config.graphiql,
    introspection: config.introspection,
    suggestions: config.suggestions,
    compiler: config.compiler ? {} : null,
    answerCacheBytes: config.answerCacheBytes,
    costLimit: config.costLimit,
    operationModes: config.operationModes,
    sharedTenantId: await sharedTenantOf(config, database),
    throttle,
    corsOrigins: config.corsOrigins,
    requestTimeoutMs: config.requestTimeoutMs,
    admission: config.admission,
    maxSubscriptions: config.maxSubscriptions,
  })
  const { host, port, maxConnections, keepAliveTimeoutMs } = config
  const server = await startServer(app, { host, port, maxConnections, keepAliveTimeoutMs })
  const stop = async (signal: string) => {
    if (stopping) return
    stopping = true
    log.info({ signal }, 'shutting down')
    await server.stop(graceMs)
    throttle?.close()
    await connection.close()
    process.exit(0)
  }
  process.on('unhandledRejection', unlessAbandoned)
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  await untilWarm(app)
  process.stdout.write(`GraphiQL  ${server.url}/graphql\n`)
  if (demo) process.stdout.write(`Demo key  ${demo}\n`)
}

/** A read that was given up for an error beside it may have nobody left who waits for it. */
function unlessAbandoned(error: unknown): void {
  if (!(error instanceof Abandoned)) throw error
}

async function sharedTenantOf({ operationsTenant: slug }: Config, database: Database) {
  const tenantId = slug && (await findTenantBySlug(database, slug))
  if (slug && !tenantId) throw new Error(`OPERATIONS_TENANT is wrong: there is no tenant ${slug}`)
  return tenantId
}

/**
 * How tokens are taken once there is a database. A file of keys must be good from the start; a URL
 * may be down for the moment.
 */
async function tokens(settings: JwtSettings, log: Logger) {
  const keys = createKeySet(settings.keys, { log })
  const loaded = keys.load().catch(({ message }: Error) => {
    if ('file' in settings.keys) throw new Error(`JWT_JWKS_FILE is wrong: ${message}`)
    log.warn({ reason: message }, 'the keys of tokens could not be loaded')
  })
  if ('file' in settings.keys) await loaded
  return (database: Database) => createJwtAuthenticator({ database, keys, settings, clock, log })
}

async function throttleOf({ bucket, redisUrl }: Config, log: Logger): Promise<Throttle | null> {
  if (!bucket) return null
  if (!redisUrl) return createThrottle({ size: bucket })
  const { createRedisBuckets } = await import('../throttle/redis.ts')
  return createThrottle({ size: bucket, shared: createRedisBuckets(redisUrl, bucket, log) })
}
