import { getIntrospectionQuery } from 'graphql'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { newId } from '../src/ids.ts'
import { createMemoryBuckets } from '../src/throttle/memory.ts'
import { createThrottle } from '../src/throttle/throttle.ts'
import { pipelineFixture, untouched } from './fixtures.ts'
import { appFor, type GraphqlAnswer, post, type TestTenant, testTenant } from './harness.ts'
import { auditedLog } from './log-audit.ts'
import { dealMoved } from './subscription-fixtures.ts'
import { closeServers, connectAs, serve } from './websocket-fixtures.ts'

afterEach(closeServers)

let t: TestTenant

beforeEach(async () => {
  t = await testTenant()
  await pipelineFixture(t)
})

const times = (count: number, write: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => write(index)).join(' ')

const deep = `{ pipelines { ${'stages { pipeline { '.repeat(6)} id ${'} }'.repeat(6)} } }`
const board = `{ pipelines { stages { deals(first: 100) { nodes { history(first: 100) { nodes { id } } } } } } }`
const created = 'mutation { createDeal(input: { name: "Rocket" }) { deal { id } } }'
const dear =
  'deal { history(first: 100) { nodes { toStage { deals(first: 100) { nodes { id } } } } } }'
const subscriptionOf = (selection: string) =>
  `subscription { dealMoved(pipelineId: "x") { ${selection} } }`

const one = (name: string) => `${name}: dealMoved(pipelineId: "x") { __typename }`
const twice = `subscription { ${one('a')} ${one('b')} }`

/** What an attacker sends, and with which code it is refused, whether or not they have a key. */
const attacks: [string, string, { query: string; variables?: object; isAnonymous?: boolean }][] = [
  ['a document too deep', 'TOO_DEEP', { query: deep }],
  ['too many tokens', 'TOO_MANY_TOKENS', { query: `{ ${times(2_000, () => '__typename')} }` }],
  [
    'too many aliases',
    'TOO_MANY_ALIASES',
    { query: `{ ${times(31, (n) => `a${n}: __typename`)} }` },
  ],
  [
    'too many root fields',
    'TOO_MANY_ROOT_FIELDS',
    { query: `mutation { ${times(21, () => '__typename')} }` },
  ],
  ['too much', 'TOO_EXPENSIVE', { query: board }],
  ['too much of each event', 'TOO_EXPENSIVE', { query: subscriptionOf(dear) }],
  ['what is no document', 'GRAPHQL_PARSE_FAILED', { query: '{' }],
  ['a field that is not there', 'GRAPHQL_VALIDATION_FAILED', { query: '{ nothing }' }],
  ['two events in one', 'GRAPHQL_VALIDATION_FAILED', { query: twice }],
  [
    'a variable of a wrong type',
    'BAD_USER_INPUT',
    { query: 'query ($n: Int!) { dealByNumber(number: $n) { id } }', variables: { n: 'x' } },
  ],
  ['a text too long', 'BAD_USER_INPUT', { query: dealMoved, variables: { id: 'x'.repeat(300) } }],
  [
    'a text that cannot be stored',
    'BAD_USER_INPUT',
    { query: dealMoved, variables: { id: 'a\0b' } },
  ],
  ['the schema', 'INTROSPECTION_DISABLED', { query: getIntrospectionQuery() }],
  ['a write without a key', 'UNAUTHENTICATED', { query: created, isAnonymous: true }],
  [
    'events without a key',
    'UNAUTHENTICATED',
    { query: dealMoved, variables: { id: 'x' }, isAnonymous: true },
  ],
]

const codesOf = (errors: GraphqlAnswer['errors']) => errors.map((error) => error.extensions.code)

describe('over WebSocket as over HTTP', () => {
  it.each(attacks)('%s is refused: %s', async (_, code, { isAnonymous, ...body }) => {
    const app = appFor(t, { introspection: 'off' })
    const key = isAnonymous ? null : await t.keyFor('ADMIN')
    await untouched([t], async () => {
      const { subscribe, next, socket } = await connectAs(await serve(app), key)
      subscribe('1', body)
      const { type, payload } = await next()
      socket.terminate()
      expect([type, codesOf(payload)]).toEqual(['error', [code]])
      if (body.query.startsWith('subscription')) return
      const { errors } = await post(app, body, key ? { authorization: `Bearer ${key}` } : {})
      expect(payload).toEqual(errors)
    })
  })

  it('an operation is charged to the same bucket', async () => {
    const size = { maximum: 20, restoreRate: 1 }
    const memory = createMemoryBuckets(size, () => 0)
    const app = appFor(t, { throttle: createThrottle({ size, memory }) })
    const key = await t.keyFor('ADMIN')
    const { extensions } = await post(app, { query: created }, { authorization: `Bearer ${key}` })
    expect(extensions.cost).toMatchObject({ actual: 11, available: 9 })
    const { subscribe, next, socket } = await connectAs(await serve(app), key)
    subscribe('1', { query: created })
    expect(await next()).toMatchObject({
      ...{ type: 'error', id: '1' },
      payload: [{ extensions: { code: 'THROTTLED', retryAfterSeconds: 2 } }],
    })
    socket.terminate()
  })

  it.each([
    ['query', '{ pipelines { id } }'],
    ['subscription', dealMoved],
  ])('a fault of a %s is told only as the id of its operation', async (_, query) => {
    const read = () => Promise.reject(new Error('connection to 10.0.0.5 refused'))
    const logged: Record<string, unknown>[] = []
    const app = appFor(
      { database: { ...t.database, read } },
      { log: auditedLog((line) => logged.push(line)) },
    )
    const { subscribe, next, socket } = await connectAs(await serve(app), await t.keyFor('ADMIN'))
    subscribe('1', { query, variables: { id: `pipeline_${newId()}` } })
    const { type, payload } = await next()
    socket.terminate()
    const errors = type === 'next' ? payload.errors : payload
    const { requestId, ...others } = errors[0].extensions
    expect(others).toEqual({ code: 'INTERNAL' })
    expect(JSON.stringify(payload)).not.toContain('refused')
    const faults = logged.filter(({ level }) => level === 50)
    expect(faults).toMatchObject([
      { requestId, err: { message: expect.stringMatching('refused') } },
    ])
  })
})
