import { beforeEach, describe, expect, it } from 'vitest'
import type { App } from '../src/app.ts'
import type { BucketSize } from '../src/throttle/bucket.ts'
import { createMemoryBuckets } from '../src/throttle/memory.ts'
import { createThrottle } from '../src/throttle/throttle.ts'
import { keyOfMember, memberFixture, pipelineFixture, untouched } from './fixtures.ts'
import { appFor, post, type TestTenant, testTenant } from './harness.ts'

const mediaTypes = ['application/json', 'application/graphql-response+json']
const size: BucketSize = { maximum: 100, restoreRate: 10 }

let nowMs = 0

/** Buckets whose time stands still until a test moves it. */
function buckets(of = size) {
  return createMemoryBuckets(of, () => nowMs)
}

beforeEach(() => {
  nowMs = 0
})

describe('a bucket', () => {
  it('holds its maximum and no more', () => {
    const { take } = buckets()
    expect(take('a', 60)).toEqual({ isTaken: true, available: 40 })
    expect(take('a', 41)).toEqual({ isTaken: false, available: 40 })
    expect(take('a', 40)).toEqual({ isTaken: true, available: 0 })
    expect(take('a', 0)).toEqual({ isTaken: true, available: 0 })
    expect(take('a', 1)).toEqual({ isTaken: false, available: 0 })
  })

  it('fills at its rate until it is full', () => {
    const { take } = buckets()
    take('a', 100)
    nowMs = 2_550
    expect(take('a', 0).available).toBeCloseTo(25.5)
    nowMs = 60_000
    expect(take('a', 100)).toEqual({ isTaken: true, available: 0 })
  })

  it('gets back what was not read, and no more than it holds', () => {
    const { take, settle } = buckets()
    take('a', 80)
    settle('a', -30)
    expect(take('a', 0).available).toBe(50)
    settle('a', -1_000)
    expect(take('a', 0).available).toBe(100)
  })

  it('goes below zero when more was read, and fills from there', () => {
    const { take, settle } = buckets()
    take('a', 90)
    settle('a', 30)
    expect(take('a', 1)).toEqual({ isTaken: false, available: -20 })
    nowMs = 2_500
    expect(take('a', 5)).toEqual({ isTaken: true, available: 0 })
  })

  it('is its owner’s alone', () => {
    const { take } = buckets()
    take('a', 100)
    expect(take('b', 100).isTaken).toBe(true)
  })

  it('is forgotten when it is full', () => {
    const { take, settle, size } = buckets()
    for (let n = 0; n < 1_000; n++) take(`old ${n}`, 10)
    expect(size()).toBe(1_000)
    nowMs = 1_001
    for (let n = 0; n < 1_000; n++) take(`new ${n}`, 10)
    expect(size()).toBe(1_000)
    take('a', 10)
    settle('a', -10)
    expect(size()).toBe(1_000)
  })
})

