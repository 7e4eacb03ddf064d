import { beforeEach, describe, expect, test } from 'vitest'
import { ask, done, eventsDuring, pipelineFixture, untouched } from '../fixtures.ts'
import { testTenant } from '../harness.ts'
import {
  call,
  doneBy,
  type RestAnswer,
  type RestWorld,
  restWorld,
  sharedWorld,
  uuidIn,
} from './fixtures.ts'

let t: RestWorld
const fresh = async () => {
  t = await restWorld()
}
const shared = async () => {
  t = await sharedWorld()
}

const urlOf = (id: string) => `/backside/api/v1/deals/${id}` as const
const move = (body: unknown, id = t.deal.uuid) =>
  call(t, `${urlOf(id)}/move`, { method: 'POST', body })
const stage = (name: string) => ({ stage_id: uuidIn(t.pipeline.stage(name).id) })

/** What a refused call says, and proof that it wrote nothing. */
async function refused(work: () => Promise<RestAnswer>) {
  const { status, body } = await untouched([t], work)
  expect(body).toEqual({ error: { code: expect.any(String), message: expect.any(String) } })
  return { status, ...body.error }
}

describe('GET /deals/{id}', () => {
  beforeEach(fresh)

  test('shows a deleted deal with when it was deleted', async () => {
    const { deal } = await done(
      t,
      'deleteDeal',
      { dealId: t.deal.id, expectedVersion: 2 },
      'deal { deletedAt }',
    )
    const { body } = await call(t, urlOf(t.deal.uuid))
    expect(body.deleted_at).toBe(deal.deletedAt)
  })
})

describe('GET /deals/{id}, which changes nothing', () => {
  beforeEach(shared)

  test('answers with the uuids, names and values of the deal', async () => {
    const { body, headers } = await call(t, urlOf(t.deal.uuid))
    const link = (await ask(t, '{ dealByNumber(number: 1) { contacts { id } } }')).dealByNumber
      .contacts[0]
    expect(body).toMatchObject({
      ...{ id: t.deal.uuid, tenant_id: t.tenantId, name: 'Rocket', description: 'Two stages' },
      ...{ amount: 15000.25, currency: 'EUR', value_period: 'monthly', confidence: 65 },
      ...{ pipeline_id: uuidIn(t.pipeline.id), pipeline_name: 'Sales', stage_name: 'Qualified' },
      ...{ ...stage('Qualified'), organization_id: uuidIn(t.company.id), source: 'Referral' },
      ...{ contact_id: uuidIn(t.person.id), next_step: 'Call', metadata: { a: [1, null] } },
      ...{ expected_close_date: '2026-09-30', deleted_at: null },
    })
    expect(body.contacts).toMatchObject([
      {
        ...{ id: uuidIn(link.id), tenant_id: t.tenantId, deal_id: t.deal.uuid, is_primary: true },
        ...{ contact_id: uuidIn(t.person.id), introduced_by: uuidIn(t.introducer.id) },
        ...{ role: 'Buyer', metadata: { met: true } },
      },
    ])
    expect(headers.get('etag')).toBe('"2"')
    expect(headers.get('cache-control')).toBe('private, no-store')
  })

  test('takes a uuid in capitals', async () => {
    expect((await doneBy(t, urlOf(t.deal.uuid.toUpperCase()))).id).toBe(t.deal.uuid)
  })

  test('has nothing of another tenant', async () => {
    const other = await testTenant()
    const { status, body } = await call(other, urlOf(t.deal.uuid))
    expect({ status, body }).toEqual({
      status: 404,
      body: { error: { code: 'NOT_FOUND', message: 'There is no such deal.' } },
    })
  })

  test.each([
    ['no uuid', 'x', 400, 'VALIDATION_ERROR', 'id: It is not a uuid.'],
    ['an unknown deal', '01a216b2-6eb5-7038-b866-b874cf0286d7', 404, 'NOT_FOUND', 'There is'],
  ])('refuses %s', async (_, id, status, code, message) => {
    expect(await refused(() => call(t, urlOf(id)))).toEqual({
      ...{ status, code },
      message: expect.stringContaining(message),
    })
  })

  test.each([
    ['no credential', { as: { key: null } }],
    ['a wrong key', { as: { key: `dg_${'x'.repeat(43)}` } }],
    ['another scheme', { as: { key: null }, headers: { authorization: 'Basic eDp5' } }],
  ])('answers 401 to %s', async (_, options) => {
    const { status, body, headers } = await call(t, urlOf(t.deal.uuid), options)
    expect({ status, code: body.error.code }).toEqual({ status: 401, code: 'UNAUTHENTICATED' })
    expect(headers.get('www-authenticate')).toBe('Bearer')
  })

  test('answers 404 in its own shape to a route that it does not have', async () => {
    const answer = await refused(() => call(t, '/backside/api/v1/contacts'))
    expect(answer).toMatchObject({ status: 404, code: 'NOT_FOUND' })
  })
})

