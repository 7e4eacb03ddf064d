import { beforeEach, describe, expect, it } from 'vitest'
import { createApiKey } from '../src/api-key/service.ts'
import type { AppOptions } from '../src/app.ts'
import type { EventInput } from '../src/database/transaction.ts'
import { Feed } from '../src/feed.ts'
import { createMemoryBuckets } from '../src/throttle/memory.ts'
import { createThrottle } from '../src/throttle/throttle.ts'
import {
  type DealFixture,
  dealFixture,
  done,
  eventsOf,
  keyOfMember,
  memberFixture,
  type PipelineFixture,
  pipelineFixture,
} from './fixtures.ts'
import { appFor, post, type TestTenant, testTenant } from './harness.ts'
import { gatedAuthenticate, moved, type Subscription, subscribe } from './subscription-fixtures.ts'

let t: TestTenant
let sales: PipelineFixture
let deal: DealFixture
let key: string

beforeEach(async () => {
  t = await testTenant()
  sales = await pipelineFixture(t)
  deal = await dealFixture(t)
  key = await t.keyFor('READ_ONLY')
})

const move = (stage: string, of = deal) => moved(t, { deal: of, stageId: sales.stage(stage) })

/** A gateway that hears of the moves that the tenant's own makes. */
const gateway = (options: Partial<AppOptions> = {}) => appFor(t, { feed: t.feed, ...options })

const listen = (app = t.app, as = key) => subscribe(app, { variables: { id: sales.id } }, as)

const codes = async (subscription: Subscription) =>
  (await subscription.next())?.errors.map(({ extensions }) => extensions.code)

describe('what a subscription costs', () => {
  let nowMs = 0
  const size = { maximum: 10, restoreRate: 1 }
  const throttled = () =>
    gateway({ throttle: createThrottle({ size, memory: createMemoryBuckets(size, () => nowMs) }) })

  beforeEach(() => {
    nowMs = 0
  })

  it('is one point where it begins, and each event as a query, until there are none left', async () => {
    const subscription = await listen(throttled())
    const found = []
    for (const stage of ['Qualified', 'Proposal', 'Lead']) {
      await move(stage)
      found.push((await subscription.next())?.extensions.cost)
    }
    const event = { requested: 3, actual: 3, maximum: 10, restoreRate: 1 }
    expect(found).toEqual([6, 3, 0].map((available) => ({ ...event, available })))
    await move('Qualified')
    const refused = await subscription.next()
    expect(refused).toMatchObject({
      data: null,
      errors: [{ extensions: { code: 'THROTTLED', retryAfterSeconds: 3 } }],
    })
    nowMs += 3_000
    const told = await move('Proposal')
    expect((await subscription.next())?.data).toEqual({ dealMoved: told })
    await subscription.leave()
  })

  it('is nothing for moves of deals that are not seen', async () => {
    await done(t, 'updateTenant', { membersSeeOnlyTheirDeals: true })
    const ann = await memberFixture(t, 'Ann')
    const own = await dealFixture(t, { ownerId: ann.id })
    const subscription = await listen(throttled(), (await keyOfMember(t, ann)).key)
    for (const stage of ['Qualified', 'Proposal', 'Lead']) await move(stage)
    await move('Qualified', own)
    expect((await subscription.next())?.extensions.cost).toMatchObject({ available: 6 })
    await subscription.leave()
  })

  it('is refused where nothing is left or an event would cost too much', async () => {
    const app = throttled()
    for (let used = 0; used < 10; used++) await (await listen(app)).leave()
    expect(await codes(await listen(app))).toEqual(['THROTTLED'])
    const dear = await listen(gateway({ costLimit: 2 }))
    expect([await codes(dear), await dear.next()]).toEqual([['TOO_EXPENSIVE'], null])
    expect(t.feed.listeners).toBe(0)
  })
})

describe('an event', () => {
  it('has a deadline of its own, and a subscription none', async () => {
    const { authenticate, shut, open } = gatedAuthenticate(t)
    const subscription = await listen(gateway({ authenticate, requestTimeoutMs: 2_000 }))
    shut()
    await move('Qualified')
    // The request that began the subscription has been out of time for longer.
    expect(await codes(subscription)).toEqual(['DEADLINE_EXCEEDED'])
    open()
    const told = await move('Proposal')
    expect((await subscription.next())?.data).toEqual({ dealMoved: told })
    await subscription.leave()
  })

  it('waits for a place behind those of other subscriptions, however many there are', async () => {
    const { authenticate, waiting, shut, open } = gatedAuthenticate(t)
    const app = gateway({ authenticate, admission: { maxInFlight: 2, maxQueued: 0 } })
    const many = [await listen(app), await listen(app), await listen(app)]
    shut()
    const told = await move('Qualified')
    const results = many.map((subscription) => subscription.next())
    await expect.poll(waiting).toBe(1)
    // Half of the places are left for requests.
    const asked = post(app, { query: '{ viewer { role } }' }, { authorization: `Bearer ${key}` })
    await expect.poll(waiting).toBe(2)
    open()
    expect((await asked).data.viewer.role).toBe('READ_ONLY')
    for (const result of results) expect((await result)?.data).toEqual({ dealMoved: told })
    await Promise.all(many.map((subscription) => subscription.leave()))
  })

  it('is refused where requests have all places and as many wait as may', async () => {
    const { authenticate, waiting, shut, open } = gatedAuthenticate(t)
    const app = gateway({ authenticate, admission: { maxInFlight: 1, maxQueued: 0 } })
    const subscription = await listen(app)
    shut()
    const asked = post(app, { query: '{ viewer { role } }' }, { authorization: `Bearer ${key}` })
    await expect.poll(waiting).toBe(1)
    await move('Qualified')
    expect(await codes(subscription)).toEqual(['OVERLOADED'])
    open()
    await asked
    const told = await move('Proposal')
    expect((await subscription.next())?.data).toEqual({ dealMoved: told })
    await subscription.leave()
  })

  it('that is one too many for who does not read ends the subscription', async () => {
    const feed = new Feed(2)
    const subscription = await listen(gateway({ feed }))
    for (const stage of ['Qualified', 'Proposal', 'Lead']) await move(stage)
    const events = await eventsOf(t)
    feed.publish(t.tenantId, events as unknown as EventInput[])
    expect(feed.listeners).toBe(0)
    expect(await codes(subscription)).toEqual(['SUBSCRIPTION_OVERRUN'])
    expect(await subscription.next()).toBeNull()
  })
})

describe('subscriptions at a time', () => {
  it('are a hundred of a credential, and of another one as many', async () => {
    const open = []
    for (let count = 0; count < 100; count++) open.push(await listen())
    expect(await codes(await listen())).toEqual(['OVERLOADED'])
    expect(t.feed.listeners).toBe(100)
    const other = (await t.write((tx) => createApiKey(tx, { name: 'Other', role: 'MEMBER' })))
      .secret
    await (await listen(t.app, other)).leave()
    await open.pop()?.leave()
    open.push(await listen())
    expect(t.feed.listeners).toBe(100)
    await Promise.all(open.map((subscription) => subscription.leave()))
    expect(t.feed.listeners).toBe(0)
  })

  it('are so many of a process as it is told', async () => {
    const app = gateway({ maxSubscriptions: 1 })
    const first = await listen(app)
    const other = await t.keyFor('MEMBER')
    expect(await codes(await listen(app, other))).toEqual(['OVERLOADED'])
    await first.leave()
    await (await listen(app, other)).leave()
  })
})
