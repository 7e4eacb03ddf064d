import { beforeEach, describe, expect, it } from 'vitest'
import { done, eventsDuring, refusal, releaseFixture, untouched } from './fixtures.ts'
import { appFor, post, type TestTenant, testTenant } from './harness.ts'
import {
  byHash,
  hashOf,
  moveText,
  type Operation,
  pageText,
  push,
  registeredRows,
  release,
  retire,
  role,
  roleText,
} from './persisted-fixtures.ts'

const web = { client: 'web', version: '1.0' }
const longId = 'i'.repeat(255)
const fields = 'release { client version status operationCount activatedAt retiredAt lastUsedAt }'

let t: TestTenant
beforeEach(async () => {
  t = await testTenant()
})

const named = (id: string, text = roleText): Operation => ({ id, text })
const pushed = (operations: object[], given: object = {}) =>
  done(t, 'pushOperations', { ...web, operations, ...given }, fields)
const refusedPush = (operations: object[], given: object = {}) =>
  refusal(t, 'pushOperations', { ...web, operations, ...given })
const idsOf = async () => (await registeredRows(t)).map(({ operationId }) => operationId)

/** What is wrong with one operation that is pushed between two that are right. */
async function problemOf(operation: object): Promise<string> {
  const errors = await refusedPush([role, operation, named('Last', '{ __typename }')])
  expect(errors).toMatchObject([{ code: 'VALIDATION_ERROR', path: ['input', 'operations', '1'] }])
  return errors[0].message
}

describe('a push', () => {
  it('makes a release that is not served yet', async () => {
    const { release: made } = await pushed([role, byHash(pageText), byHash(moveText)])
    const never = { activatedAt: null, retiredAt: null, lastUsedAt: null }
    expect(made).toEqual({ ...web, status: 'PENDING', operationCount: 3, ...never })
  })

  it('tells of the release in an event, and says nothing to the audit', async () => {
    let releaseId = ''
    const events = await eventsDuring(t, async () => {
      releaseId = (await releaseFixture(t)).ClientRelease.replace('client_release_', '')
    })
    expect(events).toMatchObject([
      { type: 'client_release.pushed', payload: { releaseId, ...web, operationCount: 1 } },
    ])
    const audit = await t.read((db) => db.auditEvent.findMany({ where: { tenantId: t.tenantId } }))
    expect(audit.map(({ type }) => type)).not.toContain('CLIENT_RELEASE_ACTIVATED')
  })

  it('keeps what each operation is', async () => {
    await pushed([{ ...byHash(pageText), maxAgeSeconds: 60 }, byHash(moveText)])
    const rows = await t.read((db) => db.persistedOperation.findMany({ orderBy: { name: 'asc' } }))
    const unknown = { lastUsedAt: null }
    expect(rows).toMatchObject([
      { ...unknown, name: 'Move', type: 'MUTATION', text: moveText, maxAgeSeconds: null },
      { ...unknown, name: 'Page', type: 'QUERY', text: pageText, maxAgeSeconds: 60 },
    ])
    for (const { cost, sha256, text, normalizedSha256 } of rows) {
      expect(cost).toBeGreaterThan(0)
      expect(sha256).toBe(hashOf(text))
      expect(normalizedSha256).toMatch(/^[0-9a-f]{64}$/)
    }
  })

  it('takes the longest id and the longest names', async () => {
    const { release: made } = await pushed([named(longId)], { client: longId, version: longId })
    expect(made).toMatchObject({ client: longId, version: longId, operationCount: 1 })
  })

  it('leaves out the algorithm before a hash', async () => {
    await pushed([{ id: `sha256:${role.id}`, text: role.text }])
    expect(await idsOf()).toEqual([role.id])
  })

  it('of an operation twice has it once', async () => {
    const { release: made } = await pushed([role, role, { ...role, id: `sha256:${role.id}` }])
    expect(made.operationCount).toBe(1)
  })

  it('of 2 000 operations is one request', async () => {
    const operations = Array.from({ length: 2_000 }, (_, n) =>
      byHash(`query OperationOfTheManifest${n} { viewer { role } }`),
    )
    const variables = { input: { ...web, operations } }
    const query = `mutation ($input: PushOperationsInput!) {
      pushOperations(input: $input) { ${fields} userErrors { message } } }`
    const body = JSON.stringify({ query, variables })
    expect(body.length).toBeGreaterThan(256 * 1024)
    const headers = {
      authorization: `Bearer ${await t.keyFor('ADMIN')}`,
      'content-length': String(Buffer.byteLength(body)),
    }
    // With the limits that a gateway has unless it is told others.
    const { data, errors } = await post(appFor(t), body, headers)
    expect(errors).toEqual([])
    expect(data.pushOperations).toMatchObject({
      release: { operationCount: 2_000 },
      userErrors: [],
    })
  }, 60_000)
})

