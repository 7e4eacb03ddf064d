import { beforeEach, describe, expect, it } from 'vitest'
import {
  type DealFixture,
  dealFixture,
  done,
  type PipelineFixture,
  pipelineFixture,
  refusal,
} from './fixtures.ts'
import { type TestTenant, testTenant } from './harness.ts'

const selection = `deal { version status closedAt wonReason pipelineName stageName stageEnteredAt lastOpenStage { id } rank }
  stageChange { seq direction fromStageName toStageName fromStage { pipeline { name } } toStage { pipeline { name } } reason }`

let t: TestTenant
let sales: PipelineFixture
let support: PipelineFixture
let deal: DealFixture

beforeEach(async () => {
  t = await testTenant()
  sales = await pipelineFixture(t)
  support = await pipelineFixture(t, { name: 'Support' })
  deal = await dealFixture(t, { stageId: sales.stage('Proposal') })
})

const transfer = (input: object = {}) => ({
  ...{ dealId: deal.id, expectedVersion: 1, pipelineId: support.id },
  ...input,
})

describe('moveDealToPipeline', () => {
  it('moves an open deal to the first open stage, and writes the audit', async () => {
    const payload = await done(t, 'moveDealToPipeline', transfer(), selection)
    expect(payload).toMatchObject({
      deal: {
        ...{ version: 2, status: 'OPEN', pipelineName: 'Support', stageName: 'Lead' },
        lastOpenStage: { id: support.stage('Lead') },
      },
      stageChange: {
        ...{ seq: 2, direction: 'TRANSFERRED', fromStageName: 'Proposal', toStageName: 'Lead' },
        fromStage: { pipeline: { name: 'Sales' } },
        toStage: { pipeline: { name: 'Support' } },
      },
    })
  })

  it('moves it to the stage named, closing it', async () => {
    const input = transfer({ stageId: support.stage('Won'), reason: 'Price' })
    const payload = await done(t, 'moveDealToPipeline', input, selection)
    expect(payload.deal).toMatchObject({ status: 'WON', wonReason: 'Price' })
    expect(payload.stageChange).toMatchObject({ direction: 'WON', reason: 'Price' })
  })

  it('lets a closed deal keep when and why it was closed', async () => {
    t.setNow(new Date('2030-01-01T00:00:00.000Z'))
    const closed = { dealId: deal.id, expectedVersion: 1, reason: 'Price' }
    await done(t, 'winDeal', closed)
    t.setNow(new Date('2030-02-01T00:00:00.000Z'))
    const payload = await done(t, 'moveDealToPipeline', transfer({ expectedVersion: 2 }), selection)
    expect(payload.deal).toMatchObject({
      ...{ status: 'WON', stageName: 'Won', wonReason: 'Price' },
      ...{ closedAt: '2030-01-01T00:00:00.000Z', stageEnteredAt: '2030-02-01T00:00:00.000Z' },
    })
  })

  it('asks a closed deal that has no reason for one where the stage requires it', async () => {
    const kinds = ['OPEN', 'WON', 'LOST'] as const
    const stages = kinds.map((kind) => ({ name: kind, kind, reasonRequired: true }))
    const { id: pipelineId } = await pipelineFixture(t, { name: 'Strict', stages })
    await done(t, 'winDeal', { dealId: deal.id, expectedVersion: 1 })
    const input = transfer({ expectedVersion: 2, pipelineId })
    expect(await refusal(t, 'moveDealToPipeline', input)).toMatchObject([
      { code: 'REASON_REQUIRED', path: ['input', 'reason'] },
    ])
    await done(t, 'moveDealToPipeline', { ...input, reason: 'Price' })
  })

  it('reopens in the new pipeline a deal whose last open stage is in the old one', async () => {
    await done(t, 'winDeal', { dealId: deal.id, expectedVersion: 1 })
    await done(t, 'moveDealToPipeline', transfer({ expectedVersion: 2 }))
    const input = { dealId: deal.id, expectedVersion: 3 }
    const payload = await done(t, 'reopenDeal', input, selection)
    expect(payload.deal).toMatchObject({ pipelineName: 'Support', stageName: 'Lead' })
  })

  it('takes its place on the board there', async () => {
    const there = await dealFixture(t, { stageId: support.stage('Lead') })
    await done(t, 'moveDealToPipeline', transfer({ before: there.id }))
    const document = `query ($id: ID!) { pipeline(id: $id) { deals(orderBy: { field: RANK, direction: ASC }) { nodes { id } } } }`
    const { data } = await t.graphql(document, { id: support.id })
    expect(data.pipeline.deals.nodes).toEqual([{ id: deal.id }, { id: there.id }])
  })

  it.each([
    [
      'the pipeline where it is',
      () => ({ pipelineId: sales.id }),
      'VALIDATION_ERROR',
      'pipelineId',
    ],
    [
      'a stage elsewhere',
      () => ({ stageId: sales.stage('Lead') }),
      'STAGE_NOT_IN_PIPELINE',
      'stageId',
    ],
    ['a missing reason', () => ({ stageId: support.stage('Lost') }), 'REASON_REQUIRED', 'reason'],
    ['a stale version', () => ({ expectedVersion: 2 }), 'VERSION_CONFLICT', 'expectedVersion'],
  ])('refuses %s', async (_, input, code, argument) => {
    expect(await refusal(t, 'moveDealToPipeline', transfer(input()))).toMatchObject([
      { code, path: ['input', argument] },
    ])
  })

  it('refuses an archived pipeline and an archived stage', async () => {
    await done(t, 'archiveStage', { stageId: support.stage('Qualified') })
    const stage = transfer({ stageId: support.stage('Qualified') })
    expect(await refusal(t, 'moveDealToPipeline', stage)).toMatchObject([
      { code: 'STAGE_ARCHIVED', path: ['input', 'stageId'] },
    ])
    await done(t, 'archivePipeline', { pipelineId: support.id })
    expect(await refusal(t, 'moveDealToPipeline', transfer())).toMatchObject([
      { code: 'VALIDATION_ERROR', path: ['input', 'pipelineId'] },
    ])
  })
})

