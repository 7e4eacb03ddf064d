import { beforeEach, describe, expect, it } from 'vitest'
import { activeOperations } from '../src/persisted-operation/service.ts'
import { ask, releaseFixture, untouched } from './fixtures.ts'
import { type TestTenant, testTenant } from './harness.ts'
import {
  byHash,
  moveText,
  pageText,
  push,
  release,
  retire,
  role,
  roleText,
} from './persisted-fixtures.ts'

const minutesAfter = (minutes: number) => new Date(Date.UTC(2026, 2, 2, 9, minutes))

let t: TestTenant
beforeEach(async () => {
  t = await testTenant()
  await t.keyFor('ADMIN')
  t.setNow(minutesAfter(0))
})

const named = (id: string, text = `query ${id} { viewer { role } }`) => ({ id, text })

const operations = async (filter: object = {}, of = t) => {
  const document = `query ($filter: PersistedOperationFilter) {
    persistedOperations(filter: $filter) { totalCount nodes { operationId } } }`
  const { totalCount, nodes } = (await ask(of, document, { filter })).persistedOperations
  expect(totalCount).toBe(nodes.length)
  return nodes.map(({ operationId }: { operationId: string }) => operationId)
}

const releases = async (filter: object = {}, of = t) => {
  const document = `query ($filter: ClientReleaseFilter) {
    clientReleases(filter: $filter) { totalCount nodes { client version } } }`
  const { totalCount, nodes } = (await ask(of, document, { filter })).clientReleases
  expect(totalCount).toBe(nodes.length)
  return nodes.map(({ client, version }: Record<string, string>) => `${client} ${version}`)
}

/** An active and a retired release of web, and a pending one of ios, a minute after each other. */
async function threeReleases() {
  await release(t, 'web', '1.0', [named('A')])
  await retire(t, 'web', '1.0')
  t.setNow(minutesAfter(1))
  await release(t, 'web', '2.0', [named('A'), named('B')])
  t.setNow(minutesAfter(2))
  return releaseFixture(t, { client: 'ios', version: '1.0', ...named('C') })
}

describe('the releases', () => {
  it.each([
    [{}, ['ios 1.0', 'web 2.0', 'web 1.0']],
    [{ client: { eq: 'web' } }, ['web 2.0', 'web 1.0']],
    [{ client: { eq: 'Web' } }, []],
    [{ client: { in: ['ios', 'tv'] } }, ['ios 1.0']],
    [{ client: { in: [] } }, []],
    [{ status: { eq: 'PENDING' } }, ['ios 1.0']],
    [{ status: { in: ['ACTIVE', 'RETIRED'] } }, ['web 2.0', 'web 1.0']],
    [{ client: { eq: 'web' }, status: { eq: 'RETIRED' } }, ['web 1.0']],
    [{ client: { eq: 'web', in: ['ios'] } }, []],
  ])('of %j are listed, the newest first', async (filter, expected) => {
    await threeReleases()
    expect(await releases(filter)).toEqual(expected)
  })

  it('are those of the tenant alone', async () => {
    await threeReleases()
    const stranger = await testTenant()
    expect([await releases({}, stranger), await operations({}, stranger)]).toEqual([[], []])
  })
})

