import { GraphQLError } from 'graphql'
import type { GraphiQLOptions } from 'graphql-yoga'
import type { Logger } from 'pino'
import type { Authenticate } from '../auth/authenticate.ts'
import type { Database } from '../database/database.ts'
import { type ErrorCode, errorResponse, errorStatus } from '../errors.ts'
import { createGraphqlServer, type ServerContext } from './server.ts'

export interface EndpointOptions {
  database: Database
  authenticate: Authenticate
  clock: () => Date
  log: Logger
  /** The page for browsers, or none. */
  graphiql?: ((request: Request) => GraphiQLOptions) | null
}

/** What an error says of the answer to a request that it refuses. */
interface HttpExtensions {
  headers?: Record<string, string>
}

export type Endpoint = (request: Request, requestId: string) => Promise<Response>

/**
 * Answers one request to /graphql: refuses what is no GraphQL over HTTP, finds out who asks, and
 * hands it to the server.
 */
export function createEndpoint(options: EndpointOptions): Endpoint {
  const { database, authenticate, clock, log, graphiql = null } = options
  const server = createGraphqlServer({ graphiql })
  return async (request, requestId) => {
    const refusal = refusalOf(request)
    if (refusal) return refusal
    const viewer = await viewerOf(request, authenticate)
    if (viewer instanceof Response) return viewer
    const response = await server.fetch(request, { database, viewer, log, clock, requestId })
    if (response.status !== errorStatus.NOT_ACCEPTABLE) return uncached(response)
    return errorResponse(
      'NOT_ACCEPTABLE',
      'Accept application/json or application/graphql-response+json.',
    )
  }
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
): Promise<ServerContext['viewer'] | Response> {
  try {
    return await authenticate(headers)
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error
    const { code, http } = error.extensions as { code: ErrorCode; http?: HttpExtensions }
    return errorResponse(code, error.message, http?.headers)
  }
}

/** An answer is for its viewer alone, and no cache may keep it. */
function uncached(response: Response): Response {
  const headers = new Headers(response.headers)
  headers.set('cache-control', 'private, no-store')
  headers.append('vary', 'Accept, Authorization, X-Api-Key')
  if (response.status === errorStatus.UNAUTHENTICATED) headers.set('www-authenticate', 'Bearer')
  return new Response(response.body, { status: response.status, headers })
}
