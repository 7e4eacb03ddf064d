import { createClient } from 'graphql-sse'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type RunningServer, startServer } from '../src/server.ts'
import { type DealFixture, dealFixture, type PipelineFixture, pipelineFixture } from './fixtures.ts'
import { type TestTenant, testTenant } from './harness.ts'
import { dealMoved, moved } from './subscription-fixtures.ts'

let t: TestTenant
let sales: PipelineFixture
let deal: DealFixture
let server: RunningServer | undefined
let url: string
let headers: Record<string, string>

beforeEach(async () => {
  t = await testTenant()
  sales = await pipelineFixture(t)
  deal = await dealFixture(t)
  server = await startServer(t.app, { host: '127.0.0.1', port: 0 })
  url = `${server.url.replace('localhost', '127.0.0.1')}/graphql`
  headers = { authorization: `Bearer ${await t.keyFor('ADMIN')}` }
})

afterEach(() => server?.stop(100))

const client = (options = {}) => createClient({ url, headers, retryAttempts: 0, ...options })

const subscription = () => ({ query: dealMoved, variables: { id: sales.id } })

const listeners = () => t.feed.listeners

describe('server-sent events', () => {
  it('tell a subscriber each move, until they leave', async () => {
    const events = client().iterate(subscription())
    const first = events.next()
    await expect.poll(listeners).toBe(1)
    for (const stage of ['Qualified', 'Proposal']) {
      const next = stage === 'Qualified' ? first : events.next()
      const told = await moved(t, { deal, stageId: sales.stage(stage) })
      expect((await next).value).toMatchObject({ data: { dealMoved: told } })
    }
    await events.return?.()
    await expect.poll(listeners).toBe(0)
  })

  it('are left by a client that goes away without a word', async () => {
    const hangUp = new AbortController()
    const init = { method: 'POST', body: JSON.stringify(subscription()), signal: hangUp.signal }
    const accept = { accept: 'text/event-stream', 'content-type': 'application/json' }
    const response = await fetch(url, { ...init, headers: { ...headers, ...accept } })
    expect(response.status).toBe(200)
    expect(listeners()).toBe(1)
    hangUp.abort()
    await expect.poll(listeners).toBe(0)
  })

  it('are asked for by GET as well, and no cache or proxy keeps them', async () => {
    const { query, variables } = subscription()
    const asked = new URLSearchParams({ query, variables: JSON.stringify(variables) })
    const response = await fetch(`${url}?${asked}`, {
      headers: { ...headers, accept: 'text/event-stream' },
    })
    expect(Object.fromEntries(response.headers)).toMatchObject({
      ...{ 'content-type': 'text/event-stream', 'cache-control': 'private, no-store' },
      'x-accel-buffering': 'no',
    })
    await response.body?.cancel()
    await expect.poll(listeners).toBe(0)
  })

  it('are how queries and mutations can be answered too', async () => {
    const results = []
    const query = 'query ($id: ID!) { pipeline(id: $id) { name } }'
    for await (const result of client().iterate({ query, variables: { id: sales.id } })) {
      results.push(result)
    }
    expect(results).toMatchObject([{ data: { pipeline: { name: 'Sales' } } }])
  })

  it('end with why a subscription is refused', async () => {
    const variables = { id: deal.id }
    const refused = client().iterate({ query: dealMoved, variables })
    expect((await refused.next()).value).toMatchObject({
      errors: [{ path: ['dealMoved'], extensions: { code: 'INVALID_ID' } }],
    })
    expect(await refused.next()).toEqual({ done: true, value: undefined })
  })

  it.each(['application/json', 'application/graphql-response+json', 'multipart/mixed'])(
    'are what a subscription needs: %s alone is refused',
    async (accept) => {
      const init = { method: 'POST', body: JSON.stringify(subscription()) }
      const asked = { ...headers, accept, 'content-type': 'application/json' }
      const response = await fetch(url, { ...init, headers: asked })
      const told = (await response.json()) as object
      expect([response.status, told]).toMatchObject([
        406,
        {
          errors: [
            {
              message: expect.stringContaining(
                accept === 'multipart/mixed' ? 'Accept' : 'accept text/event-stream',
              ),
              extensions: { code: 'NOT_ACCEPTABLE' },
            },
          ],
        },
      ])
      expect(listeners()).toBe(0)
    },
  )

  it('are cut when the server stops, so that clients come back to another one', async () => {
    const events = client().iterate(subscription())
    const first = events.next()
    await expect.poll(listeners).toBe(1)
    const stopped = server?.stop(60_000)
    await expect(first).rejects.toThrow()
    await stopped
    server = undefined
    await expect.poll(listeners).toBe(0)
  })
})
