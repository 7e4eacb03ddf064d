import { GraphQLError } from 'graphql'
import { Deadline } from '../deadline.ts'
import { type Ending, signalOf } from '../ending.ts'
import { clientClosedRequest, overloaded } from '../errors.ts'
import { errorReply, type Reply } from '../reply.ts'
import type { RequestHead } from '../request-head.ts'
import { Overloaded } from './admission.ts'
import { BodyIncomplete, BodyTooLarge, maxBodyBytes, maxPushBytes } from './body.ts'
import type { Operations } from './operations.ts'
import { paramsInBody, paramsInUrl } from './params.ts'
import { createRespond, type RespondOptions } from './respond.ts'

export type EndpointOptions = RespondOptions

/** A request to /graphql as any transport brings it. */
export interface HttpRequest {
  request: RequestHead
  /** Aborted when its client has gone. */
  client: Ending
  /** All of its body, which has at most so many bytes. */
  read(most: number): Promise<Uint8Array>
}

/** What comes bit by bit, such as a stream, is a Response. */
export type Endpoint = (request: HttpRequest, requestId: string) => Promise<Reply | Response>

const retryAfterSeconds = 1

/**
 * Answers one request to /graphql: refuses what is no GraphQL over HTTP, reads it, waits for a
 * place, and has it answered. Nobody has a place who is still sending.
 */
export function createEndpoint(options: EndpointOptions, operations: Operations): Endpoint {
  const { places, requestTimeoutMs } = operations
  const respond = createRespond(options, operations)
  return async (sent, requestId) => {
    const { request, client } = sent
    const inUrl = request.method === 'GET' ? paramsInUrl(request.url) : {}
    if (!inUrl) return errorReply('BAD_REQUEST', '`variables` and `extensions` must be JSON.')
    if (request.method === 'POST' && !isJson(request)) {
      return errorReply('UNSUPPORTED_MEDIA_TYPE', 'Send the request as application/json.')
    }
    try {
      const body = request.method === 'POST' && (await read(sent, operations))
      const params = () => (body ? paramsInBody(body) : inUrl)
      const reply = await inTime(new Deadline(requestTimeoutMs, client), (deadline) =>
        places.run(deadline.end, () => respond({ request, client, requestId, deadline, params })),
      )
      if (!client.aborted) return reply
      if (reply instanceof Response) await reply.body?.cancel()
      return closedByClient()
    } catch (error) {
      return refusalFor(error, client)
    }
  }
}

async function inTime<T>(deadline: Deadline, work: (deadline: Deadline) => Promise<T>): Promise<T> {
  try {
    return await work(deadline)
  } finally {
    deadline.clear()
  }
}

function isJson({ headers }: RequestHead): boolean {
  return /^application\/json *(;|$)/.test(headers.get('content-type') ?? '')
}

/** Who says that they send more than all but those with the operations of an app is asked who they are first. */
async function read({ request, client, read }: HttpRequest, { turnsOf }: Operations) {
  const bytes = Number(request.headers.get('content-length'))
  if (!(bytes > maxBodyBytes && bytes <= maxPushBytes)) return read(maxBodyBytes)
  const mayPush = await turnsOf(request.headers)(signalOf(client), async ({ viewer }) =>
    viewer?.scopes.has('operations:write'),
  ).catch((error) => {
    if (error instanceof GraphQLError && error.extensions.code === 'UNAUTHENTICATED') return false
    throw error
  })
  return read(mayPush ? maxPushBytes : maxBodyBytes)
}

/** Nobody reads it, but the log tells by its status that the client had gone. */
function closedByClient(): Reply {
  return { status: clientClosedRequest, headers: {}, body: null }
}

function refusalFor(error: unknown, client: Ending): Reply {
  const late = error instanceof GraphQLError && error.extensions.code === 'DEADLINE_EXCEEDED'
  if (error instanceof BodyIncomplete || (late && client.aborted)) {
    return closedByClient()
  }
  if (late) return errorReply('DEADLINE_EXCEEDED', error.message)
  if (error instanceof BodyTooLarge) {
    return errorReply(
      'PAYLOAD_TOO_LARGE',
      `A request body has at most ${maxBodyBytes / 1024} KB; with the scope operations:write and a content-length, ${maxPushBytes / 1024 / 1024} MB.`,
    )
  }
  if (!(error instanceof Overloaded)) throw error
  return errorReply('OVERLOADED', overloaded, { 'retry-after': `${retryAfterSeconds}` })
}
