import { randomUUID } from 'node:crypto'
import { beforeEach, describe, expect, it } from 'vitest'
import {
  ask,
  type DealFixture,
  dealFixture,
  done,
  eventsOf,
  memberFixture,
  mutate,
  organizationFixture,
  type PipelineFixture,
  pipelineFixture,
  refusal,
  untouched,
} from './fixtures.ts'
import { type TestTenant, testTenant } from './harness.ts'

const errors = `userErrors { __typename code message path
  ... on VersionConflict { currentVersion deal { id version } } ... on ReasonRequired { knownReasons } }`
const moved = `results { deal { id version stageName } stageChange { seq fromStageName toStageName } ${errors} }`
const changed = `results { deal { id version name deletedAt } ${errors} }`

let t: TestTenant
let sales: PipelineFixture
let a: DealFixture
let b: DealFixture
let c: DealFixture

beforeEach(async () => {
  t = await testTenant()
  sales = await pipelineFixture(t)
  a = await dealFixture(t, { name: 'A' })
  b = await dealFixture(t, { name: 'B' })
  c = await dealFixture(t, { name: 'C' })
})

async function read({ id }: { id: string }) {
  const document = `query ($id: ID!) { deal(id: $id) { name amount version stageName status lostReason deletedAt
    organization { id } owner { id } history { totalCount nodes { seq toStageName note } } } }`
  return (await ask(t, document, { id })).deal
}

async function board(stage: string): Promise<string> {
  const document = `query ($id: ID!) { node(id: $id) { ... on Stage { deals { nodes { name } } } } }`
  const { node } = await ask(t, document, { id: sales.stage(stage) })
  return node.deals.nodes.map((deal: { name: string }) => deal.name).join(' ')
}

const at = ({ id }: DealFixture, expectedVersion = 1) => ({ dealId: id, expectedVersion })

const to = (deal: DealFixture, stage: string, others: object = {}) => ({
  ...at(deal),
  stageId: sales.stage(stage),
  ...others,
})

/** What a result of a refused item looks like. */
const refused = (typename: string, path: string[]) => ({
  deal: null,
  userErrors: [{ __typename: typename, path: ['input', 'items', ...path] }],
})

