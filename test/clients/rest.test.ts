import createClient, { type Client } from 'openapi-fetch'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { paths as BacksidePaths } from '../../openapi/generated/backside.ts'
import type { paths as HefflPaths } from '../../openapi/generated/heffl.ts'
import type { components, paths as YsuitePaths } from '../../openapi/generated/ysuite.ts'
import { ask } from '../fixtures.ts'
import { rememberSaid } from '../log-audit.ts'
import { type RestWorld, restWorld, uuidIn } from '../rest/fixtures.ts'
import { closeServers, serve } from '../websocket-fixtures.ts'

let t: RestWorld
let backside: Client<BacksidePaths>
let ysuite: Client<YsuitePaths>
let heffl: Client<HefflPaths>

beforeEach(async () => {
  t = await restWorld()
  const { url } = await serve(t.app)
  const key = await t.keyFor('MEMBER')
  backside = createClient({
    baseUrl: `${url}/backside`,
    headers: { authorization: `Bearer ${key}` },
    fetch: rememberingFetch,
  })
  const options = { headers: { 'x-api-key': key }, fetch: rememberingFetch }
  ysuite = createClient({ baseUrl: `${url}/ysuite`, ...options })
  heffl = createClient({ baseUrl: `${url}/heffl`, ...options })
})

afterEach(async () => {
  await closeServers()
  await t.database.settle()
})

async function rememberingFetch(request: Request): Promise<Response> {
  const text = await request.clone().text()
  const variables = text === '' ? null : JSON.parse(text)
  rememberSaid(Object.fromEntries(request.headers), { variables })
  return fetch(request)
}

/** The three fields that YSuite wants of every deal, and those that are given. */
function dealInput(
  others: Partial<components['schemas']['DealInput']> = {},
): components['schemas']['DealInput'] {
  return {
    deal_name: 'Windmill',
    pipeline_id: t.pipeline.number,
    cstid: t.company.number,
    ...others,
  }
}

/** What a client has got, which is an answer and no refusal. */
function got<Data>({ data, error }: { data?: Data; error?: unknown }): Data {
  expect(error).toBeUndefined()
  if (data === undefined) throw new Error('there is no answer')
  return data
}

/** Creates a deal by YSuite’s client, and gives its number. */
async function create(others: Partial<components['schemas']['DealInput']> = {}): Promise<number> {
  const created = got(await ysuite.POST('/v1/deals', { body: dealInput(others) }))
  return created.data.deal_id
}

