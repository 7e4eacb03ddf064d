import { z } from '@hono/zod-openapi'
import { type ExecutionResult, GraphQLError } from 'graphql'
import type { MiddlewareHandler } from 'hono'
import type { RequestScope } from '../context.ts'
import { codedError } from '../errors.ts'
import { resultOf } from '../operations/answer.ts'
import type { Turn } from '../operations/execute.ts'
import { maskResult } from '../operations/mask.ts'
import type { Operations } from '../operations/operations.ts'
import {
  type Detail,
  mostDetails,
  type Problem,
  problemOfError,
  Refused,
  refuse,
} from './problem.ts'

/** Runs a document of this gateway’s own for whoever sent the request. */
export type Run = <Data>(text: string, variables?: Record<string, unknown>) => Promise<Data>

export interface RestEnv {
  Variables: { requestId: string; run: Run }
}

/** What a mutation answers when its document asks for `replayed userErrors { code message path }`. */
export interface Written {
  replayed: boolean
  userErrors: { code: string; message: string; path: string[] }[]
}

/** How many times a write tries to be the next one when others keep writing before it. */
const mostAttempts = 5

const needsCredential = 'Send an API key or a token: this needs one.'

/**
 * Lets a request through as every other one: its body is read within bounds, it waits for a place,
 * and has a deadline and a viewer. What a route does then, it does by documents, which are prepared,
 * charged and executed like those of clients.
 */
export function inTurn(
  operations: Operations,
  credentialsOf: (headers: Headers) => Headers = (headers) => headers,
): MiddlewareHandler<RestEnv> {
  return async (c, next) => {
    const { signal, headers, method } = c.req.raw
    const hasBody = methodsWithBody.includes(method)
    if (hasBody) c.req.raw = await withBody(c.req.raw, operations)
    const asked = [method, c.req.path, hasBody ? await c.req.text() : '']
    await operations.turnsOf(credentialsOf(headers))(signal, async (turn) => {
      if (!turn.viewer) throw codedError('UNAUTHENTICATED', needsCredential)
      c.set('run', createRun(operations, { ...turn, requestId: c.get('requestId'), asked }))
      await next()
    })
  }
}

const methodsWithBody = ['POST', 'PUT', 'PATCH']

async function withBody(request: Request, { bodies }: Operations): Promise<Request> {
  const { method, url, signal } = request
  const headers = new Headers(request.headers)
  if (!/^application\/json *(;|$)/i.test(headers.get('content-type') ?? ''))
    throw codedError('UNSUPPORTED_MEDIA_TYPE', 'Send the body as application/json.')
  // Validation takes fewer spellings of it, and any other one for a request without a body.
  headers.set('content-type', 'application/json')
  return new Request(url, { method, headers, signal, body: await bodies.read(request) })
}

type Asking = Turn & Pick<RequestScope, 'requestId' | 'asked'>

function createRun(operations: Operations, asking: Asking): Run {
  const { schema, prepare, execute, surroundings } = operations
  return async <Data>(text: string, variables: Record<string, unknown> = {}) => {
    const { viewer } = asking
    const prepared = prepare({ text, variables, viewer, isRegistered: true })
    const args = { schema, document: prepared.document, variableValues: variables }
    const scope = { ...surroundings, ...asking }
    return dataOf<Data>(maskResult(resultOf(await execute(args, scope, prepared)), scope))
  }
}

/** An answer with any error is none: these APIs have no place for a part of one. */
function dataOf<Data>({ data, errors = [] }: ExecutionResult): Data {
  const [error] = errors
  if (error instanceof GraphQLError) throw new Refused(problemOfError(error))
  return data as Data
}

export interface Versioned {
  version: number
}

export interface VersionedWrite<Deal extends Versioned, Payload extends Written> {
  /** The tag of the version that the sender wants to change, where they named one. */
  ifMatch: string | undefined
  read(): Promise<Deal | null>
  write(deal: Deal, expectedVersion: number): Promise<Payload>
}

/**
 * Reads a deal and writes it at the version that was read, so that no other write is undone: one
 * that came in between makes it begin anew. Who names a version changes that one or nothing.
 */