describe('POST /deals/{id}/move', () => {
  beforeEach(fresh)

  test('writes the same history, event and revision as moveDeal', async () => {
    const twin = await restWorld()
    const fields = 'seq direction fromStageName toStageName actor { kind } amount currency reason'
    const historyOf = async (of: RestWorld) => {
      const { deal } = await ask(
        of,
        `query ($id: ID!) { deal(id: $id) { version history { nodes { ${fields} } } } }`,
        { id: of.deal.id },
      )
      return deal
    }
    const rest = await eventsDuring(t, () => move(stage('Won')))
    const graphql = await eventsDuring(twin, () => {
      const stageId = twin.pipeline.stage('Won').id
      return done(twin, 'moveDeal', { dealId: twin.deal.id, stageId, expectedVersion: 2 })
    })
    const kindOf = ({ revision, type, payload }: (typeof rest)[number]) => ({
      ...{ revision, type, payload: Object.keys(payload as object) },
    })
    expect(rest).toHaveLength(1)
    expect(rest.map(kindOf)).toEqual(graphql.map(kindOf))
    expect(await historyOf(t)).toEqual(await historyOf(twin))
    expect((await historyOf(t)).history.nodes).toHaveLength(2)
  })

  test('answers 404 for a deal that is deleted, unknown or another tenant’s', async () => {
    await done(t, 'deleteDeal', { dealId: t.deal.id, expectedVersion: 2 })
    const other = await restWorld()
    for (const id of [t.deal.uuid, other.deal.uuid, uuidIn(t.pipeline.id)])
      expect(await refused(() => move(stage('Won'), id))).toMatchObject({ status: 404 })
  })
})

describe('POST /deals/{id}/move that is refused', () => {
  beforeEach(shared)

  test('changes nothing where the deal is in the stage already', async () => {
    const { status, headers } = await untouched([t], () => move(stage('Qualified')))
    expect({ status, etag: headers.get('etag') }).toEqual({ status: 200, etag: '"2"' })
  })

  test.each([
    ['an unknown field', () => ({ ...stage('Won'), reason: 'Price' }), 'reason: There is no such'],
    ['no uuid', () => ({ stage_id: '17' }), 'stage_id: It is not a uuid.'],
    ['a wrong type', () => ({ stage_id: 17 }), 'stage_id: '],
    ['nothing', () => ({}), 'stage_id: '],
    ['null', () => null, 'expected object, received null'],
    ['no JSON', () => '{"stage_id":', 'The body is not JSON.'],
    ['a deal for a stage', () => ({ stage_id: t.deal.uuid }), 'stage_id: There is no such stage'],
  ])('refuses %s with 400', async (_, body, message) => {
    expect(await refused(() => move(body()))).toMatchObject({
      status: 400,
      message: expect.stringContaining(message),
    })
  })

  test('refuses a stage of another pipeline, and one of another tenant', async () => {
    const other = await testTenant()
    const foreign = await pipelineFixture(other)
    const { pipeline } = await ask(t, 'query ($id: ID!) { pipeline(id: $id) { stages { id } } }', {
      id: t.support.id,
    })
    const elsewhere = { stage_id: uuidIn(pipeline.stages[0].id) }
    expect(await refused(() => move(elsewhere))).toMatchObject({
      ...{ status: 400, code: 'STAGE_NOT_IN_PIPELINE' },
      message: expect.stringContaining('stage_id: '),
    })
    const hidden = { stage_id: uuidIn(foreign.stage('Won')) }
    expect(await refused(() => move(hidden))).toMatchObject({ status: 400, code: 'NOT_FOUND' })
  })

  test('answers 409 where the rules of the pipeline do not allow it', async () => {
    expect(await refused(() => move(stage('Lost')))).toMatchObject({
      ...{ status: 409, code: 'REASON_REQUIRED' },
    })
  })

  test('answers 403 to who may only read', async () => {
    const options = { method: 'POST', body: stage('Won'), as: 'READ_ONLY' } as const
    const answer = await refused(() => call(t, `${urlOf(t.deal.uuid)}/move`, options))
    expect(answer).toMatchObject({ status: 403, code: 'FORBIDDEN' })
  })

  test('answers 415 and 413 in its own shape', async () => {
    const url = `${urlOf(t.deal.uuid)}/move` as const
    const headers = { 'content-type': 'text/plain' }
    const post = (options: object) => () => call(t, url, { method: 'POST', ...options })
    expect(await refused(post({ body: '{}', headers }))).toMatchObject({ status: 415 })
    expect(await refused(post({ body: ' '.repeat(300_000) }))).toMatchObject({ status: 413 })
  })
})
