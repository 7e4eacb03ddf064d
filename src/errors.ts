import { GraphQLError, type GraphQLErrorOptions } from 'graphql'

/**
 * Every code that `errors[].extensions.code` can carry, with the HTTP status of a request that it
 * refuses as a whole.
 */
export const errorStatus = {
  UNAUTHENTICATED: 401,
  FORBIDDEN: 200,
  INVALID_ID: 200,
  INVALID_CURSOR: 200,
  BAD_USER_INPUT: 200,
  BAD_REQUEST: 400,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  NOT_ACCEPTABLE: 406,
  PAYLOAD_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  GRAPHQL_PARSE_FAILED: 400,
  GRAPHQL_VALIDATION_FAILED: 400,
  PERSISTED_QUERY_NOT_FOUND: 200,
  PERSISTED_QUERY_NOT_IN_LIST: 200,
  PERSISTED_QUERY_ID_REQUIRED: 200,
  PERSISTED_QUERY_HASH_MISMATCH: 400,
  QUERY_NOT_IN_SAFELIST: 200,
  TOO_MANY_TOKENS: 400,
  TOO_DEEP: 400,
  TOO_MANY_ALIASES: 400,
  TOO_MANY_FIELDS: 400,
  TOO_MANY_DIRECTIVES: 400,
  TOO_MANY_FRAGMENTS: 400,
  TOO_MANY_ROOT_FIELDS: 400,
  INTROSPECTION_DISABLED: 400,
  TOO_EXPENSIVE: 400,
  THROTTLED: 429,
  SUBSCRIPTION_OVERRUN: 503,
  OVERLOADED: 503,
  UNAVAILABLE: 503,
  DEADLINE_EXCEEDED: 504,
  INTERNAL: 500,
} as const

export type ErrorCode = keyof typeof errorStatus

/** Nobody waits for the answer any more: the log tells it by this status, as nginx does. */
export const clientClosedRequest = 499

/** What a client is told that could be answered but for the database. */
export const databaseUnavailable =
  'The database cannot be reached at the moment. Nothing was done: send it again later.'

/** What a client is told that is one too many at the moment. */
export const overloaded = 'Too many requests are waiting: send it again in a moment.'

/** An error that its reader may see: a stable code, and a sentence that says what to mend. */
export function codedError(
  code: ErrorCode,
  message: string,
  extensions: object = {},
  where: GraphQLErrorOptions = {},
): GraphQLError {
  return new GraphQLError(message, { ...where, extensions: { ...extensions, code } })
}
