import { randomUUID } from 'node:crypto'
import { beforeEach, describe, expect, it } from 'vitest'
import { idOf } from '../src/ids.ts'
import { dealRows } from './bulk-fixtures.ts'
import {
  ask,
  type DealFixture,
  dealFixture,
  done,
  eventsOf,
  type PipelineFixture,
  pipelineFixture,
  refusal,
  untouched,
} from './fixtures.ts'
import { type TestTenant, testTenant } from './harness.ts'

const early = new Date('2026-03-02T09:00:00.000Z')
const late = new Date('2026-03-05T09:00:00.000Z')

let t: TestTenant
let sales: PipelineFixture

beforeEach(async () => {
  t = await testTenant()
  t.setNow(early)
  sales = await pipelineFixture(t)
})

const invalid = { __typename: 'ValidationError', code: 'VALIDATION_ERROR' }
const inputOf = (name: string, to?: string) => ({
  stageId: sales.stage(name),
  ...(to !== undefined && { reassignTo: sales.stage(to) }),
})
const archive = (name: string, to?: string) =>
  done(
    t,
    'archiveStage',
    inputOf(name, to),
    'stage { id archivedAt updatedAt } pipeline { stages { name position } } reassignedCount',
  )

const entry = `seq direction fromStageName toStageName amount currency probability expectedCloseDate reason note
  override requestId occurredAt actor { kind name }`
const selection = `name version updatedAt stageEnteredAt stageName status closedAt lostReason deletedAt rottingAt
  lastOpenStage { name } history { nodes { ${entry} } }`

const read = async ({ id }: { id: string }) =>
  (await ask(t, `query ($id: ID!) { deal(id: $id) { ${selection} } }`, { id })).deal

async function board(name: string): Promise<string[]> {
  const document = `query ($id: ID!) { deals(filter: { stageId: { eq: $id } }, orderBy: { field: RANK, direction: ASC }) {
    nodes { name } } }`
  const { deals } = await ask(t, document, { id: sales.stage(name) })
  return deals.nodes.map((deal: { name: string }) => deal.name)
}

const dealIn = (stage: string, name: string, more: object = {}) =>
  dealFixture(t, { name, stageId: sales.stage(stage), ...more })

describe('archiveStage', () => {
  it('archives a stage without deals, and closes the gap', async () => {
    t.setNow(late)
    const { stage, pipeline, reassignedCount } = await archive('Qualified')
    const at = late.toISOString()
    expect(stage).toEqual({ id: sales.stage('Qualified'), archivedAt: at, updatedAt: at })
    const names = ['Lead', 'Proposal', 'Won', 'Lost']
    expect(pipeline.stages).toEqual(names.map((name, position) => ({ name, position })))
    expect(reassignedCount).toBe(0)
    const { type, payload } = (await eventsOf(t)).at(-1) ?? {}
    expect(type).toBe('stage.archived')
    const ids = { stageId: idOf('Stage', stage.id), pipelineId: idOf('Pipeline', sales.id) }
    expect(payload).toEqual({ ...ids, reassignedTo: null })
  })

  it('changes nothing a second time', async () => {
    await archive('Qualified')
    await untouched([t], () => archive('Qualified'))
    await untouched([t], () => archive('Qualified', 'Lead'))
  })

  it('takes a stage in its place that no deal needs', async () => {
    expect((await archive('Qualified', 'Lead')).reassignedCount).toBe(0)
  })

  it('refuses while deals are in it, with their count and the oldest', async () => {
    const deals = []
    for (let count = 0; count < 12; count++) deals.push(await dealIn('Lead', `Deal ${count}`))
    const [first] = deals as [DealFixture]
    await done(t, 'deleteDeal', { dealId: first.id, expectedVersion: 1 })
    const error = { __typename: 'StillInUse', code: 'STILL_IN_USE', path: ['input', 'reassignTo'] }
    const oldest = deals.slice(0, 10).map(({ id }) => ({ id }))
    expect(await refusal(t, 'archiveStage', inputOf('Lead'))).toMatchObject([
      { ...error, count: 12, deals: oldest },
    ])
  })

  it('refuses while the only deal in it is deleted', async () => {
    const { id } = await dealIn('Lead', 'Gone')
    await done(t, 'deleteDeal', { dealId: id, expectedVersion: 1 })
    expect(await refusal(t, 'archiveStage', inputOf('Lead'))).toMatchObject([
      {
        ...{ code: 'STILL_IN_USE', count: 1, deals: [{ id }] },
        message: expect.stringContaining('1 deal is in the stage "Lead"'),
      },
    ])
  })

  it.each(['Won', 'Lost'])('refuses the last stage of its kind: %s', async (name) => {
    const errors = await refusal(t, 'archiveStage', inputOf(name))
    expect(errors).toMatchObject([{ ...invalid, path: ['input', 'stageId'] }])
  })

  it('refuses the last open stage', async () => {
    await archive('Lead')
    await archive('Qualified')
    const errors = await refusal(t, 'archiveStage', inputOf('Proposal'))
    expect(errors).toMatchObject([{ ...invalid, path: ['input', 'stageId'] }])
  })

  it.each([
    ['itself', 'Lead'],
    ['a stage of another kind', 'Won'],
  ])('refuses %s in its place', async (_, to) => {
    const errors = await refusal(t, 'archiveStage', inputOf('Lead', to))
    expect(errors).toMatchObject([{ ...invalid, path: ['input', 'reassignTo'] }])
  })

  it('refuses a stage in its place that is archived, of another pipeline or nowhere', async () => {
    const support = await pipelineFixture(t, { name: 'Support' })
    await archive('Proposal')
    const wrong = [
      ['STAGE_ARCHIVED', sales.stage('Proposal')],
      ['STAGE_NOT_IN_PIPELINE', support.stage('Lead')],
      ['NOT_FOUND', `stage_${randomUUID()}`],
    ]
    for (const [code, reassignTo] of wrong) {
      const errors = await refusal(t, 'archiveStage', { ...inputOf('Lead'), reassignTo })
      expect(errors).toMatchObject([{ code, path: ['input', 'reassignTo'] }])
    }
  })

  it('does not find a stage that is nowhere', async () => {
    const errors = await refusal(t, 'archiveStage', { stageId: `stage_${randomUUID()}` })
    expect(errors).toMatchObject([{ code: 'NOT_FOUND', path: ['input', 'stageId'] }])
  })
})

