import { beforeEach, describe, expect, test } from 'vitest'
import { ask, done, organizationFixture, untouched } from '../fixtures.ts'
import {
  call,
  doneBy,
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

const deals = '/ysuite/v1/deals'
const needed = () => ({
  ...{ deal_name: 'Acme', pipeline_id: t.pipeline.number, cstid: t.company.number },
})
const create = (body: unknown, options: RestCall = {}) =>
  call(t, deals, { method: 'POST', body, ...options })
const put = (body: unknown, number = t.deal.number) =>
  call(t, `${deals}/${number}`, { method: 'PUT', body })
const get = async (number: number) => (await doneBy(t, `${deals}/${number}`)).data

/** What a refused call says, and proof that it wrote nothing. */
async function refused(work: () => Promise<RestAnswer>) {
  const { status, body } = await untouched([t], work)
  expect(body).toEqual({
    ...{ success: false, message: expect.any(String), errors: expect.any(Object) },
  })
  return { status, message: body.message, errors: body.errors }
}

describe('POST /deals', () => {
  beforeEach(fresh)

  test('creates a deal with everything that it can have', async () => {
    const everything = {
      ...needed(),
      ...{ deal_amount: 12.75, deal_amount_currency: t.currencies.EUR, deal_source: 'Cold call' },
      ...{ deal_owner_id: t.colleague.number, deal_contact_id: t.person.number },
      ...{ deal_expected_close_date: '2026-12-31', deal_description: 'All of it' },
      ...{ deal_assignedto: t.owner.number, tag_ids: [t.tags[0].number] },
    }
    const { status, body } = await create(everything)
    expect({ status, message: body.message }).toMatchObject({ status: 200 })
    expect(await get(body.data.deal_id)).toEqual({
      ...everything,
      ...{ deal_id: 2, owner: 'Alan Turing', deal_current_stage: t.pipeline.stage('Lead').number },
    })
  })

  test('takes null for what is left out', async () => {
    const nothing = {
      ...{ deal_amount: null, deal_amount_currency: null, deal_source: null, tag_ids: null },
      ...{ deal_owner_id: null, deal_contact_id: null, deal_expected_close_date: null },
      ...{ deal_description: null, deal_assignedto: null },
    }
    const { body } = await create({ ...needed(), ...nothing })
    expect(await get(body.data.deal_id)).toMatchObject({
      ...{ deal_amount: null, deal_amount_currency: t.currencies.USD, tag_ids: [] },
    })
  })
})

describe('POST /deals that is refused', () => {
  beforeEach(shared)

  test.each([
    ['no name', { deal_name: undefined }, 'deal_name'],
    ['an empty name', { deal_name: '' }, 'deal_name'],
    ['a long name', { deal_name: 'x'.repeat(256) }, 'deal_name'],
    ['no pipeline', { pipeline_id: undefined }, 'pipeline_id'],
    ['an unknown pipeline', { pipeline_id: 99 }, 'pipeline_id'],
    ['no company', { cstid: null }, 'cstid'],
    ['an unknown company', { cstid: 99 }, 'cstid'],
    ['an unknown currency', { deal_amount_currency: 99 }, 'deal_amount_currency'],
    ['an unknown owner', { deal_owner_id: 99 }, 'deal_owner_id'],
    ['an unknown contact', { deal_contact_id: 99 }, 'deal_contact_id'],
    ['an unknown user', { deal_assignedto: 99 }, 'deal_assignedto'],
    ['an unknown tag', { tag_ids: [99] }, 'tag_ids'],
    ['a tag that is no integer', { tag_ids: ['hot'] }, 'tag_ids'],
    ['an id beyond 32 bits', { cstid: 2 ** 31 }, 'cstid'],
    ['a text for an amount', { deal_amount: '12' }, 'deal_amount'],
    ['a day that is none', { deal_expected_close_date: '2026-02-30' }, 'deal_expected_close_date'],
    ['a year that is none', { deal_expected_close_date: '0000-12-31' }, 'deal_expected_close_date'],
    ['a text that cannot be kept', { deal_source: 'a\u0000' }, 'deal_source'],
    ['a text beyond all bounds', { deal_description: 'x'.repeat(20_001) }, 'deal_description'],
    ['an unknown field', { deal_stage: 1 }, 'deal_stage'],
  ])('refuses %s with 422 and the field', async (_, change, field) => {
    const { status, errors, message } = await refused(() => create({ ...needed(), ...change }))
    expect({ status, fields: Object.keys(errors) }).toEqual({ status: 422, fields: [field] })
    expect(message).toContain(field)
  })

  test('names every field that is wrong', async () => {
    const wrong = { ...needed(), cstid: 99, deal_owner_id: 98, tag_ids: [97] }
    const { errors } = await refused(() => create(wrong))
    expect(Object.keys(errors)).toEqual(['cstid', 'deal_owner_id', 'tag_ids'])
  })

  test.each([
    ['no JSON', '{', 400],
    ['a list', [], 400],
  ])('refuses %s', async (_, body, status) => {
    expect(await refused(() => create(body))).toMatchObject({ status, errors: {} })
  })

  test('answers 403 to who may only read, and 401 to who is unknown', async () => {
    const reader = { as: 'READ_ONLY' } as const
    expect(await refused(() => create(needed(), reader))).toMatchObject({ status: 403 })
    const stranger = { as: { key: null } }
    expect(await refused(() => create(needed(), stranger))).toMatchObject({ status: 401 })
  })
})

describe('PUT /deals/{id}', () => {
  beforeEach(fresh)

  test('changes what it names and keeps what it leaves out', async () => {
    const before = await get(t.deal.number)
    const other = await organizationFixture(t, 'Globex')
    const { number } = (
      await ask(t, 'query ($id: ID!) { node(id: $id) { ... on Organization { number } } }', {
        id: other.id,
      })
    ).node
    const change = { ...needed(), deal_name: 'Rocket 2', cstid: number, tag_ids: [] }
    expect((await put(change)).status).toBe(200)
    expect(await get(t.deal.number)).toEqual({
      ...before,
      ...{ deal_name: 'Rocket 2', cstid: number, tag_ids: [] },
    })
  })

  test('of what GET has told changes nothing', async () => {
    const { deal_id, owner, deal_current_stage, ...body } = await get(t.deal.number)
    await done(t, 'assignDeal', {
      ...{ dealId: t.deal.id, expectedVersion: 2, memberIds: [t.owner.id] },
    })
    const { status } = await untouched([t], () => put(body))
    expect({ deal_id, owner, deal_current_stage, status }).toMatchObject({ status: 200 })
  })

  test('moves it to another pipeline by that pipeline’s rules', async () => {
    await put({ ...needed(), pipeline_id: t.support.number })
    expect(await get(t.deal.number)).toMatchObject({ pipeline_id: t.support.number })
    const { deal } = await ask(
      t,
      'query ($id: ID!) { deal(id: $id) { history(last: 1) { nodes { direction } } } }',
      { id: t.deal.id },
    )
    expect(deal.history.nodes).toEqual([{ direction: 'TRANSFERRED' }])
  })

  test('clears what is null, and replaces the contact and the user', async () => {
    const nothing = {
      ...{ deal_amount: null, deal_owner_id: null, deal_contact_id: null, deal_source: null },
      ...{ deal_expected_close_date: null, deal_description: null, deal_assignedto: null },
    }
    await put({ ...needed(), ...nothing, tag_ids: null })
    expect(await get(t.deal.number)).toMatchObject({ ...nothing, owner: null, tag_ids: [] })
    const people = { deal_contact_id: t.introducer.number, deal_assignedto: t.owner.number }
    await put({ ...needed(), ...people })
    expect(await get(t.deal.number)).toMatchObject(people)
  })

  test('answers 400 for a deal that is not there', async () => {
    await done(t, 'deleteDeal', { dealId: t.deal.id, expectedVersion: 2 })
    for (const number of [t.deal.number, 99])
      expect(await refused(() => put(needed(), number))).toEqual({
        ...{ status: 400, message: 'There is no such deal.', errors: {} },
      })
  })
})

describe('PUT /deals/{id} that is refused', () => {
  beforeEach(shared)

  test('refuses null for a currency, and changes nothing else either', async () => {
    const { status, errors } = await refused(() =>
      put({ ...needed(), deal_name: 'X', deal_amount_currency: null }),
    )
    expect({ status, fields: Object.keys(errors) }).toEqual({
      ...{ status: 422, fields: ['deal_amount_currency'] },
    })
  })

  test('needs its three fields', async () => {
    const { status, errors } = await refused(() => put({ deal_source: 'X' }))
    expect({ status, fields: Object.keys(errors) }).toEqual({
      ...{ status: 422, fields: ['deal_name', 'pipeline_id', 'cstid'] },
    })
  })
})

describe('GET and DELETE /deals/{id}', () => {
  beforeEach(fresh)

  test('has no deal that is deleted', async () => {
    expect(await doneBy(t, `${deals}/1`, { method: 'DELETE' })).toMatchObject({ success: true })
    for (const method of ['GET', 'DELETE'])
      expect(await refused(() => call(t, `${deals}/1`, { method }))).toMatchObject({ status: 400 })
  })
})

describe('GET /deals/{id} that is refused', () => {
  beforeEach(shared)

  test.each(['0', 'x', '2147483648', '1.5', '-1'])('refuses %s as an id', async (id) => {
    const { status, errors } = await refused(() => call(t, `${deals}/${id}`))
    expect({ status, fields: Object.keys(errors) }).toEqual({ status: 422, fields: ['id'] })
  })
})

describe('its credentials', () => {
  beforeEach(shared)

  test('are a key, a Bearer, or the two halves of a key', async () => {
    const key = await t.keyFor('MEMBER')
    const halves = (at: number) => ({
      ...{ 'x-ysuite-access-key': key.slice(0, at), 'x-ysuite-secret-key': key.slice(at) },
    })
    const all: Record<string, string>[] = [
      { 'x-api-key': key },
      { authorization: `Bearer ${key}` },
      halves(9),
      halves(20),
    ]
    for (const headers of all) {
      const { status } = await call(t, deals, { headers, as: { key: null } })
      expect(status).toBe(200)
    }
  })

  test('are not one half of a key, nor two that do not belong together', async () => {
    const key = await t.keyFor('MEMBER')
    const other = await t.keyFor('ADMIN')
    const all: Record<string, string>[] = [
      { 'x-ysuite-access-key': key.slice(0, 9) },
      { 'x-ysuite-secret-key': key.slice(9) },
      { 'x-ysuite-access-key': key.slice(0, 9), 'x-ysuite-secret-key': other.slice(9) },
    ]
    for (const headers of all)
      expect((await call(t, deals, { headers, as: { key: null } })).status).toBe(401)
  })
})