describe('an operation', () => {
  let t: TestTenant
  let app: App
  let admin: Record<string, string>

  beforeEach(async () => {
    t = await testTenant()
    app = appFor(t, { throttle: createThrottle({ size, memory: buckets() }) })
    admin = { authorization: `Bearer ${await t.keyFor('ADMIN')}` }
  })

  const page = (first: number) => `{ deals(first: ${first}) { nodes { name } } }`
  const viewer = '{ viewer { role } }'
  const createRocket = 'mutation { createDeal(input: { name: "Rocket" }) { deal { id } } }'

  async function costOf(query: string, headers = admin, variables = {}) {
    return (await post(app, { query, variables }, headers)).extensions.cost
  }

  async function send(query: string, headers: Record<string, string> = admin) {
    const init = { method: 'POST', body: JSON.stringify({ query }) }
    const type = { 'content-type': 'application/json' }
    const request = new Request('http://localhost/graphql', {
      ...init,
      headers: { ...type, ...headers },
    })
    const response = await app.fetch(request)
    return { status: response.status, headers: response.headers, body: await response.json() }
  }

  it('is told what it was said to cost, what it cost, and what is left', async () => {
    expect(await costOf(viewer)).toEqual({
      requested: 1,
      actual: 1,
      maximum: 100,
      available: 99,
      restoreRate: 10,
    })
  })

  it('gets back what it did not read', async () => {
    expect(await costOf(page(60))).toMatchObject({ requested: 60, actual: 1, available: 99 })
    expect(await costOf(page(60))).toMatchObject({ available: 98 })
  })

  it('gives nothing back when what it read is not known', async () => {
    const query = '{ deals(first: 50, after: "nonsense") { nodes { name } } viewer { role } }'
    expect(await costOf(query)).toMatchObject({ requested: 51, actual: 51, available: 49 })
  })

  it('pays for no more than an operation when its variables are refused', async () => {
    const query = 'query ($n: Int!) { deals(first: $n) { nodes { name } } }'
    expect(await costOf(query, admin, { n: 'x' })).toMatchObject({ requested: 100, actual: 1 })
    expect(await costOf(viewer)).toMatchObject({ available: 98 })
  })

  it('pays for what it read beyond what it was said to', async () => {
    for (let n = 0; n < 12; n++) await pipelineFixture(t, { name: `Pipeline ${n}` })
    expect(await costOf(page(89))).toMatchObject({ available: 99 })
    const query = `{ pipelines { name } a: pipelines { name } deals(first: 80) { nodes { name } } }`
    expect(await costOf(query)).toMatchObject({ requested: 90, actual: 24, available: 75 })
    expect(await costOf('{ pipelines { name } }')).toMatchObject({ requested: 5, actual: 12 })
  })

  it.each(mediaTypes)(
    'is refused as THROTTLED by a bucket that does not hold it: %s',
    async (accept) => {
      await pipelineFixture(t)
      for (let n = 0; n < 9; n++) await costOf(createRocket)
      await untouched([t], async () => {
        const { status, headers, body } = await send(createRocket, { ...admin, accept })
        expect(status).toBe(429)
        expect(headers.get('retry-after')).toBe('1')
        expect(headers.get('content-type')).toContain(accept)
        const error = {
          message:
            'The operation costs up to 11 points, and 1 are left: nothing was done. Send it again in 1 s.',
          extensions: { code: 'THROTTLED', retryAfterSeconds: 1 },
        }
        const cost = { requested: 11, actual: null, ...size, available: 1 }
        expect(body).toEqual({ errors: [error], extensions: { cost } })
      })
    },
  )

  it('passes after the time that it was told', async () => {
    const { maximum } = size
    await costOf(`{ deals(first: ${maximum - 5}, after: "x") { nodes { name } } }`)
    const { status, headers } = await send(page(40))
    expect(status).toBe(429)
    nowMs += 1_000 * Number(headers.get('retry-after'))
    expect((await send(page(40))).status).toBe(200)
  })

  it('takes nothing when it is refused', async () => {
    await costOf('{ deals(first: 50, after: "x") { nodes { name } } }')
    for (let n = 0; n < 5; n++) expect((await send(page(60))).status).toBe(429)
    expect(await costOf(viewer)).toMatchObject({ available: 49 })
  })

  it('that cannot be executed takes nothing', async () => {
    for (const query of ['{ nowhere }', '{', '{ a', page(1_000).repeat(2), 'query A { x }']) {
      expect((await post(app, { query }, admin)).extensions).toEqual({})
    }
    expect(await costOf(viewer)).toMatchObject({ available: 99 })
  })

  it('costs its credential alone', async () => {
    const member = await keyOfMember(t, await memberFixture(t))
    const other = { authorization: `Bearer ${member.key}` }
    await costOf('{ deals(first: 90, after: "x") { nodes { name } } }')
    expect((await send(page(50))).status).toBe(429)
    expect((await send(page(50), other)).status).toBe(200)
    const elsewhere = await testTenant()
    const key = { authorization: `Bearer ${await elsewhere.keyFor('ADMIN')}` }
    expect(await costOf(viewer, key)).toMatchObject({ available: 99 })
  })

  it('of the anonymous takes of one bucket, of which they are told nothing', async () => {
    for (let n = 0; n < 100; n++) {
      expect((await send('{ __typename }', {})).body).toEqual({ data: { __typename: 'Query' } })
    }
    const { status, headers, body } = await send('{ __typename }', {})
    expect([status, headers.get('retry-after')]).toEqual([429, '1'])
    expect(body).toMatchObject({ errors: [{ extensions: { code: 'THROTTLED' } }] })
    expect(body).not.toHaveProperty('extensions')
    expect((await send(viewer)).status).toBe(200)
  })

  it('can ask for what is left', async () => {
    await costOf('{ deals(first: 30, after: "x") { nodes { name } } }')
    const query = '{ rateLimit { maximum available restoreRate } }'
    const { data, extensions } = await post(app, { query }, admin)
    expect(data).toEqual({ rateLimit: { maximum: 100, available: 69, restoreRate: 10 } })
    expect(extensions.cost).toMatchObject({ available: 69 })
    const reader = { authorization: `Bearer ${await t.keyFor('READ_ONLY')}` }
    expect((await post(app, { query }, reader)).data.rateLimit.available).toBe(99)
    expect((await send(query, {})).status).toBe(401)
  })

  it('is not limited where there is no rate limit', async () => {
    app = appFor(t, { throttle: null, costLimit: Number.POSITIVE_INFINITY })
    const query = `{ rateLimit { available } ${page(100).slice(1)}`
    const { data, extensions } = await post(app, { query }, admin)
    expect(data.rateLimit).toBeNull()
    expect(extensions.cost).toEqual({ requested: 101, actual: 1 })
  })

  it('is too expensive when no bucket could ever hold it', async () => {
    const app = appFor(t, { throttle: createThrottle({ size, memory: buckets() }), costLimit: 500 })
    const query = '{ deals(first: 100) { nodes { owner { name } } } }'
    const { errors } = await post(app, { query }, admin)
    expect(errors).toMatchObject([
      { extensions: { code: 'TOO_EXPENSIVE', cost: 200, maximum: 100 } },
    ])
  })

  it('has generous limits by default', async () => {
    expect((await post(appFor(t), { query: viewer }, admin)).extensions.cost).toEqual({
      requested: 1,
      actual: 1,
      maximum: 20_000,
      available: 19_999,
      restoreRate: 1_000,
    })
  })
})
