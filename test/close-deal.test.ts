import { beforeEach, describe, expect, it } from 'vitest'
import {
  ask,
  askMutation,
  type DealFixture,
  dealFixture,
  done,
  keyOfMember,
  memberFixture,
  mutate,
  type PipelineFixture,
  pipelineFixture,
  refusal,
  untouched,
  usualStages,
} from './fixtures.ts'
import { type TestTenant, testTenant } from './harness.ts'

const twoOfEach = [
  ...usualStages.slice(0, 3),
  { name: 'Won', kind: 'WON' },
  { name: 'Won again', kind: 'WON' },
  { name: 'Lost', kind: 'LOST', reasonRequired: true },
  { name: 'Dropped', kind: 'LOST' },
]
const selection = `deal { id version status closedAt wonReason lostReason stage { id } lastOpenStage { name } }
  stageChange { seq direction reason note override }`

let t: TestTenant
let sales: PipelineFixture
let deal: DealFixture

beforeEach(async () => {
  t = await testTenant()
  sales = await pipelineFixture(t, { stages: twoOfEach })
  deal = await dealFixture(t, { stageId: sales.stage('Qualified') })
})

const first = (input: object = {}) => ({ dealId: deal.id, expectedVersion: 1, ...input })
const then = (input: object = {}) => ({ dealId: deal.id, expectedVersion: 2, ...input })

describe('winDeal', () => {
  it('moves the deal to the first live stage of kind WON', async () => {
    const now = new Date('2030-01-01T00:00:00.000Z')
    t.setNow(now)
    const payload = await done(t, 'winDeal', first({ reason: 'Price', note: 'At last' }), selection)
    expect(payload).toMatchObject({
      deal: {
        ...{ version: 2, status: 'WON', wonReason: 'Price', lostReason: null },
        ...{ closedAt: now.toISOString(), stage: { id: sales.stage('Won') } },
        lastOpenStage: { name: 'Qualified' },
      },
      stageChange: { direction: 'WON', reason: 'Price', note: 'At last', override: false },
    })
  })

  it('moves it to the stage named', async () => {
    const stageId = sales.stage('Won again')
    const { deal: won } = await done(t, 'winDeal', first({ stageId }), selection)
    expect(won.stage.id).toBe(stageId)
  })

  it('changes nothing of a deal that is won, in whichever stage', async () => {
    await done(t, 'winDeal', first({ stageId: sales.stage('Won again') }))
    await untouched([t], async () => {
      const payload = await done(t, 'winDeal', then(), selection)
      expect(payload.stageChange).toBeNull()
      expect(payload.deal.stage.id).toBe(sales.stage('Won again'))
    })
  })

  it('refuses a stage of another kind', async () => {
    const input = first({ stageId: sales.stage('Lost'), reason: 'Price' })
    expect(await refusal(t, 'winDeal', input)).toMatchObject([
      { code: 'VALIDATION_ERROR', path: ['input', 'stageId'] },
    ])
  })

  it('refuses a stale version', async () => {
    expect(await refusal(t, 'winDeal', first({ expectedVersion: 3 }))).toMatchObject([
      { code: 'VERSION_CONFLICT', currentVersion: 1 },
    ])
  })

  it('refuses a stage of another pipeline', async () => {
    const support = await pipelineFixture(t, { name: 'Support' })
    const input = first({ stageId: support.stage('Won') })
    expect(await refusal(t, 'winDeal', input)).toMatchObject([
      { code: 'STAGE_NOT_IN_PIPELINE', path: ['input', 'stageId'] },
    ])
  })
})

describe('loseDeal', () => {
  it('asks for the reason that the first LOST stage requires', async () => {
    expect(await refusal(t, 'loseDeal', first())).toMatchObject([
      { code: 'REASON_REQUIRED', path: ['input', 'reason'] },
    ])
    const { deal: lost } = await done(t, 'loseDeal', first({ reason: 'Budget' }), selection)
    expect(lost).toMatchObject({ status: 'LOST', lostReason: 'Budget', wonReason: null })
    expect(lost.stage.id).toBe(sales.stage('Lost'))
  })

  it('moves it to the stage named', async () => {
    const stageId = sales.stage('Dropped')
    const { deal: lost } = await done(t, 'loseDeal', first({ stageId }), selection)
    expect(lost).toMatchObject({ status: 'LOST', stage: { id: stageId } })
  })

  it('turns a won deal into a lost one', async () => {
    await done(t, 'winDeal', first({ reason: 'Price' }))
    const payload = await done(t, 'loseDeal', then({ reason: 'Bankrupt' }), selection)
    expect(payload.deal).toMatchObject({ wonReason: null, lostReason: 'Bankrupt' })
    expect(payload.stageChange).toMatchObject({ seq: 3, direction: 'LOST' })
  })
})

