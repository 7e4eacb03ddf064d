import { randomUUID } from 'node:crypto'
import { beforeEach, describe, expect, it } from 'vitest'
import { idOf, newId } from '../src/ids.ts'
import { requirableFields } from '../src/stage/rules.ts'
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

let t: TestTenant
let sales: PipelineFixture

beforeEach(async () => {
  t = await testTenant()
  sales = await pipelineFixture(t)
})

const invalid = { __typename: 'ValidationError', code: 'VALIDATION_ERROR' }
const taken = { __typename: 'NameTaken', code: 'NAME_TAKEN', path: ['input', 'name'] }
const values = 'name kind position probability rottingDays reasonRequired requiredFields'

async function stages() {
  const document = `query ($id: ID!) { pipeline(id: $id) { stages { id ${values} updatedAt } } }`
  return (await ask(t, document, { id: sales.id })).pipeline.stages
}

async function names() {
  const found = await stages()
  const positions = found.map(({ position }: { position: number }) => position)
  expect(positions).toEqual(found.map((_: unknown, index: number) => index))
  return found.map(({ name }: { name: string }) => name)
}

const lastEvent = async () => {
  const { type, payload } = (await eventsOf(t)).at(-1) ?? {}
  return { type, payload }
}

/** A definition of a custom field, as a row. */
async function fieldRow(key: string, more: { pipelineId?: string; archivedAt?: Date } = {}) {
  await t.write(async (tx) => {
    const times = { createdAt: tx.now, updatedAt: tx.now }
    const type = { type: 'TEXT', required: false, options: [], position: 0 }
    const data = { tenantId: t.tenantId, id: newId(), key, label: key, ...type, ...times, ...more }
    await tx.db.customFieldDefinition.create({ data })
    tx.emit({ type: 'custom_field.created' })
  })
}

async function customFields() {
  const support = await pipelineFixture(t, { name: 'Support' })
  await fieldRow('cf_region')
  await fieldRow('cf_gone', { archivedAt: new Date() })
  await fieldRow('cf_sales', { pipelineId: idOf('Pipeline', sales.id) })
  await fieldRow('cf_support', { pipelineId: idOf('Pipeline', support.id) })
}

