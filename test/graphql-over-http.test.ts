import { serverAudits } from 'graphql-http'
import { beforeAll, describe, expect, it } from 'vitest'
import { type TestTenant, testTenant } from './harness.ts'

let t: TestTenant
let key: string

beforeAll(async () => {
  t = await testTenant()
  key = await t.keyFor('ADMIN')
})

/** Asks the gateway with a credential, as every client of the specification's audits would. */
async function fetchFn(url: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers)
  headers.set('authorization', `Bearer ${key}`)
  return t.app.fetch(new Request(url, { ...init, headers }))
}

const audits = serverAudits({ url: 'http://localhost/graphql', fetchFn })

describe('the audits of GraphQL over HTTP', () => {
  it('are as many as the suite has', () => {
    expect(audits).toHaveLength(61)
  })

  it.each(audits.map((audit) => [audit.id, audit.name, audit] as const))(
    'pass %s: %s',
    async (_id, _name, audit) => {
      const result = await audit.fn()
      expect([result.status, 'reason' in result ? result.reason : null]).toEqual(['ok', null])
    },
  )
})