describe('the registered operations', () => {
  it.each([
    [{}, ['C', 'B', 'A']],
    [{ client: { eq: 'web' } }, ['B', 'A']],
    [{ client: { in: ['ios'] } }, ['C']],
    [{ status: { eq: 'ACTIVE' } }, ['B', 'A']],
    [{ status: { eq: 'RETIRED' } }, ['A']],
    [{ status: { in: ['PENDING', 'RETIRED'] } }, ['C', 'A']],
    [{ client: { eq: 'ios' }, status: { eq: 'ACTIVE' } }, []],
  ])('of %j are listed, the newest first', async (filter, expected) => {
    await threeReleases()
    expect(await operations(filter)).toEqual(expected)
  })

  it('are those of a release, whatever the status of another that has them', async () => {
    const { ClientRelease } = await threeReleases()
    const document = '{ clientReleases(filter: { client: { eq: "web" } }) { nodes { id } } }'
    const { nodes } = (await ask(t, document)).clientReleases
    const [second, first] = nodes.map(({ id }: { id: string }) => id)
    expect(await operations({ releaseId: { eq: first } })).toEqual(['A'])
    expect(await operations({ releaseId: { in: [first, ClientRelease] } })).toEqual(['C', 'A'])
    expect(await operations({ releaseId: { eq: first }, status: { eq: 'ACTIVE' } })).toEqual([])
    expect(await operations({ releaseId: { eq: second }, status: { eq: 'ACTIVE' } })).toEqual([
      ...['B', 'A'],
    ])
    expect(await operations({ releaseId: { isNull: true } })).toEqual([])
    expect(await operations({ releaseId: { isNull: false } })).toEqual(['C', 'B', 'A'])
  })

  it('are told by when they were last sent, or registered if never', async () => {
    await threeReleases()
    await t.write(async (tx) => {
      const where = { operationId: 'A' }
      const data = { lastUsedAt: minutesAfter(3) }
      await tx.db.persistedOperation.updateMany({ where, data })
      tx.emit({ type: 'test.written' })
    })
    const unusedSince = (minutes: number) => operations({ unusedSince: minutesAfter(minutes) })
    expect(await unusedSince(1)).toEqual([])
    expect(await unusedSince(2)).toEqual(['B'])
    expect(await unusedSince(3)).toEqual(['C', 'B'])
    expect(await unusedSince(4)).toEqual(['C', 'B', 'A'])
    expect(await operations({ unusedSince: minutesAfter(4), status: { eq: 'ACTIVE' } })).toEqual([
      'B',
      'A',
    ])
  })

  it.each(['persistedOperations', 'clientReleases'])('are paged both ways: %s', async (field) => {
    for (let n = 0; n < 5; n++) {
      t.setNow(minutesAfter(n >> 1))
      await push(t, 'web', `${n}`, [named(`Q${n}`)])
    }
    const document = `query ($first: Int, $after: String, $last: Int, $before: String) {
      page: ${field}(first: $first, after: $after, last: $last, before: $before) {
        nodes { id createdAt } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`
    const { page: whole } = await ask(t, document, { first: 100 })
    const forwards = []
    for (let after = null, more = true; more; ) {
      const { page } = await ask(t, document, { first: 2, after })
      forwards.push(...page.nodes)
      after = page.pageInfo.endCursor
      more = page.pageInfo.hasNextPage
    }
    const backwards = []
    for (let before = null, more = true; more; ) {
      const { page } = await ask(t, document, { last: 2, before })
      backwards.unshift(...page.nodes)
      before = page.pageInfo.startCursor
      more = page.pageInfo.hasPreviousPage
    }
    expect(whole.nodes).toHaveLength(5)
    expect([forwards, backwards]).toEqual([whole.nodes, whole.nodes])
  })

  it('lead to the releases that have them, the newest first', async () => {
    await threeReleases()
    const document = `{ persistedOperations(filter: { client: { eq: "web" } }) { nodes {
      operationId releases { version status operationCount } } } }`
    const second = { version: '2.0', status: 'ACTIVE', operationCount: 2 }
    expect((await ask(t, document)).persistedOperations.nodes).toEqual([
      { operationId: 'B', releases: [second] },
      {
        operationId: 'A',
        releases: [second, { version: '1.0', status: 'RETIRED', operationCount: 1 }],
      },
    ])
  })

  it.each([
    '{ clientReleases { totalCount } }',
    '{ persistedOperations { totalCount } }',
    '{ checkOperations(client: "web", operations: []) { name } }',
  ])('are not for a MEMBER, who asks %s', async (document) => {
    const { errors } = await t.graphql(document, {}, 'MEMBER')
    expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }])
  })
})

