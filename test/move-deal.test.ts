import { randomUUID } from 'node:crypto'
import { beforeEach, describe, expect, it } from 'vitest'
import {
  ask,
  askMutation,
  type DealFixture,
  dealFixture,
  done,
  eventsOf,
  mutate,
  type PipelineFixture,
  pipelineFixture,
  refusal,
  untouched,
} from './fixtures.ts'
import { post, type TestTenant, testTenant } from './harness.ts'

const monday = new Date('2026-03-02T09:00:00.000Z')
const later = (seconds: number) => new Date(monday.getTime() + seconds * 1000)

const state = `id status version confidence probability weightedAmount closedAt wonReason lostReason secondsInStage
  stageName stage { id } lastOpenStage { id } history { totalCount nodes {
    seq direction fromStage { id } fromStageName toStage { id } toStageName reason note amount currency probability
    secondsInPreviousStage requestId occurredAt actor { kind name member { id } } } }`

let t: TestTenant
let sales: PipelineFixture
let deal: DealFixture

beforeEach(async () => {
  t = await testTenant()
  t.setNow(monday)
  sales = await pipelineFixture(t)
  deal = await dealFixture(t, { name: 'Rocket', amount: '1000.00' })
})

async function read(id = deal.id) {
  return (await ask(t, `query ($id: ID!) { deal(id: $id) { ${state} } }`, { id })).deal
}

/** Moves the deal from the version at which it is now. */
async function move(stage: string, others: object = {}) {
  const { version } = await read()
  const input = {
    dealId: deal.id,
    stageId: sales.stage(stage),
    expectedVersion: version,
    ...others,
  }
  return mutate(t, 'moveDeal', input, `deal { id } stageChange { id seq direction }`)
}

async function moveThrough(...stages: string[]) {
  for (const stage of stages)
    expect((await move(stage, { reason: 'Price' })).userErrors).toEqual([])
}

