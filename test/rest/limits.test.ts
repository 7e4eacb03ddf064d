import { beforeEach, describe, expect, test } from 'vitest'
import { createApiKey } from '../../src/api-key/service.ts'
import type { App } from '../../src/app.ts'
import type { Scope } from '../../src/auth/scopes.ts'
import { DatabaseUnavailable } from '../../src/database/unavailable.ts'
import { createThrottle } from '../../src/throttle/throttle.ts'
import { late, slowed } from '../deadline-fixtures.ts'
import { untouched } from '../fixtures.ts'
import { appFor } from '../harness.ts'
import { call, type RestCall, type RestWorld, restWorld, uuidIn } from './fixtures.ts'

let t: RestWorld
beforeEach(async () => {
  t = await restWorld()
})

interface Asked extends RestCall {
  url: Parameters<typeof call>[1]
}

/** A request of each API that changes something. */
const requests: Record<string, () => Asked> = {
  Backside: () => ({
    url: `/backside/api/v1/deals/${t.deal.uuid}/move`,
    method: 'POST',
    body: { stage_id: uuidIn(t.pipeline.stage('Won').id) },
  }),
  YSuite: () => ({
    url: `/ysuite/v1/deals/${t.deal.number}`,
    method: 'PUT',
    body: { deal_name: 'X', pipeline_id: t.pipeline.number, cstid: t.company.number },
  }),
  Heffl: () => ({
    url: `/heffl/api/v1/deals/${t.deal.id}`,
    method: 'PATCH',
    body: { title: 'X', stageId: t.pipeline.stage('Proposal').number },
  }),
}

const shapes: Record<string, object> = {
  Backside: { error: { code: expect.any(String), message: expect.any(String) } },
  YSuite: { success: false, message: expect.any(String), errors: {} },
  Heffl: { code: expect.any(String), message: expect.any(String) },
}

function requestOf(name: string): Asked {
  const request = requests[name]
  if (!request) throw new Error(`there is no API ${name}`)
  return request()
}

/** What the API answers before another app, or with other options; its error has its own shape. */
async function refused(name: string, app: App, options: RestCall = {}) {
  const { url, ...others } = requestOf(name)
  const { status, body, headers } = await call({ ...t, app }, url, { ...others, ...options })
  expect(body).toEqual(shapes[name])
  return { status, text: JSON.stringify(body), headers }
}

async function keyWith(...scopes: Scope[]) {
  const values = { name: 'some', role: 'ADMIN', scopes } as const
  return { key: (await t.write((tx) => createApiKey(tx, values))).secret }
}

describe.each(Object.keys(requests))('%s', (name) => {
  test('answers 429 with a time to come again when the points are used up', async () => {
    const size = { maximum: 100, restoreRate: 1 }
    const app = appFor(t, { throttle: createThrottle({ size }) })
    const { url, ...others } = requestOf(name)
    // Each costs ten points and more.
    for (let at = 0; at < 10; at += 1) await call({ ...t, app }, url, others)
    const { status, headers } = await refused(name, app)
    expect(status).toBe(429)
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
  })

  test('answers 504 at the end of its time, and keeps nothing', async () => {
    const app = slowed(t, { write: late }, { requestTimeoutMs: 5_000 })
    const { status, text } = await untouched([t], () => refused(name, app))
    expect({ status }).toEqual({ status: 504 })
    expect(text).toContain('Nothing of it was kept.')
  })

  test('answers 503 while the database cannot be reached', async () => {
    const fail = async () => {
      throw new DatabaseUnavailable('gone')
    }
    const { status, headers } = await refused(
      name,
      appFor({ database: { ...t.database, look: fail, read: fail, write: fail, flush: fail } }),
    )
    expect([status, headers.get('retry-after')]).toEqual([503, '1'])
  })

  test('answers a fault with no more than the id of the request', async () => {
    const app = slowed(t, {
      read() {
        throw new Error('secret')
      },
    })
    const { status, text, headers } = await refused(name, app)
    expect(status).toBe(500)
    expect(text).toContain(headers.get('x-request-id'))
    expect(text).not.toContain('secret')
    const faults = t.logged.filter(({ msg }) => msg === 'a request failed')
    expect(new Set(faults.map(({ requestId }) => requestId))).toEqual(
      new Set([headers.get('x-request-id')]),
    )
  })

  test.each<[Scope, ...Scope[]]>([['deals:read'], ['deals:write'], ['contacts:write']])(
    'answers 403 to a key that has only %s, and writes nothing',
    async (...scopes) => {
      const as = await keyWith(...scopes)
      const { status } = await untouched([t], () => refused(name, t.app, { as }))
      expect(status).toBe(403)
    },
  )

  test('needs no scope but those of deals', async () => {
    const as = await keyWith('deals:read', 'deals:write')
    const { url, ...others } = requestOf(name)
    expect((await call(t, url, { ...others, as })).status).toBe(200)
  })
})
