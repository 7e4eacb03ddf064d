import http from 'node:http'
import net from 'node:net'
import { setTimeout } from 'node:timers/promises'

export interface Target {
  url: URL
  key: string
  agent: http.Agent
}

export interface Outcome {
  /** 0 where the connection ended without an answer. */
  status: number
  codes: string[]
}

interface Sent {
  body: string
  key?: string
  /** Hangs up after so long, whatever has come by then. */
  hangUpMs?: number
}

const timeoutMs = 60_000

/** One POST on a kept connection; it never rejects. */
function send({ url, key, agent }: Target, sent: Sent): Promise<Outcome> {
  return new Promise((resolve) => {
    const headers = {
      'content-type': 'application/json',
      authorization: `Bearer ${sent.key ?? key}`,
    }
    const options = { method: 'POST', headers, agent, timeout: timeoutMs }
    const nothing = () => resolve({ status: 0, codes: [] })
    const request = http.request(new URL('/graphql', url), options, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk) => {
        text += chunk
      })
      response.on('close', nothing)
      response.on('end', () => resolve({ status: response.statusCode ?? 0, codes: codesOf(text) }))
    })
    request.on('error', nothing)
    request.on('timeout', () => request.destroy())
    request.end(sent.body)
    if (sent.hangUpMs !== undefined) {
      void setTimeout(sent.hangUpMs).then(() => request.destroy())
    }
  })
}

function codesOf(text: string): string[] {
  const codes = text.matchAll(/"extensions":\{[^{}]*"code":"([A-Z_]+)"/g)
  return [...new Set([...codes].map(([, code]) => code as string))]
}

function ask(target: Target, query: string, variables: object = {}): Promise<Outcome> {
  return send(target, { body: JSON.stringify({ query, variables }) })
}

/** The same for who needs the answer itself. */
export async function read(target: Target, query: string): Promise<unknown> {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${target.key}` }
  const body = JSON.stringify({ query })
  const response = await fetch(new URL('/graphql', target.url), { method: 'POST', headers, body })
  return ((await response.json()) as { data: unknown }).data
}

const board = `{ pipelines { name stages { name totals { currency count amount }
  deals(first: 10) { nodes { name organization { name } primaryContact { name } isRotting } } } } }`
const page = `query ($after: String) { deals(first: 20, after: $after, orderBy: { field: AMOUNT, direction: DESC }) {
  nodes { name amount stageName } pageInfo { endCursor } } }`
const deal = `query ($number: Int!) { dealByNumber(number: $number) { id name stageName contacts { contact { name } }
  history(first: 20) { nodes { seq fromStageName toStageName occurredAt actor { name } } } } }`
const search =
  'query ($text: String) { deals(search: $text, first: 10) { totalCount nodes { name } } }'
const found = `query ($number: Int!) { dealByNumber(number: $number) { id version stage { id } pipeline { stages { id kind } } } }`
const move =
  'mutation ($input: MoveDealInput!) { moveDeal(input: $input) { deal { version } userErrors { code } } }'

const oneOf = <T>(items: readonly T[]): T => items[Math.floor(Math.random() * items.length)] as T
const someNumber = () => 1 + Math.floor(Math.random() * 200)

export type Action = (target: Target) => Promise<Outcome>

/** What people do all day. */
export const reads: Action[] = [
  (target) => ask(target, board),
  (target) => ask(target, page),
  (target) => ask(target, deal, { number: someNumber() }),
  (target) => ask(target, search, { text: oneOf(['robot', 'a', 'Valverde', '%']) }),
]

interface FoundDeal {
  id: string
  version: number
  stage: { id: string }
  pipeline: { stages: { id: string; kind: string }[] }
}

export async function moveSomeDeal(target: Target): Promise<Outcome> {
  const number = someNumber()
  const query = found.replace('($number: Int!)', '').replace('$number', String(number))
  const data = (await read(target, query).catch(() => null)) as { dealByNumber: FoundDeal } | null
  const moved = data?.dealByNumber
  if (!moved) return ask(target, found, { number })
  const stages = moved.pipeline.stages.filter(({ kind }) => kind === 'OPEN')
  const to = { stageId: oneOf(stages).id, expectedVersion: moved.version }
  return ask(target, move, { input: { dealId: moved.id, ...to } })
}

/** What strangers try. */
export const abuses: Record<string, Action> = {
  'too deep': (target) => ask(target, `${'{a'.repeat(500)}${'}'.repeat(500)}`),
  'too many tokens': (target) => ask(target, `{${' __typename'.repeat(3_000)} }`),
  'malformed JSON': (target) => send(target, { body: '{"query": "{ __typename }"' }),
  'wrong key': (target) =>
    send(target, { body: '{"query":"{ tags { id } }"}', key: `dg_${'x'.repeat(43)}` }),
  'huge body': (target) => ask(target, '{ __typename }', { text: 'x'.repeat(400_000) }),
  'huge filter': (target) => {
    const or = Array(3_000).fill({ name: { contains: 'a' } })
    return ask(target, 'query ($f: DealFilter) { deals(filter: $f) { totalCount } }', { f: { or } })
  },
  'hang-up': (target) => {
    const body = JSON.stringify({ query: oneOf([board, search]), variables: { text: 'a' } })
    return send(target, { body, hangUpMs: 1 + Math.random() * 30 })
  },
  'slow loris': (target) => slowLoris(target),
}

/** Sends a request letter by letter, and never its end. */
async function slowLoris({ url }: Target): Promise<Outcome> {
  const socket = net.connect(Number(url.port), url.hostname)
  socket.on('error', () => {})
  const text =
    'POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\nx-slow: '
  for (const letter of text.slice(0, 40)) {
    if (socket.destroyed) break
    socket.write(letter)
    await setTimeout(100)
  }
  socket.destroy()
  return { status: 0, codes: [] }
}
