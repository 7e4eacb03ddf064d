import { beforeAll, describe, expect, it } from 'vitest'
import { dealFixture, pipelineFixture, untouched } from './fixtures.ts'
import { appFor, type TestTenant, testTenant } from './harness.ts'
import {
  byHash,
  hashOf,
  moveText,
  outcomeOf,
  pageText,
  persistedQuery,
  release,
  role,
  roleText,
  send,
  sendUrl,
} from './persisted-fixtures.ts'

let t: TestTenant

const answer = [200, { viewer: { role: 'MEMBER' } }]
const relayId = '3d1f8f9b2c4a5e6d7f8091a2b3c4d5e6'

beforeAll(async () => {
  t = await testTenant()
  const operations = [role, byHash(pageText), byHash(moveText), { id: relayId, text: roleText }]
  await release(t, 'ios', '1.4.0', operations)
  await release(t, 'web', '7', [{ id: 'role-of-viewer', text: roleText }])
  await pipelineFixture(t)
  await dealFixture(t, { name: 'Rocket' })
})

/** What clients send for the same operation, without its text. */
const formats: [string, Record<string, string | object>][] = [
  ['Apollo and urql: extensions.persistedQuery', persistedQuery(role.id)],
  ['the same beside an empty text', { query: '', ...persistedQuery(role.id) }],
  ['a custom id as a hash', persistedQuery('role-of-viewer')],
  ['a hash with its algorithm', persistedQuery(`sha256:${role.id}`)],
  ['urql and Hive: documentId with sha256:', { documentId: `sha256:${role.id}` }],
  ['documentId without sha256:', { documentId: role.id }],
  ['a custom documentId', { documentId: 'role-of-viewer' }],
  ['Relay: doc_id', { doc_id: relayId }],
  ['Relay: id', { id: relayId }],
  ['Hive: app~version~hash', { documentId: `ios~1.4.0~${role.id}` }],
]

describe.each([
  ['open', undefined],
  ['require-id', { default: 'require-id', clients: {} }],
] as const)('in mode %s', (_mode, operationModes) => {
  const app = () => appFor(t, operationModes && { operationModes })

  it.each(formats)('serves %s by POST', async (_name, body) => {
    expect(outcomeOf(await send({ t, app: app() }, body))).toEqual(answer)
  })

  it.each(formats)('serves %s by GET', async (_name, parameters) => {
    const response = await sendUrl({ t, app: app() }, parameters)
    expect([response.status, ((await response.json()) as { data: object }).data]).toEqual(answer)
  })
})

