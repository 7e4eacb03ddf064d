import type { App } from '../../src/app.ts'
import type { Engines } from './engines.ts'

export interface Asked {
  query: string
  variables?: Record<string, unknown>
  operationName?: string
  key: string | null
  /** Both engines are given the same, since errors and logs tell it. */
  requestId: string
}

/** An answer as its client gets it. */
export interface Reply {
  status: number
  headers: Record<string, string | null>
  text: string
  /** `compiled`, or `interpreted; ` and why; null where the gateway does not say. */
  engine: string | null
}

export interface Compared {
  interpreted: Reply
  compiled: Reply
  /** What is not the same; null when everything is. */
  difference: string | null
}

/** Asks both engines the same at the same time. */
export async function compareEngines(engines: Engines, asked: Asked): Promise<Compared> {
  const [interpreted, compiled] = await Promise.all([
    replyOf(engines.interpreting, asked),
    replyOf(engines.compiling, asked),
  ])
  return { interpreted, compiled, difference: differenceOf(interpreted, compiled) }
}

const compared = ['content-type', 'cache-control', 'vary', 'retry-after', 'www-authenticate']

async function replyOf(app: App, { key, requestId, ...body }: Asked): Promise<Reply> {
  const response = await app.fetch(
    new Request('http://localhost/graphql', {
      method: 'POST',
      headers: {
        ...{ 'content-type': 'application/json', accept: 'application/json' },
        ...{ 'x-request-id': requestId, 'x-dealgraph-debug': 'engine' },
        ...(key && { authorization: `Bearer ${key}` }),
      },
      body: JSON.stringify(body),
    }),
  )
  const { status, headers } = response
  return {
    ...{ status, text: await response.text(), engine: headers.get('x-dealgraph-engine') },
    headers: Object.fromEntries(compared.map((name) => [name, headers.get(name)])),
  }
}

/** Where two answers differ first. The order of keys is a part of them. */
export function differenceOf(one: Reply, other: Reply): string | null {
  if (one.text === other.text && one.status === other.status) {
    return differenceIn(one.headers, other.headers, 'headers')
  }
  const [ours, theirs] = [partsOf(one), partsOf(other)]
  return JSON.stringify(ours) === JSON.stringify(theirs) ? null : differenceIn(ours, theirs, '')
}

interface Body {
  data?: unknown
  errors?: unknown[]
}

/** What is compared of an answer. Errors come in the order in which they happened to be found. */
function partsOf({ status, headers, text }: Reply): object {
  const { data, errors, ...others } = JSON.parse(text) as Body
  const sorted = errors?.map((error) => JSON.stringify(error)).sort()
  const hasData = data !== undefined
  return { status, headers, hasData, data, errors: sorted, others }
}

function differenceIn(one: unknown, other: unknown, path: string): string | null {
  const told = `${path || 'the answer'}: ${short(one)} and ${short(other)}`
  if (!isContainer(one) || !isContainer(other) || Array.isArray(one) !== Array.isArray(other)) {
    return JSON.stringify(one) === JSON.stringify(other) ? null : told
  }
  const [keys, otherKeys] = [Object.keys(one), Object.keys(other)]
  if (keys.join() !== otherKeys.join()) return `${path}: the keys ${keys} and ${otherKeys}`
  for (const key of keys) {
    const difference = differenceIn(one[key], other[key], path ? `${path}.${key}` : key)
    if (difference) return difference
  }
  return null
}

function isContainer(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function short(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > 300 ? `${text.slice(0, 300)}…` : text
}
