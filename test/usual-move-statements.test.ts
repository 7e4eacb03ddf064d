import { beforeEach, describe, expect, it } from 'vitest'
import type { Role } from '../src/auth/scopes.ts'
import { dealRows, rowId } from './bulk-fixtures.ts'
import {
  askMutation,
  type DealFixture,
  dealFixture,
  done,
  eventsOf,
  keyOfMember,
  memberFixture,
  type PipelineFixture,
  pipelineFixture,
} from './fixtures.ts'
import { type TestTenant, testTenant } from './harness.ts'

let t: TestTenant
let sales: PipelineFixture
let deal: DealFixture

beforeEach(async () => {
  // What is compiled is sent with its payload; these are the statements of the services.
  t = await testTenant({ compiler: null })
  sales = await pipelineFixture(t)
  deal = await dealFixture(t)
  await done(t, 'createCloseReason', { kind: 'LOST', name: 'Price' })
})

type As = Role | { key: string }

/** What a mutation that refuses nothing sends in its write transaction, control and all. */
async function writesOf(field: string, input: object, as: As = 'ADMIN'): Promise<string[]> {
  // A key is made when it is first needed, and its first use written down.
  await t.graphql('{ viewer { role } }', {}, as)
  const statements = await t.recordStatements(async () => {
    const { data, errors } = await askMutation(t, field, input, { as })
    expect(errors).toEqual([])
    expect(data[field].userErrors).toEqual([])
  })
  const begin = statements.findIndex((text) => /^BEGIN; /.test(text))
  return statements.slice(begin, statements.indexOf('COMMIT') + 1).map((text) => text.trim())
}

const oneStatement = [
  expect.stringMatching(/^BEGIN; /),
  expect.stringMatching(/^SELECT .* FROM move_deal\(/s),
  'COMMIT',
]

const move = (stage: string, others: object = {}) => ({
  dealId: deal.id,
  expectedVersion: deal.version,
  stageId: sales.stage(stage),
  ...others,
})

async function moved(stage: string, others: object = {}): Promise<void> {
  deal = (await done(t, 'moveDeal', move(stage, others), 'deal { id number version }')).deal
}

async function keyOfLimitedOwner(): Promise<As> {
  const ann = await memberFixture(t, 'Ann')
  const own = { dealId: deal.id, expectedVersion: deal.version, ownerId: ann.id }
  deal = (await done(t, 'updateDeal', own, 'deal { id number version }')).deal
  await done(t, 'updateTenant', { membersSeeOnlyTheirDeals: true })
  return keyOfMember(t, ann)
}

describe('moveDeal takes one statement', () => {
  it('to an open stage further on, with a note', async () => {
    expect(await writesOf('moveDeal', move('Proposal', { note: 'Met.' }))).toEqual(oneStatement)
  })

  it('to one further back', async () => {
    await moved('Proposal')
    expect(await writesOf('moveDeal', move('Qualified'), 'MEMBER')).toEqual(oneStatement)
  })

  it.each([
    ['Won', {}],
    ['Lost', { reason: ' price ' }],
  ])('to %s', async (stage, reason) => {
    expect(await writesOf('moveDeal', move(stage, reason), 'MEMBER')).toEqual(oneStatement)
  })

  it('from one closed stage to another, and back by who may reopen it', async () => {
    await moved('Won')
    expect(await writesOf('moveDeal', move('Lost', { reason: 'Price' }))).toEqual(oneStatement)
    deal.version += 1
    expect(await writesOf('moveDeal', move('Lead'))).toEqual(oneStatement)
    deal.version += 1
    await moved('Won')
    await done(t, 'updateTenant', { membersMayReopen: true })
    expect(await writesOf('moveDeal', move('Lead'), 'MEMBER')).toEqual(oneStatement)
  })

  it('by the rules of the pipeline and to a stage that requires what the deal has', async () => {
    const rules = { noSkipping: true, noMovingBack: true, reasonToClose: true }
    await done(t, 'updatePipeline', { pipelineId: sales.id, rules })
    const requiredFields = ['amount', 'nextStep']
    await done(t, 'updateStage', { stageId: sales.stage('Qualified'), requiredFields })
    const values = { amount: '5', nextStep: 'Call' }
    const update = { dealId: deal.id, expectedVersion: 1, ...values }
    deal = (await done(t, 'updateDeal', update, 'deal { id number version }')).deal
    expect(await writesOf('moveDeal', move('Qualified'), 'MEMBER')).toEqual(oneStatement)
  })

  it('by who sees only their own deals, behind those that they do not see', async () => {
    await dealFixture(t, { stageId: sales.stage('Qualified') })
    const as = await keyOfLimitedOwner()
    expect(await writesOf('moveDeal', move('Qualified'), as)).toEqual(oneStatement)
    const stageId = rowId(sales.stage('Qualified'))
    const board = await t.read((db) =>
      db.deal.findMany({ where: { tenantId: t.tenantId, stageId }, orderBy: { rank: 'asc' } }),
    )
    expect(board.at(-1)?.id).toBe(rowId(deal.id))
  })
})

it('moveDeal with a key takes one statement among those of its retries', async () => {
  const statements = await writesOf('moveDeal', move('Won', { idempotencyKey: 'once' }))
  expect(statements.filter((text) => /FROM move_deals\(/.test(text))).toHaveLength(1)
  expect(statements.filter((text) => /"public"\."(deal|stage|stage_change)"/.test(text))).toEqual(
    [],
  )
  expect(statements).toHaveLength(11)
})

it('moveDeal asks for no statement where the input is not the usual', async () => {
  const other = await dealFixture(t, { stageId: sales.stage('Qualified') })
  const statements = await writesOf('moveDeal', move('Qualified', { before: other.id }))
  expect(statements.join()).not.toMatch(/move_deal/)
})

describe('moveDeals', () => {
  const itemsTo = async (count: number, stage: string) => {
    const ids = await dealRows(t, sales, Array(count).fill({ stage: 'Lead' }))
    return ids.map((dealId) => ({ dealId, expectedVersion: 1, stageId: sales.stage(stage) }))
  }

  it('takes as many statements for 1, 20 and 100', async () => {
    for (const count of [1, 20, 100]) {
      const statements = await writesOf('moveDeals', { items: await itemsTo(count, 'Won') })
      expect([count, statements]).toEqual([
        count,
        [
          expect.stringMatching(/^BEGIN; /),
          expect.stringMatching(/^UPDATE "public"."tenant_revision"/),
          expect.stringMatching(/ AS holds$/),
          expect.stringMatching(/FOR UPDATE$/),
          expect.stringMatching(/^SELECT moved FROM move_deals\(/),
          expect.stringMatching(/^INSERT INTO event /),
          'COMMIT',
        ],
      ])
    }
  })

  it('takes as many more for each that is refused, however many are not', async () => {
    const counts = []
    for (const around of [1, 30]) {
      const before = await itemsTo(around, 'Won')
      const after = await itemsTo(around, 'Won')
      const [stale] = (await itemsTo(1, 'Won')).map((item) => ({ ...item, expectedVersion: 9 }))
      const events = (await eventsOf(t)).length
      counts.push((await writesOf('moveDeals', { items: [...before, stale, ...after] })).length)
      expect((await eventsOf(t)).length).toBe(events + 2 * around)
    }
    expect(counts[1]).toBe(counts[0])
  })
})
