import { codedError } from '../errors.ts'

/** What a request over HTTP says that it wants, of which nothing is known to be right but its form. */
export interface Params {
  query?: unknown
  operationName?: string | null
  variables?: Record<string, unknown> | null
  extensions?: unknown
  [name: string]: unknown
}

const namesOfOperations = ['documentId', 'doc_id', 'id']

/** Those of a GET; null where what it says in JSON is none. */
export function paramsInUrl(url: string): Params | null {
  const start = url.indexOf('?')
  const query = new URLSearchParams(start < 0 ? '' : url.slice(start + 1))
  const params: Params = {}
  for (const name of ['query', 'operationName']) params[name] = query.get(name) || undefined
  for (const name of namesOfOperations) if (query.has(name)) params[name] = query.get(name)
  try {
    for (const name of ['variables', 'extensions']) {
      const text = query.get(name)
      if (text) params[name] = JSON.parse(text)
    }
    return params
  } catch {
    return null
  }
}

/** Those of a POST. */
export function paramsInBody(body: Uint8Array): Params {
  const params = parsed(body)
  const isObject = typeof params === 'object' && params !== null
  if (!isObject) {
    const given = params === null ? 'null' : typeof params
    throw badRequest(`POST body is expected to be object but received ${given}`)
  }
  if (Array.isArray(params)) throw badRequest('Batching is not supported.')
  return params as Params
}

/** Refuses what is no object where one is needed. */
export function checkParams(params: Params): void {
  for (const name of ['variables', 'extensions']) {
    const value = params[name]
    if (value == null || (typeof value === 'object' && !Array.isArray(value))) continue
    const given = Array.isArray(value) ? 'array' : typeof value
    throw badRequest(`Expected "${name}" param to be empty or an object, but given ${given}.`, {
      headers: { allow: 'GET, POST' },
    })
  }
}

// A mark of byte order is no JSON.
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })

function parsed(body: Uint8Array): unknown {
  try {
    return JSON.parse(utf8.decode(body))
  } catch (error) {
    const { name, message } = error as Error
    throw badRequest('POST body sent invalid JSON.', {}, { originalError: { name, message } })
  }
}

function badRequest(message: string, http: object = {}, extensions: object = {}) {
  return codedError('BAD_REQUEST', message, { ...extensions, http: { status: 400, ...http } })
}