describe('a client that is generated from the document', () => {
  it('of Backside reads a deal and moves it', async () => {
    const path = { id: t.deal.uuid }
    const { stage_name, amount, contacts } = got(
      await backside.GET('/api/v1/deals/{id}', { params: { path } }),
    )
    expect({ stage_name, amount }).toEqual({ stage_name: 'Qualified', amount: 15000.25 })
    expect(contacts.map(({ role, is_primary }) => ({ role, is_primary }))).toEqual([
      { role: 'Buyer', is_primary: true },
    ])
    const body = { stage_id: uuidIn(t.pipeline.stage('Proposal').id) }
    const moved = await backside.POST('/api/v1/deals/{id}/move', { params: { path }, body })
    expect(got(moved).stage_id).toBe(body.stage_id)
  })

  it('of YSuite lists, creates, reads, updates and deletes deals', async () => {
    const id = await create({ deal_amount: 1200.5, deal_amount_currency: t.currencies.EUR })
    const query = { pageSize: 1, sortBy: 'deal_amount', sortOrder: 'asc' } as const
    const { data: page } = got(await ysuite.GET('/v1/deals', { params: { query } }))
    expect(page.data.map(({ deal_id, deal_amount }) => [deal_id, deal_amount])).toEqual([
      [id, 1200.5],
    ])
    expect(page).toMatchObject({ current_page: 1, total_records: 2, total_pages: 2 })

    const params = { path: { id } }
    const body = dealInput({ deal_owner_id: t.owner.number, tag_ids: [t.tags[0].number] })
    got(await ysuite.PUT('/v1/deals/{id}', { params, body }))
    const { data: deal } = got(await ysuite.GET('/v1/deals/{id}', { params }))
    expect([deal.deal_owner_id, deal.tag_ids, deal.deal_amount]).toEqual([
      t.owner.number,
      [t.tags[0].number],
      1200.5,
    ])

    expect(got(await ysuite.DELETE('/v1/deals/{id}', { params })).success).toBe(true)
    const { error } = await ysuite.GET('/v1/deals/{id}', { params })
    expect(error?.message).toBe('There is no such deal.')
  })

  it('of Heffl updates a deal and its custom fields', async () => {
    const updated = got(
      await heffl.PATCH('/api/v1/deals/{id}', {
        params: { path: { id: t.deal.id } },
        body: { title: 'Rocket 2', price: null, priority: 'LOW', cf_region: null },
      }),
    )
    expect([updated.title, updated.price, updated.priority]).toEqual(['Rocket 2', null, 'LOW'])
    expect(updated.customFields).toEqual({})
  })

  it('knows how each API refuses', async () => {
    const path = { id: uuidIn(t.company.id) }
    const missing = await backside.GET('/api/v1/deals/{id}', { params: { path } })
    expect([missing.response.status, missing.error?.error.code]).toEqual([404, 'NOT_FOUND'])

    const body = dealInput({ cstid: 2_000_000 })
    const unknown = await ysuite.POST('/v1/deals', { body })
    expect([unknown.response.status, unknown.error?.errors]).toEqual([
      422,
      { cstid: ['There is none with this number.'] },
    ])

    const stale = await heffl.PATCH('/api/v1/deals/{id}', {
      params: { path: { id: t.deal.id }, header: { 'if-match': '"1"' } },
      body: { title: 'Too late' },
    })
    expect([stale.response.status, stale.error?.code]).toEqual([412, 'PRECONDITION_FAILED'])
  })

  it('does not compile with what the API would refuse', async () => {
    // @ts-expect-error A deal needs a pipeline and a company.
    const lacking = await ysuite.POST('/v1/deals', { body: { deal_name: 'Windmill' } })
    expect(Object.keys(lacking.error?.errors ?? {})).toEqual(['pipeline_id', 'cstid'])
    const params = { path: { id: t.deal.id } }
    // @ts-expect-error There is no such status.
    const lost = await heffl.PATCH('/api/v1/deals/{id}', { params, body: { status: 'OPEN' } })
    expect(lost.error?.code).toBe('VALIDATION_ERROR')
    // @ts-expect-error There is no such field.
    const misnamed: components['schemas']['DealInput'] = { ...dealInput(), stage: 1 }
    const refused = await ysuite.POST('/v1/deals', { body: misnamed })
    expect(refused.error?.errors).toEqual({ stage: ['There is no such field.'] })
  })

  it('works on one deal with those of the other APIs', async () => {
    const number = await create({ deal_amount: 100 })
    const document = 'query ($number: Int!) { dealByNumber(number: $number) { id } }'
    const { dealByNumber } = await ask(t, document, { number })
    const { id }: { id: string } = dealByNumber

    const stage_id = uuidIn(t.pipeline.stage('Proposal').id)
    const moved = await backside.POST('/api/v1/deals/{id}/move', {
      params: { path: { id: uuidIn(id) } },
      body: { stage_id },
    })
    expect(got(moved)).toMatchObject({ name: 'Windmill', amount: 100, stage_id })

    const etag = moved.response.headers.get('etag') ?? ''
    const patched = await heffl.PATCH('/api/v1/deals/{id}', {
      params: { path: { id }, header: { 'if-match': etag } },
      body: { price: 250.75, expectedCloseDate: '2026-12-31T00:00:00Z' },
    })
    expect(got(patched)).toMatchObject({ number: String(number), stageName: 'Proposal' })

    const query = { search: 'windmill' }
    const { data: page } = got(await ysuite.GET('/v1/deals', { params: { query } }))
    expect(page.data).toMatchObject([
      { deal_id: number, deal_amount: 250.75, deal_expected_close_date: '2026-12-31' },
    ])
    got(await ysuite.DELETE('/v1/deals/{id}', { params: { path: { id: number } } }))
    const gone = got(await ysuite.GET('/v1/deals', { params: { query } }))
    expect(gone.data.total_records).toBe(0)
  })
})
