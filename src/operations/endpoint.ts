import { GraphQLError } from 'graphql'
import type { Logger } from 'pino'
import { type Access, isOpenTo } from '../auth/access.ts'
import type { Authenticate } from '../auth/authenticate.ts'
import type { Database } from '../database/database.ts'
import { errorResponse, errorStatus } from '../errors.ts'
import { createGraphqlServer, type GraphqlServerOptions, type ServerContext } from './server.ts'

export interface EndpointOptions extends GraphqlServerOptions {
  database: Database
  authenticate: Authenticate
  clock: () => Date
  log: Logger
  /** Who gets the page for browsers. */
  graphiqlAccess?: Access
}

export type Endpoint = (request: Request, requestId: string) => Promise<Response>

/**
 * Answers one request to /graphql: refuses what is no GraphQL over HTTP, finds out who asks, and
 * hands it to the server.
 */
export function createEndpoint(options: EndpointOptions): Endpoint {
  const { database, authenticate, clock, log } = options
  const { graphiql = null, graphiqlAccess = 'authenticated' } = options
  const server = createGraphqlServer(options)
  return async (request, requestId) => {
    const refusal = refusalOf(request)
    if (refusal) return refusal
    const viewer = await viewerOf(request, authenticate)
    if (viewer instanceof Response) return viewer
    if (graphiql && isForPage(request) && !isOpenTo(graphiqlAccess, viewer)) {
      return unauthenticated('The page for browsers is only for requests with a credential.')
    }
    const response = await server.fetch(request, { database, viewer, log, clock, requestId })
    if (response.status !== errorStatus.NOT_ACCEPTABLE) return uncached(response)
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
    return unauthenticated(error.message)
  }
}

function unauthenticated(message: string): Response {
  return errorResponse('UNAUTHENTICATED', message, { 'www-authenticate': 'Bearer' })
}

/** An answer is for its viewer alone, and no cache may keep it. */
function uncached(response: Response): Response {
  const headers = new Headers(response.headers)
  headers.set('cache-control', 'private, no-store')
  headers.append('vary', 'Accept, Authorization, X-Api-Key')
  if (response.status === errorStatus.UNAUTHENTICATED) headers.set('www-authenticate', 'Bearer')
  return new Response(response.body, { status: response.status, headers })
}