describe('createStage', () => {
  const talks = { name: 'Talks', kind: 'OPEN' }
  const create = (input: object) =>
    done(
      t,
      'createStage',
      { pipelineId: sales.id, ...talks, ...input },
      `stage { id ${values} } pipeline { stages { name } }`,
    )
  const refused = (input: object) =>
    refusal(t, 'createStage', { pipelineId: sales.id, ...talks, ...input })

  it('writes what it is given, and what it is not', async () => {
    const all = {
      ...{ name: 'Contract', kind: 'OPEN', position: 1, probability: 90 },
      ...{ rottingDays: 3, reasonRequired: true, requiredFields: ['amount', 'nextStep'] },
    }
    const { stage, pipeline } = await create(all)
    expect(stage).toMatchObject(all)
    expect(pipeline.stages[1]).toEqual({ name: 'Contract' })
    const payload = { stageId: idOf('Stage', stage.id), pipelineId: idOf('Pipeline', sales.id) }
    expect(await lastEvent()).toEqual({ type: 'stage.created', payload })
    const usual = {
      ...{ name: 'Talks', kind: 'OPEN', position: 4, probability: 50 },
      ...{ rottingDays: null, reasonRequired: false, requiredFields: [] },
    }
    expect((await create({ name: ' Talks ' })).stage).toMatchObject(usual)
  })

  it('puts an open one before the first closed one, and a closed one to the end', async () => {
    await create({ name: 'A' })
    await create({ name: 'B', kind: 'WON' })
    expect((await create({ name: 'C', kind: 'LOST' })).stage.probability).toBe(0)
    const order = ['Lead', 'Qualified', 'Proposal', 'A', 'Won', 'Lost', 'B', 'C']
    expect(await names()).toEqual(order)
  })

  it.each([
    [0, ['Talks', 'Lead', 'Qualified', 'Proposal', 'Won', 'Lost']],
    [5, ['Lead', 'Qualified', 'Proposal', 'Won', 'Lost', 'Talks']],
  ])('puts it to place %i', async (position, order) => {
    await create({ position })
    expect(await names()).toEqual(order)
  })

  it('requires each field of the list, and custom fields of all or this pipeline', async () => {
    await customFields()
    const requiredFields = [...requirableFields, 'cf_region', 'cf_sales']
    expect((await create({ requiredFields })).stage.requiredFields).toEqual(requiredFields)
  })

  it('refuses to require anything else, naming it', async () => {
    await customFields()
    const wrong = ['name', 'Amount', '', 'cf_gone', 'cf_support', 'cf_nowhere']
    const errors = await refused({ requiredFields: ['owner', ...wrong] })
    expect(errors).toHaveLength(wrong.length)
    for (const [index, name] of wrong.entries()) {
      const path = ['input', 'requiredFields', String(index + 1)]
      expect(errors[index]).toMatchObject({ ...invalid, path })
      expect(errors[index].message).toContain(`"${name}"`)
    }
  })

  it.each(['Lead', ' LEAD '])('refuses the name %j of another', async (name) => {
    expect(await refused({ name })).toMatchObject([taken])
  })

  it('takes the name of an archived stage', async () => {
    await done(t, 'archiveStage', { stageId: sales.stage('Qualified') })
    await create({ name: 'qualified', position: 0 })
    expect(await names()).toEqual(['qualified', 'Lead', 'Proposal', 'Won', 'Lost'])
  })

  it.each([
    ['no name', { name: ' ' }, 'name'],
    ['a long name', { name: 'x'.repeat(256) }, 'name'],
    ['a probability above 100', { probability: 101 }, 'probability'],
    ['a probability below 0', { probability: -1 }, 'probability'],
    ['a won stage that is not certain', { kind: 'WON', probability: 99 }, 'probability'],
    ['a lost stage with hope', { kind: 'LOST', probability: 1 }, 'probability'],
    ['rotting at once', { rottingDays: 0 }, 'rottingDays'],
    ['rotting in 101 years', { rottingDays: 36_501 }, 'rottingDays'],
    ['a place before the first', { position: -1 }, 'position'],
    ['a place behind the end', { position: 6 }, 'position'],
  ])('refuses %s', async (_, input, field) => {
    expect(await refused(input)).toMatchObject([{ ...invalid, path: ['input', field] }])
  })

  it('refuses the 51st stage, but no archived one counts', async () => {
    const more = Array.from({ length: 47 }, (_, index) => ({ name: `S${index}`, kind: 'OPEN' }))
    const closed = [
      { name: 'Won', kind: 'WON' },
      { name: 'Lost', kind: 'LOST' },
    ]
    sales = await pipelineFixture(t, { name: 'Long', stages: [...more, ...closed] })
    await create({})
    const path = ['input', 'pipelineId']
    expect(await refused({ name: 'More' })).toMatchObject([{ ...invalid, path }])
    await done(t, 'archiveStage', { stageId: sales.stage('S3') })
    await create({ name: 'More' })
    const errors = await refusal(t, 'restoreStage', { stageId: sales.stage('S3') })
    expect(errors).toMatchObject([{ ...invalid, path: ['input', 'stageId'] }])
  })

  it('does not find a pipeline that is nowhere', async () => {
    const errors = await refused({ pipelineId: `pipeline_${randomUUID()}` })
    expect(errors).toMatchObject([{ code: 'NOT_FOUND', path: ['input', 'pipelineId'] }])
  })
})

