import { beforeAll, expect, test } from 'vitest'
import { done } from '../fixtures.ts'
import { call, type RestCall, type RestWorld, restWorld, uuidIn } from './fixtures.ts'

let t: RestWorld
beforeAll(async () => {
  t = await restWorld()
})

type Url = Parameters<typeof call>[1]

async function statementsOf(url: Url, options: RestCall = {}): Promise<string[]> {
  return t.recordStatements(async () => {
    expect((await call(t, url, options)).status).toBe(200)
  })
}

const reads: [name: string, url: () => Url, most: number][] = [
  ['a deal of Backside', () => `/backside/api/v1/deals/${t.deal.uuid}`, 3],
  ['a list of YSuite', () => '/ysuite/v1/deals?sortBy=owner', 3],
  [
    'a list of YSuite with filters',
    () => `/ysuite/v1/deals?pipeline_id=${t.pipeline.number}&cstid=${t.company.number}&search=r`,
    5,
  ],
  ['a deal of YSuite', () => `/ysuite/v1/deals/${t.deal.number}`, 3],
]

test('a read sends as few statements for many deals and contacts as for one', async () => {
  const counts = async () => {
    const found: number[] = []
    for (const [, url] of reads) found.push((await statementsOf(url())).length)
    return found
  }
  const few = reads.map(([, , count]) => count)
  expect(await counts()).toEqual(few)
  for (let at = 0; at < 5; at += 1)
    await done(t, 'createDeal', { name: `r ${at}`, ownerId: t.colleague.id, source: `S${at}` })
  await done(t, 'addDealContact', {
    ...{ dealId: t.deal.id, expectedVersion: 2, contactId: t.introducer.id },
  })
  expect(await counts()).toEqual(few)
})

test('a write is one transaction', async () => {
  const needed = { pipeline_id: t.pipeline.number, cstid: t.company.number }
  const body = { ...needed, deal_name: 'All', deal_amount: 1, tag_ids: [], deal_assignedto: null }
  const writes: [Url, RestCall][] = [
    [`/ysuite/v1/deals/${t.deal.number}`, { method: 'PUT', body }],
    ['/ysuite/v1/deals', { method: 'POST', body }],
    [
      `/heffl/api/v1/deals/${t.deal.id}`,
      { method: 'PATCH', body: { title: 'T', price: 2, status: 'WON', cf_region: 'APAC' } },
    ],
    [
      `/backside/api/v1/deals/${t.deal.uuid}/move`,
      { method: 'POST', body: { stage_id: uuidIn(t.pipeline.stage('Lead').id) } },
    ],
  ]
  for (const [url, options] of writes) {
    // A move that is compiled begins and ends with its statement.
    const begun = (await statementsOf(url, options)).filter((text) =>
      /^BEGIN;|move_deal\(/.test(text),
    )
    expect({ url, begun: begun.length }).toEqual({ url, begun: 1 })
  }
})
