import { setImmediate } from 'node:timers/promises'
import { beforeEach, describe, expect, it } from 'vitest'
import type { EventInput } from '../src/database/transaction.ts'
import { Feed, type Move } from '../src/feed.ts'
import { idOf } from '../src/ids.ts'
import {
  type DealFixture,
  dealFixture,
  done,
  mutate,
  type PipelineFixture,
  pipelineFixture,
} from './fixtures.ts'
import { type TestTenant, testTenant } from './harness.ts'

let t: TestTenant
let sales: PipelineFixture
let deal: DealFixture

beforeEach(async () => {
  t = await testTenant()
  sales = await pipelineFixture(t)
  deal = await dealFixture(t)
})

/** What is told of a pipeline from now on. */
function listen({ id }: { id: string }, tenantId = t.tenantId): Move[] {
  const told: Move[] = []
  const moves = t.feed.moves({ tenantId, pipelineId: idOf('Pipeline', id) })
  void (async () => {
    for await (const move of moves) told.push(move)
  })()
  return told
}

const move = (stage: string, input: object = {}) => ({
  ...{ dealId: deal.id, expectedVersion: 1, stageId: sales.stage(stage) },
  ...input,
})

const selection = 'replayed stageChange { id }'

function moveOf({ stageChange }: { stageChange: { id: string } }, { id } = deal): Move {
  return { dealId: idOf('Deal', id), stageChangeId: idOf('StageChange', stageChange.id) }
}

describe('the feed', () => {
  it('tells each move once it is committed, in the order of the moves', async () => {
    const told = listen(sales)
    const first = await done(t, 'moveDeal', move('Qualified'), selection)
    const second = await done(t, 'winDeal', { dealId: deal.id, expectedVersion: 2 }, selection)
    await setImmediate()
    expect(told).toEqual([moveOf(first), moveOf(second)])
  })

  it('tells a replay, a refusal and what stays in its stage to nobody', async () => {
    const told = listen(sales)
    const keyed = move('Qualified', { idempotencyKey: 'once' })
    const first = await done(t, 'moveDeal', keyed, selection)
    expect(await done(t, 'moveDeal', keyed, selection)).toMatchObject({ replayed: true })
    expect((await mutate(t, 'moveDeal', move('Proposal'))).userErrors).toHaveLength(1)
    await done(t, 'moveDeal', move('Qualified', { expectedVersion: 2 }))
    await done(t, 'updateDeal', { dealId: deal.id, expectedVersion: 2, name: 'Renamed' })
    await setImmediate()
    expect(told).toEqual([moveOf(first)])
  })

  it('tells nothing of a write whose transaction fails', async () => {
    const told = listen(sales)
    const other = await dealFixture(t)
    const items = [move('Qualified'), move('Qualified', { dealId: other.id, expectedVersion: 9 })]
    const bulk = await mutate(t, 'moveDeals', { items, atomic: true })
    expect(bulk.userErrors).toMatchObject([{ code: 'BULK_REFUSED' }])
    await setImmediate()
    expect(told).toEqual([])
  })

  it('tells those of both pipelines when a deal goes from one to the other', async () => {
    const renewals = await pipelineFixture(t, { name: 'Renewals' })
    const elsewhere = await pipelineFixture(t, { name: 'Elsewhere' })
    const told = [listen(sales), listen(renewals), listen(elsewhere)]
    const transfer = { dealId: deal.id, expectedVersion: 1, pipelineId: renewals.id }
    const moved = await done(t, 'moveDealToPipeline', transfer, selection)
    await setImmediate()
    expect(told).toEqual([[moveOf(moved)], [moveOf(moved)], []])
  })

  it('tells each deal that a bulk or the end of a stage moves', async () => {
    const other = await dealFixture(t)
    const told = listen(sales)
    const items = [deal, other].map(({ id }) => move('Qualified', { dealId: id }))
    const bulk = await done(t, 'moveDeals', { items }, 'results { stageChange { id } }')
    const archived = { stageId: sales.stage('Qualified'), reassignTo: sales.stage('Lead') }
    await done(t, 'archiveStage', archived)
    await setImmediate()
    const [first, second] = bulk.results
    expect(told.slice(0, 2)).toEqual([moveOf(first), moveOf(second, other)])
    expect(told.slice(2).map(({ dealId }) => dealId)).toEqual(
      [deal, other].map(({ id }) => idOf('Deal', id)),
    )
  })

  it('tells another tenant nothing', async () => {
    const told = listen(sales, (await testTenant()).tenantId)
    await done(t, 'moveDeal', move('Qualified'))
    await setImmediate()
    expect(told).toEqual([])
  })
})

describe('a listener', () => {
  const pipeline = { tenantId: 'tenant', pipelineId: 'pipeline' }
  const moved = (dealId: string): EventInput => ({
    type: 'deal.moved',
    dealId,
    payload: { stageChangeId: `${dealId}1`, fromPipelineId: 'pipeline', toPipelineId: 'pipeline' },
  })

  it('reads what came before it asked, as far as that is kept, and is ended beyond', async () => {
    const feed = new Feed(2)
    const [slow, quick] = [feed.moves(pipeline), feed.moves(pipeline)]
    feed.publish('tenant', ['a', 'b'].map(moved))
    expect((await quick.next()).value).toEqual({ dealId: 'a', stageChangeId: 'a1' })
    feed.publish('tenant', [moved('c')])
    expect(feed.listeners).toBe(1)
    await expect(slow.next()).rejects.toMatchObject({
      extensions: { code: 'SUBSCRIPTION_OVERRUN' },
    })
    expect(await slow.next()).toEqual({ done: true, value: undefined })
    const others = [await quick.next(), await quick.next()]
    expect(others.map(({ value }) => value.dealId)).toEqual(['b', 'c'])
  })

  it('that is returned waits no longer and is gone', async () => {
    const feed = new Feed()
    const moves = feed.moves(pipeline)
    const waiting = moves.next()
    expect(feed.listeners).toBe(1)
    await moves.return()
    expect(await waiting).toEqual({ done: true, value: undefined })
    expect(feed.listeners).toBe(0)
    feed.publish('tenant', [moved('a')])
    expect(await moves.next()).toEqual({ done: true, value: undefined })
  })
})
