import { type ExecutionResult, GraphQLError } from 'graphql'
import type { Logger } from 'pino'
import { Abandoned } from '../database/session.ts'
import { DatabaseUnavailable } from '../database/unavailable.ts'
import {
  codedError,
  databaseUnavailable,
  type ErrorCode,
  errorStatus,
  overloaded,
} from '../errors.ts'
import { Overloaded } from './admission.ts'
import { mostErrors } from './limits.ts'

/** A message begins and ends with what is wrong; what is longer between has a value of the request. */
const told = 250
const suggestion = / Did you mean [\w ,"]+\?$/

/**
 * What is wrong with variables is told no longer than what is wrong with a document, and as that
 * without suggestions where they are off: the executor makes them in any case, and repeats the whole
 * value with each error.
 */
export function maskVariables(result: ExecutionResult, suggestions: boolean): ExecutionResult {
  const { data, errors } = result
  if (data !== undefined || !errors) return result
  const first = errors.slice(0, mostErrors)
  const told = first.map((error) =>
    // One that was met on the way to a field is not about variables.
    error.path ? error : withMessage(error, toldOf(error, suggestions)),
  )
  return { ...result, errors: told }
}

function toldOf({ message }: GraphQLError, suggestions: boolean): string {
  const isLong = message.length > 2 * told
  const short = isLong ? `${message.slice(0, told)} … ${message.slice(-told)}` : message
  return suggestions ? short : short.replace(suggestion, '')
}

function withMessage(error: GraphQLError, message: string): GraphQLError {
  const { nodes, source, positions, originalError } = error
  // Nothing was executed, so that the request is refused as a whole.
  const extensions = { http: { status: errorStatus.BAD_REQUEST }, ...error.extensions }
  return new GraphQLError(message, { nodes, source, positions, originalError, extensions })
}

/** The GraphQLError of anything that was thrown. */
export function errorOf(error: unknown): GraphQLError {
  if (error instanceof GraphQLError) return error
  if (error instanceof Overloaded) return codedError('OVERLOADED', overloaded)
  const originalError = error instanceof Error ? error : new Error(String(error))
  return new GraphQLError(originalError.message, { originalError })
}

/** The same of what can be several things, as what is wrong with a document is. */
export function errorsOf(error: unknown): GraphQLError[] {
  return error instanceof AggregateError ? error.errors : [errorOf(error)]
}

interface Told {
  log: Logger
  requestId: string
}

/** What a client may see of a result. */
export function maskResult(result: ExecutionResult, request: Told): ExecutionResult {
  if (!result.errors) return result
  const errors = result.errors
    .filter(({ originalError }) => !(originalError instanceof Abandoned))
    .map((error) => maskError(error, request))
  return { ...result, errors }
}

/**
 * What a client may see of an error. Errors made for it keep their code; anything else is a fault,
 * which is logged once and told only as the id of its request.
 */
export function maskError(error: GraphQLError, request: Told): GraphQLError {
  const cause = error.originalError
  if (cause && !(cause instanceof GraphQLError)) return maskFault(error, cause, request)
  const { message, nodes, source, positions, path } = error
  const extensions = { ...cause?.extensions, ...error.extensions }
  return codedError(codeOf(extensions), message, extensions, { nodes, source, positions, path })
}

function codeOf({ code, http }: { code?: unknown; http?: { status?: number } }): ErrorCode {
  // graphql-js gives no code to a variable or argument that has the wrong type.
  if (code === undefined) return 'BAD_USER_INPUT'
  if (http?.status === errorStatus.METHOD_NOT_ALLOWED) return 'METHOD_NOT_ALLOWED'
  // Yoga has some codes of its own for requests that it cannot make sense of.
  return Object.hasOwn(errorStatus, code as string) ? (code as ErrorCode) : 'BAD_REQUEST'
}

function maskFault(error: GraphQLError, cause: Error, { log, requestId }: Told) {
  log.error({ err: cause, requestId, path: error.path }, 'a request failed')
  const { nodes, source, positions, path } = error
  const where = { nodes, source, positions, path }
  if (cause instanceof DatabaseUnavailable) {
    return codedError('UNAVAILABLE', databaseUnavailable, {}, where)
  }
  const message = `The request failed on our side. Its id is ${requestId}.`
  return codedError('INTERNAL', message, { requestId }, where)
}