describe('moveDeal', () => {
  it('writes deal, audit and event together at one revision', async () => {
    const before = await eventsOf(t)
    const { deal: moved, stageChange } = await move('Qualified', { note: 'They called back.' })
    const { history, ...now } = await read()
    expect(moved.id).toBe(deal.id)
    expect(now).toMatchObject({
      version: 2,
      stageName: 'Qualified',
      stage: { id: sales.stage('Qualified') },
    })
    expect(history.nodes[1]).toMatchObject({
      seq: 2,
      direction: 'FORWARD',
      fromStage: { id: sales.stage('Lead') },
      fromStageName: 'Lead',
      toStage: { id: sales.stage('Qualified') },
      toStageName: 'Qualified',
      note: 'They called back.',
      reason: null,
      amount: '1000',
      currency: 'USD',
    })
    const [event, ...others] = (await eventsOf(t)).slice(before.length)
    expect(others).toEqual([])
    expect(event).toMatchObject({
      revision: (before.at(-1)?.revision ?? 0n) + 1n,
      type: 'deal.moved',
      dealId: deal.id.replace('deal_', ''),
      payload: {
        stageChangeId: stageChange.id.replace('stage_change_', ''),
        fromPipelineId: sales.id.replace('pipeline_', ''),
        toPipelineId: sales.id.replace('pipeline_', ''),
      },
    })
  })

  it('leaves every other deal as it is', async () => {
    const others = [
      await dealFixture(t, { name: 'Other' }),
      await dealFixture(t, { stageId: sales.stage('Qualified') }),
    ]
    const before = await Promise.all(others.map(({ id }) => read(id)))
    await moveThrough('Qualified')
    expect(await Promise.all(others.map(({ id }) => read(id)))).toEqual(before)
  })

  it('writes nothing when the deal is in that stage already', async () => {
    await untouched([t], async () => {
      const { userErrors, deal: same, stageChange } = await move('Lead', { note: 'again' })
      expect({ userErrors, same, stageChange }).toEqual({
        userErrors: [],
        same: { id: deal.id },
        stageChange: null,
      })
    })
  })

  it('refuses a stale version and shows the deal as it is', async () => {
    await moveThrough('Qualified')
    const input = { dealId: deal.id, stageId: sales.stage('Won'), expectedVersion: 1 }
    expect(await refusal(t, 'moveDeal', input)).toEqual([
      {
        __typename: 'VersionConflict',
        code: 'VERSION_CONFLICT',
        message: 'The deal is at version 2: read it again and decide anew.',
        path: ['input', 'expectedVersion'],
        currentVersion: 2,
        deal: { id: deal.id, version: 2, name: 'Rocket' },
      },
    ])
  })

  it('refuses a stale version even to the stage where the deal is', async () => {
    await moveThrough('Qualified')
    const input = { dealId: deal.id, stageId: sales.stage('Qualified'), expectedVersion: 1 }
    expect(await refusal(t, 'moveDeal', input)).toMatchObject([{ __typename: 'VersionConflict' }])
  })

  it('refuses a stage of another pipeline', async () => {
    const support = await pipelineFixture(t, { name: 'Support' })
    const input = { dealId: deal.id, stageId: support.stage('Lead'), expectedVersion: 1 }
    expect(await refusal(t, 'moveDeal', input)).toMatchObject([
      {
        __typename: 'StageNotInPipeline',
        code: 'STAGE_NOT_IN_PIPELINE',
        path: ['input', 'stageId'],
      },
    ])
  })

  it('does not find a stage or a deal of another tenant, or one that is nowhere', async () => {
    const stranger = await testTenant()
    const theirs = await pipelineFixture(stranger)
    const theirDeal = await dealFixture(stranger)
    const stageOf = (stageId: string) => ({ dealId: deal.id, stageId, expectedVersion: 1 })
    const dealOf = (dealId: string) => ({ dealId, stageId: sales.stage('Won'), expectedVersion: 1 })
    const missing = { __typename: 'NotFound', code: 'NOT_FOUND' }
    await untouched([stranger], async () => {
      for (const stageId of [theirs.stage('Qualified'), `stage_${randomUUID()}`]) {
        const errors = await refusal(t, 'moveDeal', stageOf(stageId))
        expect(errors).toMatchObject([{ ...missing, path: ['input', 'stageId'] }])
      }
      for (const dealId of [theirDeal.id, `deal_${randomUUID()}`]) {
        const errors = await refusal(t, 'moveDeal', dealOf(dealId))
        expect(errors).toMatchObject([{ ...missing, path: ['input', 'dealId'] }])
      }
    })
  })

  it('refuses an archived stage', async () => {
    await done(t, 'archiveStage', { stageId: sales.stage('Proposal') })
    const input = { dealId: deal.id, stageId: sales.stage('Proposal'), expectedVersion: 1 }
    expect(await refusal(t, 'moveDeal', input)).toMatchObject([
      { __typename: 'StageArchived', code: 'STAGE_ARCHIVED', path: ['input', 'stageId'] },
    ])
  })

  it('refuses a deleted deal', async () => {
    await done(t, 'deleteDeal', { dealId: deal.id, expectedVersion: 1 })
    const input = { dealId: deal.id, stageId: sales.stage('Won'), expectedVersion: 2 }
    expect(await refusal(t, 'moveDeal', input)).toMatchObject([
      { __typename: 'DealDeleted', code: 'DEAL_DELETED', path: ['input', 'dealId'] },
    ])
  })

  it('is forbidden to a reader, who changes nothing by it', async () => {
    const input = { dealId: deal.id, stageId: sales.stage('Won'), expectedVersion: 1 }
    await untouched([t], async () => {
      const { errors, data } = await askMutation(t, 'moveDeal', input, { as: 'READ_ONLY' })
      expect(data).toEqual({ moveDeal: null })
      expect(errors).toMatchObject([{ path: ['moveDeal'], extensions: { code: 'FORBIDDEN' } }])
    })
  })

  it('is allowed to a member', async () => {
    const input = { dealId: deal.id, stageId: sales.stage('Won'), expectedVersion: 1 }
    const { data } = await askMutation(t, 'moveDeal', input, { as: 'MEMBER' })
    expect(data.moveDeal.userErrors).toEqual([])
    expect(await read()).toMatchObject({ status: 'WON' })
  })

  it.each([
    ['dealId', { dealId: 'deal_1' }],
    ['dealId of another type', { dealId: `stage_${randomUUID()}` }],
    ['stageId', { stageId: 'Lead' }],
    ['stageId of another type', { stageId: `deal_${randomUUID()}` }],
    ['before', { before: 'x' }],
    ['after', { after: `contact_${randomUUID()}` }],
  ])('refuses a malformed %s as INVALID_ID', async (_, wrong) => {
    const input = { dealId: deal.id, stageId: sales.stage('Won'), expectedVersion: 1, ...wrong }
    await untouched([t], async () => {
      const { errors } = await askMutation(t, 'moveDeal', input)
      expect(errors).toMatchObject([{ extensions: { code: 'INVALID_ID' } }])
    })
  })
})

