import { randomUUID } from 'node:crypto'
import { beforeEach, describe, expect, it } from 'vitest'
import {
  ask,
  askMutation,
  customFieldFixture,
  dealFixture,
  done,
  eventsOf,
  pipelineFixture,
  refusal,
  untouched,
} from './fixtures.ts'
import { type TestTenant, testTenant } from './harness.ts'

const everything = `id key label description type required options position pipeline { id }
  archivedAt createdAt updatedAt`

let t: TestTenant

beforeEach(async () => {
  t = await testTenant()
})

async function fields(args = ''): Promise<Record<string, unknown>[]> {
  return (await ask(t, `{ customFields${args} { ${everything} } }`)).customFields
}

const keys = async (args = '') => (await fields(args)).map(({ key }) => key)
const region = { key: 'cf_region', label: 'Region', type: 'SELECT', options: ['EMEA', 'APAC'] }
const stale = { __typename: 'NotFound', code: 'NOT_FOUND', path: ['input', 'customFieldId'] }
const nowhere = `custom_field_definition_${randomUUID()}`

async function newEvents(work: () => Promise<unknown>) {
  const before = await eventsOf(t)
  await work()
  return (await eventsOf(t)).slice(before.length).map(({ type, payload }) => ({ type, payload }))
}

describe('createCustomField', () => {
  it('adds a field with every value', async () => {
    t.setNow(new Date('2026-03-02T09:00:00.000Z'))
    const { id: pipelineId } = await pipelineFixture(t)
    const more = { description: 'Where the site is.', required: true, pipelineId }
    const input = { ...region, label: ' Region ', options: [' EMEA', 'APAC '], ...more }
    const { customField } = await done(
      t,
      'createCustomField',
      input,
      `customField { ${everything} }`,
    )
    expect(customField).toEqual({
      ...region,
      id: expect.stringMatching(/^custom_field_definition_/),
      ...{ description: more.description, required: true, position: 0 },
      pipeline: { id: pipelineId },
      archivedAt: null,
      ...{ createdAt: '2026-03-02T09:00:00.000Z', updatedAt: '2026-03-02T09:00:00.000Z' },
    })
    expect(await fields()).toEqual([customField])
    const document = `query ($id: ID!) { node(id: $id) { ... on CustomFieldDefinition { ${everything} } } }`
    expect(await ask(t, document, { id: customField.id })).toEqual({ node: customField })
  })

  it('needs a key, a label and a type, and takes null for the rest', async () => {
    const nulls = { description: null, required: null, options: null, pipelineId: null }
    await customFieldFixture(t, 'cf_a', 'TEXT', nulls)
    await customFieldFixture(t, 'cf_b', 'URL')
    const plain = { description: null, required: false, options: [], pipeline: null }
    expect(await fields()).toMatchObject([
      { key: 'cf_a', position: 0, ...plain },
      { key: 'cf_b', position: 1, ...plain },
    ])
  })

  it('writes one event', async () => {
    await customFieldFixture(t, 'cf_first', 'TEXT')
    const events = await newEvents(() => customFieldFixture(t, 'cf_a', 'TEXT'))
    expect(events).toMatchObject([{ type: 'custom_field.created', payload: { key: 'cf_a' } }])
  })

  it('gives a key only once, even that of an archived field', async () => {
    const { id } = await customFieldFixture(t, 'cf_region', 'TEXT')
    const taken = { __typename: 'NameTaken', code: 'NAME_TAKEN', path: ['input', 'key'] }
    expect(await refusal(t, 'createCustomField', region)).toMatchObject([taken])
    await done(t, 'archiveCustomField', { customFieldId: id })
    const [error] = await refusal(t, 'createCustomField', region)
    expect(error).toMatchObject({ ...taken, message: expect.stringContaining('restore it') })
  })

  it.each([
    [{ key: 'region' }, 'key'],
    [{ label: '' }, 'label'],
    [{ options: [] }, 'options'],
    [{ options: null }, 'options'],
    [{ type: 'TEXT' }, 'options'],
    [{ description: 'x'.repeat(10_001) }, 'description'],
  ])('refuses %j', async (values, name) => {
    const errors = await refusal(t, 'createCustomField', { ...region, ...values })
    expect(errors).toMatchObject([{ __typename: 'ValidationError', path: ['input', name] }])
  })

  it('does not find a pipeline that is nowhere or elsewhere', async () => {
    const stranger = await testTenant()
    const { id } = await pipelineFixture(stranger)
    await untouched([stranger], async () => {
      for (const pipelineId of [id, `pipeline_${randomUUID()}`]) {
        const errors = await refusal(t, 'createCustomField', { ...region, pipelineId })
        expect(errors).toMatchObject([{ code: 'NOT_FOUND', path: ['input', 'pipelineId'] }])
      }
    })
  })

  it('keeps at most 200 in use, however many are archived', async () => {
    const { id } = await customFieldFixture(t, 'cf_first', 'TEXT')
    await t.write(async (tx) => {
      const times = { createdAt: tx.now, updatedAt: tx.now }
      const data = Array.from({ length: 199 }, (_, n) => ({
        ...{ tenantId: t.tenantId, id: randomUUID(), key: `cf_${n}`, label: `${n}` },
        ...{ type: 'TEXT', required: false, options: [], position: n + 1, ...times },
      }))
      await tx.db.customFieldDefinition.createMany({ data })
      tx.emit({ type: 'custom_field.created' })
    })
    const full = [
      { __typename: 'ValidationError', message: expect.stringContaining('at most 200') },
    ]
    expect(await refusal(t, 'createCustomField', region)).toMatchObject(full)
    await done(t, 'archiveCustomField', { customFieldId: id })
    await done(t, 'createCustomField', region)
    expect(await refusal(t, 'restoreCustomField', { customFieldId: id })).toMatchObject(full)
  })
})

