import { beforeEach, describe, expect, test } from 'vitest'
import { ask, untouched } from '../fixtures.ts'
import { appFor } from '../harness.ts'
import { auditedLog } from '../log-audit.ts'
import { call, type RestWorld, restWorld } from './fixtures.ts'

let t: RestWorld
let logged: Record<string, unknown>[]
beforeEach(async () => {
  t = await restWorld()
  logged = []
  t.app = appFor(t, { log: auditedLog((line) => logged.push(line)) })
})

const path = () => `/heffl/api/v1/deals/${t.deal.id}` as const

/** Sends what `call` cannot, and answers with its status. */
async function sent(url: string, init: RequestInit): Promise<number> {
  const headers = { 'x-api-key': await t.keyFor('ADMIN'), ...init.headers }
  const response = await t.app.fetch(new Request(`http://localhost${url}`, { ...init, headers }))
  await response.text()
  await t.database.settle()
  return response.status
}

describe('a body', () => {
  test.each([
    'Application/JSON',
    'application/json;charset=UTF-8',
    'application/json ; charset=utf-8',
    'application/json;',
  ])('is read as %s', async (type) => {
    const options = { method: 'PATCH', body: { title: 'Next' }, headers: { 'content-type': type } }
    const { status, body } = await call(t, path(), options)
    expect({ status, title: body.title }).toEqual({ status: 200, title: 'Next' })
  })

  test.each(['text/json', 'application/jsonp', 'application/json, text/plain'])(
    'is not read as %s',
    async (type) => {
      const options = { method: 'PATCH', body: { title: 'X' }, headers: { 'content-type': type } }
      expect((await untouched([t], () => call(t, path(), options))).status).toBe(415)
    },
  )
})

describe('a request without a body', () => {
  const type = { 'content-type': 'application/json' }

  test('by HEAD is answered as GET, but for the body', async () => {
    for (const headers of [{}, type])
      expect(await sent('/ysuite/v1/deals', { method: 'HEAD', headers })).toBe(200)
  })

  test('by another method finds nothing', async () => {
    for (const method of ['OPTIONS', 'PROPFIND'])
      for (const headers of [{}, type]) expect(await sent(path(), { method, headers })).toBe(404)
  })
})

test('the log tells that a client has hung up, and nothing was written', async () => {
  const { database } = t
  const client = new AbortController()
  const write: typeof database.write = (view, work) => {
    client.abort()
    return database.write(view, work)
  }
  const log = auditedLog((line) => logged.push(line))
  t.app = appFor({ database: { ...database, write } }, { log })
  const body = JSON.stringify({ title: 'Gone' })
  const headers = { 'content-type': 'application/json' }
  const options = { method: 'PATCH', body, headers, signal: client.signal }
  expect(await sent(path(), options)).toBe(499)
  expect(logged).toMatchObject([{ msg: 'request', status: 499 }])
  const { deal } = await ask(t, 'query ($id: ID!) { deal(id: $id) { name } }', { id: t.deal.id })
  expect(deal.name).toBe('Rocket')
})
