import { beforeEach, describe, expect, it } from 'vitest'
import { ask, done, eventsOf, pipelineFixture, refusal } from './fixtures.ts'
import { type TestTenant, testTenant } from './harness.ts'
import { run, sample } from './import-fixtures.ts'

interface Imported {
  id: string
  version: number
  stage: { id: string }
  pipeline: { stages: { id: string; name: string }[] }
}

let t: TestTenant
let deal: Imported

beforeEach(async () => {
  t = await testTenant()
  await run(t, sample)
  const { deals } = await ask(
    t,
    `{ deals(filter: { externalId: { eq: "1" } }) {
      nodes { id version stage { id } pipeline { stages { id name } } } } }`,
  )
  deal = deals.nodes[0]
})

const stageId = (name: string) => deal.pipeline.stages.find((stage) => stage.name === name)?.id

const move = (values: object = {}) => ({
  dealId: deal.id,
  stageId: stageId('Won'),
  expectedVersion: deal.version,
  ...values,
})

describe('moveDeal of an imported deal', () => {
  it('writes the deal, its audit and an event together', async () => {
    const before = (await eventsOf(t)).length
    const { stageChange } = await done(t, 'moveDeal', move(), 'stageChange { id seq }')
    const { deal: read } = await ask(
      t,
      `query ($id: ID!) { deal(id: $id) { stageName status version closedAt
        history { nodes { id seq direction fromStageName toStageName actor { kind } } } } }`,
      { id: deal.id },
    )
    expect(read).toMatchObject({ stageName: 'Won', status: 'WON', version: deal.version + 1 })
    expect(read.history.nodes).toMatchObject([
      { seq: 1, direction: 'CREATED', toStageName: 'Offer', actor: { kind: 'IMPORT' } },
      { ...stageChange, seq: 2, direction: 'WON', fromStageName: 'Offer', toStageName: 'Won' },
    ])
    const events = (await eventsOf(t)).slice(before)
    expect(events.map(({ type }) => type)).toEqual(['deal.moved'])
  })

  it('answers a stale version with the deal as it is, and writes nothing', async () => {
    const stale = move({ expectedVersion: deal.version + 7 })
    const [error] = await refusal(t, 'moveDeal', stale)
    expect(error).toMatchObject({ code: 'VERSION_CONFLICT', currentVersion: deal.version })
  })

  it('writes nothing where the deal is there already', async () => {
    const before = await eventsOf(t)
    const answer = await done(
      t,
      'moveDeal',
      move({ stageId: deal.stage.id }),
      'deal { version } stageChange { id }',
    )
    expect(answer).toMatchObject({ deal: { version: deal.version }, stageChange: null })
    expect(await eventsOf(t)).toEqual(before)
  })

  it('refuses a stage of another pipeline, and does not find another tenant’s', async () => {
    const other = await pipelineFixture(t, { name: 'Other' })
    const [refused] = await refusal(t, 'moveDeal', move({ stageId: other.stage('Won') }))
    expect(refused).toMatchObject({ code: 'STAGE_NOT_IN_PIPELINE' })
    const stranger = await pipelineFixture(await testTenant())
    const [unfound] = await refusal(t, 'moveDeal', move({ stageId: stranger.stage('Won') }))
    expect(unfound).toMatchObject({ code: 'NOT_FOUND', path: ['input', 'stageId'] })
  })
})
