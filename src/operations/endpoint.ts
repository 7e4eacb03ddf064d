import { GraphQLError } from 'graphql'
import { type Access, isOpenTo } from '../auth/access.ts'
import type { Authenticate } from '../auth/authenticate.ts'
import { Deadline } from '../deadline.ts'
import {
  clientClosedRequest,
  type ErrorCode,
  errorResponse,
  errorStatus,
  overloaded,
} from '../errors.ts'
import { Overloaded } from './admission.ts'
import {
  BodyIncomplete,
  type BodyReader,
  BodyTooLarge,
  maxBodyBytes,
  maxPushBytes,
} from './body.ts'
import type { TakeTurn } from './execute.ts'
import type { Operations } from './operations.ts'
import { createGraphqlServer, type GraphqlServerOptions, type ServerContext } from './server.ts'

export interface EndpointOptions extends GraphqlServerOptions {
  authenticate: Authenticate
  /** Who gets the page for browsers. */
  graphiqlAccess?: Access
}

/** What an error says of the answer to a request that it refuses. */
interface HttpExtensions {
  headers?: Record<string, string>
}

export type Endpoint = (request: Request, requestId: string) => Promise<Response>

interface Asked {
  requestId: string
  deadline: Deadline
  client: AbortSignal
}

type Answer = (request: Request, asked: Asked) => Promise<Response>

const retryAfterSeconds = 1

/**
 * Answers one request to /graphql: refuses what is no GraphQL over HTTP, reads it, waits for a
 * place, finds out who asks, and hands it to the server. Nobody has a place who is still sending.
 */
export function createEndpoint(options: EndpointOptions, operations: Operations): Endpoint {
  const { places, bodies, requestTimeoutMs } = operations
  const answer = createAnswer(options, operations)
  return async (request, requestId) => {
    const refusal = refusalOf(request)
    if (refusal) return refusal
    const { signal: client } = request
    try {
      const most = isForPushing(request)
        ? await mostBytes(request, operations.turnsOf(request.headers))
        : maxBodyBytes
      const whole = await readWhole(request, (sent) => bodies.read(sent, most))
      const deadline = new Deadline(requestTimeoutMs, client)
      const response = await places
        .run(deadline.signal, () => answer(whole, { requestId, deadline, client }))
        .finally(() => deadline.clear())
      if (!client.aborted) return response
      await response.body?.cancel()
      return closedByClient()
    } catch (error) {
      return refusalFor(error, client)
    }
  }
}

function createAnswer(options: EndpointOptions, operations: Operations): Answer {
  const { authenticate, graphiql = null, graphiqlAccess = 'authenticated' } = options
  const { surroundings, eventTurnsOf } = operations
  const server = createGraphqlServer(options, operations)
  return async (request, asked) => {
    const viewer = await viewerOf(request, authenticate, asked.deadline)
    if (viewer instanceof Response) return viewer
    if (graphiql && isForPage(request) && !isOpenTo(graphiqlAccess, viewer)) {
      const message = 'The page for browsers is only for requests with a credential.'
      return errorResponse('UNAUTHENTICATED', message, { 'www-authenticate': 'Bearer' })
    }
    const takeTurn = eventTurnsOf(request.headers)
    const outcome = { maxAgeSeconds: null }
    const scope = { ...surroundings, ...asked, viewer, takeTurn, outcome }
    const response = await server.fetch(request, scope)
    if (response.status !== errorStatus.NOT_ACCEPTABLE || response.body)
      return cachedFor(outcome, response)
    return errorResponse(
      'NOT_ACCEPTABLE',
      'Accept application/json or application/graphql-response+json.',
    )
  }
}

/** Whether it asks for a page as browsers do. */
function isForPage({ method, headers }: Request): boolean {
  return method === 'GET' && Boolean(headers.get('accept')?.includes('text/html'))
}

/**
 * The request with all of its body. It no longer tells that its client has gone, which the deadline
 * does: Yoga would answer before the work has ended.
 */
