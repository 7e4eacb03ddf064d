import { randomUUID } from 'node:crypto'
import { beforeEach, describe, expect, it } from 'vitest'
import {
  ask,
  dealFixture,
  done,
  eventsOf,
  type PipelineFixture,
  pipelineFixture,
  refusal,
  untouched,
  usualStages,
} from './fixtures.ts'
import { type TestTenant, testTenant } from './harness.ts'

let t: TestTenant
let sales: PipelineFixture
let support: PipelineFixture
let renewals: PipelineFixture

beforeEach(async () => {
  t = await testTenant()
  sales = await pipelineFixture(t)
  support = await pipelineFixture(t, { name: 'Support' })
  renewals = await pipelineFixture(t, { name: 'Renewals' })
})

const noRules = { noSkipping: false, noMovingBack: false, reasonToClose: false }
const invalid = { __typename: 'ValidationError', code: 'VALIDATION_ERROR' }
const missing = { __typename: 'NotFound', code: 'NOT_FOUND', path: ['input', 'pipelineId'] }

async function pipelines() {
  const document = `{ pipelines(includeArchived: true) { id name position isDefault archivedAt updatedAt
    rules { noSkipping noMovingBack reasonToClose } } }`
  return (await ask(t, document)).pipelines
}

async function order() {
  const found = await pipelines()
  return found.map(({ name, position }: { name: string; position: number }) => [name, position])
}

const update = (pipelineId: string, change: object) =>
  done(t, 'updatePipeline', { pipelineId, ...change }, 'pipeline { id name }')

const lastEvent = async () => {
  const { type, payload } = (await eventsOf(t)).at(-1) ?? {}
  return [type, payload]
}
const uuidOf = ({ id }: { id: string }) => id.replace('pipeline_', '')

describe('updatePipeline', () => {
  it('renames it, in another case too', async () => {
    t.setNow(new Date('2026-03-02T09:00:00.000Z'))
    const { pipeline } = await update(sales.id, { name: ' SALES ' })
    expect(pipeline).toEqual({ id: sales.id, name: 'SALES' })
    const [found, other] = await pipelines()
    expect(found).toMatchObject({ name: 'SALES', updatedAt: '2026-03-02T09:00:00.000Z' })
    expect(other.updatedAt).not.toBe('2026-03-02T09:00:00.000Z')
    const payload = { pipelineId: uuidOf(sales), fields: ['name'] }
    expect(await lastEvent()).toEqual(['pipeline.updated', payload])
  })

  it('sets the rules that are given and leaves the others', async () => {
    const rules = async () => (await pipelines())[0].rules
    expect(await rules()).toEqual(noRules)
    await update(sales.id, { rules: { noSkipping: true, noMovingBack: null } })
    expect(await rules()).toEqual({ ...noRules, noSkipping: true })
    await update(sales.id, { rules: { reasonToClose: true, noSkipping: false } })
    expect(await rules()).toEqual({ ...noRules, reasonToClose: true })
    await update(sales.id, { name: 'Deals' })
    expect(await rules()).toEqual({ ...noRules, reasonToClose: true })
  })

  it.each([
    [0, ['Renewals', 'Sales', 'Support']],
    [1, ['Sales', 'Renewals', 'Support']],
    [2, ['Sales', 'Support', 'Renewals']],
  ])('moves it to place %i, and the others along', async (position, names) => {
    await done(t, 'archivePipeline', { pipelineId: support.id })
    await update(renewals.id, { position })
    expect(await order()).toEqual(names.map((name, index) => [name, index]))
  })

  it('moves it back behind the others', async () => {
    await update(sales.id, { position: 2 })
    const names = ['Support', 'Renewals', 'Sales']
    expect(await order()).toEqual(names.map((name, index) => [name, index]))
    const payload = { pipelineId: uuidOf(sales), fields: ['position'] }
    expect(await lastEvent()).toEqual(['pipeline.updated', payload])
  })

  it('changes nothing when all is so already', async () => {
    const same = { name: 'Sales', position: 0, rules: { noSkipping: false } }
    await untouched([t], () => update(sales.id, same))
    await untouched([t], () => update(sales.id, {}))
  })

  it('keeps the name of an archived pipeline taken', async () => {
    await done(t, 'archivePipeline', { pipelineId: support.id })
    expect(
      await refusal(t, 'updatePipeline', { pipelineId: sales.id, name: 'support' }),
    ).toMatchObject([{ __typename: 'NameTaken', code: 'NAME_TAKEN', path: ['input', 'name'] }])
  })

  it.each([
    ['no name', { name: '' }, 'name'],
    ['a long name', { name: 'x'.repeat(256) }, 'name'],
    ['a place before the first', { position: -1 }, 'position'],
    ['a place behind the last', { position: 3 }, 'position'],
    ['a name that is null', { name: null }, 'name'],
    ['a position that is null', { position: null }, 'position'],
    ['rules that are null', { rules: null }, 'rules'],
  ])('refuses %s', async (_, change, field) => {
    expect(await refusal(t, 'updatePipeline', { pipelineId: sales.id, ...change })).toMatchObject([
      { ...invalid, path: ['input', field] },
    ])
  })
})

