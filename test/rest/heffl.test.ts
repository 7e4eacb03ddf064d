import { beforeEach, describe, expect, test } from 'vitest'
import { ask, customFieldFixture, done, untouched } from '../fixtures.ts'
import {
  call,
  type RestAnswer,
  type RestCall,
  type RestWorld,
  restWorld,
  sharedWorld,
} from './fixtures.ts'

let t: RestWorld
const fresh = async () => {
  t = await restWorld()
}
const shared = async () => {
  t = await sharedWorld()
}

const patch = (body: unknown, { id = t.deal.id, ...options }: RestCall & { id?: string } = {}) =>
  call(t, `/heffl/api/v1/deals/${id}`, { method: 'PATCH', body, ...options })

/** What a refused call says, and proof that it wrote nothing. */
async function refused(work: () => Promise<RestAnswer>) {
  const { status, body } = await untouched([t], work)
  expect(body).toEqual({ code: expect.any(String), message: expect.any(String) })
  return { status, ...body }
}

/** An array in an array, and so on. */
const deep = JSON.parse(`${'['.repeat(100)}${']'.repeat(100)}`)

const entries = async () =>
  (await ask(t, 'query ($id: ID!) { deal(id: $id) { history { totalCount } } }', { id: t.deal.id }))
    .deal.history.totalCount

describe('PATCH /deals/{id}', () => {
  beforeEach(fresh)

  test('changes what is named, and shows all that the deal has', async () => {
    const { status, body, headers } = await patch({ title: 'Rocket 2', price: 99.5 })
    expect({ status, body }).toEqual({
      status: 200,
      body: {
        ...{ id: t.deal.id, title: 'Rocket 2', createdAt: expect.any(String), number: '1' },
        ...{ price: 99.5, status: 'ACTIVE', priority: 'HIGH', stageName: 'Qualified' },
        ...{ expectedCloseDate: '2026-09-30T00:00:00.000Z', source: 'Referral', leadId: 77 },
        ...{ clientId: t.company.id, clientName: 'Acme', pipelineId: t.pipeline.number },
        customFields: { cf_region: 'EMEA' },
      },
    })
    expect(headers.get('etag')).toBe('"3"')
  })

  test('with nothing to change writes nothing', async () => {
    const { status, body } = await untouched([t], () => patch({}))
    expect({ status, title: body.title }).toEqual({ status: 200, title: 'Rocket' })
  })

  test('clears what is null', async () => {
    const nothing = { price: null, priority: null, expectedCloseDate: null, cf_region: null }
    expect((await patch(nothing)).body).toMatchObject({
      ...{ price: null, priority: null, expectedCloseDate: null, customFields: {} },
    })
  })

  test('keeps the day of an instant as it is in UTC', async () => {
    const { body } = await patch({ expectedCloseDate: '2026-12-31T23:30:00-02:00' })
    expect(body.expectedCloseDate).toBe('2027-01-01T00:00:00.000Z')
  })

  test('has no lead number where the lead is named by a text', async () => {
    await done(t, 'updateDeal', { dealId: t.deal.id, expectedVersion: 2, leadRef: 'L-77' })
    expect((await patch({})).body.leadId).toBe(null)
  })

  test('moves it to a stage by its number, with one entry of its audit', async () => {
    const { body } = await patch({ stageId: t.pipeline.stage('Proposal').number, title: 'Next' })
    expect(body).toMatchObject({ stageName: 'Proposal', title: 'Next', status: 'ACTIVE' })
    expect(await entries()).toBe(2)
  })

  test('wins it and opens it again where it was open', async () => {
    expect((await patch({ status: 'WON' })).body).toMatchObject({ status: 'WON', stageName: 'Won' })
    expect((await patch({ status: 'WON' })).body).toMatchObject({ status: 'WON' })
    expect((await patch({ status: 'ACTIVE' })).body).toMatchObject({ stageName: 'Qualified' })
    expect(await entries()).toBe(3)
  })

  test('takes a status and a stage that agree', async () => {
    const stageId = t.pipeline.stage('Won').number
    expect((await patch({ status: 'WON', stageId })).body).toMatchObject({ stageName: 'Won' })
  })

  test('writes custom fields by their keys', async () => {
    await customFieldFixture(t, 'cf_score', 'NUMBER')
    const { body } = await patch({ cf_region: 'APAC', cf_score: 7 })
    expect(body.customFields).toEqual({ cf_region: 'APAC', cf_score: 7 })
  })

  test('answers 404 for a deal that is deleted, unknown or another tenant’s', async () => {
    const other = await restWorld()
    await done(t, 'deleteDeal', { dealId: t.deal.id, expectedVersion: 2 })
    for (const id of [t.deal.id, other.deal.id, `deal_${t.deal.uuid.replace(/^./, 'f')}`])
      expect(await refused(() => patch({ title: 'X' }, { id }))).toMatchObject({ status: 404 })
  })
})

