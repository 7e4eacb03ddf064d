import { GraphQLError, OperationTypeNode } from 'graphql'
import { type Access, isOpenTo } from '../auth/access.ts'
import type { Authenticate, Recalled } from '../auth/authenticate.ts'
import { isSameViewer, type Viewer } from '../auth/viewer.ts'
import type { RequestScope } from '../context.ts'
import type { Deadline } from '../deadline.ts'
import { type Ending, signalOf } from '../ending.ts'
import { type ErrorCode, errorStatus } from '../errors.ts'
import { errorReply, type Reply } from '../reply.ts'
import { type RequestHead, webRequest } from '../request-head.ts'
import { type MediaType, mediaTypeOf, takesPage } from './accept.ts'
import { type Cacheable, cacheable, type Http, replyOf } from './answer.ts'
import { type AskedOperation, prepareRequest, type Sent } from './asked.ts'
import { errorsOf, maskResult } from './mask.ts'
import type { Operations } from './operations.ts'
import { createGraphqlServer, type GraphqlServerOptions } from './server.ts'

export interface RespondOptions extends GraphqlServerOptions {
  authenticate: Authenticate
  /** Who gets the page for browsers. */
  graphiqlAccess?: Access
}

/** A request that has come, and has a place. */
export interface Placed extends Sent {
  requestId: string
  deadline: Deadline
  client: Ending
}

export type Respond = (placed: Placed) => Promise<Reply | Response>

/**
 * Finds out who asks, and answers them. Nearly all requests are executed and answered here; the page
 * for browsers, subscriptions, and what accepts no whole answer are Yoga's.
 */
export function createRespond(options: RespondOptions, operations: Operations): Respond {
  const { authenticate, graphiql = null, graphiqlAccess = 'authenticated' } = options
  const byYoga = createYogaAnswer(options, operations)
  const { database, clock, log, feed, registry } = operations.surroundings
  return async (placed) => {
    const { request, requestId, deadline } = placed
    const engine = { ran: null }
    const asked = { requestId, deadline, engine, isAlone: true as const, ...tagsOf(request) }
    // Field by field, since to spread an object costs as much as several steps of a small request.
    const scope = { database, clock, log, feed, registry, ...asked }
    const isForPage = takesPage(request)
    const mediaType = isForPage ? null : mediaTypeOf(request.headers)
    const recalled = mediaType && authenticate.recall?.(request.headers)
    const tried = recalled ? await atOnce(operations, placed, { ...scope, recalled }) : null
    if (tried?.outcome && mediaType)
      return replyWith(tried.outcome, mediaType, { ...scope, request })
    const viewer = await viewerOf(request, authenticate, deadline)
    if (viewer && 'status' in viewer) return viewer
    if (graphiql && isForPage && !isOpenTo(graphiqlAccess, viewer)) {
      const message = 'The page for browsers is only for requests with a credential.'
      return errorReply('UNAUTHENTICATED', message, { 'www-authenticate': 'Bearer' })
    }
    const own = { ...scope, viewer }
    if (!mediaType) return byYoga(placed, own, () => prepareRequest(operations, placed, own))
    const isSame = viewer && recalled && isSameViewer(viewer, recalled.viewer)
    const known = isSame ? tried?.prepared : undefined
    const outcome = await outcomeOf(operations, placed, own, known)
    if ('prepared' in outcome) return byYoga(placed, own, async () => outcome.prepared)
    return replyWith(outcome, mediaType, { ...scope, request })
  }
}

/** What a client has kept of answers to queries is only asked for by GET. */
function tagsOf({ method, headers }: RequestHead): Pick<RequestScope, 'ifNoneMatch'> {
  return method === 'GET' ? { ifNoneMatch: headers.get('if-none-match') } : {}
}

function replyWith(
  { answer, maxAgeSeconds }: Cacheable,
  mediaType: MediaType,
  {
    engine,
    request,
    ...told
  }: Pick<RequestScope, 'log' | 'requestId' | 'engine'> & { request: RequestHead },
): Reply {
  const reply = replyOf(maskResult(answer, told), mediaType)
  if (engine && request.headers.get('x-dealgraph-debug') === 'engine')
    reply.headers['x-dealgraph-engine'] = headerText(engine.ran ?? 'interpreted')
  return withCaching(reply, maxAgeSeconds)
}

/** A reason may name what the client has sent. */
function headerText(text: string): string {
  return text.replace(/[^ -~]/g, '?').slice(0, 300)
}

interface Tried {
  prepared?: AskedOperation
  outcome: Cacheable | null
}

/**
 * Answers whom the credential meant before together with the proof that it still does; what takes
 * more, or is refused, is found out from the start.
 */
