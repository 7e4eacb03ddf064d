import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Logger } from 'pino'
import { DatabaseUnavailable } from './database/unavailable.ts'
import { End } from './ending.ts'
import { databaseUnavailable } from './errors.ts'
import type { BodyReader } from './operations/body.ts'
import type { Endpoint, HttpRequest } from './operations/endpoint.ts'
import { errorReply, type Reply, responseOf } from './reply.ts'
import { headOf, type RequestHead } from './request-head.ts'

export interface FrontOptions {
  log: Logger
  corsOrigins?: string[]
}

/** How long a client may still send what is not read, until it gets to its answer. */
const patienceMs = 500

/** The headers that a page of another origin may read. */
export const exposedHeaders = ['ETag', 'Retry-After', 'X-Request-Id']

/** Answers a GET or POST of /graphql. */
export interface Front {
  fetch(request: Request): Promise<Response>
  /**
   * The same from node and to node, without web streams, which would cost several times as much as
   * all the rest. What comes bit by bit is given back to be sent; all else is sent.
   */
  answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<Response | null>
}

/** Gives each answer its id, its line in the log and what lets pages of other origins read it. */
export function createFront(
  { log, corsOrigins = [] }: FrontOptions,
  endpoint: Endpoint,
  bodies: BodyReader,
): Front {
  async function reply(sent: HttpRequest): Promise<Reply | Response> {
    const started = performance.now()
    const { method, headers } = sent.request
    const requestId = requestIdOf(sent.request)
    const reply = await endpoint(sent, requestId).catch((error) => fault(error, log, requestId))
    logRequest(log, { requestId, method, path: '/graphql', status: reply.status, started })
    addHeader(reply, 'x-request-id', requestId)
    if (corsOrigins.length > 0) allowOrigin(reply, corsOrigins, headers.get('origin'))
    return reply
  }
  return {
    fetch: async (request) => responseOf(await reply(sentAsRequest(request, bodies))),
    async answer(incoming, outgoing) {
      const answer = await reply(sentToNode(incoming, outgoing, bodies))
      if (answer instanceof Response) return answer
      write(outgoing, answer)
      if (incoming.method !== 'GET' && !incoming.readableEnded) drain(incoming)
      return null
    },
  }
}

/** A request as the web has it. */
export function sentAsRequest(request: Request, bodies: BodyReader): HttpRequest {
  return { request, client: request.signal, read: (most) => bodies.read(request, most) }
}

function sentToNode(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  bodies: BodyReader,
): HttpRequest {
  const request = headOf(incoming)
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

/** Cut off at once, who still sends would never see the answer. */
function drain(incoming: IncomingMessage): void {
  incoming.resume()
  const cutOff = () => {
    if (!incoming.readableEnded) incoming.socket.destroySoon()
  }
  setTimeout(cutOff, patienceMs).unref()
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
export function requestIdOf({ headers }: RequestHead): string {
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
  log.info({ ...logged, path, ms }, 'request')
}

export function fault(error: Error, log: Logger, requestId: string): Reply {
  log.error({ err: error, requestId }, 'a request failed')
  if (error instanceof DatabaseUnavailable) {
    return errorReply('UNAVAILABLE', databaseUnavailable, { 'retry-after': '1' })
  }
  return errorReply('INTERNAL', `The request failed on our side. Its id is ${requestId}.`)
}
