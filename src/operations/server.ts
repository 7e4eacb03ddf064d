import { renderGraphiQL } from '@graphql-yoga/render-graphiql'
import type { ExecutionArgs } from 'graphql'
import {
  createYoga,
  type GraphiQLOptions,
  type Plugin,
  type YogaServerInstance,
} from 'graphql-yoga'
import { createContext, type RequestScope } from '../context.ts'
import { Abandoned } from '../database/session.ts'
import { codedError } from '../errors.ts'
import { schema } from '../schema.ts'
import { isStorable } from './limits.ts'
import { maskError } from './mask.ts'
import { createPrepareOperation, unstorable } from './prepare.ts'

/** What is known of a request before it is parsed. */
export type ServerContext = RequestScope

export interface GraphqlServerOptions {
  /** The page for browsers, or none. */
  graphiql: ((request: Request) => GraphiQLOptions) | null
}

export type GraphqlServer = YogaServerInstance<ServerContext, object>

/**
 * GraphQL over HTTP. Yoga speaks the protocol; preparing, executing in the tenant's transactions
 * and masking are ours.
 */
export function createGraphqlServer({ graphiql }: GraphqlServerOptions): GraphqlServer {
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
    plugins: [preparing(), executing(), masking()],
  })
}

function preparing(): Plugin<ServerContext> {
  const prepare = createPrepareOperation(schema)
  return {
    onParse({ params, context, setParsedDocument }) {
      setParsedDocument(prepare(String(params.source), (context as ServerContext).viewer))
    },
    // prepareOperation has validated the document, or this text before.
    onValidate: ({ setResult }) => setResult([]),
  }
}

function executing(): Plugin<ServerContext> {
  return {
    onExecute({ executeFn, setExecuteFn }) {
      setExecuteFn(async (args: ExecutionArgs) => {
        if (!isStorable(args.variableValues)) {
          return { errors: [codedError('BAD_USER_INPUT', unstorable, { http: { status: 400 } })] }
        }
        const context = createContext(args.contextValue as ServerContext)
        try {
          return await executeFn({ ...args, contextValue: context })
        } finally {
          await context.close()
        }
      })
    },
  }
}

function masking(): Plugin<ServerContext> {
  return {
    onResultProcess({ result, setResult, serverContext }) {
      if (Array.isArray(result) || !('errors' in result) || !result.errors) return
      setResult({
        ...result,
        errors: result.errors
          .filter(({ originalError }) => !(originalError instanceof Abandoned))
          .map((error) => maskError(error, serverContext as unknown as ServerContext)),
      })
    },
  }
}
