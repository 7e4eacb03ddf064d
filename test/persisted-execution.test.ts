import { beforeAll, describe, expect, it } from 'vitest'
import { maxBodyBytes, maxPushBytes } from '../src/operations/body.ts'

import { activeOperations } from '../src/persisted-operation/service.ts'

import { ask, dealFixture, pipelineFixture } from './fixtures.ts'
import { appFor, type TestTenant, testTenant } from './harness.ts'
import {
  byHash,
  hashOf,
  outcomeOf,
  pageText,
  release,
  role,
  roleText,
  send,
  sendUrl,
} from './persisted-fixtures.ts'

const namesText = 'query Names { pipelines { name } }'

let t: TestTenant

beforeAll(async () => {
  t = await testTenant()
  await pipelineFixture(t)
  await dealFixture(t, { name: 'Rocket' })
  const names = byHash(namesText, { maxAgeSeconds: 300 })
  await release(t, 'ios', '1.4.0', [role, byHash(pageText), names])
})

/** A gateway, and the texts that it has parsed and validated. */
function gateway() {
  const checked: string[] = []
  return { app: appFor(t, { onCheck: (text) => checked.push(text) }), checked }
}

describe('a registered operation', () => {
  it('is parsed and validated once, however often and however it is sent', async () => {
    const { app, checked } = gateway()
    const documentId = hashOf(pageText)
    for (const first of [1, 2, 3]) await send({ t, app }, { documentId, variables: { first } })
    await sendUrl({ t, app, as: 'ADMIN' }, { documentId, variables: { first: 4 } })
    await send({ t, app }, { query: pageText, documentId, variables: { first: 5 } })
    expect(checked).toEqual([pageText])
  })

  it('is parsed once by its text too, in each of the layouts that clients give it', async () => {
    const checked: string[] = []
    const operationModes = { default: 'safelist', clients: {} } as const
    const app = appFor(t, { operationModes, onCheck: (text) => checked.push(text) })
    const layout = roleText.replaceAll(' ', '\n')
    for (const query of [roleText, layout, roleText, layout]) {
      const { data } = await send({ t, app }, { query })
      expect(data).toEqual({ viewer: { role: 'MEMBER' } })
    }
    expect(checked).toEqual([roleText, layout])
  })

  it('is never parsed nor validated by a request where the gateway was warmed', async () => {
    const checked: string[] = []
    const app = appFor(t, {
      activeOperations: () => activeOperations(t.database),
      onCheck: (text) => checked.push(text),
    })
    expect(await app.warmUp()).toEqual([])
    expect(checked).toContain(roleText)
    checked.length = 0
    const headers = { 'graphql-client-name': 'ios' }
    const { data } = await send({ t, app, headers }, { documentId: role.id })
    expect([data, checked]).toEqual([{ viewer: { role: 'MEMBER' } }, []])
  })

  it('is not pushed out by what is ad hoc', async () => {
    const { app, checked } = gateway()
    await send({ t, app }, { documentId: role.id })
    const large = (index: number) => `{ viewer { role } } # ${index} ${'x'.repeat(200_000)}`
    for (let index = 0; index < 100; index++) await send({ t, app }, { query: large(index) })
    await send({ t, app }, { documentId: role.id })
    expect(checked.filter((text) => text === roleText)).toHaveLength(1)
  })

  it('is looked up with one statement, and then not again', async () => {
    const { app } = gateway()
    await send({ t, app }, { documentId: role.id })
    const lookups = async (id: string) => {
      const statements = await t.recordStatements(() => send({ t, app }, { documentId: id }))
      return statements.filter((text) => /\bpersisted_operation o\b/.test(text)).length
    }
    expect([await lookups(role.id), await lookups(hashOf(pageText))]).toEqual([0, 1])
    expect([await lookups('unknown'), await lookups('unknown')]).toEqual([1, 0])
  })

  it('is not looked for in a tenant that has none', async () => {
    const other = await testTenant()
    const statements = await other.recordStatements(() => send({ t: other }, { documentId: 'x' }))
    expect(statements.filter((text) => text.includes('persisted_operation'))).toEqual([])
  })

  it('has its last use recorded, and that of its release where the version is named', async () => {
    const lastUses = async () => {
      const { persistedOperations, clientReleases } = await ask(
        t,
        '{ persistedOperations(filter: { client: { eq: "ios" } }) { nodes { name lastUsedAt } } clientReleases { nodes { lastUsedAt } } }',
      )
      const names = persistedOperations.nodes.filter(
        (one: { name: string }) => one.name === 'Names',
      )
      return [names[0].lastUsedAt !== null, clientReleases.nodes[0].lastUsedAt !== null]
    }
    const { app } = gateway()
    expect(await lastUses()).toEqual([false, false])
    await send({ t, app }, { documentId: hashOf(namesText) })
    expect(await lastUses()).toEqual([true, false])
    const headers = { 'apollographql-client-name': 'ios', 'apollographql-client-version': '1.4.0' }
    await send({ t, app, headers }, { documentId: role.id })
    expect(await lastUses()).toEqual([true, true])
  })
})

