import type { GraphQLError } from 'graphql'
import { codedError, type ErrorCode, errorStatus } from '../errors.ts'
import type { OperationMode } from './mode.ts'

/** Why a client that may send only what is registered is not served; no text that it could add would help. */
export function notListed(
  text: string | null,
  id: string | null,
  mode: OperationMode,
): GraphQLError {
  if (text === null || (mode === 'require-id' && id !== null)) {
    return refusal(
      'PERSISTED_QUERY_NOT_IN_LIST',
      'No active release of this client has registered an operation with this id.',
    )
  }
  if (mode === 'require-id') {
    return refusal(
      'PERSISTED_QUERY_ID_REQUIRED',
      'This client may send registered operations only, and only by their ids.',
    )
  }
  return refusal(
    'QUERY_NOT_IN_SAFELIST',
    'No active release of this client has registered this operation.',
  )
}

/** Clients that send the text after a miss know one by this very message. */
export function notFound(): GraphQLError {
  return refusal('PERSISTED_QUERY_NOT_FOUND', 'PersistedQueryNotFound')
}

export function mismatch(): GraphQLError {
  return refusal(
    'PERSISTED_QUERY_HASH_MISMATCH',
    'The text is not the one that has this id: send its own SHA-256, in lower case hex.',
  )
}

export function ambiguous(): GraphQLError {
  const message =
    'Several clients have registered this id with different texts: name yours by `graphql-client-name`.'
  return codedError('BAD_REQUEST', message, { http: { status: errorStatus.BAD_REQUEST } })
}

export function unauthenticated(): GraphQLError {
  const message = 'Persisted operations need an API key or a token.'
  return codedError('UNAUTHENTICATED', message, { http: { status: errorStatus.UNAUTHENTICATED } })
}

function refusal(code: ErrorCode, message: string): GraphQLError {
  return codedError(code, message, { http: { status: errorStatus[code], spec: true } })
}
