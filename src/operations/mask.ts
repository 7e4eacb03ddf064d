import { GraphQLError } from 'graphql'
import type { Logger } from 'pino'
import { codedError, type ErrorCode, errorStatus } from '../errors.ts'

/**
 * What a client may see of an error. Errors made for it keep their code; anything else is a fault,
 * which is logged once and told only as the id of its request.
 */
export function maskError(
  error: GraphQLError,
  request: { log: Logger; requestId: string },
): GraphQLError {
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

function maskFault(
  error: GraphQLError,
  cause: Error,
  { log, requestId }: { log: Logger; requestId: string },
) {
  log.error({ err: cause, requestId, path: error.path }, 'a request failed')
  const { nodes, source, positions, path } = error
  const message = `The request failed on our side. Its id is ${requestId}.`
  return codedError('INTERNAL', message, { requestId }, { nodes, source, positions, path })
}
