import { beforeEach, describe, expect, it } from 'vitest'
import { createApiKey, revokeApiKey } from '../src/api-key/service.ts'
import { idOf } from '../src/ids.ts'
import { maxBodyBytes } from '../src/operations/body.ts'
import { dealFixture, keyOfMember, memberFixture, pipelineFixture, untouched } from './fixtures.ts'
import { appFor, type TestTenant, testTenant } from './harness.ts'

const mediaTypes = ['application/json', 'application/graphql-response+json']
const viewerRole = '{ viewer { role } }'
const createRocket = 'mutation { createDeal(input: { name: "Rocket" }) { deal { id } } }'

let t: TestTenant
let key: string

beforeEach(async () => {
  t = await testTenant()
  key = await t.keyFor('ADMIN')
})

async function send(path: string, init: RequestInit = {}, app = t.app) {
  const response = await app.fetch(new Request(`http://localhost${path}`, init))
  const text = await response.text()
  const body = text ? JSON.parse(text) : null
  const codes = body?.errors?.map(
    (error: { extensions: { code: string } }) => error.extensions.code,
  )
  return { status: response.status, headers: response.headers, body, codes }
}

function posted(body: unknown, headers: Record<string, string> = {}): RequestInit {
  return {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}`, ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  }
}

const postQuery = (query: string, headers: Record<string, string> = {}) =>
  send('/graphql', posted({ query }, headers))

/** Asks without a credential unless one is given. */
function anonymous(query: string, headers: Record<string, string> = {}) {
  const init = { method: 'POST', body: JSON.stringify({ query }) }
  return send('/graphql', { ...init, headers: { 'content-type': 'application/json', ...headers } })
}

describe('authentication', () => {
  it('answers UNAUTHENTICATED where there is no credential, whatever is asked', async () => {
    for (const query of [viewerRole, createRocket, '{ __schema { types { name } } }']) {
      const { status, codes, body } = await anonymous(query)
      expect([status, codes, body.data]).toEqual([401, ['UNAUTHENTICATED'], undefined])
    }
  })

  it.each([
    ['an unknown key', { authorization: `Bearer dg_${'x'.repeat(43)}` }],
    ['a malformed key', { authorization: 'Bearer dg_short' }],
    ['another kind of token', { authorization: 'Bearer a.b.c' }],
    ['another scheme', { authorization: 'Basic dXNlcjpwYXNz' }],
    ['an unknown x-api-key', { 'x-api-key': `dg_${'x'.repeat(43)}` }],
  ])('refuses %s', async (_, headers) => {
    const answer = await anonymous('{ __typename }', headers)
    expect([answer.status, answer.codes]).toEqual([401, ['UNAUTHENTICATED']])
    expect(answer.headers.get('www-authenticate')).toBe('Bearer')
  })

  it('refuses a key from the moment at which it is revoked', async () => {
    const name = { name: 'Leaked', role: 'ADMIN' } as const
    const { id, secret } = await t.write((tx) => createApiKey(tx, name))
    const headers = { authorization: `Bearer ${secret}` }
    expect((await anonymous(viewerRole, headers)).status).toBe(200)
    await t.write((tx) => revokeApiKey(tx, { id }))
    expect(await anonymous(viewerRole, headers)).toMatchObject({ status: 401 })
  })

  it('refuses an expired key', async () => {
    const expiresAt = new Date(Date.now() - 1000)
    const values = { name: 'Old', role: 'ADMIN', expiresAt } as const
    t.setNow(new Date(Date.now() - 60_000))
    const { secret } = await t.write((tx) => createApiKey(tx, values))
    t.setNow(null)
    expect(await anonymous(viewerRole, { 'x-api-key': secret })).toMatchObject({ status: 401 })
  })

  it('refuses the key of a deactivated member', async () => {
    const member = await memberFixture(t)
    const { key: secret } = await keyOfMember(t, member)
    await t.write(async (tx) => {
      const where = { tenantId_id: { tenantId: t.tenantId, id: idOf('Member', member.id) } }
      await tx.db.member.update({ where, data: { deactivatedAt: tx.now } })
      tx.emit({ type: 'member.deactivated' })
    })
    expect(await anonymous(viewerRole, { 'x-api-key': secret })).toMatchObject({ status: 401 })
  })

  it('takes a key as a bearer token in any case and as x-api-key', async () => {
    for (const [name, value] of [
      ['authorization', `Bearer ${key}`],
      ['authorization', `bearer ${key}`],
      ['x-api-key', key],
    ] as const) {
      const { status, body } = await anonymous(viewerRole, { [name]: value })
      expect([status, body.data]).toEqual([200, { viewer: { role: 'ADMIN' } }])
    }
  })

  it('needs no credential for { __typename } alone', async () => {
    expect((await anonymous('{ __typename }')).body).toEqual({ data: { __typename: 'Query' } })
    expect((await anonymous('{ __typename viewer { role } }')).status).toBe(401)
    const hidden = '{ ...F } fragment F on Query { viewer { role } }'
    expect((await anonymous(hidden)).status).toBe(401)
  })

  it('stays closed to the anonymous for what a viewer asked before', async () => {
    expect((await postQuery(viewerRole)).status).toBe(200)
    expect((await anonymous(viewerRole)).status).toBe(401)
  })
})

describe('health', () => {
  it('needs no credential', async () => {
    expect(await send('/health/live')).toMatchObject({ status: 200, body: { status: 'live' } })
    expect(await send('/health/ready')).toMatchObject({ status: 200, body: { status: 'ready' } })
  })

  it('is ready with a warning', async () => {
    const app = appFor(t, { warnings: () => ['Redis does not answer.'] })
    const { status, body } = await send('/health/ready', {}, app)
    expect([status, body]).toEqual([200, { status: 'ready', warnings: ['Redis does not answer.'] }])
  })

  it('is not ready for a reason', async () => {
    const app = appFor(t, { unready: async () => ['a migration is missing'] })
    expect(await send('/health/ready', {}, app)).toMatchObject({
      status: 503,
      body: { status: 'unready', reasons: ['a migration is missing'] },
    })
  })
})

describe('bodies', () => {
  it('may be 256 KB and no more, declared or streamed', async () => {
    const room = maxBodyBytes - JSON.stringify({ query: '' }).length
    const query = '{ __typename }'
    expect((await postQuery(query.padEnd(room, ' '))).status).toBe(200)
    const tooMuch = JSON.stringify({ query: query.padEnd(room + 1, ' ') })
    const stream = new Response(tooMuch).body
    const init = { ...posted(''), body: stream, duplex: 'half' } as RequestInit
    for (const answer of [await send('/graphql', posted(tooMuch)), await send('/graphql', init)]) {
      expect(answer).toMatchObject({ status: 413, codes: ['PAYLOAD_TOO_LARGE'] })
    }
  })

  it.each([
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'text/plain',
    'application/graphql',
    'application/jsonp',
    'Application/JSON',
    '',
  ])('are refused as %j', async (contentType) => {
    await pipelineFixture(t)
    await untouched([t], async () => {
      const init = posted({ query: createRocket }, { 'content-type': contentType })
      expect(await send('/graphql', init)).toMatchObject({
        status: 415,
        codes: ['UNSUPPORTED_MEDIA_TYPE'],
      })
    })
  })

  it.each(['application/json', 'application/json; charset=utf-8'])(
    'are taken as %s',
    async (type) => {
      expect((await postQuery(viewerRole, { 'content-type': type })).status).toBe(200)
    },
  )

  it.each([
    ['an empty body', ''],
    ['what is no JSON', '{'],
    ['null', 'null'],
    ['a text', '"{ __typename }"'],
    ['a batch', [{ query: '{ __typename }' }, { query: viewerRole }]],
    ['a misspelt query', { qeury: '{ __typename }' }],
    ['a query that is no text', { query: 7 }],
    ['variables that are no object', { query: '{ __typename }', variables: 'x' }],
    ['an operation that is not there', { query: 'query A { __typename }', operationName: 'B' }],
    ['one of two operations, unnamed', { query: 'query A { __typename } query B { __typename }' }],
  ])('are refused as %s', async (_, body) => {
    expect(await send('/graphql', posted(body))).toMatchObject({
      status: 400,
      codes: ['BAD_REQUEST'],
    })
  })
})

describe('methods and routes', () => {
  const get = (parameters: Record<string, string>, accept = 'application/json') =>
    send(`/graphql?${new URLSearchParams(parameters)}`, {
      headers: { authorization: `Bearer ${key}`, accept },
    })

  it('takes a query by GET, with variables', async () => {
    await pipelineFixture(t)
    await dealFixture(t, { name: 'Rocket' })
    const query = 'query ($n: Int!) { dealByNumber(number: $n) { name } }'
    const answer = await get({ query, variables: '{"n":1}' })
    expect(answer.body.data).toEqual({ dealByNumber: { name: 'Rocket' } })
  })

  it('refuses a mutation by GET, which then did nothing', async () => {
    await pipelineFixture(t)
    await untouched([t], async () => {
      for (const accept of mediaTypes) {
        const { status, codes, headers } = await get({ query: createRocket }, accept)
        expect([status, codes, headers.get('allow')]).toEqual([405, ['METHOD_NOT_ALLOWED'], 'POST'])
      }
    })
  })

  it('refuses a GET whose variables are no JSON', async () => {
    expect(await get({ query: viewerRole, variables: '{' })).toMatchObject({
      status: 400,
      codes: ['BAD_REQUEST'],
    })
    expect(t.logged.filter(({ level }) => level === 50)).toEqual([])
  })

  it.each(['PUT', 'DELETE', 'PATCH'])('refuses %s', async (method) => {
    const { status, codes, headers } = await send('/graphql', { ...posted('{}'), method })
    expect([status, codes, headers.get('allow')]).toEqual([
      405,
      ['METHOD_NOT_ALLOWED'],
      'GET, POST',
    ])
  })

  it.each(['/', '/graphql/', '/nowhere', '/health'])('answers NOT_FOUND for %s', async (path) => {
    expect(await send(path)).toMatchObject({ status: 404, codes: ['NOT_FOUND'] })
    expect(await send(path, posted({}))).toMatchObject({ status: 404, codes: ['NOT_FOUND'] })
  })

  it('refuses to answer in a format that it does not have', async () => {
    expect(await postQuery(viewerRole, { accept: 'text/html' })).toMatchObject({
      status: 406,
      codes: ['NOT_ACCEPTABLE'],
    })
  })
})

describe('documents that cannot be executed', () => {
  it.each([
    ['{ viewer { role }', 'GRAPHQL_PARSE_FAILED', 200],
    ['{ nowhere }', 'GRAPHQL_VALIDATION_FAILED', 200],
    ['{ dealByNumber(number: "x") { id } }', 'GRAPHQL_VALIDATION_FAILED', 200],
    ['query ($n: Int!) { dealByNumber(number: $n) { id } }', 'BAD_USER_INPUT', 400],
  ])('%s has a code, a place and by media type a status', async (query, code, legacyStatus) => {
    const [legacy, modern] = await Promise.all(
      mediaTypes.map((accept) => postQuery(query, { accept })),
    )
    expect([legacy?.status, modern?.status]).toEqual([legacyStatus, 400])
    for (const answer of [legacy, modern]) {
      expect(answer?.codes).toEqual([code])
      expect(answer?.body.errors[0].locations).toHaveLength(1)
      expect(answer?.body).not.toHaveProperty('data')
    }
  })

  it('answers in the media type that was asked for', async () => {
    for (const accept of mediaTypes) {
      const { headers } = await postQuery(viewerRole, { accept })
      expect(headers.get('content-type')).toBe(`${accept}; charset=utf-8`)
    }
  })
})

describe('headers', () => {
  it('keeps a caller’s request id that looks like one, and makes one otherwise', async () => {
    const given = await postQuery(viewerRole, { 'x-request-id': 'drag-and-drop.0001' })
    expect(given.headers.get('x-request-id')).toBe('drag-and-drop.0001')
    for (const odd of ['short', 'has spaces in it', 'x'.repeat(65), `dg_${'x'.repeat(43)}`]) {
      const { headers } = await postQuery(viewerRole, { 'x-request-id': odd })
      expect(headers.get('x-request-id')).toMatch(/^[0-9a-f]{8}-[0-9a-f-]{27}$/)
    }
    const requests = t.logged.filter(({ msg }) => msg === 'request')
    expect(requests[0]).toMatchObject({ requestId: 'drag-and-drop.0001', status: 200 })
    expect(requests).toHaveLength(5)
  })

  it('logs no key that stands in a path', async () => {
    await send(`/graphql/dg_${'x'.repeat(43)}/deals`)
    expect(t.logged).toMatchObject([{ msg: 'request', path: '/graphql/dg_…/deals', status: 404 }])
  })

  it('has a request id on every answer', async () => {
    const answers = [
      await send('/nowhere'),
      await send('/health/live'),
      await anonymous(viewerRole),
    ]
    for (const { headers } of answers) expect(headers.get('x-request-id')).toBeTruthy()
  })

  it('lets nobody but the caller keep an answer', async () => {
    const { headers } = await postQuery(viewerRole)
    expect(headers.get('cache-control')).toBe('private, no-store')
    const vary = headers.get('vary')?.split(/, */)
    expect(vary).toEqual(expect.arrayContaining(['Accept', 'Authorization', 'X-Api-Key']))
    const refused = await anonymous(viewerRole, { authorization: 'Bearer dg_short' })
    expect(refused.headers.get('cache-control')).toContain('no-store')
  })
})

describe('cross-origin requests', () => {
  const origin = 'https://crm.example'
  const preflight = {
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': 'POST' },
  }

  it('are not allowed by default', async () => {
    const answers = [await postQuery(viewerRole, { origin }), await send('/graphql', preflight)]
    for (const { headers } of answers) expect(headers.get('access-control-allow-origin')).toBeNull()
  })

  it('are allowed to the origins configured and to no others', async () => {
    const app = appFor(t, { corsOrigins: [origin] })
    const asked = await send('/graphql', posted({ query: viewerRole }, { origin }), app)
    expect(asked.body.data).toEqual({ viewer: { role: 'ADMIN' } })
    const exposed = asked.headers.get('access-control-expose-headers')
    expect(exposed?.split(',')).toEqual(expect.arrayContaining(['ETag', 'Retry-After']))
    const preflighted = await send('/graphql', preflight, app)
    expect(preflighted.status).toBe(204)
    for (const { headers } of [asked, preflighted]) {
      expect(headers.get('access-control-allow-origin')).toBe(origin)
    }
    expect(asked.headers.get('vary')).toContain('Origin')
    const change = { ...preflight.headers, 'access-control-request-method': 'PATCH' }
    const path = '/heffl/api/v1/deals/1'
    const rest = await send(path, { ...preflight, headers: change }, app)
    expect(rest.headers.get('access-control-allow-origin')).toBe(origin)
    expect(rest.headers.get('access-control-allow-methods')).toContain('PATCH')
    const elsewhere = { origin: 'https://evil.example' }
    const foreign = await send('/graphql', posted({ query: viewerRole }, elsewhere), app)
    expect(foreign.headers.get('access-control-allow-origin')).toBeNull()
  })
})
