import { randomUUID } from 'node:crypto'
import { Hono } from 'hono'
import { cors } from 'hono/cors'
import type { Logger } from 'pino'
import { DatabaseUnavailable } from './database/unavailable.ts'
import { databaseUnavailable, errorResponse } from './errors.ts'
import { createEndpoint, type EndpointOptions } from './operations/endpoint.ts'
import {
  createOperations,
  type Operations,
  type OperationsOptions,
} from './operations/operations.ts'
import { createRelayPersister } from './operations/relay.ts'
import { createWebSocket, type OpenConnection } from './operations/websocket.ts'
import { type ActiveOperation, createWarmUp } from './persisted/warm.ts'
import { addRest, restApis, restDocuments } from './rest/rest.ts'
import { withoutKeys } from './texts.ts'

export interface AppOptions extends EndpointOptions, OperationsOptions {
  /** What stands in the way of answering requests: empty when nothing does. */
  unready: () => Promise<string[]>
  /** What apps in the field may send, which is made ready before this gateway is; by default nothing. */
  activeOperations?: () => AsyncIterable<ActiveOperation>
  /** Whether to be ready although the schema does not serve all of them. */
  allowBrokenOperations?: boolean
  /** What an operator should know of a process that answers all the same. */
  warnings?: () => string[]
  corsOrigins?: string[]
}

export interface App {
  fetch(request: Request): Promise<Response>
  /** Makes ready what apps in the field may send, and tells what of it the schema does not serve. */
  warmUp(): Promise<string[]>
  /** Takes a WebSocket that was opened at /graphql. */
  openConnection: OpenConnection
}

interface Variables {
  requestId: string
}

/** Every route of the gateway as one fetch function, and its sockets; it listens nowhere. */
export function createApp(options: AppOptions): App {
  const app = new Hono<{ Variables: Variables }>()
  const operations = createOperations(options)
  const endpoint = createEndpoint(options, operations)
  const warmUp = warming(options, operations)
  const persistForRelay = createRelayPersister(endpoint, operations)
  app.use(async (c, next) => {
    const started = performance.now()
    c.set('requestId', requestIdOf(c.req.raw))
    await next()
    c.header('x-request-id', c.get('requestId'))
    const { method } = c.req
    const path = withoutKeys(c.req.path)
    const ms = Math.round(performance.now() - started)
    options.log.info(
      { requestId: c.get('requestId'), method, path, status: c.res.status, ms },
      'request',
    )
  })
  allowOrigins(app, options.corsOrigins ?? [])
  app.get('/health/live', (c) => c.json({ status: 'live' }))
  app.get('/health/ready', async (c) => {
    const others = await options.unready()
    // Once there is nothing else in the way, such as tables to read the operations from.
    const reasons = others.length > 0 ? others : await warmUp()
    if (reasons.length > 0) return c.json({ status: 'unready', reasons }, 503)
    const warnings = options.warnings?.() ?? []
    return c.json({ status: 'ready', ...(warnings.length > 0 && { warnings }) })
  })
  app.on(['GET', 'POST', 'OPTIONS'], '/graphql', (c) => endpoint(c.req.raw, c.get('requestId')))
  app.post('/operations/relay', (c) => persistForRelay(c.req.raw, c.get('requestId')))
  addRest(app, operations)
  app.all('/graphql', () =>
    errorResponse('METHOD_NOT_ALLOWED', 'Use POST, or GET for a query.', { allow: 'GET, POST' }),
  )
  app.notFound(() =>
    errorResponse(
      'NOT_FOUND',
      'There is nothing here: the API is at /graphql, and /openapi.json names those of REST.',
    ),
  )
  app.onError((error, c) => fault(error, options.log, c.get('requestId')))
  return {
    fetch: async (request) => app.fetch(request),
    openConnection: createWebSocket(operations),
    warmUp,
  }
}

/** Lets the pages of these origins ask, and read what the answer says in its headers. */
function allowOrigins(app: Hono<{ Variables: Variables }>, origin: string[]): void {
  if (origin.length === 0) return
  const options = { origin, maxAge: 600 }
  const exposed = ['Retry-After', 'X-Request-Id']
  app.use('/graphql', cors({ ...options, allowMethods: ['GET', 'POST'], exposeHeaders: exposed }))
  const allowMethods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']
  const exposeHeaders = [...exposed, 'ETag', 'Idempotent-Replayed']
  for (const { base } of restApis)
    app.use(`${base}/*`, cors({ ...options, allowMethods, exposeHeaders }))
}

function warming(options: AppOptions, { warm }: Operations): App['warmUp'] {
  const { activeOperations: active = async function* () {}, log } = options
  const { allowBrokenOperations: allowBroken = false } = options
  return createWarmUp({ own: restDocuments, active, warm, log, allowBroken })
}

/** A caller's request id is kept if it looks like one, so that its logs and ours can be joined. */
function requestIdOf(request: Request): string {
  const given = request.headers.get('x-request-id') ?? ''
  return /^(?!dg_)[\w.-]{8,64}$/.test(given) ? given : randomUUID()
}

function fault(error: Error, log: Logger, requestId: string): Response {
  log.error({ err: error, requestId }, 'a request failed')
  if (error instanceof DatabaseUnavailable) {
    return errorResponse('UNAVAILABLE', databaseUnavailable, { 'retry-after': '1' })
  }
  return errorResponse('INTERNAL', `The request failed on our side. Its id is ${requestId}.`)
}
