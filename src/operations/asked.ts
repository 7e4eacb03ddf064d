import { OperationTypeNode } from 'graphql'
import { codedError, errorStatus } from '../errors.ts'
import { askOf } from '../persisted/ask.ts'
import { type Sender, senderOf } from '../persisted/resolve.ts'
import type { RequestHead } from '../request-head.ts'
import type { Operations } from './operations.ts'
import { checkParams, type Params } from './params.ts'
import type { PreparedOperation } from './prepare.ts'

/** A request over HTTP, all of which has come. */
export interface Sent {
  request: RequestHead
  /** What it says, or throws why that cannot be told. */
  params: () => Params
}

/** What a request asks for, ready to be executed. */
export interface AskedOperation extends PreparedOperation {
  params: Params
  /** How long anybody's cache may keep an answer; null where none may. */
  maxAgeSeconds: number | null
}

/** The document that the parameters mean, prepared: the same for every transport. */
export async function prepareAsked(
  { resolve, prepare }: Pick<Operations, 'resolve' | 'prepare'>,
  params: Params,
  sender: Sender,
): Promise<AskedOperation> {
  const resolved = await resolve(askOf(params), sender)
  if (!resolved) throw nothingAsked()
  const { text, isRegistered, maxAgeSeconds, learn } = resolved
  const { operationName = null, variables = null } = params
  const { viewer } = sender
  const prepared = prepare({ text, operationName, variables, viewer, isRegistered })
  learn?.()
  const { document, operation, cost } = prepared
  return { document, operation, cost, isRegistered, params, maxAgeSeconds }
}

/** The same for a request over HTTP, whose parameters may be anything, and whose method reads or writes. */
export async function prepareRequest(
  operations: Pick<Operations, 'resolve' | 'prepare'>,
  { request, params: paramsOf }: Sent,
  scope: Omit<Sender, 'client' | 'isBreakingGlass'>,
): Promise<AskedOperation> {
  const params = paramsOf()
  checkParams(params)
  const asked = await prepareAsked(operations, params, senderOf(request.headers, scope))
  if (!asked.operation) throw noOperation()
  const isMutation = asked.operation.operation === OperationTypeNode.MUTATION
  if (isMutation && request.method === 'GET') throw notByGet()
  return asked
}

function nothingAsked() {
  const message = 'Send a document as `query`, or the id of a persisted operation as `documentId`.'
  return codedError('BAD_REQUEST', message, { http: { status: errorStatus.BAD_REQUEST } })
}

function noOperation() {
  const http = { status: errorStatus.BAD_REQUEST }
  return codedError('BAD_REQUEST', 'Could not determine what operation to execute.', { http })
}

function notByGet() {
  const http = { status: errorStatus.METHOD_NOT_ALLOWED, headers: { allow: 'POST' } }
  const message = 'Can only perform a mutation operation from a POST request.'
  return codedError('METHOD_NOT_ALLOWED', message, { http })
}