const tooDeep = `{ viewer { ${'tenant { '.repeat(11)} id ${'} '.repeat(11)} } }`

describe('what is pushed is refused as a whole for one operation', () => {
  it.each([
    [
      'of two operations',
      'query A { __typename } query B { __typename }',
      /of one operation, not of 2/,
    ],
    ['of fragments alone', 'fragment A on Deal { name }', /never used|of one operation, not of 0/],
    ['of nothing', '', /Unexpected <EOF>/],
    ['of a comment', '# nothing', /Unexpected <EOF>/],
    ['of a byte order mark alone', '\uFEFF', /Unexpected <EOF>/],
    [
      'that is no document',
      'query Role {\n  viewer {',
      /^.*Expected Name, found <EOF>\. \(2:11\)$/,
    ],
    [
      'with an unknown field',
      '{\n  viewer { rule }\n}',
      /^.*Cannot query field "rule" on type "Viewer"\. Did you mean "role"\? \(2:12\)$/,
    ],
    ['that is too deep', tooDeep, /at most 12 are allowed/],
    ['of too many tokens', `{ ${'a '.repeat(2_100)} }`, /more than 2000 tokens/],
    ['with U+0000 in a text', '{ deals(search: "\\u0000") { totalCount } }', /cannot be stored/],
    ['that introspects what is not there', '{ __type { name } }', /argument "name"/],
    ['that is a definition of a schema', 'type A { a: Int }', /not executable/],
  ])('%s', async (_, text, message) => {
    expect(await problemOf(named('Bad', text))).toMatch(message)
  })

  it('that costs more than the gateway allows', async () => {
    const dear =
      '{ deals(first: 100) { nodes { contacts { id } history(first: 100) { nodes { id } } } } }'
    const app = appFor(t, { costLimit: 500 })
    const query = `mutation ($input: PushOperationsInput!) {
      pushOperations(input: $input) { release { id } userErrors { message path } } }`
    const body = {
      query,
      variables: { input: { ...web, operations: [role, named('Dear', dear)] } },
    }
    const authorization = `Bearer ${await t.keyFor('ADMIN')}`
    const { data } = await untouched([t], () => post(app, body, { authorization }))
    const message = expect.stringMatching(
      /^Dear: It costs up to \d+ points; at most 500 are allowed\.$/,
    )
    const path = ['input', 'operations', '1']
    expect(data.pushOperations).toEqual({ release: null, userErrors: [{ message, path }] })
  })
})

describe('an id', () => {
  const form =
    'An id has 1 to 255 characters, none of them `~` or a control character, no blanks around it and no second `sha256:` before it.'

  it.each([
    ['is empty', ''],
    ['is empty but for the algorithm', 'sha256:'],
    ['has a ~', 'web~1.0'],
    ['has a line feed', 'a\nb'],
    ['has a DEL', 'a\u007fb'],
    ['has a C1 control character', 'a\u0085b'],
    ['begins with a blank', ' Role'],
    ['ends with a no-break space', 'Role\u00a0'],
    ['is blank', ' '],
    ['has 256 characters', 'i'.repeat(256)],
  ])('that %s is refused', async (_, id) => {
    expect(await problemOf(named(id))).toBe(`Role: ${form}`)
  })

  it.each(['constructor', '__proto__', 'hasOwnProperty', 'a b', 'ü/💼', '%', 'SHA256:x', 'null'])(
    '%s is taken as it is',
    async (id) => {
      await pushed([named(id)])
      expect(await idsOf()).toEqual([id])
    },
  )

  it('is of one text in a push', async () => {
    const errors = await refusedPush([named('Role'), named('Role', 'query Other { __typename }')])
    expect(errors).toMatchObject([
      {
        message: 'Other: Its id is there with another text or another maxAgeSeconds.',
        path: ['input', 'operations', '1'],
      },
    ])
  })

  it('has one maxAgeSeconds in a push', async () => {
    const errors = await refusedPush([role, { ...role, maxAgeSeconds: 60 }])
    expect(errors).toMatchObject([
      {
        message: 'Role: Its id is there with another text or another maxAgeSeconds.',
        path: ['input', 'operations', '1'],
      },
    ])
  })

  it('stays the id of its text for a client, whichever the version', async () => {
    await push(t, 'web', '1.0', [named('Role')])
    const other = named('Role', 'query Other { __typename }')
    const errors = await refusedPush([byHash(pageText), other], { version: '2.0' })
    expect(errors).toMatchObject([
      {
        message: 'Other: This client has registered another text under its id: give it another id.',
        path: ['input', 'operations', '1'],
      },
    ])
    await push(t, 'ios', '1.0', [other])
  })

  it('stays it when its release is retired', async () => {
    await release(t, 'web', '1.0', [named('Role')])
    await retire(t, 'web', '1.0')
    const errors = await refusedPush([named('Role', '{ __typename }')], { version: '2.0' })
    expect(errors).toMatchObject([{ code: 'VALIDATION_ERROR' }])
  })
})

