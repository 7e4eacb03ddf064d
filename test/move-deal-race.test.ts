import { beforeEach, describe, expect, inject, it } from 'vitest'
import {
  ask,
  type DealFixture,
  dealFixture,
  eventsOf,
  mutate,
  type PipelineFixture,
  pipelineFixture,
} from './fixtures.ts'
import { type TestTenant, testTenant } from './harness.ts'

/** On the one session of the embedded database they only wait for each other. */
const racers = Array.from({ length: 'url' in inject('template') ? 32 : 8 }, (_, index) => index)
const openStages = ['Lead', 'Qualified', 'Proposal']

let t: TestTenant
let sales: PipelineFixture
let deal: DealFixture

beforeEach(async () => {
  t = await testTenant()
  sales = await pipelineFixture(t)
  deal = await dealFixture(t)
})

interface Change {
  seq: number
  fromStage: { id: string } | null
  toStage: { id: string }
}

async function audit(): Promise<{ version: number; stage: { id: string }; changes: Change[] }> {
  const document = `query ($id: ID!) { deal(id: $id) { version stage { id }
    history(first: 100) { nodes { seq fromStage { id } toStage { id } } } } }`
  const { version, stage, history } = (await ask(t, document, { id: deal.id })).deal
  return { version, stage, changes: history.nodes }
}

async function expectOneChain(length: number) {
  const { version, stage, changes } = await audit()
  expect(version).toBe(length)
  expect(changes.map(({ seq }) => seq)).toEqual(Array.from({ length }, (_, index) => index + 1))
  const left = changes.slice(1).map(({ fromStage }) => fromStage?.id)
  expect(left).toEqual(changes.slice(0, -1).map(({ toStage }) => toStage.id))
  expect(changes.at(-1)?.toStage).toEqual(stage)
}

async function expectGaplessEvents() {
  const revisions = (await eventsOf(t)).map(({ revision }) => revision)
  expect(revisions).toEqual(revisions.map((_, index) => BigInt(index + 1)))
}

const move = (stageId: string, expectedVersion: number, others: object = {}) =>
  mutate(
    t,
    'moveDeal',
    { dealId: deal.id, stageId, expectedVersion, ...others },
    'deal { version stage { id } }',
  )

/** Moves the deal to an open stage where it is not, and tries again until nobody was faster. */
async function moveOnAndOn(racer: number): Promise<number> {
  let conflicts = 0
  for (;;) {
    const { version, stage } = await audit()
    const others = openStages.map((name) => sales.stage(name)).filter((id) => id !== stage.id)
    const { userErrors } = await move(others[racer % others.length] ?? '', version)
    if (userErrors.length === 0) return conflicts
    expect(userErrors).toMatchObject([{ __typename: 'VersionConflict' }])
    conflicts += 1
  }
}

describe('moveDeal by many at once', () => {
  it('lets exactly one of many win from the same version', async () => {
    const stages = ['Qualified', 'Proposal', 'Won'].map((name) => sales.stage(name))
    const payloads = await Promise.all(racers.map((racer) => move(stages[racer % 3] ?? '', 1)))
    const won = payloads.filter(({ userErrors }) => userErrors.length === 0)
    const lost = payloads.filter(({ userErrors }) => userErrors.length > 0)
    expect(won).toHaveLength(1)
    for (const { userErrors, deal: none } of lost) {
      expect(none).toBeNull()
      expect(userErrors).toMatchObject([{ __typename: 'VersionConflict', currentVersion: 2 }])
    }
    const { stage } = await audit()
    expect(stage).toEqual(won[0].deal.stage)
    await expectOneChain(2)
    await expectGaplessEvents()
  })

  it('makes one true chain of many moves that each try until they succeed', async () => {
    const conflicts = await Promise.all(racers.map(moveOnAndOn))
    expect(conflicts.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(0)
    await expectOneChain(racers.length + 1)
    await expectGaplessEvents()
  })

  it('drops 16 deals at the same place, each with a rank of its own', async () => {
    const dropped = await Promise.all(
      Array.from({ length: 16 }, () => dealFixture(t, { stageId: sales.stage('Proposal') })),
    )
    const last = await dealFixture(t)
    const place = { stageId: sales.stage('Lead'), expectedVersion: 1, after: deal.id }
    const payloads = await Promise.all(
      dropped.map(({ id }) => mutate(t, 'moveDeal', { ...place, dealId: id }, 'deal { rank }')),
    )
    expect(payloads.flatMap(({ userErrors }) => userErrors)).toEqual([])
    expect(new Set(payloads.map((payload) => payload.deal.rank)).size).toBe(16)
    const document = `query ($id: ID!) { node(id: $id) { ... on Stage { deals { nodes { id } } } } }`
    const { node } = await ask(t, document, { id: sales.stage('Lead') })
    const ids = node.deals.nodes.map(({ id }: { id: string }) => id)
    expect([ids[0], ids.at(-1)]).toEqual([deal.id, last.id])
    expect(new Set(ids.slice(1, -1))).toEqual(new Set(dropped.map(({ id }) => id)))
    await expectGaplessEvents()
  })
})
