import { randomUUID } from 'node:crypto'
import { GraphQLError } from 'graphql'
import type { GraphiQLOptions } from 'graphql-yoga'
import { type Context, Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { cors } from 'hono/cors'
import type { Logger } from 'pino'
import type { Authenticate } from './auth/authenticate.ts'
import type { Viewer } from './auth/viewer.ts'
import type { Database } from './database/database.ts'
import { codedError, type ErrorCode, errorStatus } from './errors.ts'
import { createGraphqlServer, type GraphqlServer } from './operations/server.ts'

export const maxBodyBytes = 256 * 1024

export interface AppOptions {
  database: Database
  authenticate: Authenticate
  clock: () => Date
  log: Logger
  /** What stands in the way of answering requests: empty when nothing does. */
  unready: () => Promise<string[]>
  graphiql?: ((request: Request) => GraphiQLOptions) | null
  corsOrigins?: string[]
}

export interface App {
  fetch(request: Request): Promise<Response>
}

interface Variables {
  requestId: string
}

/** Every route of the gateway as one fetch function; it listens nowhere. */
export function createApp(options: AppOptions): App {
  const app = new Hono<{ Variables: Variables }>()
  const graphql = createGraphqlServer({ graphiql: options.graphiql ?? null })
  app.use(async (c, next) => {
    const started = performance.now()
    c.set('requestId', requestIdOf(c.req.raw))
    await next()
    c.header('x-request-id', c.get('requestId'))
    const { method, path } = c.req
    const ms = Math.round(performance.now() - started)
    options.log.info(
      { requestId: c.get('requestId'), method, path, status: c.res.status, ms },
      'request',
    )
  })
  if (options.corsOrigins?.length) {
    app.use(
      '/graphql',
      cors({ origin: options.corsOrigins, allowMethods: ['GET', 'POST'], maxAge: 600 }),
    )
  }
  app.get('/health/live', (c) => c.json({ status: 'live' }))
  app.get('/health/ready', async (c) => {
    const reasons = await options.unready()
    return reasons.length === 0
      ? c.json({ status: 'ready' })
      : c.json({ status: 'unready', reasons }, 503)
  })
  const limit = bodyLimit({
    maxSize: maxBodyBytes,
    onError: () =>
      refused('PAYLOAD_TOO_LARGE', `A request body has at most ${maxBodyBytes / 1024} KB.`),
  })
  app.on(['GET', 'POST', 'OPTIONS'], '/graphql', limit, (c) => answer(graphql, options, c))
  app.all('/graphql', () =>
    refused('METHOD_NOT_ALLOWED', 'Use POST, or GET for a query.', { allow: 'GET, POST' }),
  )
  app.notFound(() => refused('NOT_FOUND', 'There is nothing here: the API is at /graphql.'))
  app.onError((error, c) => fault(error, options.log, c.get('requestId')))
  return { fetch: async (request) => app.fetch(request) }
}

async function answer(
  graphql: GraphqlServer,
  options: AppOptions,
  c: Context<{ Variables: Variables }>,
) {
  const request = c.req.raw
  if (
    request.method === 'POST' &&
    !/^application\/json *(;|$)/.test(c.req.header('content-type') ?? '')
  ) {
    return refused('UNSUPPORTED_MEDIA_TYPE', 'Send the request as application/json.')
  }
  if (request.method === 'GET' && !hasReadableParameters(request)) {
    return refused('BAD_REQUEST', '`variables` and `extensions` must be JSON.')
  }
  const { database, log, clock } = options
  let viewer: Viewer | null
  try {
    viewer = await options.authenticate(request.headers)
  } catch (error) {
    if (error instanceof GraphQLError) return refused('UNAUTHENTICATED', error.message)
    throw error
  }
  const response = await graphql.fetch(request, {
    database,
    viewer,
    log,
    clock,
    requestId: c.get('requestId'),
  })
  if (response.status === errorStatus.NOT_ACCEPTABLE) {
    return refused(
      'NOT_ACCEPTABLE',
      'Accept application/json or application/graphql-response+json.',
    )
  }
  const headers = new Headers(response.headers)
  headers.set('cache-control', 'private, no-store')
  headers.append('vary', 'Accept, Authorization, X-Api-Key')
  return new Response(response.body, { status: response.status, headers })
}

/** Whether what a GET says in JSON is JSON, which Yoga takes for granted. */
function hasReadableParameters({ url }: Request): boolean {
  const { searchParams } = new URL(url)
  try {
    for (const name of ['variables', 'extensions']) JSON.parse(searchParams.get(name) || 'null')
    return true
  } catch {
    return false
  }
}

/** A caller's own request id is kept if it looks like one, so that its logs and ours can be joined. */
function requestIdOf(request: Request): string {
  const given = request.headers.get('x-request-id') ?? ''
  return /^[\w.-]{8,64}$/.test(given) ? given : randomUUID()
}

function refused(code: ErrorCode, message: string, headers: Record<string, string> = {}): Response {
  const body = { errors: [codedError(code, message).toJSON()] }
  return Response.json(body, {
    status: errorStatus[code],
    headers: { 'cache-control': 'no-store', ...headers },
  })
}

function fault(error: Error, log: Logger, requestId: string): Response {
  log.error({ err: error, requestId }, 'a request failed')
  return refused('INTERNAL', `The request failed on our side. Its id is ${requestId}.`)
}