describe('moveDeal to a closed stage', () => {
  it.each([
    [
      'Won',
      {
        status: 'WON',
        wonReason: 'Price',
        lostReason: null,
        probability: 100,
        weightedAmount: '1000',
      },
    ],
    [
      'Lost',
      { status: 'LOST', wonReason: null, lostReason: 'Price', probability: 0, weightedAmount: '0' },
    ],
  ])('to %s writes when and why', async (stage, expected) => {
    t.setNow(later(60))
    await move(stage, { reason: '  Price ' })
    expect(await read()).toMatchObject({ ...expected, closedAt: later(60).toISOString() })
  })

  it('writes the reason to the audit as it is on the deal', async () => {
    await move('Lost', { reason: '  Price ' })
    const { lostReason, history } = await read()
    expect(history.nodes[1].reason).toBe(lostReason)
  })

  it('takes no reason where the stage does not ask for one', async () => {
    expect((await move('Won')).userErrors).toEqual([])
    expect(await read()).toMatchObject({ status: 'WON', wonReason: null })
  })

  it.each([undefined, null, '', '   '])('asks for a reason when %j is given', async (reason) => {
    const input = { dealId: deal.id, stageId: sales.stage('Lost'), expectedVersion: 1, reason }
    expect(await refusal(t, 'moveDeal', input)).toEqual([
      {
        __typename: 'ReasonRequired',
        code: 'REASON_REQUIRED',
        message: 'The stage "Lost" takes a deal only with a reason.',
        path: ['input', 'reason'],
        knownReasons: [],
      },
    ])
  })

  it('names the reasons of the catalogue, the most frequent in this pipeline first', async () => {
    const lost = { stageId: sales.stage('Lost') }
    for (const reason of ['Timing', 'Price', 'Budget', 'Price'])
      await dealFixture(t, { ...lost, reason })
    await dealFixture(t, { stageId: sales.stage('Won'), reason: 'Liked us' })
    const support = await pipelineFixture(t, { name: 'Support' })
    await dealFixture(t, { stageId: support.stage('Lost'), reason: 'Elsewhere' })
    const [error] = await refusal(t, 'moveDeal', { dealId: deal.id, ...lost, expectedVersion: 1 })
    expect(error.knownReasons).toEqual(['Price', 'Budget', 'Timing', 'Elsewhere'])
  })

  it('clears closing date and reason when it reopens, and the audit keeps them', async () => {
    await moveThrough('Proposal', 'Lost')
    expect(await read()).toMatchObject({
      lostReason: 'Price',
      lastOpenStage: { id: sales.stage('Proposal') },
    })
    await moveThrough('Qualified')
    const { history, ...now } = await read()
    expect(now).toMatchObject({ status: 'OPEN', closedAt: null, wonReason: null, lostReason: null })
    expect(now.lastOpenStage.id).toBe(sales.stage('Qualified'))
    expect(history.nodes[2]).toMatchObject({
      direction: 'LOST',
      reason: 'Price',
      toStageName: 'Lost',
    })
  })

  it('replaces one closing by another', async () => {
    await moveThrough('Lost')
    t.setNow(later(3600))
    await move('Won')
    const won = {
      status: 'WON',
      wonReason: null,
      lostReason: null,
      closedAt: later(3600).toISOString(),
    }
    expect(await read()).toMatchObject({ ...won, lastOpenStage: { id: sales.stage('Lead') } })
  })
})