describe('archivePipeline and restorePipeline', () => {
  const archive = ({ id }: { id: string }) =>
    done(t, 'archivePipeline', { pipelineId: id }, 'pipeline { archivedAt }')
  const restore = ({ id }: { id: string }) =>
    done(t, 'restorePipeline', { pipelineId: id }, 'pipeline { archivedAt }')

  it('take it out of the list and bring it back, each with its event', async () => {
    t.setNow(new Date('2026-03-02T09:00:00.000Z'))
    const { pipeline } = await archive(support)
    expect(pipeline).toEqual({ archivedAt: '2026-03-02T09:00:00.000Z' })
    expect((await ask(t, '{ pipelines { name } }')).pipelines).toEqual([
      { name: 'Sales' },
      { name: 'Renewals' },
    ])
    expect(await lastEvent()).toEqual(['pipeline.archived', { pipelineId: uuidOf(support) }])
    expect((await restore(support)).pipeline).toEqual({ archivedAt: null })
    expect(await lastEvent()).toEqual(['pipeline.restored', { pipelineId: uuidOf(support) }])
    expect((await ask(t, '{ pipelines { name } }')).pipelines).toHaveLength(3)
  })

  it('leave its deals where they are', async () => {
    const deal = await dealFixture(t, { pipelineId: support.id })
    await archive(support)
    const document = 'query ($id: ID!) { deal(id: $id) { version pipelineName stageName } }'
    const is = { version: 1, pipelineName: 'Support', stageName: 'Lead' }
    expect((await ask(t, document, { id: deal.id })).deal).toEqual(is)
    const move = { dealId: deal.id, expectedVersion: 1, stageId: support.stage('Qualified') }
    await done(t, 'moveDeal', move)
  })

  it('change nothing a second time', async () => {
    await untouched([t], () => restore(support))
    await archive(support)
    await untouched([t], () => archive(support))
  })

  it('refuse to archive the default pipeline until another is it', async () => {
    const path = ['input', 'pipelineId']
    const [error] = await refusal(t, 'archivePipeline', { pipelineId: sales.id })
    expect(error).toMatchObject({ ...invalid, path })
    expect(error.message).toContain('set another default first')
    await done(t, 'setDefaultPipeline', { pipelineId: support.id })
    await archive(sales)
  })
})

describe('setDefaultPipeline', () => {
  const defaults = async () =>
    (await pipelines())
      .filter(({ isDefault }: { isDefault: boolean }) => isDefault)
      .map(({ name }: { name: string }) => name)

  it('makes one the default and the other no longer', async () => {
    const input = { pipelineId: support.id }
    const { pipeline } = await done(t, 'setDefaultPipeline', input, 'pipeline { isDefault }')
    expect(pipeline).toEqual({ isDefault: true })
    expect(await defaults()).toEqual(['Support'])
    expect(await lastEvent()).toEqual(['pipeline.made_default', { pipelineId: uuidOf(support) }])
    const { number } = await dealFixture(t)
    const document = 'query ($number: Int!) { dealByNumber(number: $number) { pipelineName } }'
    expect((await ask(t, document, { number })).dealByNumber.pipelineName).toBe('Support')
  })

  it('changes nothing when it is the default already', async () => {
    await untouched([t], () => done(t, 'setDefaultPipeline', { pipelineId: sales.id }))
  })

  it('refuses an archived pipeline', async () => {
    await done(t, 'archivePipeline', { pipelineId: support.id })
    const errors = await refusal(t, 'setDefaultPipeline', { pipelineId: support.id })
    expect(errors).toMatchObject([{ ...invalid, path: ['input', 'pipelineId'] }])
    expect(await defaults()).toEqual(['Sales'])
  })
})

it.each(['updatePipeline', 'archivePipeline', 'restorePipeline', 'setDefaultPipeline'])(
  '%s does not find a pipeline that is nowhere',
  async (field) => {
    const pipelineId = `pipeline_${randomUUID()}`
    expect(await refusal(t, field, { pipelineId })).toMatchObject([missing])
  },
)

describe('createPipeline', () => {
  const [lead, ...others] = usualStages
  const create = (requiredFields: unknown, more: object = {}) => ({
    name: 'Partners',
    stages: [{ ...lead, requiredFields }, ...others],
    ...more,
  })

  it('takes rules and the fields that stages require', async () => {
    const input = create(['amount', 'owner', 'amount'], { rules: { noMovingBack: true } })
    const selection = 'pipeline { rules { noSkipping noMovingBack } stages { requiredFields } }'
    const { pipeline } = await done(t, 'createPipeline', input, selection)
    expect(pipeline.rules).toEqual({ noSkipping: false, noMovingBack: true })
    const required = pipeline.stages.map((stage: { requiredFields: string[] }) => [
      ...stage.requiredFields,
    ])
    expect(required).toEqual([['amount', 'owner'], [], [], [], []])
  })

  it('refuses what no stage can require', async () => {
    const errors = await refusal(t, 'createPipeline', create(['amount', 'stage']))
    const path = ['input', 'stages', '0', 'requiredFields', '1']
    expect(errors).toMatchObject([{ ...invalid, path }])
    expect(errors[0].message).toContain('"stage"')
  })
})
