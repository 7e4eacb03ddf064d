import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import type { Logger } from 'pino'
import { DatabaseUnavailable } from './database/unavailable.ts'
import { End } from './ending.ts'
import { databaseUnavailable } from './errors.ts'
import type { BodyReader } from './operations/body.ts'
import type { Endpoint, HttpRequest } from './operations/endpoint.ts'
import { errorReply, type Reply, responseOf } from './reply.ts'
import { withoutKeys } from './texts.ts'

/** What node has of a request, where one came over HTTP. */
export interface NodeHttp {
  incoming: IncomingMessage
  outgoing: ServerResponse
}

export interface FrontOptions {
  log: Logger
  corsOrigins?: string[]
}

/** The headers that a page of another origin may read. */
export const exposedHeaders = ['ETag', 'Retry-After', 'X-Request-Id']

/**
 * Answers a GET or POST of /graphql with its id, its line in the log and what lets pages of other
 * origins read it. From node it is read, and to node it is written, without web streams, which would
 * cost several times as much as all the rest.
 */
export function createFront(
  { log, corsOrigins = [] }: FrontOptions,
  endpoint: Endpoint,
  bodies: BodyReader,
): (request: Request, node?: NodeHttp) => Promise<Response> {
  return async (request, node) => {
    const started = performance.now()
    const requestId = requestIdOf(request)
    const sent = node ? sentToNode(request, node, bodies) : sentAsRequest(request, bodies)
    const reply = await endpoint(sent, requestId).catch((error) => fault(error, log, requestId))
    const { method } = request
    logRequest(log, { requestId, method, path: '/graphql', status: reply.status, started })
    addHeader(reply, 'x-request-id', requestId)
    if (corsOrigins.length > 0) allowOrigin(reply, corsOrigins, request.headers.get('origin'))
    if (!node || reply instanceof Response) return responseOf(reply)
    write(node.outgoing, reply)
    return RESPONSE_ALREADY_SENT
  }
}

/** A request as the web has it. */
export function sentAsRequest(request: Request, bodies: BodyReader): HttpRequest {
  return { request, client: request.signal, read: (most) => bodies.read(request, most) }
}

function sentToNode(
  request: Request,
  { incoming, outgoing }: NodeHttp,
  bodies: BodyReader,
): HttpRequest {
  const client = new End()
  outgoing.once('close', () => {
    if (!outgoing.writableFinished) client.abort(new Error('the client has gone'))
  })
  return { request, client, read: (most) => bodies.readIncoming(incoming, most) }
}

function write(outgoing: ServerResponse, { status, headers, body }: Reply): void {
  if (outgoing.destroyed) return
  const text = body ?? ''
  headers['content-length'] = String(Buffer.byteLength(text))
  outgoing.writeHead(status, headers)
  outgoing.end(text)
}

function addHeader({ headers }: Reply | Response, name: string, value: string): void {
  if (headers instanceof Headers) headers.append(name, value)
  else headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`
}

function allowOrigin(
  reply: Reply | Response,
  origins: readonly string[],
  origin: string | null,
): void {
  if (origin !== null && origins.includes(origin))
    addHeader(reply, 'access-control-allow-origin', origin)
  addHeader(reply, 'access-control-expose-headers', exposedHeaders.join(','))
  addHeader(reply, 'vary', 'Origin')
}

/** A caller's request id is kept if it looks like one, so that its logs and ours can be joined. */
export function requestIdOf({ headers }: Request): string {
  const given = headers.get('x-request-id')
  return given !== null && /^(?!dg_)[\w.-]{8,64}$/.test(given) ? given : randomUUID()
}

interface Logged {
  requestId: string
  method: string
  path: string
  status: number
  started: number
}

export function logRequest(log: Logger, { started, path, ...logged }: Logged): void {
  const ms = Math.round(performance.now() - started)
  log.info({ ...logged, path: withoutKeys(path), ms }, 'request')
}

export function fault(error: Error, log: Logger, requestId: string): Reply {
  log.error({ err: error, requestId }, 'a request failed')
  if (error instanceof DatabaseUnavailable) {
    return errorReply('UNAVAILABLE', databaseUnavailable, { 'retry-after': '1' })
  }
  return errorReply('INTERNAL', `The request failed on our side. Its id is ${requestId}.`)
}