describe('a check', () => {
  const check = async (given: object[], client = 'web', of = t) => {
    const document = `query ($client: String!, $operations: [OperationInput!]!) {
      checkOperations(client: $client, operations: $operations) {
        name type cost problems } }`
    const asked = () => ask(of, document, { client, operations: given })
    return (await untouched([of], asked)).checkOperations
  }
  const other = 'This client has registered another text under its id: give it another id.'

  it('tells what each operation would be, in their order, and keeps nothing', async () => {
    const found = await check([byHash(moveText), { ...role, id: `sha256:${role.id}` }])
    const cost = expect.any(Number)
    expect(found).toEqual([
      { name: 'Move', type: 'MUTATION', cost, problems: [] },
      { name: 'Role', type: 'QUERY', cost, problems: [] },
    ])
    expect(await check([])).toEqual([])
  })

  it('tells all that is wrong with each of them', async () => {
    const found = await check([
      named('Broken', '{\n  qqq\n  www }'),
      { ...named('~'), maxAgeSeconds: 0, text: moveText },
      role,
      named('', 'query A { __typename } query B { __typename }'),
    ])
    const form =
      'An id has 1 to 255 characters, none of them `~` or a control character, no blanks around it and no second `sha256:` before it.'
    expect(found.map(({ problems }: { problems: string[] }) => problems)).toEqual([
      [
        'Cannot query field "qqq" on type "Query". (2:3)',
        'Cannot query field "www" on type "Query". (3:3)',
      ],
      [
        form,
        'A maxAgeSeconds is 1 to 31536000.',
        'Only the answers to queries can be kept by caches.',
      ],
      [],
      [form, 'A document is of one operation, not of 2.'],
    ])
  })

  it('tells that an id is taken, by the client’s own operations alone', async () => {
    await push(t, 'web', '1.0', [named('Role')])
    const text = [named('Role', roleText.replace('Role', 'Roles'))]
    expect(await check(text)).toMatchObject([{ problems: [other] }])
    expect(await check([named('Role')])).toMatchObject([{ problems: [] }])
    expect(await check(text, 'ios')).toMatchObject([{ problems: [] }])
    expect(await check(text, 'web', await testTenant())).toMatchObject([{ problems: [] }])
  })

  it('tells that an id is there twice with different texts', async () => {
    const twice = [named('Role'), named('Role', pageText)]
    const found = await check(twice)
    expect(found.flatMap(({ problems }: { problems: string[] }) => problems)).toEqual([
      'Its id is there with another text or another maxAgeSeconds.',
    ])
  })
})

describe('the operations that are served', () => {
  const activeOf = async (...tenants: TestTenant[]) => {
    const slugs = tenants.map(({ slug }) => slug)
    const found = []
    for await (const { id: _, ...operation } of activeOperations(t.database)) {
      if (slugs.includes(operation.tenantSlug)) found.push(operation)
    }
    return found
  }

  it('are those of active releases, of every tenant, each once with its versions', async () => {
    await threeReleases()
    await release(t, 'web', '3.0', [named('A')])
    const second = await testTenant()
    await release(second, 'web', '1.0', [role])
    const idle = await testTenant()
    await push(idle, 'web', '1.0', [role])
    const found = await activeOf(t, second, idle)
    const rows = found.map(({ tenantSlug, client, operationId, versions }) => [
      ...[tenantSlug, client, operationId, versions],
    ])
    expect(rows.toSorted((a, b) => (String(a) < String(b) ? -1 : 1))).toEqual(
      [
        [t.slug, 'web', 'A', ['2.0', '3.0']],
        [t.slug, 'web', 'B', ['2.0']],
        [second.slug, 'web', role.id, ['1.0']],
      ].toSorted((a, b) => (String(a) < String(b) ? -1 : 1)),
    )
  })

  it('are told with what they are', async () => {
    await release(t, 'web', '1.0', [role])
    const { tenantId, slug: tenantSlug } = t
    expect(await activeOf(t)).toEqual([
      {
        ...{ tenantId, tenantSlug, client: 'web', versions: ['1.0'] },
        ...{ operationId: role.id, name: 'Role', text: roleText },
      },
    ])
  })

  it.each([199, 200, 201, 405])('are all told where there are %d', async (count) => {
    const many = Array.from({ length: count }, (_, n) => named(`Q${n}`))
    await release(t, 'web', '1.0', many)
    const found = (await activeOf(t)).map(({ operationId }) => operationId)
    expect(found.sort()).toEqual(many.map(({ id }) => id).sort())
  })
})
