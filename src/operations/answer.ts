import type { ExecutionResult, GraphQLError, GraphQLFormattedError } from 'graphql'
import type { Reply } from '../reply.ts'
import type { RequestHead } from '../request-head.ts'
import type { MediaType } from './accept.ts'
import type { AskedOperation } from './asked.ts'

/** What an operation came to. */
export interface Answer extends ExecutionResult {
  /** Its data as JSON where that is how they came: it goes into the body as it is, and `data` is left out. */
  dataText?: string
  /** What it has read in points, where it came with its data. */
  points?: number
  /** Names it among all answers, where the same question has the same answer until the next write. */
  tag?: string
  /** Whether the client has it already, so that it has no data. */
  isUnchanged?: true
}

/** The same with its data as a value, for who does not write it into a body. */
export function resultOf(answer: Answer): ExecutionResult {
  const { dataText, points: _, tag: __, isUnchanged: ___, ...result } = answer
  return dataText === undefined ? answer : { ...result, data: JSON.parse(dataText) }
}

/** An answer, and for how long anybody's cache may keep it. */
export interface Cacheable {
  answer: Answer
  maxAgeSeconds: number | null
}

/** Lets caches keep an answer to a GET that was registered as anybody's and has nothing of the moment. */
export function cacheable(
  { method }: Pick<RequestHead, 'method'>,
  { maxAgeSeconds }: Pick<AskedOperation, 'maxAgeSeconds'>,
  answer: Answer,
): Cacheable {
  const { data, dataText, errors, tag, isUnchanged } = answer
  const isWhole = !errors && (data !== undefined || dataText !== undefined || isUnchanged)
  if (maxAgeSeconds === null || method !== 'GET' || !isWhole) return { answer, maxAgeSeconds: null }
  if (isUnchanged) return { answer, maxAgeSeconds }
  const lasting = dataText === undefined ? { data: data ?? null } : { dataText }
  return { answer: { ...lasting, ...(tag && { tag }) }, maxAgeSeconds }
}

/** The body of an answer whose errors are masked. */
export function bodyOf(answer: Answer): string {
  const told = answer.errors ? { ...answer, errors: answer.errors.map(toldOf) } : answer
  if (told.dataText === undefined) return JSON.stringify(told)
  const { dataText, errors, extensions } = told
  const rest = JSON.stringify({ errors, extensions })
  return `{"data":${dataText}${rest === '{}' ? '}' : `,${rest.slice(1)}`}`
}

/** What an error says of the answer over HTTP. */
export interface Http {
  status?: number
  headers?: Record<string, string>
  /** Whether the status holds for the newer media type alone. */
  spec?: boolean
}

/** An answer as GraphQL over HTTP has it: the greatest status of its errors, and all of their headers. */
export function replyOf(answer: Answer, mediaType: MediaType): Reply {
  if (answer.isUnchanged) return { status: 304, headers: { etag: answer.tag ?? '' }, body: null }
  const headers: Record<string, string> = { 'content-type': `${mediaType}; charset=utf-8` }
  if (answer.tag) headers.etag = answer.tag
  let status = 0
  for (const { extensions } of answer.errors ?? []) {
    const http = extensions.http as Http | undefined
    Object.assign(headers, http?.headers)
    if (http?.spec && mediaType === 'application/json') continue
    status = Math.max(status, http?.status ?? 0)
  }
  return { status: status || 200, headers, body: bodyOf(answer) }
}

/** What is said of an error on HTTP alone is not for clients. */
export function toldOf(error: GraphQLError): GraphQLFormattedError {
  const { extensions: { http: _, ...extensions } = {}, ...others } = error.toJSON()
  return { ...others, extensions }
}
