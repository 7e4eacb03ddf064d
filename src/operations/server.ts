import { renderGraphiQL } from '@graphql-yoga/render-graphiql'
import type { ExecutionArgs } from 'graphql'
import {
  createYoga,
  type GraphiQLOptions,
  type Plugin,
  type YogaServerInstance,
} from 'graphql-yoga'
import { codedError, errorStatus } from '../errors.ts'
import type { SubscriptionScope } from './execute.ts'
import { maskResult } from './mask.ts'
import type { Operations } from './operations.ts'
import type { PreparedOperation } from './prepare.ts'

/** What is known of a request before it is parsed. */
export type ServerContext = SubscriptionScope

/** The same with what Yoga and the plugins have added. */
interface OperationContext extends ServerContext {
  request: Request
  params: { operationName?: string; variables?: Record<string, unknown> }
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
    plugins: [preparing(operations), executing(operations), masking()],
  })
}

function preparing({ prepare }: Operations): Plugin<ServerContext> {
  return {
    onParse({ params, context, setParsedDocument }) {
      const operation = context as OperationContext
      const { viewer, params: request } = operation
      operation.prepared = prepare({ ...request, text: String(params.source), viewer })
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