describe('moveDeals', () => {
  it('moves each deal with its audit and its event, at one revision', async () => {
    const before = await eventsOf(t)
    const items = [to(c, 'Qualified', { note: 'Called.' }), to(a, 'Lost', { reason: 'Price' })]
    const { results } = await done(t, 'moveDeals', { items }, moved)
    expect(results).toEqual([
      {
        deal: { id: c.id, version: 2, stageName: 'Qualified' },
        stageChange: { seq: 2, fromStageName: 'Lead', toStageName: 'Qualified' },
        userErrors: [],
      },
      {
        deal: { id: a.id, version: 2, stageName: 'Lost' },
        stageChange: { seq: 2, fromStageName: 'Lead', toStageName: 'Lost' },
        userErrors: [],
      },
    ])
    expect(await read(c)).toMatchObject({ history: { nodes: [{}, { seq: 2, note: 'Called.' }] } })
    expect(await read(a)).toMatchObject({ status: 'LOST', lostReason: 'Price' })
    expect(await read(b)).toMatchObject({ version: 1, stageName: 'Lead' })
    const revision = (before.at(-1)?.revision ?? 0n) + 1n
    expect((await eventsOf(t)).slice(before.length)).toMatchObject([
      { revision, type: 'deal.moved', dealId: c.id.replace('deal_', '') },
      { revision, type: 'close_reason.created' },
      { revision, type: 'deal.moved', dealId: a.id.replace('deal_', '') },
    ])
  })

  it('puts each deal at its place, which may be beside an item before it', async () => {
    const items = [
      to(c, 'Qualified'),
      to(a, 'Qualified', { before: c.id }),
      to(b, 'Qualified', { after: a.id }),
    ]
    await done(t, 'moveDeals', { items }, moved)
    expect(await board('Qualified')).toBe('A B C')
  })

  it('does the others when items are refused, of which nothing is left', async () => {
    const support = await pipelineFixture(t, { name: 'Support' })
    await done(t, 'archiveStage', { stageId: sales.stage('Proposal') })
    const before = [await read(a), await eventsOf(t)] as const
    const items = [
      to(a, 'Lost'),
      to(b, 'Qualified'),
      to(a, 'Proposal'),
      { ...at(a), stageId: support.stage('Lead') },
      to(a, 'Qualified', { expectedVersion: 7 }),
      to(a, 'Qualified', { after: c.id }),
      to(a, 'Qualified', { note: 'x'.repeat(10_001) }),
      { ...to(a, 'Qualified'), dealId: `deal_${randomUUID()}` },
      to(c, 'Won'),
    ]
    const { results, userErrors } = await mutate(t, 'moveDeals', { items }, moved)
    expect(userErrors).toEqual([])
    expect(results).toMatchObject([
      refused('ReasonRequired', ['0', 'reason']),
      { deal: { id: b.id, version: 2 }, userErrors: [] },
      refused('StageArchived', ['2', 'stageId']),
      refused('StageNotInPipeline', ['3', 'stageId']),
      refused('VersionConflict', ['4', 'expectedVersion']),
      refused('ValidationError', ['5', 'after']),
      refused('ValidationError', ['6', 'note']),
      refused('NotFound', ['7', 'dealId']),
      { deal: { id: c.id, version: 2 }, userErrors: [] },
    ])
    expect(results[4].userErrors[0]).toMatchObject({
      currentVersion: 1,
      deal: { id: a.id, version: 1 },
    })
    expect(await read(a)).toEqual(before[0])
    const events = (await eventsOf(t)).slice(before[1].length)
    expect(events.map(({ dealId }) => `deal_${dealId}`)).toEqual([b.id, c.id])
  })

  it('undoes what a refused item had written before it was refused', async () => {
    // The reason joins its catalogue before the neighbour is looked for.
    const items = [to(a, 'Lost', { reason: 'New one', after: c.id }), to(b, 'Won')]
    const { results } = await mutate(t, 'moveDeals', { items }, moved)
    expect(results).toMatchObject([refused('ValidationError', ['0', 'after']), { userErrors: [] }])
    const [error] = await refusal(t, 'moveDeal', to(c, 'Lost'))
    expect(error.knownReasons).toEqual([])
  })

  it('lets a second item of the same deal see what the first has done', async () => {
    const items = [to(a, 'Qualified'), to(a, 'Won'), to(a, 'Proposal', { expectedVersion: 2 })]
    const { results } = await mutate(t, 'moveDeals', { items }, moved)
    expect(results).toMatchObject([
      { deal: { version: 3, stageName: 'Proposal' }, stageChange: { seq: 2 }, userErrors: [] },
      { deal: null, stageChange: null, userErrors: [{ currentVersion: 2 }] },
      { deal: { version: 3, stageName: 'Proposal' }, stageChange: { seq: 3 }, userErrors: [] },
    ])
  })

  it('writes nothing when every deal stays where it is', async () => {
    const items = [to(a, 'Lead'), to(b, 'Lead', { after: a.id })]
    await untouched([t], async () => {
      const { results } = await done(t, 'moveDeals', { items }, moved)
      expect(results).toMatchObject([
        { deal: { id: a.id, version: 1 }, stageChange: null },
        { deal: { id: b.id, version: 1 }, stageChange: null },
      ])
    })
  })
})

describe('updateDeals', () => {
  it('changes every field that updateDeal changes', async () => {
    const organization = await organizationFixture(t)
    const owner = await memberFixture(t)
    const values = { amount: '2.50', organizationId: organization.id, ownerId: owner.id }
    const items = [
      { ...at(a), ...values, metadata: { x: 1 } },
      { ...at(b), name: 'Bee' },
    ]
    const { results } = await done(t, 'updateDeals', { items }, changed)
    expect(results).toMatchObject([
      { deal: { id: a.id, version: 2, name: 'A' } },
      { deal: { id: b.id, version: 2, name: 'Bee' } },
    ])
    expect(await read(a)).toMatchObject({ amount: '2.5', organization, owner })
  })

  it('does the others when items are refused', async () => {
    const items = [
      { ...at(a), name: '', confidence: 101 },
      { ...at(b), ownerId: `member_${randomUUID()}` },
      { ...at(c), name: 'Sea' },
    ]
    const { results, userErrors } = await mutate(t, 'updateDeals', { items }, changed)
    expect(userErrors).toEqual([])
    expect(results).toMatchObject([
      {
        deal: null,
        userErrors: [
          { path: ['input', 'items', '0', 'name'] },
          { path: ['input', 'items', '0', 'confidence'] },
        ],
      },
      refused('NotFound', ['1', 'ownerId']),
      { deal: { id: c.id, version: 2, name: 'Sea' }, userErrors: [] },
    ])
    expect([await read(a), await read(b)]).toMatchObject([{ version: 1 }, { version: 1 }])
  })
})

describe('deleteDeals', () => {
  it('deletes each deal once', async () => {
    const items = [at(a), at(c), at(a, 2)]
    const { results } = await mutate(t, 'deleteDeals', { items }, changed)
    expect(results).toMatchObject([
      { deal: { id: a.id, version: 2 }, userErrors: [] },
      { deal: { id: c.id, version: 2 }, userErrors: [] },
      refused('DealDeleted', ['2', 'dealId']),
    ])
    expect((await read(a)).deletedAt).not.toBeNull()
    expect(await board('Lead')).toBe('B')
  })
})
