import { renderGraphiQL } from '@graphql-yoga/render-graphiql'
import type { ExecutionArgs } from 'graphql'
import {
  createYoga,
  type GraphiQLOptions,
  type Plugin,
  type YogaServerInstance,
} from 'graphql-yoga'
import type { RequestScope } from '../context.ts'
import { schema } from '../schema.ts'
import { defaultCostLimit } from '../throttle/bucket.ts'
import { createThrottle, type Throttle } from '../throttle/throttle.ts'
import { createExecution } from './execute.ts'
import { maskResult } from './mask.ts'
import { createPrepareOperation, type PreparedOperation, type PrepareOptions } from './prepare.ts'

/** What is known of a request before it is parsed. */
export type ServerContext = RequestScope

/** The same with what Yoga and the plugins have added. */
interface OperationContext extends ServerContext {
  params: { operationName?: string; variables?: Record<string, unknown> }
  prepared?: PreparedOperation
}

export interface GraphqlServerOptions extends Partial<PrepareOptions> {
  /** The page for browsers, or none. */
  graphiql?: ((request: Request) => GraphiQLOptions) | null
  /** What operations are charged to; null for nothing, by default to buckets in memory. */
  throttle?: Throttle | null
}

type Settings = PrepareOptions & { throttle: Throttle | null }

export type GraphqlServer = YogaServerInstance<ServerContext, object>

/**
 * GraphQL over HTTP. Yoga speaks the protocol; preparing, executing in the tenant's transactions
 * and masking are ours.
 */
export function createGraphqlServer(options: GraphqlServerOptions): GraphqlServer {
  const { graphiql = null } = options
  const settings = settingsOf(options)
  return createYoga<ServerContext>({
    schema,
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
    plugins: [preparing(settings), executing(settings), masking()],
  })
}

function settingsOf(options: GraphqlServerOptions): Settings {
  const { introspection = 'authenticated', suggestions = false } = options
  const { throttle = createThrottle(), costLimit = defaultCostLimit } = options
  // What the bucket can never hold could never run.
  const held = throttle?.size.maximum ?? Number.POSITIVE_INFINITY
  return { introspection, suggestions, throttle, costLimit: Math.min(costLimit, held) }
}

function preparing(settings: Settings): Plugin<ServerContext> {
  const prepare = createPrepareOperation(schema, settings)
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

function executing(settings: Settings): Plugin<ServerContext> {
  const { execute } = createExecution(settings)
  return {
    onExecute({ setExecuteFn }) {
      setExecuteFn((args: ExecutionArgs) => {
        const scope = args.contextValue as OperationContext
        return execute(args, scope, scope.prepared)
      })
    },
  }
}

function masking(): Plugin<ServerContext> {
  return {
    onResultProcess({ result, setResult, serverContext }) {
      if (Array.isArray(result) || !('errors' in result)) return
      setResult(maskResult(result, serverContext as unknown as ServerContext))
    },
  }
}