describe('moveDealToPipeline with custom fields', () => {
  const fieldsOf = async () => {
    const document = 'query ($id: ID!) { deal(id: $id) { customFields { key value } } }'
    return (await t.graphql(document, { id: deal.id })).data.deal.customFields
  }

  let supportField: string

  beforeEach(async () => {
    const field = async (key: string, pipelineId: string, required: boolean) => {
      const input = { key, label: key, type: 'TEXT', pipelineId, required }
      return (await done(t, 'createCustomField', input, 'customField { id }')).customField.id
    }
    await field('cf_sales', sales.id, false)
    supportField = await field('cf_support', support.id, true)
    const values = { customFields: { cf_sales: 'kept' } }
    await done(t, 'updateDeal', { dealId: deal.id, expectedVersion: 1, ...values })
  })

  it('asks for those that the new pipeline requires', async () => {
    const input = transfer({ expectedVersion: 2 })
    expect(await refusal(t, 'moveDealToPipeline', input)).toMatchObject([
      { code: 'VALIDATION_ERROR', path: ['input', 'customFields', 'cf_support'] },
    ])
  })

  it('takes them, and loses none of the old pipeline', async () => {
    const customFields = { cf_support: 'gold' }
    await done(t, 'moveDealToPipeline', transfer({ expectedVersion: 2, customFields }))
    expect(await fieldsOf()).toEqual([
      { key: 'cf_sales', value: 'kept' },
      { key: 'cf_support', value: 'gold' },
    ])
  })

  it('keeps them all where null says nothing of them', async () => {
    const region = { key: 'cf_region', label: 'Region', type: 'TEXT' }
    await done(t, 'createCustomField', region)
    const customFields = { cf_region: 'EMEA' }
    await done(t, 'updateDeal', { dealId: deal.id, expectedVersion: 2, customFields })
    await done(t, 'updateCustomField', { customFieldId: supportField, required: false })
    const input = transfer({ expectedVersion: 3, customFields: null })
    await done(t, 'moveDealToPipeline', input)
    expect(await fieldsOf()).toEqual([
      { key: 'cf_sales', value: 'kept' },
      { key: 'cf_region', value: 'EMEA' },
    ])
  })

  it('refuses a value of the old pipeline', async () => {
    const customFields = { cf_support: 'gold', cf_sales: 'other' }
    const input = transfer({ expectedVersion: 2, customFields })
    expect(await refusal(t, 'moveDealToPipeline', input)).toMatchObject([
      { code: 'VALIDATION_ERROR', path: ['input', 'customFields', 'cf_sales'] },
    ])
  })
})