describe('a maxAgeSeconds', () => {
  it.each([0, -1, 31_536_001, 2_147_483_647])('of %d is refused', async (maxAgeSeconds) => {
    expect(await problemOf({ ...byHash(pageText), maxAgeSeconds })).toBe(
      'Page: A maxAgeSeconds is 1 to 31536000.',
    )
  })

  it.each([
    ['a mutation', moveText],
    [
      'a subscription',
      'subscription Moves($id: ID!) { dealMoved(pipelineId: $id) { deal { id } } }',
    ],
  ])('of %s is refused', async (_, text) => {
    expect(await problemOf({ id: 'Other', text, maxAgeSeconds: 60 })).toMatch(
      /^\w+: Only the answers to queries can be kept by caches\.$/,
    )
  })

  it('is what was pushed last, whatever the release, and none where it is left out', async () => {
    const ageOf = async () => (await registeredRows(t)).map(({ maxAgeSeconds }) => maxAgeSeconds)
    for (const [version, maxAgeSeconds] of [
      ['1.0', 60],
      ['2.0', 31_536_000],
      ['3.0', undefined],
      ['4.0', 1],
      ['5.0', null],
    ] as const) {
      await pushed([{ ...role, maxAgeSeconds }], { version })
      expect(await ageOf()).toEqual([maxAgeSeconds ?? null])
    }
  })
})

describe('a release', () => {
  it.each([
    ['client', '', 'The name of a client'],
    ['client', 'web~ios', 'The name of a client'],
    ['client', 'web\t', 'The name of a client'],
    ['client', 'für', 'The name of a client'],
    ['client', 'w'.repeat(256), 'The name of a client'],
    ['version', '', 'A version'],
    ['version', '1~0', 'A version'],
    ['version', ' 1.0', 'A version'],
    ['version', '1'.repeat(256), 'A version'],
  ])('cannot have the %s %j', async (field, value, what) => {
    const message = `${what} has 1 to 255 characters of ASCII, none of them \`~\` or a control character, and no blanks around it.`
    expect(await refusedPush([role], { [field]: value })).toMatchObject([
      { code: 'VALIDATION_ERROR', message, path: ['input', field] },
    ])
  })

  it('cannot be that of development', async () => {
    const [error, ...others] = await refusedPush([role], { version: 'development' })
    expect(error).toMatchObject({
      message: 'The release `development` is of what compilers persist: name another version.',
      path: ['input', 'version'],
    })
    expect(others).toEqual([])
  })

  it('has at least one operation', async () => {
    expect(await refusedPush([])).toMatchObject([
      { message: 'A release has 1 to 2000 operations.', path: ['input', 'operations'] },
    ])
  })

  it('has at most 2 000 of them', async () => {
    const operations = Array(2_001).fill(role)
    const query =
      'mutation ($input: PushOperationsInput!) { pushOperations(input: $input) { replayed } }'
    const { data, errors } = await untouched([t], () =>
      t.graphql(query, { input: { ...web, operations } }),
    )
    expect(data ?? null).toBeNull()
    expect(errors).toMatchObject([
      {
        message: '`input.operations` takes at most 2000 values, not 2001.',
        extensions: { code: 'BAD_USER_INPUT' },
      },
    ])
  })

  it('is told 20 of its problems at a time, each where it is', async () => {
    const operations = Array.from({ length: 30 }, (_, n) => named(`Bad${n}`, `{ nothing${n} }`))
    const errors = await refusedPush([role, ...operations])
    expect(errors).toHaveLength(20)
    expect(errors[19]).toMatchObject({
      message: expect.stringMatching(/^Bad19: Cannot query field "nothing19"/),
      path: ['input', 'operations', '20'],
    })
  })
})