describe('updateCustomField', () => {
  let id: string
  const update = (values: object) => done(t, 'updateCustomField', { customFieldId: id, ...values })
  const refused = (values: object) =>
    refusal(t, 'updateCustomField', { customFieldId: id, ...values })

  beforeEach(async () => {
    id = (await customFieldFixture(t, 'cf_region', 'SELECT')).id
  })

  it.each([
    ['label', 'Place'],
    ['description', 'Where the site is.'],
    ['required', true],
    ['options', ['APAC', 'AMER']],
  ])('writes %s and nothing else', async (name, value) => {
    const [before] = await fields()
    const events = await newEvents(() => update({ [name]: value }))
    expect(events).toMatchObject([{ type: 'custom_field.updated', payload: { fields: [name] } }])
    expect(await fields()).toEqual([{ ...before, [name]: value, updatedAt: expect.any(String) }])
  })

  it('clears the description by null', async () => {
    await update({ description: 'Where the site is.' })
    await update({ description: null })
    expect(await fields()).toMatchObject([{ description: null }])
  })

  it('changes nothing where nothing differs', async () => {
    const same = { label: ' cf_region', required: false, options: [' EMEA', 'APAC'], position: 0 }
    await untouched([t], () => update(same))
    await untouched([t], () => update({}))
  })

  it('moves a field to a place, and those between by one', async () => {
    for (const key of ['cf_b', 'cf_c', 'cf_d']) await customFieldFixture(t, key, 'TEXT')
    await update({ position: 2 })
    expect(await keys()).toEqual(['cf_b', 'cf_c', 'cf_region', 'cf_d'])
    await update({ position: 0 })
    expect(await keys()).toEqual(['cf_region', 'cf_b', 'cf_c', 'cf_d'])
    expect((await fields()).map(({ position }) => position)).toEqual([0, 1, 2, 3])
  })

  it.each([
    [{ label: null }, ['label']],
    [{ label: ' ' }, ['label']],
    [{ required: null }, ['required']],
    [{ options: null }, ['options']],
    [{ options: ['a', 'A'] }, ['options']],
    [{ position: null }, ['position']],
    [{ position: -1 }, ['position']],
    [{ position: 1 }, ['position']],
  ])('refuses %j', async (values, path) => {
    const errors = await refused(values)
    expect(errors).toMatchObject([{ __typename: 'ValidationError', path: ['input', ...path] }])
  })

  it('leaves what deals have as it is, whatever is taken away or required', async () => {
    await pipelineFixture(t)
    const deal = await dealFixture(t, { customFields: { cf_region: 'EMEA' } })
    const other = await dealFixture(t)
    await update({ options: ['AMER'], required: true })
    const document =
      'query ($id: ID!) { deal(id: $id) { version customField(key: "cf_region") { value } } }'
    const read = async ({ id: dealId }: { id: string }) =>
      (await ask(t, document, { id: dealId })).deal
    expect(await read(deal)).toEqual({ version: 1, customField: { value: 'EMEA' } })
    expect(await read(other)).toEqual({ version: 1, customField: null })
    await done(t, 'updateDeal', { dealId: other.id, expectedVersion: 1, name: 'Other' })
    const values = { name: 'Same', customFields: { cf_region: 'EMEA' } }
    await done(t, 'updateDeal', { dealId: deal.id, expectedVersion: 1, ...values })
    expect(await read(deal)).toEqual({ version: 2, customField: { value: 'EMEA' } })
  })

  it('finds no field that is nowhere or elsewhere', async () => {
    const stranger = await testTenant()
    const theirs = await customFieldFixture(stranger, 'cf_region', 'TEXT')
    await untouched([stranger], async () => {
      for (const customFieldId of [theirs.id, nowhere]) {
        for (const field of ['updateCustomField', 'archiveCustomField', 'restoreCustomField']) {
          expect(await refusal(t, field, { customFieldId })).toMatchObject([stale])
        }
      }
    })
  })
})

