import { beforeEach, describe, expect, it } from 'vitest'
import { createApiKey } from '../src/api-key/service.ts'
import type { Scope } from '../src/auth/scopes.ts'
import { newId } from '../src/ids.ts'
import {
  askMutation,
  type DealFixture,
  dealFixture,
  done,
  keyOfMember,
  memberFixture,
  type PipelineFixture,
  pipelineFixture,
} from './fixtures.ts'
import { appFor, post, type TestTenant, testTenant } from './harness.ts'
import {
  dealMoved,
  gatedAuthenticate,
  moved,
  type Subscription,
  subscribe,
} from './subscription-fixtures.ts'

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

const listen = (id = sales.id, as = key, app = t.app) => subscribe(app, { variables: { id } }, as)

const move = (stage: string, of = deal) => moved(t, { deal: of, stageId: sales.stage(stage) })

const refusedWith = (code: string) => ({ data: null, errors: [{ extensions: { code } }] })

/** What is told first of what comes after the work, and only that. */
async function firstAfter(work: () => Promise<unknown>) {
  const subscription = await listen()
  await work()
  const other = await dealFixture(t, { name: 'The next' })
  const expected = await move('Proposal', other)
  const told = await subscription.next()
  await subscription.leave()
  return { told: told?.data, expected: { dealMoved: expected } }
}

describe('dealMoved', () => {
  it('tells each move with the deal as it is and the entry of its audit', async () => {
    const subscription = await listen()
    const first = await move('Qualified')
    expect((await subscription.next())?.data).toEqual({ dealMoved: first })
    const second = await move('Proposal')
    expect((await subscription.next())?.data).toEqual({ dealMoved: second })
    expect(second.stageChange).toMatchObject({ seq: 3, fromStageName: 'Qualified' })
    await subscription.leave()
    expect(t.feed.listeners).toBe(0)
  })

  it('tells of a deal that is deleted by then only its move', async () => {
    const { authenticate, shut, open } = gatedAuthenticate(t)
    const subscription = await listen(sales.id, key, appFor(t, { feed: t.feed, authenticate }))
    shut()
    const { stageChange } = await move('Qualified')
    await done(t, 'deleteDeal', { dealId: deal.id, expectedVersion: 2 })
    open()
    expect((await subscription.next())?.data).toEqual({ dealMoved: { deal: null, stageChange } })
    await subscription.leave()
  })

  it.each([
    [
      'a refused move',
      () => askMutation(t, 'moveDeal', { ...stale(), stageId: sales.stage('Won') }),
    ],
    [
      'another change',
      () => done(t, 'updateDeal', { dealId: deal.id, expectedVersion: 1, name: 'X' }),
    ],
  ])('does not tell %s', async (_, work) => {
    const { told, expected } = await firstAfter(work)
    expect(told).toEqual(expected)
  })

  const stale = () => ({ dealId: deal.id, expectedVersion: 7 })

  it('tells another tenant nothing', async () => {
    const other = await testTenant()
    const theirs = await pipelineFixture(other)
    const app = appFor(t, { feed: t.feed })
    const subscription = await listen(theirs.id, await other.keyFor('ADMIN'), app)
    await move('Qualified')
    const stranger = await dealFixture(other)
    const write = { dealId: stranger.id, expectedVersion: 1, stageId: theirs.stage('Proposal') }
    const query = `mutation ($input: MoveDealInput!) { moveDeal(input: $input) { replayed } }`
    const authorization = `Bearer ${await other.keyFor('ADMIN')}`
    await post(app, { query, variables: { input: write } }, { authorization })
    expect((await subscription.next())?.data.dealMoved.deal.id).toBe(stranger.id)
    await subscription.leave()
  })
})