describe('archiveStage with reassignTo', () => {
  it('moves each deal to the end of the other stage, in the order of the board', async () => {
    await dealIn('Qualified', 'There')
    const [first, second] = [await dealIn('Lead', 'A'), await dealIn('Lead', 'B')]
    const third = await dealIn('Lead', 'C')
    const place = { dealId: third.id, expectedVersion: 1, stageId: sales.stage('Lead') }
    await done(t, 'moveDeal', { ...place, before: first.id })
    await done(t, 'deleteDeal', { dealId: first.id, expectedVersion: 1 })
    expect((await archive('Lead', 'Qualified')).reassignedCount).toBe(3)
    expect(await board('Qualified')).toEqual(['There', 'C', 'B'])
    expect((await read(second)).version).toBe(2)
    expect((await read(third)).version).toBe(3)
    expect(await read(first)).toMatchObject({ stageName: 'Qualified', version: 3 })
    await done(t, 'restoreDeal', { dealId: first.id, expectedVersion: 3 })
    expect(await board('Qualified')).toEqual(['There', 'C', 'B', 'A'])
  })

  it('writes the deal, its audit and its event as a move does', async () => {
    const values = { amount: '12.5', currency: 'EUR', expectedCloseDate: '2026-06-30' }
    const deal = await dealIn('Lead', 'A', values)
    const sure = await dealIn('Lead', 'B', { confidence: 77 })
    const other = await dealIn('Proposal', 'Other')
    const before = await read(other)
    t.setNow(late)
    await archive('Lead', 'Qualified')
    const at = late.toISOString()
    const { history, ...now } = await read(deal)
    expect(now).toMatchObject({ version: 2, updatedAt: at, stageEnteredAt: at, status: 'OPEN' })
    expect(now).toMatchObject({ stageName: 'Qualified', lastOpenStage: { name: 'Qualified' } })
    expect(now.rottingAt).toBe('2026-03-12T09:00:00.000Z')
    expect(history.nodes).toHaveLength(2)
    expect(history.nodes[1]).toEqual({
      ...{ seq: 2, direction: 'FORWARD', fromStageName: 'Lead', toStageName: 'Qualified' },
      ...{ ...values, probability: 40, reason: null, note: null, override: false },
      ...{
        requestId: expect.any(String),
        occurredAt: at,
        actor: { kind: 'API_KEY', name: 'ADMIN' },
      },
    })
    expect((await read(sure)).history.nodes[1]).toMatchObject({ probability: 77, amount: null })
    expect(await read(other)).toEqual(before)
    const events = (await eventsOf(t)).slice(-3)
    expect(events.map(({ type }) => type)).toEqual(['deal.moved', 'deal.moved', 'stage.archived'])
    expect(events.map(({ dealId }) => dealId)).toEqual([
      idOf('Deal', deal.id),
      idOf('Deal', sure.id),
      null,
    ])
    const [fromStageId, toStageId] = [sales.stage('Lead'), sales.stage('Qualified')]
    const pipelineId = idOf('Pipeline', sales.id)
    const payload = { fromStageId: idOf('Stage', fromStageId), toStageId: idOf('Stage', toStageId) }
    const pipelines = { fromPipelineId: pipelineId, toPipelineId: pipelineId }
    expect(events[0]?.payload).toMatchObject({ ...payload, ...pipelines })
  })

  it('counts on where deals have moved before, and tells when it goes backward', async () => {
    const deal = await dealIn('Lead', 'A')
    for (const [index, name] of ['Proposal', 'Qualified', 'Proposal'].entries()) {
      const move = { dealId: deal.id, expectedVersion: index + 1, stageId: sales.stage(name) }
      await done(t, 'moveDeal', move)
    }
    await archive('Proposal', 'Lead')
    const { history } = await read(deal)
    expect(history.nodes).toHaveLength(5)
    expect(history.nodes[4]).toMatchObject({ seq: 5, direction: 'BACKWARD', toStageName: 'Lead' })
  })

  it('keeps when and why deals were closed, and where they reopen', async () => {
    const given = { pipelineId: sales.id, name: 'Gone', kind: 'LOST' }
    await done(t, 'createStage', given)
    const deal = await dealIn('Qualified', 'A')
    const lose = { dealId: deal.id, expectedVersion: 1, stageId: sales.stage('Lost') }
    await done(t, 'moveDeal', { ...lose, reason: 'Price' })
    const before = await read(deal)
    t.setNow(late)
    const { stages } = (await ask(t, '{ pipelines { stages { id name } } }')).pipelines[0]
    const gone = stages.find(({ name }: { name: string }) => name === 'Gone')
    await done(t, 'archiveStage', { ...inputOf('Lost'), reassignTo: gone.id })
    const { history, ...now } = await read(deal)
    expect(now).toEqual({
      ...{ ...before, history: undefined },
      ...{ stageName: 'Gone', version: 3, updatedAt: late.toISOString() },
      stageEnteredAt: late.toISOString(),
    })
    expect(now).toMatchObject({ closedAt: early.toISOString(), lostReason: 'Price' })
    expect(now.lastOpenStage).toEqual({ name: 'Qualified' })
    expect(history.nodes[2]).toMatchObject({ direction: 'LOST', probability: 0, reason: null })
  })

  it('keeps the totals right', async () => {
    await dealIn('Lead', 'A', { amount: '100' })
    await dealIn('Qualified', 'B', { amount: '10' })
    await archive('Lead', 'Qualified')
    const { stages } = (
      await ask(t, '{ pipelines { stages { name totals { currency count amount } } } }')
    ).pipelines[0]
    expect(stages[0]).toMatchObject({ name: 'Qualified', totals: [{ count: 2, amount: '110' }] })
  })

  it('takes as many statements for 3 deals as for 60', async () => {
    const counts = []
    for (const size of [3, 60]) {
      const pipeline = await pipelineFixture(t, { name: `Of ${size}` })
      await dealRows(
        t,
        pipeline,
        Array.from({ length: size }, () => ({})),
      )
      const input = { stageId: pipeline.stage('Lead'), reassignTo: pipeline.stage('Qualified') }
      const statements = await t.recordStatements(async () => {
        const { reassignedCount } = await done(t, 'archiveStage', input, 'reassignedCount')
        expect(reassignedCount).toBe(size)
      })
      counts.push(statements.filter((text) => !text.startsWith('SET ROLE')).length)
    }
    expect(counts[1]).toBe(counts[0])
  })

  it('moves more deals than one statement takes, each once', async () => {
    await dealRows(
      t,
      sales,
      Array.from({ length: 1_001 }, () => ({})),
    )
    expect((await archive('Lead', 'Qualified')).reassignedCount).toBe(1_001)
    const document = `query ($id: ID!) { deals(filter: { stageId: { eq: $id } }, last: 2, orderBy: { field: RANK, direction: ASC }) {
      totalCount nodes { name version history { totalCount } } } }`
    const { deals } = await ask(t, document, { id: sales.stage('Qualified') })
    expect(deals.totalCount).toBe(1_001)
    const moved = { version: 2, history: { totalCount: 3 } }
    const names = ['Deal 1000', 'Deal 1001']
    expect(deals.nodes).toEqual(names.map((name) => ({ name, ...moved })))
  })
})