async function atOnce(
  operations: Operations,
  placed: Placed,
  asked: Omit<RequestScope, 'viewer'> & { recalled: Recalled },
): Promise<Tried> {
  const scope = { ...asked, viewer: asked.recalled.viewer }
  let prepared: AskedOperation | undefined
  try {
    prepared = await prepareRequest(operations, placed, scope)
    const { document, params } = prepared
    const args = { schema: operations.schema, document, variableValues: params.variables }
    const answer = await operations.executeAtOnce(args, scope, prepared)
    return { prepared, outcome: answer && cacheable(placed.request, prepared, answer) }
  } catch (error) {
    // A write of which nobody knows whether it was done is not tried again.
    const isMutation = prepared?.operation?.operation === OperationTypeNode.MUTATION
    const outcome = isMutation ? { answer: { errors: errorsOf(error) }, maxAgeSeconds: null } : null
    return { ...(prepared && { prepared }), outcome }
  }
}

/** What an operation that has one answer came to, or a subscription that is prepared. */
type Outcome = Cacheable | { prepared: AskedOperation }

async function outcomeOf(
  operations: Operations,
  placed: Placed,
  scope: RequestScope,
  known?: AskedOperation,
): Promise<Outcome> {
  try {
    const prepared = known ?? (await prepareRequest(operations, placed, scope))
    if (prepared.operation?.operation === OperationTypeNode.SUBSCRIPTION) return { prepared }
    const { document, params } = prepared
    const { operationName, variables: variableValues } = params
    const args = { schema: operations.schema, document, operationName, variableValues }
    const answer = await operations.execute(args, scope, prepared)
    return cacheable(placed.request, prepared, answer)
  } catch (error) {
    return { answer: { errors: errorsOf(error) }, maxAgeSeconds: null }
  }
}

function createYogaAnswer(options: GraphqlServerOptions, operations: Operations) {
  const server = createGraphqlServer(options, operations)
  return async (
    placed: Placed,
    scope: RequestScope,
    prepare: () => Promise<AskedOperation>,
  ): Promise<Reply | Response> => {
    const takeTurn = operations.eventTurnsOf(placed.request.headers)
    const outcome = { maxAgeSeconds: null }
    const client = signalOf(placed.client)
    // It does not tell that its client has gone, which the deadline does: Yoga would answer before
    // the work has ended. Its body has been read.
    const request = webRequest(placed.request)
    if (!request) return errorReply('BAD_REQUEST', 'The Host header names no host.')
    const context = { ...scope, client, takeTurn, prepare, outcome }
    const response = await server.fetch(request, context)
    if (response.status !== errorStatus.NOT_ACCEPTABLE || response.body) {
      return withCachingOf(response, outcome.maxAgeSeconds)
    }
    return errorReply(
      'NOT_ACCEPTABLE',
      'Accept application/json or application/graphql-response+json.',
    )
  }
}

async function viewerOf(
  { headers }: RequestHead,
  authenticate: Authenticate,
  deadline: Deadline,
): Promise<Viewer | null | Reply> {
  try {
    return await deadline.race(authenticate(headers))
  } catch (error) {
    if (!(error instanceof GraphQLError) || deadline.end.aborted) throw error
    const { code, http } = error.extensions as { code: ErrorCode; http?: Http }
    return errorReply(code, error.message, http?.headers)
  }
}

/** By what else than its URL an answer may differ: the last two tell whose operation an id means. */
const vary = 'Accept, Authorization, X-Api-Key, Apollographql-Client-Name, Graphql-Client-Name'

/**
 * An answer is for its viewer alone, and no cache may keep it; but for one that was registered as
 * anybody's, of which a cache keeps one for each credential.
 */
function withCaching(reply: Reply, maxAgeSeconds: number | null): Reply {
  const { headers } = reply
  // What has a tag may be kept by the client, who asks each time whether it is still right.
  const own = headers.etag ? 'private, no-cache' : 'private, no-store'
  headers['cache-control'] = maxAgeSeconds === null ? own : `public, max-age=${maxAgeSeconds}`
  headers.vary = vary
  if (reply.status === errorStatus.UNAUTHENTICATED) headers['www-authenticate'] = 'Bearer'
  return reply
}

function withCachingOf(response: Response, maxAgeSeconds: number | null): Response {
  const { status } = response
  const headers = new Headers(response.headers)
  const added = withCaching({ status, headers: {}, body: null }, maxAgeSeconds).headers
  for (const [name, value] of Object.entries(added)) {
    if (name === 'vary') headers.append(name, value)
    else headers.set(name, value)
  }
  // A proxy that collects an answer would keep a stream until it ends.
  if (isStream(headers)) headers.set('x-accel-buffering', 'no')
  return new Response(response.body, { status, headers })
}

function isStream(headers: Headers): boolean {
  return Boolean(headers.get('content-type')?.startsWith('text/event-stream'))
}