export async function writeVersioned<Deal extends Versioned, Payload extends Written>({
  ifMatch,
  read,
  write,
}: VersionedWrite<Deal, Payload>): Promise<Payload> {
  for (let attempt = 1; ; attempt += 1) {
    const deal = (await read()) ?? refuseMissing()
    const payload = await write(deal, expectedVersion(ifMatch, deal))
    if (!payload.userErrors.some(({ code }) => code === 'VERSION_CONFLICT')) return payload
    if (isConditional(ifMatch)) refusePrecondition(deal)
    if (attempt === mostAttempts)
      refuse(409, 'VERSION_CONFLICT', 'Others keep changing the deal: send it again in a moment.')
  }
}

export function refuseMissing(): never {
  return refuse(404, 'NOT_FOUND', 'There is no such deal.')
}

const idempotencyKey = {
  'idempotency-key': z.string().min(1).max(255).optional().openapi({
    description:
      'A text of your choice, 1 to 255 characters: the same request with the same key within 24 hours is done once, and answered with `Idempotent-Replayed: true`.',
  }),
}

const ifMatch = {
  'if-match': z.string().optional().openapi({
    description:
      'The `ETag` of the deal as it was read: where it has changed since, nothing is written and the answer is 412.',
  }),
}

/** The headers of what creates, by which it can be sent again. */
export const retryHeaders = z
  .object(idempotencyKey)
  .transform((headers) => ({ idempotencyKey: headers['idempotency-key'] }))

/** The headers of what changes a deal. */
export const writeHeaders = z.object({ ...idempotencyKey, ...ifMatch }).transform((headers) => ({
  idempotencyKey: headers['idempotency-key'],
  ifMatch: headers['if-match'],
}))

/** What an answer says of the deal besides its body. */
export function dealHeaders(deal: Versioned, replayed = false): Record<string, string> {
  return { etag: tagOf(deal), ...writtenHeaders(replayed) }
}

/** What the answer to a write says besides its body. */
export function writtenHeaders(replayed: boolean): Record<string, string> {
  return replayed ? { 'idempotent-replayed': 'true' } : {}
}

/** The tag of a deal at a version, as `ETag` and `If-Match` have it. */
function tagOf({ version }: Versioned): string {
  return `"${version}"`
}

function isConditional(ifMatch: string | undefined): ifMatch is string {
  return ifMatch !== undefined && ifMatch.trim() !== '*'
}

/**
 * A version that is not the deal’s is not refused here, but by the write: a retry of one that was
 * done names the version before it.
 */
function expectedVersion(ifMatch: string | undefined, deal: Versioned): number {
  if (!isConditional(ifMatch)) return deal.version
  // A proxy that compresses an answer weakens its tag, which still names the version.
  const tags = ifMatch.split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  if (tags.includes(tagOf(deal))) return deal.version
  const named = tags.map((tag) => /^"(\d{1,9})"$/.exec(tag)?.[1]).find(Boolean)
  return named === undefined ? refusePrecondition(deal) : Number(named)
}

function refusePrecondition(deal: Versioned): never {
  const message = `If-Match names another version than the deal’s, which was ${tagOf(deal)}: read it again and decide anew.`
  return refuse(412, 'PRECONDITION_FAILED', message)
}

/** What else than its input a refusal by a mutation depends on. */
const statuses: Record<string, number> = {
  STAGE_ARCHIVED: 409,
  REASON_REQUIRED: 409,
  FIELDS_REQUIRED: 409,
  TRANSITION_NOT_ALLOWED: 409,
  IDEMPOTENCY_KEY_IN_FLIGHT: 409,
  IDEMPOTENCY_KEY_REUSED: 409,
}

/** What is said in GraphQL with the names of its fields. */
const ownWords: Record<string, string> = {
  STAGE_NOT_IN_PIPELINE: 'The stage is in another pipeline than the deal.',
}

/**
 * The payload itself, where the mutation did what it was asked to do. `names` tells what the fields
 * of its input are called in the API that was asked.
 */
export function doneOrRefused<Payload extends Written>(
  payload: Payload,
  names: Record<string, string>,
): Payload {
  const [first] = payload.userErrors
  if (!first) return payload
  if (first.code === 'DEAL_DELETED') refuseMissing()
  const details = payload.userErrors
    .slice(0, mostDetails)
    .map(({ code, message, path }): Detail => {
      const [, name = '', key = null] = path
      // Custom fields have the same names everywhere.
      const field = name === 'customFields' ? key : (names[name] ?? null)
      return { field, message: ownWords[code] ?? message }
    })
  const problem: Problem = { status: statuses[first.code] ?? 400, code: first.code, details }
  throw new Refused(problem)
}