describe('reopenDeal', () => {
  beforeEach(async () => {
    await done(t, 'loseDeal', first({ reason: 'Budget' }))
  })

  it('moves the deal back to where it was open last, and keeps the reason in its history', async () => {
    const payload = await done(t, 'reopenDeal', then({ note: 'New budget' }), selection)
    expect(payload).toMatchObject({
      deal: {
        status: 'OPEN',
        closedAt: null,
        lostReason: null,
        stage: { id: sales.stage('Qualified') },
      },
      stageChange: { seq: 3, direction: 'REOPENED', note: 'New budget' },
    })
    const document = 'query ($id: ID!) { deal(id: $id) { history { nodes { reason } } } }'
    const { history } = (await ask(t, document, { id: deal.id })).deal
    expect(history.nodes.map(({ reason }: { reason: string }) => reason)).toEqual([
      null,
      'Budget',
      null,
    ])
  })

  it('moves it to the open stage named', async () => {
    const stageId = sales.stage('Proposal')
    const { deal: open } = await done(t, 'reopenDeal', then({ stageId }), selection)
    expect(open.stage.id).toBe(stageId)
  })

  it('moves it to the first open stage when the last was archived, whatever the order', async () => {
    await done(t, 'archiveStage', { stageId: sales.stage('Qualified') })
    await done(t, 'updatePipeline', { pipelineId: sales.id, rules: { noMovingBack: true } })
    const { deal: open } = await done(t, 'reopenDeal', then(), selection)
    expect(open.stage.id).toBe(sales.stage('Lead'))
  })

  it('moves a deal that never was open to the first open stage', async () => {
    const born = await dealFixture(t, { stageId: sales.stage('Won') })
    const input = { dealId: born.id, expectedVersion: 1 }
    const { deal: open } = await done(t, 'reopenDeal', input, selection)
    expect(open.stage.id).toBe(sales.stage('Lead'))
  })

  it('changes nothing of an open deal, and refuses to move it', async () => {
    const open = await dealFixture(t)
    const input = { dealId: open.id, expectedVersion: 1 }
    await untouched([t], () => done(t, 'reopenDeal', input))
    expect(
      await refusal(t, 'reopenDeal', { ...input, stageId: sales.stage('Proposal') }),
    ).toMatchObject([{ code: 'VALIDATION_ERROR', path: ['input', 'stageId'] }])
  })

  it('refuses a closed stage', async () => {
    const input = then({ stageId: sales.stage('Won') })
    expect(await refusal(t, 'reopenDeal', input)).toMatchObject([
      { code: 'VALIDATION_ERROR', path: ['input', 'stageId'] },
    ])
  })

  it.each(['reopenDeal', 'moveDeal'])('is for administrators: %s', async (field) => {
    const input = then({ stageId: sales.stage('Lead') })
    await untouched([t], async () => {
      const { data } = await askMutation(t, field, input, {
        as: 'MEMBER',
        selection: '_: userErrors { ... on TransitionNotAllowed { rule } }',
      })
      expect(data[field]).toMatchObject({
        _: [{ rule: 'REOPENING' }],
        userErrors: [{ code: 'TRANSITION_NOT_ALLOWED', path: ['input', 'stageId'] }],
      })
    })
    const { data } = await askMutation(t, field, input, { as: 'ADMIN' })
    expect(data[field].userErrors).toEqual([])
  })

  it('is for members too where the tenant lets them', async () => {
    await done(t, 'updateTenant', { membersMayReopen: true })
    const as = await keyOfMember(t, await memberFixture(t))
    const { data } = await askMutation(t, 'reopenDeal', then(), { as })
    expect(data.reopenDeal.userErrors).toEqual([])
  })
})

describe('reorderDeal', () => {
  const ids = async () => {
    const document = `query ($id: ID!) { pipeline(id: $id) { stages { name deals { nodes { id } } } } }`
    const { stages } = (await ask(t, document, { id: sales.id })).pipeline
    const stage = stages.find(({ name }: { name: string }) => name === 'Qualified')
    return stage.deals.nodes.map(({ id }: { id: string }) => id)
  }

  it('moves a deal within its stage, writes no history, and nothing where it stands already', async () => {
    const [second, third] = [await inQualified(), await inQualified()]
    const input = { dealId: third.id, expectedVersion: 1, before: deal.id }
    const payload = await done(t, 'reorderDeal', input, 'deal { version history { totalCount } }')
    expect(payload.deal).toEqual({ version: 2, history: { totalCount: 1 } })
    expect(await ids()).toEqual([third.id, deal.id, second.id])
    await done(t, 'reorderDeal', first())
    expect(await ids()).toEqual([third.id, second.id, deal.id])
    const after = { dealId: second.id, expectedVersion: 1, after: third.id }
    await untouched([t], () => mutate(t, 'reorderDeal', after))
    await untouched([t], () => done(t, 'reorderDeal', then()))
  })

  it('refuses a neighbour in another stage', async () => {
    const other = await dealFixture(t, { stageId: sales.stage('Proposal') })
    expect(await refusal(t, 'reorderDeal', first({ before: other.id }))).toMatchObject([
      { code: 'VALIDATION_ERROR', path: ['input', 'before'] },
    ])
  })

  const inQualified = () => dealFixture(t, { stageId: sales.stage('Qualified') })
})