describe('archiveCustomField and restoreCustomField', () => {
  it('take a field out of use and bring it back', async () => {
    const { id: customFieldId } = await customFieldFixture(t, 'cf_region', 'SELECT')
    const [before] = await fields()
    const archived = await newEvents(() => done(t, 'archiveCustomField', { customFieldId }))
    expect(archived).toMatchObject([{ type: 'custom_field.archived' }])
    expect(await fields()).toEqual([])
    expect(await fields('(includeArchived: true)')).toMatchObject([
      { key: 'cf_region', archivedAt: expect.any(String) },
    ])
    await untouched([t], () => done(t, 'archiveCustomField', { customFieldId }))
    const restored = await newEvents(() => done(t, 'restoreCustomField', { customFieldId }))
    expect(restored).toMatchObject([{ type: 'custom_field.restored' }])
    expect(await fields()).toEqual([{ ...before, updatedAt: expect.any(String) }])
    await untouched([t], () => done(t, 'restoreCustomField', { customFieldId }))
  })

  it('are forbidden to members, as every change of a field', async () => {
    const { id: customFieldId } = await customFieldFixture(t, 'cf_region', 'SELECT')
    await untouched([t], async () => {
      const { errors } = await askMutation(
        t,
        'archiveCustomField',
        { customFieldId },
        { as: 'MEMBER' },
      )
      expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }])
    })
  })
})

it('customFields lists those of all deals, and those of a pipeline', async () => {
  const sales = await pipelineFixture(t)
  const support = await pipelineFixture(t, { name: 'Support' })
  await customFieldFixture(t, 'cf_sales', 'TEXT', { pipelineId: sales.id })
  await customFieldFixture(t, 'cf_all', 'TEXT')
  await customFieldFixture(t, 'cf_support', 'TEXT', { pipelineId: support.id })
  expect(await keys()).toEqual(['cf_sales', 'cf_all', 'cf_support'])
  expect(await keys(`(pipelineId: "${sales.id}")`)).toEqual(['cf_sales', 'cf_all'])
  expect(await keys(`(pipelineId: "${support.id}")`)).toEqual(['cf_all', 'cf_support'])
})