describe('moveDeal in the audit', () => {
  it('names the direction of each change', async () => {
    await moveThrough('Proposal', 'Qualified', 'Won', 'Lost', 'Lead', 'Lost', 'Won')
    const { history } = await read()
    expect(history.nodes.map((change: { direction: string }) => change.direction)).toEqual([
      'CREATED',
      'FORWARD',
      'BACKWARD',
      'WON',
      'LOST',
      'REOPENED',
      'LOST',
      'WON',
    ])
  })

  it('takes the probability of the stage, or the confidence, which no move overwrites', async () => {
    await moveThrough('Qualified')
    expect(await read()).toMatchObject({ probability: 40, weightedAmount: '400', confidence: null })
    await done(t, 'updateDeal', { dealId: deal.id, expectedVersion: 2, confidence: 55 })
    await moveThrough('Proposal', 'Won')
    expect(await read()).toMatchObject({ probability: 100, weightedAmount: '1000', confidence: 55 })
    await moveThrough('Lead')
    const { history, ...now } = await read()
    expect(now).toMatchObject({ probability: 55, weightedAmount: '550', confidence: 55 })
    const probabilities = history.nodes.map((change: { probability: number }) => change.probability)
    expect(probabilities).toEqual([10, 40, 55, 100, 55])
  })

  it('keeps amount and currency as they were at that moment', async () => {
    await moveThrough('Qualified')
    await done(t, 'updateDeal', {
      dealId: deal.id,
      expectedVersion: 2,
      amount: '2.5',
      currency: 'EUR',
    })
    await moveThrough('Proposal')
    const { history } = await read()
    const amounts = history.nodes.map((change: { amount: string; currency: string }) => [
      change.amount,
      change.currency,
    ])
    expect(amounts).toEqual([
      ['1000', 'USD'],
      ['1000', 'USD'],
      ['2.5', 'EUR'],
    ])
  })

  it('tells how long each stage took, and how long the present one has lasted', async () => {
    t.setNow(later(90))
    await moveThrough('Qualified')
    t.setNow(later(7290.9))
    await moveThrough('Won')
    t.setNow(later(7300))
    const { history, secondsInStage } = await read()
    const seconds = history.nodes.map(
      (change: { secondsInPreviousStage: number }) => change.secondsInPreviousStage,
    )
    expect(seconds).toEqual([null, 90, 7200])
    expect(secondsInStage).toBe(9)
  })

  it('knows which request made a change and with which key', async () => {
    const headers = {
      authorization: `Bearer ${await t.keyFor('MEMBER')}`,
      'x-request-id': 'drag-and-drop-0001',
    }
    const query = `mutation ($input: MoveDealInput!) { moveDeal(input: $input) { userErrors { code } } }`
    const input = { dealId: deal.id, stageId: sales.stage('Won'), expectedVersion: 1 }
    await post(t.app, { query, variables: { input } }, headers)
    const { history } = await read()
    expect(history.nodes[1]).toMatchObject({
      requestId: 'drag-and-drop-0001',
      actor: { kind: 'API_KEY', name: 'MEMBER', member: null },
    })
  })
})
