import type { GraphQLError } from 'graphql'
import { HTTPException } from 'hono/http-exception'
import type { Logger } from 'pino'
import { clientClosedRequest, codedError, type ErrorCode, errorStatus } from '../errors.ts'
import { BodyIncomplete, BodyTooLarge, maxBodyBytes } from '../operations/body.ts'
import { errorOf, maskError } from '../operations/mask.ts'

/** So many things that are wrong are told at once. */
export const mostDetails = 20

/** One thing that is wrong, and the field that is to be mended, where it is one. */
export interface Detail {
  field: string | null
  message: string
}

/**
 * Why a request is refused or has failed, in terms of HTTP. Each API tells it in its own shape, and
 * where it knows fewer statuses than these under the one that it has.
 */
export interface Problem {
  status: number
  code: string
  details: Detail[]
  headers?: Record<string, string>
}

export class Refused extends Error {
  readonly problem: Problem
  constructor(problem: Problem) {
    super(problem.details.map(({ message }) => message).join(' '))
    this.problem = problem
  }
}

/** Refuses a request for one reason. */
export function refuse(status: number, code: string, message: string, field?: string): never {
  throw new Refused({ status, code, details: [{ field: field ?? null, message }] })
}

/** All that is wrong in one sentence or more, each with the field that it is about. */
export function sentenceOf({ details }: Problem): string {
  return details
    .map(({ field, message }) => (field === null ? message : `${field}: ${message}`))
    .join(' ')
}

/** GraphQL answers these with 200, as one of its operations may fail and another one not. */
const ownStatus: Partial<Record<ErrorCode, number>> = {
  FORBIDDEN: 403,
  BAD_USER_INPUT: 400,
  INVALID_ID: 400,
  INVALID_CURSOR: 400,
}

interface Told {
  log: Logger
  requestId: string
}

/** What there is to tell of anything that was thrown; faults are logged and told as no more than their id. */
export function problemOf(error: unknown, told: Told): Problem {
  if (error instanceof Refused) return error.problem
  if (error instanceof BodyIncomplete)
    return { status: clientClosedRequest, code: 'BAD_REQUEST', details: [] }
  return problemOfError(maskError(errorOf(known(error)), told))
}

/** How the executor begins to tell of a value; where that is, the sender has never seen. */
const ofVariable = /^Variable "\$input" got invalid value .* at "input\.\w+"; /s

/** The same for errors that a client may see already. */
export function problemOfError(error: GraphQLError): Problem {
  const { extensions } = error
  const message = error.message.replace(ofVariable, '')
  const code = extensions.code as ErrorCode
  const { headers } = (extensions.http ?? {}) as { headers?: Record<string, string> }
  const status = ownStatus[code] ?? errorStatus[code]
  return {
    ...{ status, code, details: [{ field: null, message }] },
    headers: {
      ...(status === 401 && { 'www-authenticate': 'Bearer' }),
      ...(status === 503 && { 'retry-after': '1' }),
      ...headers,
    },
  }
}

function known(error: unknown): unknown {
  if (error instanceof BodyTooLarge) {
    const message = `A request body has at most ${maxBodyBytes / 1024} KB.`
    return codedError('PAYLOAD_TOO_LARGE', message)
  }
  if (error instanceof HTTPException && error.status === errorStatus.BAD_REQUEST)
    return codedError('BAD_REQUEST', 'The body is not JSON.')
  return error
}