async function readWhole(
  request: Request,
  read: (request: Request) => ReturnType<BodyReader['read']>,
): Promise<Request> {
  const { url, method, headers } = request
  if (method !== 'POST') return new Request(url, { method, headers })
  return new Request(url, { method, headers, body: await read(request) })
}

/** Whether its body is larger than all but those with the operations of an app. */
function isForPushing({ method, headers }: Request): boolean {
  const bytes = Number(headers.get('content-length'))
  return method === 'POST' && bytes > maxBodyBytes && bytes <= maxPushBytes
}

/** Who says that they send so much is asked who they are before it is read. */
async function mostBytes({ signal }: Request, takeTurn: TakeTurn): Promise<number> {
  const mayPush = await takeTurn(signal, async ({ viewer }) =>
    viewer?.scopes.has('operations:write'),
  ).catch((error) => {
    if (error instanceof GraphQLError && error.extensions.code === 'UNAUTHENTICATED') return false
    throw error
  })
  return mayPush ? maxPushBytes : maxBodyBytes
}

/** Nobody reads it, but the log tells by its status that the client had gone. */
function closedByClient(): Response {
  return new Response(null, { status: clientClosedRequest })
}

function refusalFor(error: unknown, client: AbortSignal): Response {
  const late = error instanceof GraphQLError && error.extensions.code === 'DEADLINE_EXCEEDED'
  if (error instanceof BodyIncomplete || (late && client.aborted)) {
    return closedByClient()
  }
  if (late) return errorResponse('DEADLINE_EXCEEDED', error.message)
  if (error instanceof BodyTooLarge) {
    return errorResponse(
      'PAYLOAD_TOO_LARGE',
      `A request body has at most ${maxBodyBytes / 1024} KB; with the scope operations:write and a content-length, ${maxPushBytes / 1024 / 1024} MB.`,
    )
  }
  if (!(error instanceof Overloaded)) throw error
  return errorResponse('OVERLOADED', overloaded, { 'retry-after': `${retryAfterSeconds}` })
}

function refusalOf(request: Request): Response | null {
  const type = request.headers.get('content-type') ?? ''
  if (request.method === 'POST' && !/^application\/json *(;|$)/.test(type)) {
    return errorResponse('UNSUPPORTED_MEDIA_TYPE', 'Send the request as application/json.')
  }
  if (request.method === 'GET' && !hasReadableParameters(request)) {
    return errorResponse('BAD_REQUEST', '`variables` and `extensions` must be JSON.')
  }
  return null
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

async function viewerOf(
  { headers }: Request,
  authenticate: Authenticate,
  deadline: Deadline,
): Promise<ServerContext['viewer'] | Response> {
  try {
    return await deadline.race(authenticate(headers))
  } catch (error) {
    if (!(error instanceof GraphQLError) || deadline.signal.aborted) throw error
    const { code, http } = error.extensions as { code: ErrorCode; http?: HttpExtensions }
    return errorResponse(code, error.message, http?.headers)
  }
}

function isStream(headers: Headers): boolean {
  return Boolean(headers.get('content-type')?.startsWith('text/event-stream'))
}

/** By what else than its URL an answer may differ: the last two tell whose operation an id means. */
const vary = 'Accept, Authorization, X-Api-Key, Apollographql-Client-Name, Graphql-Client-Name'

/**
 * An answer is for its viewer alone, and no cache may keep it; but for one that was registered as
 * anybody's, of which a cache keeps one for each credential.
 */
function cachedFor({ maxAgeSeconds }: ServerContext['outcome'], response: Response): Response {
  const headers = new Headers(response.headers)
  const control = maxAgeSeconds === null ? 'private, no-store' : `public, max-age=${maxAgeSeconds}`
  headers.set('cache-control', control)
  headers.append('vary', vary)
  // A proxy that collects an answer would keep a stream until it ends.
  if (isStream(headers)) headers.set('x-accel-buffering', 'no')
  if (response.status === errorStatus.UNAUTHENTICATED) headers.set('www-authenticate', 'Bearer')
  return new Response(response.body, { status: response.status, headers })
}
