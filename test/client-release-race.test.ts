import { beforeEach, describe, expect, it } from 'vitest'
import { mutate } from './fixtures.ts'
import { appFor, post, type TestTenant, testTenant } from './harness.ts'
import {
  byHash,
  hashOf,
  moveText,
  type Operation,
  outcomeOf,
  pageText,
  push,
  registeredRows,
  release,
  role,
  roleText,
  send,
} from './persisted-fixtures.ts'

const web = { client: 'web', version: '1.0' }
const one = [role, byHash(pageText)]
const other = [role, byHash(moveText)]
const idsOf = (operations: Operation[]) => operations.map(({ id }) => id).sort()

let t: TestTenant
beforeEach(async () => {
  t = await testTenant()
  await t.keyFor('ADMIN')
})

const toPush = (operations: object[], given: object = {}) =>
  mutate(t, 'pushOperations', { ...web, operations, ...given }, 'release { status operationCount }')
const toActivate = () => mutate(t, 'activateClientRelease', web, 'release { status }')

/** The ids that the release has, and what there is of the client besides. */
async function contentOf(version = '1.0') {
  const rows = await registeredRows(t)
  const isOf = ({ releases }: { releases: [string, string][] }) =>
    releases.some(([name]) => name === version)
  return {
    ids: rows.filter(isOf).map(({ operationId }) => operationId),
    others: rows.filter((row) => !isOf(row)).length,
  }
}

describe('at the same time', () => {
  it.each([1, 2, 3])('two pushes of other operations leave those of one of them (%d)', async () => {
    const payloads = await Promise.all([toPush(one), toPush(other)])
    for (const { release: made, userErrors } of payloads) {
      expect([made.status, userErrors]).toEqual(['PENDING', []])
    }
    const { ids, others } = await contentOf()
    expect([idsOf(one), idsOf(other)]).toContainEqual(ids)
    expect(others).toBe(0)
  })

  it('many pushes of the same operations make one release', async () => {
    const payloads = await Promise.all(Array.from({ length: 6 }, () => toPush(one)))
    for (const { userErrors } of payloads) expect(userErrors).toEqual([])
    expect(await contentOf()).toEqual({ ids: idsOf(one), others: 0 })
    const events = await t.read((db) =>
      db.event.count({ where: { tenantId: t.tenantId, type: 'client_release.pushed' } }),
    )
    expect(events).toBe(1)
  })

  it('two pushes that give an id to two texts have one of them refused', async () => {
    const texts = [roleText, 'query Other { __typename }']
    const payloads = await Promise.all(
      texts.map((text, n) => toPush([{ id: 'Role', text }], { version: `${n}.0` })),
    )
    const refused = payloads.filter(({ userErrors }) => userErrors.length > 0)
    expect(refused).toMatchObject([{ release: null, userErrors: [{ code: 'VALIDATION_ERROR' }] }])
    expect(await registeredRows(t)).toHaveLength(1)
  })

  it.each([1, 2, 3])('a push and an activation serve what was validated (%d)', async () => {
    await push(t, 'web', '1.0', one)
    const [pushed, activated] = await Promise.all([toPush(other), toActivate()])
    const { ids } = await contentOf()
    const statuses = (await registeredRows(t)).flatMap(({ releases }) => releases)
    const isActive = statuses.some(([, status]) => status === 'ACTIVE')
    expect(activated.userErrors.length > 0).toBe(!isActive)
    // An active release is not pushed over; what was pushed before is served if it was looked at.
    expect(ids).toEqual(pushed.userErrors.length > 0 ? idsOf(one) : idsOf(other))
    if (pushed.userErrors.length > 0) expect(isActive).toBe(true)
  })

  it('compilers that persist share one release', async () => {
    const texts = Array.from({ length: 8 }, (_, n) => `query Q${n} { viewer { role } }`)
    const payloads = await Promise.all(
      texts.map((text) => mutate(t, 'persistOperation', { client: 'web', text }, 'operationId')),
    )
    expect(payloads.map(({ operationId }) => operationId)).toEqual(texts.map(hashOf))
    expect((await contentOf('development')).ids).toEqual(texts.map(hashOf).sort())
    expect(await t.read((db) => db.clientRelease.count())).toBe(1)
  })
})

describe('what clients write is served as it was registered', () => {
  const headers = { 'graphql-client-name': 'web' }

  it.each([
    ['a byte order mark', '\uFEFFquery Role { viewer { role } }'],
    ['Windows line ends', 'query Role {\r\n  viewer {\r\n    role\r\n  }\r\n}\r\n'],
    ['blanks around it', '  \n{ viewer { role } }\n\n'],
    ['the name fragment', 'query fragment { viewer { role } }'],
    ['the name on', 'query on { viewer { role } }'],
    ['the name constructor', 'query constructor { viewer { role } }'],
    ['the name __proto__', 'query __proto__ { viewer { role } }'],
    ['a comment in another script', '# ролі 💼\n{ viewer { role } }'],
    ['a fragment before it', 'fragment F on Viewer { role } query Q { viewer { ...F } }'],
  ])('with %s', async (_, text) => {
    const { id } = byHash(text)
    await release(t, 'web', '1.0', [{ id, text }])
    expect((await registeredRows(t)).map((row) => row.text)).toEqual([text])
    const answer = outcomeOf(await send({ t, headers }, { documentId: id }))
    expect(answer).toEqual([200, { viewer: { role: 'MEMBER' } }])
  })

  it.each([
    ['U+0000', { text: 'query Role { viewer { role } } # \0' }],
    ['half a surrogate pair', { text: 'query Role { viewer { role } } # \ud83d' }],
    ['U+0000 in an id', { id: 'a\0b' }],
    ['half a surrogate pair in an id', { id: 'a\udcbc' }],
  ])('but not with %s, which cannot be kept', async (_, given) => {
    const query =
      'mutation ($input: PushOperationsInput!) { pushOperations(input: $input) { replayed } }'
    const variables = { input: { ...web, operations: [{ ...role, ...given }] } }
    const authorization = `Bearer ${await t.keyFor('ADMIN')}`
    const { errors } = await post(appFor(t), { query, variables }, { authorization })
    expect(errors).toMatchObject([
      {
        message: 'A text has a character that cannot be stored, such as U+0000.',
        extensions: { code: 'BAD_USER_INPUT' },
      },
    ])
    expect(await registeredRows(t)).toEqual([])
  })

  it('but not with a text of more than 20 000 characters', async () => {
    const text = `${roleText} # ${'x'.repeat(20_000)}`
    const query =
      'mutation ($input: PushOperationsInput!) { pushOperations(input: $input) { replayed } }'
    const { errors } = await t.graphql(query, { input: { ...web, operations: [byHash(text)] } })
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
    expect(await registeredRows(t)).toEqual([])
  })
})
