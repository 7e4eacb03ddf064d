import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ask } from '../fixtures.ts'
import { closeServers, serve } from '../websocket-fixtures.ts'
import { type RestWorld, restWorld, uuidIn } from './fixtures.ts'
import * as pages from './pages.ts'

let t: RestWorld
let origin: string

beforeEach(async () => {
  t = await restWorld()
  origin = (await serve(t.app)).url.replace('localhost', '127.0.0.1')
})
afterEach(closeServers)

/** The bases that take the place of what is in the pages. */
const bases: Record<string, string> = {
  'https://api.backside.app': '/backside',
  'https://api.heffl.com': '/heffl',
  'https://ysuite.example': '/ysuite',
}

/** Sends what a command says, with nothing changed but the base and the placeholders. */
async function replay(curl: string, filled: Record<string, string>) {
  const key = await t.keyFor('ADMIN')
  const texts = { '<token>': key, '<api-key>': key, ...filled }
  const command = Object.entries(texts).reduce(
    (text, [placeholder, value]) => text.replaceAll(placeholder, value),
    curl,
  )
  const [, method, from, path] =
    /--request (\w+) .*?--url (https:\/\/[\w.]+)(\S+)/s.exec(command) ?? []
  const headers = [...command.matchAll(/--header '(.*?): (.*?)'/g)].map(
    ([, name, value]): [string, string] => [name ?? '', value ?? ''],
  )
  const [, body] = /--data '(.*)'/s.exec(command) ?? []
  const url = `${origin}${bases[from ?? '']}${path}`
  const response = await fetch(url, { method: method ?? '', headers, body: body ?? null })
  return { status: response.status, body: await response.json() }
}

const instant = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/)
const uuid = expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
const int32 = expect.toSatisfy((value) => Number.isInteger(value) && Math.abs(value) < 2 ** 31)

const types: Record<string, unknown> = {
  string: expect.any(String),
  'string<date-time>': instant,
  'string<date>': expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
  'string<uuid>': uuid,
  number: expect.any(Number),
  'number<double>': expect.any(Number),
  integer: int32,
  'integer<int32>': int32,
  boolean: expect.any(Boolean),
  any: expect.toSatisfy((value) => value !== undefined),
  'object[]': expect.any(Array),
}

/** Every field of a page’s list, of its type, and no other; `nulls` are those that are null. */
function shapeOf(list: string, nulls: readonly string[] = []): Record<string, unknown> {
  const fields = list
    .trim()
    .split('\n')
    .map((line) => {
      const [, name = '', type = '', isNullable] = /^(\w+) (\S+)( \| null)?/.exec(line) ?? []
      if (!nulls.includes(name)) return [name, types[type]]
      if (!isNullable) throw new Error(`${name} is not null by its page`)
      return [name, null]
    })
  return Object.fromEntries(fields)
}

const someId = '3c90c3cc-0d44-4b50-8888-8dd25736052a'

test('answers Backside’s page of a deal as it is printed', async () => {
  const { status, body } = await replay(pages.backsideGet.curl, { '{id}': t.deal.uuid })
  expect(status).toBe(200)
  const nulls = ['closed_at', 'deleted_at', 'lost_reason', 'won_reason']
  expect(body).toEqual(shapeOf(pages.backsideGet.fields, nulls))
  expect(body.contacts).toEqual([shapeOf(pages.backsideContact)])
})

test('has null for all that Backside’s page says can be', async () => {
  const { deal } = (
    await t.graphql('mutation { createDeal(input: {name: "Bare"}) { deal { id } } }')
  ).data.createDeal
  const { body } = await replay(pages.backsideGet.curl, { '{id}': uuidIn(deal.id) })
  const nullable = [...pages.backsideGet.fields.matchAll(/^(\w+) .*\| null$/gm)].map(
    ([, name]) => name ?? '',
  )
  // These two a deal always has here.
  const nulls = nullable.filter((name) => !['currency', 'value_period'].includes(name))
  expect(body).toEqual({ ...shapeOf(pages.backsideGet.fields, nulls), contacts: [] })
})

test('answers Backside’s page of a move as it is printed', async () => {
  const stage = uuidIn(t.pipeline.stage('Won').id)
  const filled = { '{id}': t.deal.uuid, [someId]: stage }
  const { status, body } = await replay(pages.backsideMove.curl, filled)
  expect(status).toBe(200)
  expect(body).toEqual(
    shapeOf(pages.backsideMove.fields, ['deleted_at', 'lost_reason', 'won_reason']),
  )
  expect(body.stage_id).toBe(stage)
})

