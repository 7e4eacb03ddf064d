import { isInterfaceType } from 'graphql'
import { beforeAll, describe, expect, it } from 'vitest'
import { schema } from '../src/schema.ts'
import {
  ask,
  customFieldFixture,
  type DealFixture,
  dealFixture,
  done,
  type PipelineFixture,
  pipelineFixture,
  refusal,
  untouched,
} from './fixtures.ts'
import { type TestTenant, testTenant } from './harness.ts'

const values = `customFields { __typename key value definition { id type archivedAt }
  ... on TextValue { text } ... on NumberValue { number } ... on MoneyValue { amount currency }
  ... on DateValue { date } ... on BooleanValue { boolean } ... on SelectValue { option }
  ... on MultiSelectValue { options } ... on UrlValue { url } }`

/** Of each type a value, how it is stored, and what its own type shows of it. */
const samples: [type: string, given: unknown, stored: unknown, shown: object][] = [
  ['TEXT', 'Two stages.', 'Two stages.', { __typename: 'TextValue', text: 'Two stages.' }],
  ['NUMBER', '12.50', 12.5, { __typename: 'NumberValue', number: '12.5' }],
  [
    'MONEY',
    { amount: 1054.5, currency: 'EUR' },
    { amount: '1054.5', currency: 'EUR' },
    { __typename: 'MoneyValue', amount: '1054.5', currency: 'EUR' },
  ],
  ['DATE', '2026-03-31', '2026-03-31', { __typename: 'DateValue', date: '2026-03-31' }],
  ['BOOLEAN', false, false, { __typename: 'BooleanValue', boolean: false }],
  ['SELECT', 'EMEA', 'EMEA', { __typename: 'SelectValue', option: 'EMEA' }],
  [
    'MULTI_SELECT',
    ['APAC', 'EMEA'],
    ['APAC', 'EMEA'],
    { __typename: 'MultiSelectValue', options: ['APAC', 'EMEA'] },
  ],
  ['URL', 'https://a.example/b', 'https://a.example/b', { url: 'https://a.example/b' }],
]
const keyOf = (type: string) => `cf_${type.toLowerCase()}`

let t: TestTenant
let sales: PipelineFixture
let support: PipelineFixture
const ids = new Map<string, string>()

beforeAll(async () => {
  t = await testTenant()
  sales = await pipelineFixture(t)
  support = await pipelineFixture(t, { name: 'Support' })
  for (const [type] of samples) {
    ids.set(type, (await customFieldFixture(t, keyOf(type), type)).id)
  }
  const needed = { pipelineId: support.id, required: true }
  await customFieldFixture(t, 'cf_severity', 'NUMBER', needed)
  ids.set('old', (await customFieldFixture(t, 'cf_old', 'TEXT')).id)
})

async function read({ id }: { id: string }) {
  return (await ask(t, `query ($id: ID!) { deal(id: $id) { version ${values} } }`, { id })).deal
}

const stored = async (deal: { id: string }) =>
  Object.fromEntries(
    (await read(deal)).customFields.map((one: { key: string; value: unknown }) => [
      one.key,
      one.value,
    ]),
  )

const update = ({ id, version }: DealFixture, customFields: unknown) =>
  done(
    t,
    'updateDeal',
    { dealId: id, expectedVersion: version, customFields },
    'deal { id number version }',
  )
const refused = ({ id, version }: DealFixture, customFields: unknown) =>
  refusal(t, 'updateDeal', { dealId: id, expectedVersion: version, customFields })

/** Writes values as they may have been before fields had types. */
async function plant({ id }: DealFixture, customFields: object) {
  await t.write(async (tx) => {
    const where = { tenantId_id: { tenantId: t.tenantId, id: id.replace('deal_', '') } }
    await tx.db.deal.update({ where, data: { customFields } })
    tx.emit({ type: 'deal.imported' })
  })
}

