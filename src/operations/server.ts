import { renderGraphiQL } from '@graphql-yoga/render-graphiql'
import type { ExecutionArgs } from 'graphql'
import {
  createYoga,
  type GraphiQLOptions,
  type GraphQLParams,
  type Plugin,
  type YogaServerInstance,
} from 'graphql-yoga'
import { codedError, errorStatus } from '../errors.ts'
import { type Ask, askOf } from '../persisted/ask.ts'
import { type ResolvedOperation, senderOf } from '../persisted/resolve.ts'
import type { SubscriptionScope } from './execute.ts'
import { maskResult } from './mask.ts'
import type { Operations } from './operations.ts'
import type { PreparedOperation } from './prepare.ts'

/** What is known of a request before it is parsed. */
export interface ServerContext extends SubscriptionScope {
  /** Is told what the request came to. */
  outcome: { maxAgeSeconds: number | null }
}

/** The same with what Yoga and the plugins have added. */
interface OperationContext extends ServerContext {
  request: Request
  params: { operationName?: string; variables?: Record<string, unknown> }
  ask?: Ask
  resolved?: ResolvedOperation | null
  prepared?: PreparedOperation
}

export interface GraphqlServerOptions {
  /** The page for browsers, or none. */
  graphiql?: ((request: Request) => GraphiQLOptions) | null
}

export type GraphqlServer = YogaServerInstance<ServerContext, object>

/**
 * GraphQL over HTTP. Yoga speaks the protocol; preparing, executing in the tenant's transactions
 * and masking are ours.
 */
export function createGraphqlServer(
  { graphiql = null }: GraphqlServerOptions,
  operations: Operations,
): GraphqlServer {
  return createYoga<ServerContext>({
    schema: operations.schema,
    // The stand-ins that Yoga brings along fail when a stream is left before it was read.
    fetchAPI: { Response, ReadableStream },
    graphqlEndpoint: '/graphql',
    landingPage: false,
    graphiql: graphiql ? (request) => graphiql(request) : false,
    renderGraphiQL,
    cors: false,
    multipart: false,
    batching: false,
    logging: false,
    maskedErrors: false,
    parserAndValidationCache: false,
    plugins: [
      resolving(operations),
      preparing(operations),
      executing(operations),
      masking(),
      caching(),
    ],
  })
}

/** Finds the document that the parameters mean, and leaves Yoga none of what only clients know of. */
function resolving({ resolve }: Operations): Plugin<ServerContext> {
  return {
    onRequestParse({ requestParser, setRequestParser, serverContext }) {
      if (!requestParser) return
      setRequestParser(async (request) => {
        const params = await requestParser(request)
        if (Array.isArray(params)) return params
        const given = { ...inUrl(request), ...params }
        const operation = serverContext as unknown as OperationContext
        operation.ask = askOf(given)
        return pick(given)
      })
    },
    async onParams({ params, setParams, context, request }) {
      const operation = context as unknown as OperationContext
      const { ask } = operation
      if (!ask) return
      operation.resolved = await resolve(ask, senderOf(request.headers, operation))
      if (operation.resolved) setParams({ ...params, query: operation.resolved.text })
      else if (params.query == null) throw nothingAsked()
    },
  }
}

function nothingAsked() {
  const message = 'Send a document as `query`, or the id of a persisted operation as `documentId`.'
  return codedError('BAD_REQUEST', message, { http: { status: errorStatus.BAD_REQUEST } })
}

/** The parameters that GraphQL over HTTP knows. */
function pick({ query, operationName, variables, extensions }: Record<string, unknown>) {
  return { query, operationName, variables, extensions } as GraphQLParams
}

/** What names an operation in the URL, which Yoga does not look for. */
function inUrl({ method, url }: Request): Record<string, string> {
  if (method !== 'GET') return {}
  const { searchParams } = new URL(url)
  const names = ['documentId', 'doc_id', 'id'].filter((name) => searchParams.has(name))
  return Object.fromEntries(names.map((name) => [name, searchParams.get(name) ?? '']))
}

function preparing({ prepare }: Operations): Plugin<ServerContext> {
  return {
    onParse({ params, context, setParsedDocument }) {
      const operation = context as OperationContext
      const { viewer, params: request, resolved } = operation
      const text = String(params.source)
      const { isRegistered = false, learn } = resolved ?? {}
      operation.prepared = prepare({ ...request, text, viewer, isRegistered })
      learn?.()
      setParsedDocument(operation.prepared.document)
    },
    // prepareOperation has validated the document, or this text before.
    onValidate: ({ setResult }) => setResult([]),
  }
}

function executing({ execute, subscribe }: Operations): Plugin<ServerContext> {
  return {
    onExecute({ setExecuteFn }) {
      setExecuteFn((args: ExecutionArgs) => {
        const scope = args.contextValue as OperationContext
        return execute(args, scope, scope.prepared)
      })
    },
    onSubscribe({ setSubscribeFn }) {
      setSubscribeFn((args: ExecutionArgs) => {
        const scope = args.contextValue as OperationContext
        if (!takesStream(scope.request)) return { errors: [noStream()] }
        return subscribe(args, scope, scope.prepared)
      })
    },
  }
}

function takesStream({ headers }: Request): boolean {
  const accepted = (headers.get('accept') ?? '*/*').split(',')
  return accepted.some((range) => /^ *(text\/event-stream|text\/\*|\*\/\*) *(;|$)/i.test(range))
}

function noStream() {
  const http = { status: errorStatus.NOT_ACCEPTABLE }
  const message = 'A subscription has many results: accept text/event-stream, or use WebSocket.'
  return codedError('NOT_ACCEPTABLE', message, { http })
}

function masking(): Plugin<ServerContext> {
  return {
    onResultProcess({ result, setResult, serverContext }) {
      if (Array.isArray(result) || !('errors' in result)) return
      setResult(maskResult(result, serverContext as unknown as ServerContext))
    },
  }
}

/** Lets caches keep an answer to a GET that was registered as anybody's and has nothing of the moment. */
function caching(): Plugin<ServerContext> {
  return {
    onResultProcess({ request, result, setResult, serverContext }) {
      const operation = serverContext as unknown as OperationContext
      const maxAgeSeconds = operation.resolved?.maxAgeSeconds ?? null
      const isWhole = !Array.isArray(result) && 'data' in result && !result.errors
      if (maxAgeSeconds === null || request.method !== 'GET' || !isWhole) return
      operation.outcome.maxAgeSeconds = maxAgeSeconds
      setResult({ data: result.data })
    },
  }
}
