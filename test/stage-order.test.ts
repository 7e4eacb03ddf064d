import { randomUUID } from 'node:crypto'
import { beforeEach, describe, expect, it } from 'vitest'
import { idOf } from '../src/ids.ts'
import {
  ask,
  done,
  eventsOf,
  type PipelineFixture,
  pipelineFixture,
  refusal,
  untouched,
} from './fixtures.ts'
import { type TestTenant, testTenant } from './harness.ts'

let t: TestTenant
let sales: PipelineFixture

beforeEach(async () => {
  t = await testTenant()
  sales = await pipelineFixture(t)
})

const path = ['input', 'stageIds']

async function order() {
  const document = 'query ($id: ID!) { pipeline(id: $id) { stages { name position } } }'
  const { stages } = (await ask(t, document, { id: sales.id })).pipeline
  const positions = stages.map(({ position }: { position: number }) => position)
  expect(positions).toEqual(stages.map((_: unknown, index: number) => index))
  return stages.map(({ name }: { name: string }) => name)
}

const idsOf = (names: string[]) => names.map((name) => sales.stage(name))
const reorder = (stageIds: string[]) =>
  done(t, 'reorderStages', { pipelineId: sales.id, stageIds }, 'pipeline { stages { name } }')
const refused = (stageIds: string[]) =>
  refusal(t, 'reorderStages', { pipelineId: sales.id, stageIds })

const usual = ['Lead', 'Qualified', 'Proposal', 'Won', 'Lost']
const other = ['Won', 'Proposal', 'Lead', 'Lost', 'Qualified']

describe('reorderStages', () => {
  it('puts the live stages into the order that it is given', async () => {
    const { pipeline } = await reorder(idsOf(other))
    expect(pipeline.stages).toEqual(other.map((name) => ({ name })))
    expect(await order()).toEqual(other)
    const { type, payload } = (await eventsOf(t)).at(-1) ?? {}
    const pipelineId = idOf('Pipeline', sales.id)
    expect([type, payload]).toEqual(['pipeline.stages_reordered', { pipelineId }])
    await reorder(idsOf(usual))
    expect(await order()).toEqual(usual)
  })

  it('changes nothing when they stand so already', async () => {
    await untouched([t], () => reorder(idsOf(usual)))
  })

  it('leaves the archived ones and other pipelines alone', async () => {
    const support = await pipelineFixture(t, { name: 'Support' })
    await done(t, 'archiveStage', { stageId: sales.stage('Qualified') })
    await reorder(idsOf(['Won', 'Proposal', 'Lead', 'Lost']))
    expect(await order()).toEqual(['Won', 'Proposal', 'Lead', 'Lost'])
    const document = 'query ($id: ID!) { pipeline(id: $id) { stages { name } } }'
    const { stages } = (await ask(t, document, { id: support.id })).pipeline
    expect(stages).toEqual(usual.map((name) => ({ name })))
  })

  it('refuses a list that lacks some, and names them', async () => {
    const errors = await refused(idsOf(['Won', 'Proposal', 'Lead']))
    expect(errors).toMatchObject([{ code: 'VALIDATION_ERROR', path }])
    expect(errors[0].message).toMatch(/"Qualified", "Lost"/)
    expect(await refused([])).toMatchObject([{ code: 'VALIDATION_ERROR', path }])
  })

  it('refuses a stage that is there twice, and names it', async () => {
    const errors = await refused(idsOf([...other, 'Lead']))
    expect(errors).toMatchObject([{ code: 'VALIDATION_ERROR', path: [...path, '5'] }])
    expect(errors[0].message).toContain('"Lead" is there twice')
  })

  it('refuses an archived stage', async () => {
    await done(t, 'archiveStage', { stageId: sales.stage('Qualified') })
    const errors = await refused(idsOf(other))
    expect(errors).toMatchObject([{ code: 'STAGE_ARCHIVED', path: [...path, '4'] }])
  })

  it('refuses a stage of another pipeline', async () => {
    const support = await pipelineFixture(t, { name: 'Support' })
    const errors = await refused([...idsOf(other), support.stage('Lead')])
    expect(errors).toMatchObject([{ code: 'STAGE_NOT_IN_PIPELINE', path: [...path, '5'] }])
  })

  it('tells all that is wrong at once, a stage that is nowhere first', async () => {
    const [won, proposal, lead] = idsOf(other) as [string, string, string]
    const codes = async (stageIds: string[]) =>
      (await refused(stageIds)).map(({ code, path }: { code: string; path: string[] }) => [
        code,
        path.slice(2).join(),
      ])
    const nowhere = `stage_${randomUUID()}`
    expect(await codes([won, nowhere, proposal, won])).toEqual([['NOT_FOUND', '1']])
    expect(await codes([won, proposal, lead, won])).toEqual([
      ['VALIDATION_ERROR', '3'],
      ['VALIDATION_ERROR', ''],
    ])
  })

  it('does not find a pipeline that is nowhere', async () => {
    const input = { pipelineId: `pipeline_${randomUUID()}`, stageIds: idsOf(other) }
    expect(await refusal(t, 'reorderStages', input)).toMatchObject([
      { code: 'NOT_FOUND', path: ['input', 'pipelineId'] },
    ])
  })
})

describe('restoreStage', () => {
  const archive = (name: string) => done(t, 'archiveStage', { stageId: sales.stage(name) })
  const restore = (name: string) =>
    done(
      t,
      'restoreStage',
      { stageId: sales.stage(name) },
      'stage { archivedAt position } pipeline { id }',
    )

  it('brings a stage back to where it stood', async () => {
    await archive('Qualified')
    expect(await order()).toEqual(['Lead', 'Proposal', 'Won', 'Lost'])
    const { stage, pipeline } = await restore('Qualified')
    expect(stage).toEqual({ archivedAt: null, position: 1 })
    expect(pipeline).toEqual({ id: sales.id })
    expect(await order()).toEqual(usual)
    const { type, payload } = (await eventsOf(t)).at(-1) ?? {}
    const stageId = idOf('Stage', sales.stage('Qualified'))
    const pipelineId = idOf('Pipeline', sales.id)
    expect([type, payload]).toEqual(['stage.restored', { stageId, pipelineId }])
  })

  it('puts it to the end where there are fewer stages than there were', async () => {
    await reorder(idsOf(['Lead', 'Won', 'Lost', 'Proposal', 'Qualified']))
    await archive('Qualified')
    await archive('Proposal')
    await restore('Qualified')
    expect(await order()).toEqual(['Lead', 'Won', 'Lost', 'Qualified'])
  })

  it('changes nothing when it is not archived', async () => {
    await untouched([t], () => restore('Qualified'))
  })

  it('refuses when its name was given to another stage', async () => {
    await archive('Qualified')
    const input = { pipelineId: sales.id, name: 'QUALIFIED', kind: 'OPEN' }
    await done(t, 'createStage', input)
    const stageId = sales.stage('Qualified')
    expect(await refusal(t, 'restoreStage', { stageId })).toMatchObject([
      { __typename: 'NameTaken', code: 'NAME_TAKEN', path: ['input', 'stageId'] },
    ])
  })

  it('does not find a stage that is nowhere', async () => {
    const errors = await refusal(t, 'restoreStage', { stageId: `stage_${randomUUID()}` })
    expect(errors).toMatchObject([{ code: 'NOT_FOUND', path: ['input', 'stageId'] }])
  })
})
