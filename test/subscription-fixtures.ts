import { expect } from 'vitest'
import type { App } from '../src/app.ts'
import type { HeaderReader } from '../src/request-head.ts'
import { done } from './fixtures.ts'
import { createApiKeyAuthenticate, type GraphqlAnswer, type TestTenant } from './harness.ts'
import { rememberSaid } from './log-audit.ts'

export const dealMoved = `subscription ($id: ID!) { dealMoved(pipelineId: $id) {
  deal { id name stageName } stageChange { seq fromStageName toStageName } } }`

export type Told = Pick<GraphqlAnswer, 'data' | 'errors' | 'extensions'>

/** A subscription as server-sent events, read straight from the app. */
export interface Subscription {
  /** The next result; null when there is none any more. */
  next(): Promise<Told | null>
  leave(): Promise<void>
}

/** Begins a subscription, which is listening when this resolves, unless it was refused. */
export async function subscribe(
  app: App,
  { query = dealMoved, variables = {} }: { query?: string; variables?: object },
  key: string | null,
): Promise<Subscription> {
  const headers: Record<string, string> = {
    ...{ 'content-type': 'application/json', accept: 'text/event-stream' },
    ...(key && { authorization: `Bearer ${key}` }),
  }
  rememberSaid(headers, { variables })
  const init = { method: 'POST', headers, body: JSON.stringify({ query, variables }) }
  const response = await app.fetch(new Request('http://localhost/graphql', init))
  expect(response.headers.get('content-type')).toMatch('text/event-stream')
  const reader = (response.body as ReadableStream<Uint8Array>).getReader()
  const decoder = new TextDecoder()
  let text = ''
  return {
    async next() {
      for (;;) {
        const [, event, data] = /^event: (\w+)\ndata:(.*)\n\n/m.exec(text) ?? []
        if (event === 'complete') return null
        if (event) {
          text = text.slice(text.indexOf(`data:${data}`) + `data:${data}\n\n`.length)
          const { data: told = null, errors = [], extensions = {} } = JSON.parse(data ?? '')
          return { data: told, errors, extensions }
        }
        const { done: isOver, value } = await reader.read()
        if (isOver) throw new Error('the stream ended without being completed')
        text += decoder.decode(value, { stream: true })
      }
    },
    leave: () => reader.cancel(),
  }
}

/** Credentials are looked up as ever, but not while the gate is shut. */
export function gatedAuthenticate(t: TestTenant) {
  const authenticate = createApiKeyAuthenticate(t.database)
  let shut: Promise<void> | null = null
  let opened = () => {}
  let waiting = 0
  return {
    authenticate: async (headers: HeaderReader) => {
      waiting++
      await shut
      waiting--
      return authenticate(headers)
    },
    waiting: () => waiting,
    shut() {
      shut = new Promise((resolve) => {
        opened = resolve
      })
    },
    open() {
      shut = null
      opened()
    },
  }
}

/** Moves a deal and answers with what a subscription tells of it. */
export async function moved(
  t: TestTenant,
  { deal, stageId }: { deal: { id: string; version: number }; stageId: string },
) {
  const move = { dealId: deal.id, expectedVersion: deal.version, stageId }
  const selection = `deal { id name stageName version }
    stageChange { seq fromStageName toStageName }`
  const payload = await done(t, 'moveDeal', move, selection)
  const { version, ...now } = payload.deal
  deal.version = version
  return { deal: now, stageChange: payload.stageChange }
}