describe('updateStage', () => {
  const update = (name: string, change: object) =>
    done(
      t,
      'updateStage',
      { stageId: sales.stage(name), ...change },
      `stage { ${values} } pipeline { id }`,
    )
  const refused = (name: string, change: object) =>
    refusal(t, 'updateStage', { stageId: sales.stage(name), ...change })

  const changes = {
    name: 'Fit',
    probability: 45,
    rottingDays: 30,
    reasonRequired: true,
    requiredFields: ['amount'],
  }

  it.each(Object.entries(changes))('changes %s and nothing else', async (field, value) => {
    t.setNow(new Date('2026-03-02T09:00:00.000Z'))
    const before = await stages()
    const { pipeline } = await update('Qualified', { [field]: value })
    expect(pipeline).toEqual({ id: sales.id })
    const changed = { ...before[1], [field]: value, updatedAt: '2026-03-02T09:00:00.000Z' }
    expect(await stages()).toEqual([before[0], changed, ...before.slice(2)])
    const { type, payload } = await lastEvent()
    expect(type).toBe('stage.updated')
    expect(payload).toMatchObject({ fields: [field] })
  })

  it('clears rottingDays and the required fields', async () => {
    await update('Qualified', { requiredFields: ['amount'] })
    const { stage } = await update('Qualified', { rottingDays: null, requiredFields: [] })
    expect(stage).toMatchObject({ rottingDays: null, requiredFields: [] })
  })

  it('gives open deals another day to rot from, and none to closed ones', async () => {
    t.setNow(new Date('2026-03-02T09:00:00.000Z'))
    const [open, won] = [
      await dealFixture(t),
      await dealFixture(t, { stageId: sales.stage('Won') }),
    ]
    await update('Lead', { rottingDays: 2 })
    await update('Won', { rottingDays: 2 })
    const rotting = async ({ id }: DealFixture) =>
      (await ask(t, 'query ($id: ID!) { deal(id: $id) { rottingAt version } }', { id })).deal
    expect(await rotting(open)).toEqual({ rottingAt: '2026-03-04T09:00:00.000Z', version: 1 })
    expect(await rotting(won)).toEqual({ rottingAt: null, version: 1 })
    await update('Lead', { rottingDays: null })
    expect(await rotting(open)).toEqual({ rottingAt: null, version: 1 })
  })

  it.each([
    ['Lead', 'WON', 100],
    ['Lead', 'LOST', 0],
    ['Signed', 'OPEN', 50],
  ])('makes %s a stage of kind %s with probability %i', async (name, kind, probability) => {
    const signed = { pipelineId: sales.id, name: 'Signed', kind: 'WON' }
    const { stage } = await done(t, 'createStage', signed, 'stage { id }')
    const stageId = name === 'Signed' ? stage.id : sales.stage(name)
    const changed = await done(t, 'updateStage', { stageId, kind }, 'stage { kind probability }')
    expect(changed.stage).toEqual({ kind, probability })
  })

  it('changes the kind of a stage that deals have left, where they would reopen', async () => {
    const deal = await dealFixture(t)
    const move = { dealId: deal.id, expectedVersion: 1, stageId: sales.stage('Won') }
    await done(t, 'moveDeal', move)
    await update('Lead', { kind: 'WON' })
  })

  it('refuses another kind while deals are in it, deleted ones too', async () => {
    const deals = []
    for (let count = 0; count < 12; count++) deals.push(await dealFixture(t))
    const [first, ...others] = deals as [DealFixture, ...DealFixture[]]
    await done(t, 'deleteDeal', { dealId: first.id, expectedVersion: 1 })
    const error = { __typename: 'StillInUse', code: 'STILL_IN_USE', path: ['input', 'kind'] }
    const oldest = [first, ...others.slice(0, 9)].map(({ id }) => ({ id }))
    const errors = await refused('Lead', { kind: 'WON' })
    expect(errors).toMatchObject([{ ...error, count: 12, deals: oldest }])
    await update('Lead', { kind: 'OPEN', name: 'Start' })
  })

  it.each(['Won', 'Lost'])('refuses another kind of the last one: %s', async (name) => {
    const path = ['input', 'kind']
    expect(await refused(name, { kind: 'OPEN' })).toMatchObject([{ ...invalid, path }])
  })

  it('changes nothing when all is so already', async () => {
    const same = { name: 'Qualified', kind: 'OPEN', probability: 40, rottingDays: 7 }
    await untouched([t], () => update('Qualified', { ...same, requiredFields: [] }))
    await untouched([t], () => update('Qualified', {}))
  })

  it('takes its own name in another case, and refuses that of another', async () => {
    expect((await update('Lead', { name: ' LEAD ' })).stage.name).toBe('LEAD')
    expect(await refused('Lead', { name: 'won' })).toMatchObject([taken])
  })

  it('gives an archived stage a name that a live one has', async () => {
    await done(t, 'archiveStage', { stageId: sales.stage('Lead') })
    expect((await update('Lead', { name: 'Won' })).stage.name).toBe('Won')
  })

  it.each([
    ['no name', { name: '' }, ['name']],
    ['a probability above 100', { probability: 101 }, ['probability']],
    ['rotting at once', { rottingDays: 0 }, ['rottingDays']],
    ['a kind with the wrong probability', { kind: 'WON', probability: 50 }, ['probability']],
    ['what nobody can require', { requiredFields: ['stage'] }, ['requiredFields', '0']],
  ])('refuses %s', async (_, change, path) => {
    const error = { ...invalid, path: ['input', ...path] }
    expect(await refused('Lead', change)).toMatchObject([error])
  })

  it.each(['name', 'kind', 'probability', 'reasonRequired', 'requiredFields'])(
    'refuses to clear %s',
    async (field) => {
      const error = { ...invalid, path: ['input', field] }
      expect(await refused('Lead', { [field]: null })).toMatchObject([error])
    },
  )

  it('does not find a stage that is nowhere', async () => {
    const errors = await refusal(t, 'updateStage', { stageId: `stage_${randomUUID()}` })
    expect(errors).toMatchObject([{ code: 'NOT_FOUND', path: ['input', 'stageId'] }])
  })
})
