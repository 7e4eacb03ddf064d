import type { IncomingMessage, ServerResponse } from 'node:http'
import { Hono } from 'hono'
import { cors } from 'hono/cors'
import { getPath } from 'hono/utils/url'
import {
  createFront,
  exposedHeaders,
  fault,
  logRequest,
  requestIdOf,
  sentAsRequest,
} from './front.ts'
import { createEndpoint, type EndpointOptions } from './operations/endpoint.ts'
import {
  createOperations,
  type Operations,
  type OperationsOptions,
} from './operations/operations.ts'
import { createRelayPersister } from './operations/relay.ts'
import { createWebSocket, type OpenConnection } from './operations/websocket.ts'
import { type ActiveOperation, createWarmUp } from './persisted/warm.ts'
import { errorReply, responseOf } from './reply.ts'
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
  /** Answers a request where node has it, as fetch would; null for what has to be fetched. */
  answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<Response | null> | null
  /** Makes ready what apps in the field may send, and tells what of it the schema does not serve. */
  warmUp(): Promise<string[]>
  /** Takes a WebSocket that was opened at /graphql. */
  openConnection: OpenConnection
}

type Router = Hono<{ Variables: { requestId: string } }>

/** Every route of the gateway as one fetch function, and its sockets; it listens nowhere. */
export function createApp(options: AppOptions): App {
  const operations = createOperations(options)
  const endpoint = createEndpoint(options, operations)
  const front = createFront(options, endpoint, operations.bodies)
  const warmUp = warming(options, operations)
  const router = createRouter(options)
  addHealth(router, options, warmUp)
  const persistForRelay = createRelayPersister(respond, operations)
  router.post('/operations/relay', (c) => persistForRelay(c.req.raw, c.get('requestId')))
  addRest(router, operations)
  // Its GET and POST never come here.
  router.all('/graphql', () =>
    refusal('METHOD_NOT_ALLOWED', 'Use POST, or GET for a query.', { allow: 'GET, POST' }),
  )
  return {
    fetch: async (request) =>
      isForGraphql(request.method, getPath(request)) ? front.fetch(request) : router.fetch(request),
    answer(incoming, outgoing) {
      const { method = '', url = '' } = incoming
      const [path = ''] = url.split('?', 1)
      return isForGraphql(method, path) ? front.answer(incoming, outgoing) : null
    },
    openConnection: createWebSocket(operations),
    warmUp,
  }

  async function respond(request: Request, requestId: string): Promise<Response> {
    return responseOf(await endpoint(sentAsRequest(request, operations.bodies), requestId))
  }
}

function isForGraphql(method: string, path: string): boolean {
  return (method === 'POST' || method === 'GET') && path === '/graphql'
}

function refusal(...refused: Parameters<typeof errorReply>): Response {
  return responseOf(errorReply(...refused))
}

/** Gives every request its id and its line in the log, whatever becomes of it. */
function createRouter({ log, corsOrigins = [] }: AppOptions): Router {
  const router: Router = new Hono()
  router.use(async (c, next) => {
    const started = performance.now()
    const requestId = requestIdOf(c.req.raw)
    c.set('requestId', requestId)
    await next()
    c.header('x-request-id', requestId)
    const { method, path } = c.req
    logRequest(log, { requestId, method, path: withoutKeys(path), status: c.res.status, started })
  })
  allowOrigins(router, corsOrigins)
  router.notFound(() =>
    refusal(
      'NOT_FOUND',
      'There is nothing here: the API is at /graphql, and /openapi.json names those of REST.',
    ),
  )
  router.onError((error, c) => responseOf(fault(error, log, c.get('requestId'))))
  return router
}

function addHealth(router: Router, options: AppOptions, warmUp: App['warmUp']): void {
  router.get('/health/live', (c) => c.json({ status: 'live' }))
  router.get('/health/ready', async (c) => {
    const others = await options.unready()
    // Once there is nothing else in the way, such as tables to read the operations from.
    const reasons = others.length > 0 ? others : await warmUp()
    if (reasons.length > 0) return c.json({ status: 'unready', reasons }, 503)
    const warnings = options.warnings?.() ?? []
    return c.json({ status: 'ready', ...(warnings.length > 0 && { warnings }) })
  })
}

/** Lets the pages of these origins ask, and read what the answer says in its headers. */
function allowOrigins(router: Router, origin: string[]): void {
  if (origin.length === 0) return
  const options = { origin, maxAge: 600 }
  const allowed = { ...options, exposeHeaders: exposedHeaders }
  router.use('/graphql', cors({ ...allowed, allowMethods: ['GET', 'POST'] }))
  const allowMethods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']
  const exposeHeaders = [...exposedHeaders, 'Idempotent-Replayed']
  for (const { base } of restApis)
    router.use(`${base}/*`, cors({ ...options, allowMethods, exposeHeaders }))
}

function warming(options: AppOptions, { warm }: Operations): App['warmUp'] {
  const { activeOperations: active = async function* () {}, log } = options
  const { allowBrokenOperations: allowBroken = false } = options
  return createWarmUp({ own: restDocuments, active, warm, log, allowBroken })
}