test('answers Heffl’s page of an update as it is printed', async () => {
  const { status, body } = await replay(pages.hefflUpdate.curl, {
    '{id}': t.deal.id,
    '"stageId": 123': `"stageId": ${t.pipeline.stage('Proposal').number}`,
    '"<string>"': '"Rocket 2"',
    '"cf_": "<unknown>"': '"cf_region": "APAC"',
  })
  expect({ status, body }).toMatchObject({ status: 200 })
  expect(body).toEqual(shapeOf(pages.hefflUpdate.fields))
  expect(body).toMatchObject({
    ...{ title: 'Rocket 2', price: 123, status: 'ACTIVE', priority: 'LOW', stageName: 'Proposal' },
    ...{ expectedCloseDate: '2023-11-07T00:00:00.000Z', customFields: { cf_region: 'APAC' } },
  })
})

describe('YSuite’s page', () => {
  const filled = () => ({
    '"pipeline_id": 1': `"pipeline_id": ${t.pipeline.number}`,
    '"cstid": 10': `"cstid": ${t.company.number}`,
    '{id}': String(t.deal.number),
  })

  test('of the list is answered as it is printed', async () => {
    const { status, body } = await replay(pages.ysuiteList.curl, {})
    expect(status).toBe(200)
    expect(body).toEqual({
      success: true,
      data: { data: [expect.anything()], current_page: 1, total_records: 1, total_pages: 1 },
    })
    expect(body.data.data).toEqual([shapeOf(pages.ysuiteList.fields)])
  })

  test('of a new deal is answered as it is printed, and the list then shows its example', async () => {
    const { status, body } = await replay(pages.ysuiteCreate, filled())
    const deal = { deal_id: t.deal.number + 1, deal_name: 'Acme Corp — Enterprise License' }
    expect({ status, body }).toEqual({
      status: 200,
      body: { success: true, message: 'Deal created successfully!', data: deal },
    })
    const { body: list } = await replay(pages.ysuiteList.curl, {})
    expect(list.data.data[0]).toEqual({
      ...deal,
      deal_amount: 15000,
      deal_source: 'Referral',
      deal_expected_close_date: '2026-09-30',
      pipeline_id: t.pipeline.number,
      cstid: t.company.number,
      owner: null,
    })
  })

  test('of a deal is answered with every field that the page has', async () => {
    const { status, body } = await replay(pages.ysuiteGet, filled())
    expect(status).toBe(200)
    expect(body).toEqual({
      success: true,
      data: {
        ...{ deal_id: t.deal.number, deal_name: 'Rocket', deal_amount: 15000.25 },
        ...{ deal_source: 'Referral', deal_expected_close_date: '2026-09-30' },
        ...{ pipeline_id: t.pipeline.number, cstid: t.company.number, owner: 'Grace Hopper' },
        deal_current_stage: t.pipeline.stage('Qualified').number,
        deal_amount_currency: t.currencies.EUR,
        ...{ deal_owner_id: t.owner.number, deal_contact_id: t.person.number },
        ...{ deal_description: 'Two stages', deal_assignedto: t.colleague.number },
        tag_ids: [t.tags[1].number, t.tags[0].number],
      },
    })
  })

  test('of an update is answered as it is printed', async () => {
    const { status, body } = await replay(pages.ysuiteUpdate, filled())
    expect({ status, body }).toEqual({
      status: 200,
      body: { success: true, message: 'Deal updated successfully!' },
    })
    const { dealByNumber } = await ask(t, '{ dealByNumber(number: 1) { name amount } }')
    expect(dealByNumber).toEqual({ name: 'Acme Corp — Enterprise License', amount: '15000' })
  })

  test('of a deletion is answered as it is printed', async () => {
    const { status, body } = await replay(pages.ysuiteDelete, filled())
    expect({ status, body }).toEqual({
      status: 200,
      body: { success: true, message: 'Deal deleted successfully' },
    })
    const { dealByNumber } = await ask(t, '{ dealByNumber(number: 1) { deletedAt } }')
    expect(dealByNumber).toEqual({ deletedAt: expect.any(String) })
  })
})
