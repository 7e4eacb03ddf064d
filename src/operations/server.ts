import type { ExecutionArgs } from 'graphql'
import {
  createYoga,
  type GraphiQLOptions,
  type GraphQLParams,
  type Plugin,
  type YogaServerInstance,
} from 'graphql-yoga'
import { codedError, errorStatus } from '../errors.ts'
import { takesStream } from './accept.ts'
import { cacheable, resultOf } from './answer.ts'
import type { AskedOperation } from './asked.ts'
import type { SubscriptionScope } from './execute.ts'
import { maskResult } from './mask.ts'
import type { Operations } from './operations.ts'

/** What is known of a request before Yoga gets it. */
export interface ServerContext extends SubscriptionScope {
  /** Prepares what it asks for, or gives what was prepared. */
  prepare: () => Promise<AskedOperation>
  /** Is told what the request came to. */
  outcome: { maxAgeSeconds: number | null }
}

/** The same with what Yoga and the plugins have added. */
interface OperationContext extends ServerContext {
  request: Request
  prepared?: AskedOperation
}

export interface GraphqlServerOptions {
  /** The page for browsers, or none. */
  graphiql?: ((request: Request) => GraphiQLOptions) | null
}

export type GraphqlServer = YogaServerInstance<ServerContext, object>

/**
 * What of GraphQL over HTTP is more than one answer in JSON: the page for browsers, and results as
 * server-sent events. Yoga speaks the protocol; what is executed is prepared, executed in the
 * tenant's transactions and masked as everywhere else.
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
    plugins: [preparing(), executing(operations), masking(), caching()],
  })
}

/** The page is a text of nine megabytes, which is loaded for the first who asks for it. */
async function renderGraphiQL(options: GraphiQLOptions): Promise<string> {
  const page = await import('@graphql-yoga/render-graphiql')
  return page.renderGraphiQL(options)
}

/** Leaves Yoga nothing to find out. */
function preparing(): Plugin<ServerContext> {
  return {
    onRequestParse({ setRequestParser, serverContext }) {
      const operation = serverContext as unknown as OperationContext
      setRequestParser(async () => {
        operation.prepared = await operation.prepare()
        const { operationName, variables } = operation.prepared.params
        // Yoga wants a text, which nobody parses.
        return { query: '{ __typename }', operationName, variables } as GraphQLParams
      })
    },
    onParse({ context, setParsedDocument }) {
      const { prepared } = context as OperationContext
      if (prepared) setParsedDocument(prepared.document)
    },
    // What was prepared is valid.
    onValidate: ({ setResult }) => setResult([]),
  }
}

function executing({ execute, subscribe }: Operations): Plugin<ServerContext> {
  return {
    onExecute({ setExecuteFn }) {
      setExecuteFn(async (args: ExecutionArgs) => {
        const scope = args.contextValue as OperationContext
        return resultOf(await execute(args, scope, scope.prepared))
      })
    },
    onSubscribe({ setSubscribeFn }) {
      setSubscribeFn((args: ExecutionArgs) => {
        const scope = args.contextValue as OperationContext
        if (!takesStream(scope.request.headers)) return { errors: [noStream()] }
        return subscribe(args, scope, scope.prepared)
      })
    },
  }
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

function caching(): Plugin<ServerContext> {
  return {
    onResultProcess({ request, result, setResult, serverContext }) {
      const { prepared, outcome } = serverContext as unknown as OperationContext
      if (!prepared || Array.isArray(result) || Symbol.asyncIterator in result) return
      const { answer, maxAgeSeconds } = cacheable(request, prepared, result)
      outcome.maxAgeSeconds = maxAgeSeconds
      setResult(answer)
    },
  }
}
