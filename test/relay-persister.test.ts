import { beforeAll, describe, expect, it } from 'vitest'
import type { OperationMode } from '../src/persisted/mode.ts'
import { untouched } from './fixtures.ts'
import { appFor, type TestTenant, testTenant } from './harness.ts'
import { hashOf, outcomeOf, roleText, send } from './persisted-fixtures.ts'

let t: TestTenant

beforeAll(async () => {
  t = await testTenant()
})

function gateway(mode: OperationMode = 'open', clients: Record<string, OperationMode> = {}) {
  return appFor(t, { operationModes: { default: mode, clients } })
}

/** Sends a document as relay-compiler does. */
async function persist(
  fields: Record<string, string>,
  { app = gateway(), key }: { app?: ReturnType<typeof gateway>; key?: string | null } = {},
) {
  const credential = key === undefined ? await t.keyFor('ADMIN') : key
  const response = await app.fetch(
    new Request('http://localhost/operations/relay', {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        ...(credential && { authorization: `Bearer ${credential}` }),
      },
      body: new URLSearchParams(fields),
    }),
  )
  const body = (await response.json()) as { id?: string; error?: { message: string } }
  return { status: response.status, ...body }
}

const failure = (message: string) => ({ message: expect.stringContaining(message) })

describe('POST /operations/relay', () => {
  it('gives an id that is served from then on, and the same one again', async () => {
    const app = gateway()
    const persisted = { status: 200, id: hashOf(roleText) }
    expect(await persist({ text: roleText }, { app })).toEqual(persisted)
    expect(await untouched([t], () => persist({ text: roleText }, { app }))).toEqual(persisted)
    const served = [200, { viewer: { role: 'MEMBER' } }]
    expect(outcomeOf(await send({ t, app }, { doc_id: hashOf(roleText) }))).toEqual(served)
  })

  it('registers under the client that is named', async () => {
    const text = 'query Board { pipelines { name } }'
    await persist({ text, client: 'web' })
    const asked = (client: string) =>
      send({ t, headers: { 'graphql-client-name': client } }, { doc_id: hashOf(text) })
    expect((await asked('web')).data).toEqual({ pipelines: expect.any(Array) })
    expect((await asked('relay')).errors[0]?.extensions.code).toBe('PERSISTED_QUERY_NOT_FOUND')
  })

  it('serves relay-compiler where other clients need registered operations', async () => {
    const app = gateway('require-id', { relay: 'open' })
    const text = 'query Mixed { viewer { role } }'
    expect(await persist({ text }, { app })).toEqual({ status: 200, id: hashOf(text) })
  })

  it('tells the compiler what is wrong with a document', async () => {
    expect(await persist({ text: 'query Bad { viewer { nickname } }' })).toEqual({
      status: 400,
      error: failure('Cannot query field "nickname"'),
    })
    expect(await persist({ document: roleText })).toEqual({ status: 400, error: failure('`text`') })
  })

  it.each(['safelist', 'require-id'] as const)('registers nothing in mode %s', async (mode) => {
    const app = gateway(mode)
    const text = 'query Sneaky { viewer { scopes } }'
    const refused = await untouched([t], () => persist({ text }, { app }))
    expect(refused).toEqual({ status: 400, error: failure(mode) })
  })

  it('needs the scope operations:write', async () => {
    const key = await t.keyFor('MEMBER')
    const refused = await untouched([t], () => persist({ text: roleText }, { key }))
    expect(refused.error).toEqual(failure('operations:write'))
    expect((await persist({ text: roleText }, { key: null })).status).toBe(401)
  })

  it('answers nobody who breaks off', async () => {
    const body = new ReadableStream({
      start: (controller) => controller.error(new Error('the client has gone')),
    })
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const init = { method: 'POST', headers, body, duplex: 'half' } as RequestInit
    const request = new Request('http://localhost/operations/relay', init)
    expect((await gateway().fetch(request)).status).toBe(499)
  })

  it('takes no more than any request', async () => {
    const { status, error } = await persist({ text: `# ${'x'.repeat(300_000)}` })
    expect([status, error]).toEqual([413, failure('256 KB')])
  })
})