describe('a deal’s custom values', () => {
  it('have a type here for each that there is', () => {
    const type = schema.getType('CustomFieldValue')
    const types = isInterfaceType(type) ? schema.getPossibleTypes(type) : []
    expect(types).toHaveLength(samples.length)
  })

  it('are given at its creation, each in its type, in the order of the fields', async () => {
    const given = Object.fromEntries(samples.map(([type, value]) => [keyOf(type), value]).reverse())
    const deal = await dealFixture(t, { customFields: given })
    expect((await read(deal)).customFields).toMatchObject(
      samples.map(([type, , value, shown]) => ({
        ...{ key: keyOf(type), value, ...shown },
        definition: { id: ids.get(type), type, archivedAt: null },
      })),
    )
  })

  it.each(samples)(
    'are written, read by key and cleared: %s',
    async (type, given, value, shown) => {
      const deal = await dealFixture(t)
      const key = keyOf(type)
      const { deal: written } = await update(deal, { [key]: given })
      expect((await read(deal)).customFields).toMatchObject([{ key, value, ...shown }])
      const document =
        'query ($id: ID!, $key: String!) { deal(id: $id) { customField(key: $key) { value } } }'
      expect(await ask(t, document, { id: deal.id, key })).toEqual({
        deal: { customField: { value } },
      })
      await untouched([t], () => update(written, { [key]: given }))
      await update(written, { [key]: null })
      expect(await read(deal)).toEqual({ version: 3, customFields: [] })
      expect(await ask(t, document, { id: deal.id, key })).toEqual({ deal: { customField: null } })
    },
  )

  it('are merged: keys that are left out stay, and null instead of them clears all', async () => {
    const deal = await dealFixture(t, { customFields: { cf_text: 'a', cf_number: 1 } })
    const { deal: second } = await update(deal, { cf_number: 2, cf_boolean: true })
    expect(await stored(deal)).toEqual({ cf_text: 'a', cf_number: 2, cf_boolean: true })
    const { deal: third } = await update(second, { cf_text: null, cf_multi_select: [] })
    expect(await stored(deal)).toEqual({ cf_number: 2, cf_boolean: true })
    await untouched([t], () => update(third, { cf_url: null }))
    await update(third, null)
    expect(await read(deal)).toEqual({ version: 4, customFields: [] })
  })

  it.each([
    ['cf_text', 1, 'a text'],
    ['cf_number', 'many', 'a number'],
    ['cf_money', '10', 'an amount with its currency'],
    ['cf_date', '2026-02-30', 'a day of the calendar'],
    ['cf_boolean', 'true', 'true or false'],
    ['cf_select', 'AMER', '"EMEA", "APAC"'],
    ['cf_multi_select', 'EMEA', 'a list of its options'],
    ['cf_url', 'example.com', 'https address'],
    ['cf_nowhere', 1, '"cf_nowhere"'],
    ['cf_severity', 1, 'another pipeline'],
  ])('are refused as what they are not: %s %j', async (key, value, message) => {
    const deal = await dealFixture(t, { customFields: { cf_text: 'kept' } })
    const expected = {
      ...{ __typename: 'ValidationError', path: ['input', 'customFields', key] },
      message: expect.stringContaining(message),
    }
    const given = { cf_text: 'new', [key]: value }
    expect(await refused(deal, given)).toMatchObject([expected])
    const created = await refusal(t, 'createDeal', { name: 'Deal', customFields: given })
    expect(created).toMatchObject([expected])
    expect(created[0].message).toContain(`"${key}"`)
  })

  it('are asked for by a field that is required in the deal’s pipeline, and not cleared', async () => {
    const path = ['input', 'customFields', 'cf_severity']
    const lacking = { __typename: 'ValidationError', path }
    for (const customFields of [undefined, null, {}, { cf_severity: null }]) {
      const input = { name: 'Deal', pipelineId: support.id, customFields }
      expect(await refusal(t, 'createDeal', input)).toMatchObject([lacking])
    }
    const input = { pipelineId: support.id, customFields: { cf_severity: 1, cf_text: 'a' } }
    const deal = await dealFixture(t, input)
    expect(await refused(deal, { cf_severity: null })).toMatchObject([lacking])
    expect(await refused(deal, null)).toMatchObject([lacking])
    await update(deal, { cf_text: null, cf_severity: 2 })
    expect(await stored(deal)).toEqual({ cf_severity: 2 })
  })

  it('of an archived field stay through every write, and are not written', async () => {
    const deal = await dealFixture(t, { customFields: { cf_old: 'kept', cf_text: 'a' } })
    const customFieldId = ids.get('old')
    await done(t, 'archiveCustomField', { customFieldId })
    const { deal: second } = await update(deal, { cf_number: 1 })
    const { deal: third } = await update(second, null)
    const shown = { __typename: 'TextValue', key: 'cf_old', text: 'kept' }
    expect((await read(deal)).customFields).toMatchObject([
      { ...shown, definition: { archivedAt: expect.any(String) } },
    ])
    for (const value of ['new', null]) {
      expect(await refused(third, { cf_old: value })).toMatchObject([
        { path: ['input', 'customFields', 'cf_old'], message: expect.stringContaining('archived') },
      ])
    }
    await done(t, 'restoreCustomField', { customFieldId })
    await update(third, { cf_old: null })
    expect(await stored(deal)).toEqual({})
  })

  it('that are older than their field and do not fit it are shown as texts', async () => {
    const deal = await dealFixture(t)
    await plant(deal, { cf_number: 'twelve', cf_date: 7, cf_select: { a: [1] }, cf_url: null })
    expect((await read(deal)).customFields).toMatchObject([
      { __typename: 'TextValue', key: 'cf_number', value: 'twelve', text: 'twelve' },
      { __typename: 'TextValue', key: 'cf_date', value: 7, text: '7' },
      { __typename: 'TextValue', key: 'cf_select', value: { a: [1] }, text: '{"a":[1]}' },
    ])
    await untouched([t], () => update(deal, undefined))
    await update(deal, { cf_number: 12 })
    expect(await stored(deal)).toMatchObject({ cf_number: 12, cf_date: 7, cf_select: { a: [1] } })
  })

  it('are of the tenant’s own fields only', async () => {
    const stranger = await testTenant()
    await pipelineFixture(stranger)
    await customFieldFixture(stranger, 'cf_theirs', 'TEXT')
    const input = { name: 'Deal', stageId: sales.stage('Lead'), customFields: { cf_theirs: 'a' } }
    expect(await refusal(t, 'createDeal', input)).toMatchObject([
      { path: ['input', 'customFields', 'cf_theirs'] },
    ])
  })
})