describe('an operation by its id', () => {
  it('takes variables, and a page forward, by POST and by GET', async () => {
    await dealFixture(t, { name: 'Satellite' })
    const first = await send(
      { t },
      { ...persistedQuery(hashOf(pageText)), variables: { first: 1 } },
    )
    const { nodes, pageInfo } = first.data.deals
    expect([nodes.length, pageInfo.hasNextPage]).toEqual([1, true])
    const next = { variables: { first: 1, after: pageInfo.endCursor } }
    const response = await sendUrl({ t }, { documentId: hashOf(pageText), ...next })
    const { data } = (await response.json()) as typeof first
    expect(data.deals.nodes).toHaveLength(1)
    expect(data.deals.nodes).not.toEqual(nodes)
  })

  it('tolerates what clients add: onError, clientLibrary, unknown keys', async () => {
    const { extensions } = persistedQuery(role.id)
    const clientLibrary = { name: 'apollo-kotlin', version: '5.0.0' }
    const body = {
      onError: 'PROPAGATE',
      trace: 'x',
      operationName: 'Role',
      extensions: { ...extensions, clientLibrary },
    }
    expect(outcomeOf(await send({ t }, body))).toEqual(answer)
    expect(outcomeOf(await send({ t }, { query: roleText, onError: 'NULL', id: 7 }))).toEqual(
      answer,
    )
  })

  it('that is a mutation is refused by GET, and nothing changes', async () => {
    const pipeline = await pipelineFixture(t, { name: 'Partners' })
    const { id: dealId } = await dealFixture(t, { pipelineId: pipeline.id })
    const input = { dealId, stageId: pipeline.stage('Proposal'), expectedVersion: 1 }
    const response = await untouched([t], () =>
      sendUrl({ t }, { doc_id: hashOf(moveText), variables: { input } }),
    )
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST'])
    const { errors } = (await response.json()) as { errors: { extensions: object }[] }
    expect(errors[0]?.extensions).toMatchObject({ code: 'METHOD_NOT_ALLOWED' })
  })

  it('is served by whichever pair of headers its client names itself', async () => {
    for (const pair of ['apollographql-client', 'graphql-client']) {
      const as = (name: string) => ({ [`${pair}-name`]: name, [`${pair}-version`]: '1.4.0' })
      expect(outcomeOf(await send({ t, headers: as('ios') }, { doc_id: relayId }))).toEqual(answer)
      const other = await send({ t, headers: as('web') }, { doc_id: relayId })
      expect(other.errors[0]?.extensions.code).toBe('PERSISTED_QUERY_NOT_FOUND')
    }
  })

  it('of a release is not found in another one', async () => {
    const { errors } = await send({ t }, { documentId: `ios~1.5.0~${role.id}` })
    expect(errors[0]?.extensions.code).toBe('PERSISTED_QUERY_NOT_FOUND')
  })

  it('is refused where several clients mean different things by it', async () => {
    await release(t, 'android', '1', [{ id: '1', text: roleText }])
    await release(t, 'desktop', '1', [{ id: '1', text: '{ viewer { scopes } }' }])
    expect(outcomeOf(await send({ t }, { doc_id: '1' }))).toEqual([
      400,
      'BAD_REQUEST',
      expect.stringContaining('graphql-client-name'),
    ])
    const headers = { 'graphql-client-name': 'android' }
    expect(outcomeOf(await send({ t, headers }, { doc_id: '1' }))).toEqual(answer)
  })

  it('is stronger than the hash of another text that is the same', async () => {
    const other = 'query Scopes { viewer { scopes } }'
    await release(t, 'tv', '1', [
      { id: hashOf(other), text: roleText },
      { id: 'o', text: other },
    ])
    const headers = { 'graphql-client-name': 'tv' }
    expect(outcomeOf(await send({ t, headers }, { doc_id: hashOf(other) }))).toEqual(answer)
  })

  it('with another text than its own runs neither', async () => {
    const query = '{ viewer { scopes } }'
    const refused = await send({ t }, { query, ...persistedQuery(role.id) })
    expect(refused.errors[0]?.extensions.code).toBe('PERSISTED_QUERY_HASH_MISMATCH')
    const pretty = { query: `# The role\n${roleText.replaceAll(' ', '\n')}` }
    expect(outcomeOf(await send({ t }, { ...pretty, ...persistedQuery(role.id) }))).toEqual(answer)
  })

  it.each([
    ['a number', { documentId: 7 }],
    ['an empty text', { doc_id: '' }],
    ['an object', { id: { hash: role.id } }],
    ['a text beyond measure', { documentId: 'x'.repeat(601) }],
    ['a text that cannot be kept', { documentId: 'a\u0000~1~x' }],
    ['another version', { extensions: { persistedQuery: { version: 2, sha256Hash: role.id } } }],
    ['no version', { extensions: { persistedQuery: { sha256Hash: role.id } } }],
    ['a text for an object', { extensions: { persistedQuery: role.id } }],
    ['no hash', { extensions: { persistedQuery: { version: 1 } } }],
  ])('that is %s is refused as such', async (_name, body) => {
    const { status, errors } = await send({ t }, body)
    expect([status, errors[0]?.extensions.code]).toEqual([400, 'BAD_REQUEST'])
    expect(errors[0]?.message).toMatch(/`(documentId|doc_id|id|extensions\.persistedQuery\.\w+)`/)
  })

  it('needs a credential', async () => {
    const response = await t.app.fetch(
      new Request('http://localhost/graphql', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ documentId: role.id }),
      }),
    )
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([401, 'Bearer'])
  })
})

it('what names neither a text nor an id is told to', async () => {
  const { status, errors } = await send({ t }, { variables: {} })
  expect([status, errors[0]?.extensions.code]).toEqual([400, 'BAD_REQUEST'])
  expect(errors[0]?.message).toMatch(/`query`.*`documentId`/)
})
