import { beforeEach, expect, test } from 'vitest'
import { type Api, call, type RestWorld, restWorld, uuidIn } from './fixtures.ts'

let t: RestWorld
beforeEach(async () => {
  t = await restWorld()
})

interface Documented {
  headers?: Record<string, { required?: boolean }>
}

/** What the document of an API tells of the answers to each of its operations, by their ids. */
async function answersOf(api: Api): Promise<Record<string, Record<string, Documented>>> {
  const { body } = await call(t, `/${api}/openapi.json`, { as: { key: null } })
  const operations = Object.values<object>(body.paths).flatMap((path) => Object.values(path))
  return Object.fromEntries(
    operations.map(({ operationId, responses }) => [operationId, responses]),
  )
}

test.each<Api>(['backside', 'ysuite', 'heffl'])(
  'the document of %s tells how any operation may be refused',
  async (api) => {
    for (const responses of Object.values(await answersOf(api))) {
      expect(Object.keys(responses)).toEqual(
        expect.arrayContaining(['401', '403', '429', 'default']),
      )
      for (const status of ['429', 'default'])
        expect(Object.keys(responses[status]?.headers ?? {})).toEqual(['Retry-After'])
    }
  },
)

test('the documents tell the headers that the answers have', async () => {
  const stage_id = uuidIn(t.pipeline.stage('Proposal').id)
  const named = { deal_name: 'X', pipeline_id: t.pipeline.number, cstid: t.company.number }
  const deal = `/backside/api/v1/deals/${t.deal.uuid}` as const
  const calls = {
    backside: {
      getDeal: () => call(t, deal),
      moveDeal: () => call(t, `${deal}/move`, { method: 'POST', body: { stage_id } }),
    },
    heffl: {
      updateDeal: () =>
        call(t, `/heffl/api/v1/deals/${t.deal.id}`, { method: 'PATCH', body: { title: 'X' } }),
    },
    ysuite: {
      listDeals: () => call(t, '/ysuite/v1/deals'),
      getDeal: () => call(t, '/ysuite/v1/deals/1'),
      createDeal: () => call(t, '/ysuite/v1/deals', { method: 'POST', body: named }),
      updateDeal: () => call(t, '/ysuite/v1/deals/1', { method: 'PUT', body: named }),
      deleteDeal: () => call(t, '/ysuite/v1/deals/1', { method: 'DELETE' }),
    },
  }
  for (const [api, operations] of Object.entries(calls)) {
    const documented = await answersOf(api as Api)
    expect(Object.keys(documented).sort()).toEqual(Object.keys(operations).sort())
    for (const [name, send] of Object.entries(operations)) {
      const { headers } = await send()
      const told = Object.keys(documented[name]?.['200']?.headers ?? {})
      expect({ api, name, etag: told.includes('ETag') }).toEqual({
        ...{ api, name, etag: headers.has('etag') },
      })
    }
  }
})