describe('an answer', () => {
  const caching = ({ headers }: Response) => headers.get('cache-control')

  it('to what is registered as public may be kept, one for each credential', async () => {
    const response = await sendUrl({ t }, { documentId: hashOf(namesText) })
    expect(caching(response)).toBe('public, max-age=300')
    const vary = response.headers.get('vary')?.split(/, */)
    expect(vary).toEqual(
      expect.arrayContaining(['Authorization', 'X-Api-Key', 'Accept', 'Graphql-Client-Name']),
    )
    expect(Object.keys((await response.json()) as object)).toEqual(['data'])
  })

  it('is kept the shortest of what has the text, but for what has the very id', async () => {
    const text = 'query Shared { viewer { role } }'
    const [own, strict] = [{ ...byHash(text), maxAgeSeconds: 60 }, byHash(text)]
    await release(t, 'one', '1', [own, { ...own, id: 'named' }])
    expect(caching(await sendUrl({ t }, { documentId: hashOf(text) }))).toBe('public, max-age=60')
    await release(t, 'other', '1', [strict])
    const control = async (documentId: string, client?: string) =>
      caching(
        await sendUrl(
          { t, ...(client && { headers: { 'graphql-client-name': client } }) },
          { documentId },
        ),
      )
    expect(await control(hashOf(text))).toBe('private, no-store')
    expect(await control(hashOf(text), 'one')).toBe('public, max-age=60')
    expect(await control('named')).toBe('public, max-age=60')
  })

  it('is kept as its own id says, whatever another id of its text says', async () => {
    const text = 'query Twice { viewer { role } }'
    await release(t, 'twice', '1', [{ id: 'public', text, maxAgeSeconds: 60 }, byHash(text)])
    const headers = { 'graphql-client-name': 'twice' }
    const response = await sendUrl({ t, headers }, { documentId: hashOf(text) })
    expect(caching(response)).toBe('private, no-store')
  })

  it.each([
    ['is not registered as public', { documentId: role.id }],
    ['is the same text by itself', { query: namesText }],
    ['has errors', { documentId: hashOf(namesText), operationName: 'Other' }],
  ])('to what %s is nobody else’s', async (_name, parameters) => {
    expect(caching(await sendUrl({ t }, parameters))).toMatch(/^private, no-(store|cache)$/)
  })

  it('that is public over POST is nobody else’s', async () => {
    const request = new Request('http://localhost/graphql', {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${await t.keyFor('MEMBER')}`,
      },
      body: JSON.stringify({ documentId: hashOf(namesText) }),
    })
    expect(caching(await t.app.fetch(request))).toBe('private, no-store')
  })
})

describe('a body that is larger than any but those with the operations of an app', () => {
  const sent = (as: 'ADMIN' | 'MEMBER' | 'READ_ONLY', bytes: number) => {
    const body = { query: roleText, variables: { filler: 'x'.repeat(bytes) } }
    const headers = { 'content-length': String(JSON.stringify(body).length) }
    return send({ t, as, headers }, body)
  }

  it('is taken from who may push them', async () => {
    expect(outcomeOf(await sent('ADMIN', maxBodyBytes))).toEqual([
      200,
      { viewer: { role: 'ADMIN' } },
    ])
  })

  it.each(['MEMBER', 'READ_ONLY'] as const)('is not taken from others: %s', async (as) => {
    const { status, errors } = await sent(as, maxBodyBytes)
    expect([status, errors[0]?.extensions.code]).toEqual([413, 'PAYLOAD_TOO_LARGE'])
  })

  it('has an end too', async () => {
    expect((await sent('ADMIN', maxPushBytes)).status).toBe(413)
  })
})