describe('who may listen', () => {
  const limitedTo = async (...scopes: Scope[]) =>
    (await t.write((tx) => createApiKey(tx, { name: 'Limited', role: 'ADMIN', scopes }))).secret

  /** Proves that it is told why it is refused, that this is all, and that nobody listens. */
  async function refusal(begun: Promise<Subscription>) {
    const subscription = await begun
    const told = await subscription.next()
    expect([told?.data, await subscription.next(), t.feed.listeners]).toEqual([null, null, 0])
    return told?.errors.map(({ message, extensions: { code } }) => ({ code, message }))
  }

  it('a key with another scope is refused where it begins', async () => {
    const message = 'You may not use Subscription.dealMoved: it needs the scope deals:read.'
    const found = await refusal(listen(sales.id, await limitedTo('contacts:write')))
    expect(found).toEqual([{ code: 'FORBIDDEN', message }])
    const allowed = await listen(sales.id, await limitedTo('deals:read'))
    expect(t.feed.listeners).toBe(1)
    await allowed.leave()
  })

  it('another tenant’s pipeline is as good as none', async () => {
    const other = await pipelineFixture(await testTenant())
    const [theirs, none] = [other.id, `pipeline_${newId()}`]
    const missing = [{ code: 'NOT_FOUND', message: 'There is no such pipeline.' }]
    expect(await refusal(listen(theirs))).toEqual(missing)
    expect(await refusal(listen(none))).toEqual(missing)
    expect(await refusal(listen(deal.id))).toMatchObject([{ code: 'INVALID_ID' }])
    expect(await refusal(listen('zq-malformed'))).toMatchObject([{ code: 'INVALID_ID' }])
  })

  it.each([
    ['a pipeline', undefined],
    ['nothing', 'subscription { __typename }'],
  ])('nobody without a credential listens to %s', async (_, query = dealMoved) => {
    const variables = query === dealMoved ? { id: sales.id } : {}
    const found = await refusal(subscribe(t.app, { query, variables }, null))
    expect(found).toMatchObject([
      { code: query === dealMoved ? 'UNAUTHENTICATED' : 'GRAPHQL_VALIDATION_FAILED' },
    ])
  })

  it.each([
    ['key is revoked', (id: string) => done(t, 'revokeApiKey', { apiKeyId: id })],
    ['member is deactivated', () => deactivate()],
  ])('who listens is ended at the next event after their %s', async (_, end) => {
    const member = await memberFixture(t, 'Ann')
    deactivate = () => done(t, 'updateMember', { memberId: member.id, deactivated: true })
    const own = await done(
      t,
      'createApiKey',
      { name: 'Phone', role: 'MEMBER', memberId: member.id },
      'apiKey { id } secret',
    )
    const subscription = await listen(sales.id, own.secret)
    const first = await move('Qualified')
    expect((await subscription.next())?.data).toEqual({ dealMoved: first })
    await end(own.apiKey.id)
    await move('Proposal')
    expect(await subscription.next()).toMatchObject(refusedWith('UNAUTHENTICATED'))
    expect(await subscription.next()).toBeNull()
    expect(t.feed.listeners).toBe(0)
  })

  let deactivate = (): Promise<unknown> => Promise.resolve()

  it('a member who sees only their own deals hears of those that are theirs by then', async () => {
    await done(t, 'updateTenant', { membersSeeOnlyTheirDeals: true })
    const ann = await memberFixture(t, 'Ann')
    const own = await dealFixture(t, { name: 'Own', ownerId: ann.id })
    const { key: annKey } = await keyOfMember(t, ann)
    const subscription = await listen(sales.id, annKey)
    await move('Qualified')
    const first = await move('Qualified', own)
    expect((await subscription.next())?.data).toEqual({ dealMoved: first })
    await move('Proposal')
    await done(t, 'assignDeal', { dealId: deal.id, expectedVersion: 3, memberIds: [ann.id] })
    deal.version = 4
    const second = await move('Lead')
    expect((await subscription.next())?.data).toEqual({ dealMoved: second })
    await done(t, 'updateDeal', { dealId: own.id, expectedVersion: 2, ownerId: null })
    own.version = 3
    await move('Proposal', own)
    const third = await move('Qualified')
    expect((await subscription.next())?.data).toEqual({ dealMoved: third })
    await subscription.leave()
  })
})