describe('PATCH /deals/{id} that is refused', () => {
  beforeEach(shared)

  test.each([
    ['an unknown field', { name: 'X' }, 'name: There is no such field.'],
    ['a prototype', '{"__proto__": {"title": "X"}}', '__proto__: There is no such field.'],
    ['a wrong type', { price: '12' }, 'price: '],
    ['null for the title', { title: null }, 'title: '],
    ['an empty title', { title: ' ' }, 'title: A name has 1 to 255 characters'],
    ['an unknown status', { status: 'OPEN' }, 'status: '],
    ['a day without time', { expectedCloseDate: '2026-12-31' }, 'expectedCloseDate: It is not a'],
    ['a text for an instant', { expectedCloseDate: 'soon' }, 'expectedCloseDate: It is not a'],
    ['an impossible day', { expectedCloseDate: '2026-02-30T00:00:00Z' }, 'expectedCloseDate: '],
    ['a year beyond 9999', { expectedCloseDate: '+012026-02-03T00:00:00Z' }, 'expectedCloseDate: '],
    ['a year before 1', { expectedCloseDate: '0001-01-01T00:00:00+12:00' }, 'Date: A year is 1 to'],
    ['a year after 9999', { expectedCloseDate: '9999-12-31T23:00:00-12:00' }, 'Date: A year is 1'],
    ['a title that cannot be kept', { title: '\ud800' }, 'title: A text has a character'],
    ['an unknown custom field', { cf_nothing: 1 }, 'cf_nothing'],
    ['a deep custom value', { cf_region: deep }, '"JSON is at most 64 levels deep here."'],
    ['a wrong custom value', { cf_region: 'Mars' }, 'EMEA'],
    ['a stage that is no integer', { stageId: 1.5 }, 'stageId: '],
    ['an unknown stage', { stageId: 99 }, 'stageId: There is no such stage.'],
    ['too many decimals', { price: 1.23456 }, 'price: It has more than 4 decimals.'],
    ['too many digits', { price: 1234567890123.456 }, 'price: It has more than 15 digits.'],
    ['what is no object', [], 'expected object'],
  ])('refuses %s with 400', async (_, body, message) => {
    const { status, ...told } = await refused(() => patch(body))
    expect({ status, told: JSON.stringify(told) }).toEqual({
      status: 400,
      told: expect.stringContaining(message),
    })
  })

  test('names no more than twenty fields that are wrong', async () => {
    const many = Array.from({ length: 100 }, (_, at) => [`cf_${at}`, 1])
    const { message } = await refused(() => patch(Object.fromEntries(many)))
    expect(message.match(/No custom field/g)).toHaveLength(20)
  })

  test('refuses a status and a stage that disagree', async () => {
    const stageId = t.pipeline.stage('Proposal').number
    expect(await refused(() => patch({ status: 'WON', stageId, title: 'X' }))).toMatchObject({
      ...{ status: 400, code: 'VALIDATION_ERROR', message: expect.stringContaining('status: ') },
    })
  })

  test('refuses a stage of another pipeline', async () => {
    const { pipeline } = await ask(
      t,
      'query ($id: ID!) { pipeline(id: $id) { stages { number } } }',
      { id: t.support.id },
    )
    const stageId = pipeline.stages[0].number
    expect(await refused(() => patch({ stageId }))).toMatchObject({
      ...{ status: 400, code: 'STAGE_NOT_IN_PIPELINE' },
    })
  })

  test('refuses with 400 what the rules of the pipeline do not allow', async () => {
    expect(await refused(() => patch({ status: 'LOST', title: 'X' }))).toMatchObject({
      ...{ status: 400, code: 'REASON_REQUIRED' },
    })
  })

  test('answers 400 to what is no id of a deal', async () => {
    for (const id of ['1', t.deal.uuid, t.pipeline.id])
      expect(await refused(() => patch({ title: 'X' }, { id }))).toMatchObject({ status: 400 })
  })

  test('answers 401 and 403 in its own shape', async () => {
    const stranger = { as: { key: null } }
    expect(await refused(() => patch({}, stranger))).toMatchObject({ status: 401 })
    const reader = { as: 'READ_ONLY' } as const
    expect(await refused(() => patch({ title: 'X' }, reader))).toMatchObject({ status: 403 })
  })
})
