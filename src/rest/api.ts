import { OpenAPIHono, z } from '@hono/zod-openapi'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { clientClosedRequest } from '../errors.ts'
import type { Operations } from '../operations/operations.ts'
import { type Detail, mostDetails, type Problem, problemOf, Refused, refuse } from './problem.ts'
import { inTurn, type RestEnv } from './runner.ts'

/** How an API tells what is wrong. */
export interface Told {
  status: number
  body: object
}

export interface ApiOptions {
  title: string
  description: string
  /** Where its routes begin, within its base. */
  routes: `/${string}`
  /** The headers that carry a credential as every other route has them. */
  credentialsOf?: (headers: Headers) => Headers
  /** The ways to send a credential, each with what it consists of by its names in the document. */
  credentials: Record<string, Credential>[]
  tell: (problem: Problem) => Told
}

type Credential = Extract<
  Parameters<RestApp['openAPIRegistry']['registerComponent']>[2],
  { type: string; in?: unknown }
>

export type RestApp = OpenAPIHono<RestEnv>

/** One API without its routes: its way in, its shape of errors and its OpenAPI document. */
export function createApi(operations: Operations, options: ApiOptions): RestApp {
  const { title, description, routes, credentials, tell } = options
  const { log } = operations.surroundings
  const app: RestApp = new OpenAPIHono<RestEnv>({
    defaultHook(result) {
      if (!result.success) throw new Refused(problemOfInput(result.error))
    },
  })
  app.onError((error, c) => {
    const problem = problemOf(error, { log, requestId: c.get('requestId') })
    // Nobody reads it, but the log tells by its status that the client had gone.
    if (c.req.raw.signal.aborted) return new Response(null, { status: clientClosedRequest })
    const { status, body } = tell(problem)
    return c.json(body, status as ContentfulStatusCode, problem.headers)
  })
  app.use(routes, async (c, next) => {
    await next()
    c.header('cache-control', 'private, no-store')
  })
  app.use(routes, inTurn(operations, options.credentialsOf))
  for (const [name, credential] of credentials.flatMap((way) => Object.entries(way)))
    app.openAPIRegistry.registerComponent('securitySchemes', name, credential)
  app.doc31('/openapi.json', (c) => ({
    openapi: '3.1.0',
    info: { title, description, version: '1' },
    servers: [{ url: c.req.path.replace('/openapi.json', '') }],
    security: credentials.map((way) =>
      Object.fromEntries(Object.keys(way).map((name) => [name, []])),
    ),
  }))
  return app
}

/** The last of an API’s routes: what it does not have is told in its own shape. */
export function withoutOthers(app: RestApp): RestApp {
  app.all('*', (c) => {
    const message = `There is no ${c.req.method} ${c.req.path.slice(0, 80)} here.`
    return refuse(404, 'NOT_FOUND', message)
  })
  return app
}

const noneOfThese =
  'The body is larger than 256 KB (413) or is not sent as JSON (415), or the gateway cannot answer (500), has too much to do or no database (503), or took too long (504).'

const retryAfter = z.object({
  'Retry-After': z.int().optional().openapi({ description: 'Seconds until it may be sent again.' }),
})

/** The refusals of a route, for its document; what any route may answer is one of them. */
export function refusals<Schema extends z.ZodType>(
  schema: Schema,
  meanings: Record<number, string>,
) {
  const all = { ...meanings, default: noneOfThese }
  return Object.fromEntries(
    Object.entries(all).map(([status, description]) => [
      status,
      {
        ...{ description, content: { 'application/json': { schema } } },
        ...(['429', 'default'].includes(status) && { headers: retryAfter }),
      },
    ]),
  )
}

const answerHeaders = {
  ETag: z.string().openapi({ description: 'The version of the deal, for `If-Match`.' }),
  'Idempotent-Replayed': z
    .literal('true')
    .optional()
    .openapi({ description: 'Where an earlier request with this `Idempotency-Key` was answered.' }),
}

/** A route’s answer, for its document, with those of the headers that it has. */
export function answers<Schema extends z.ZodType>(
  description: string,
  schema: Schema,
  ...names: (keyof typeof answerHeaders)[]
) {
  const headers = z.object(Object.fromEntries(names.map((name) => [name, answerHeaders[name]])))
  return { description, content: { 'application/json': { schema } }, headers }
}

const mostOfName = 80

/** What does not have the form that a route’s document asks for. */
function problemOfInput({ issues }: z.ZodError): Problem {
  const details = issues.flatMap((issue): Detail[] => {
    const [first] = issue.path
    const field = first === undefined ? null : String(first).slice(0, mostOfName)
    if (issue.code !== 'unrecognized_keys')
      return [{ field, message: `${issue.message}.`.replace('..', '.') }]
    return issue.keys.map((key) => ({
      field: key.slice(0, mostOfName),
      message: 'There is no such field.',
    }))
  })
  return { status: 400, code: 'VALIDATION_ERROR', details: details.slice(0, mostDetails) }
}
