import { beforeEach, describe, expect, it } from 'vitest'
import { done, mutate, refusal, untouched } from './fixtures.ts'
import { type TestTenant, testTenant } from './harness.ts'
import {
  byHash,
  moveText,
  operationsRevision,
  pageText,
  push,
  registeredRows,
  release,
  retire,
  role,
  roleText,
} from './persisted-fixtures.ts'

const web = { client: 'web', version: '1.0' }

let t: TestTenant
beforeEach(async () => {
  t = await testTenant()
})

const named = (id: string, text = roleText) => ({ id, text })

describe('the same push once more', () => {
  const operations = [role, byHash(pageText, { maxAgeSeconds: 60 })]

  it.each(['PENDING', 'ACTIVE', 'RETIRED'])(
    'changes nothing of a release that is %s',
    async (is) => {
      await push(t, 'web', '1.0', operations)
      if (is !== 'PENDING') await done(t, 'activateClientRelease', web)
      if (is === 'RETIRED') await retire(t, 'web', '1.0')
      const again = [...operations].reverse().map((each) => ({ ...each, id: `sha256:${each.id}` }))
      const payload = await untouched([t], () =>
        done(
          t,
          'pushOperations',
          { ...web, operations: again },
          'release { status operationCount }',
        ),
      )
      expect(payload).toMatchObject({ release: { status: is, operationCount: 2 }, userErrors: [] })
    },
  )

  it('changes nothing though a later release has answers kept otherwise', async () => {
    const first = [{ ...role, maxAgeSeconds: 300 }]
    await release(t, 'web', '1.0', first)
    await push(t, 'web', '2.0', [role])
    await untouched([t], () => push(t, 'web', '1.0', first))
  })

  it('with its idempotencyKey is a replay', async () => {
    const input = { ...web, operations, idempotencyKey: 'push-1' }
    const first = await mutate(t, 'pushOperations', input, 'release { id } replayed')
    const second = await untouched([t], () =>
      mutate(t, 'pushOperations', input, 'release { id } replayed'),
    )
    expect(first).toMatchObject({ replayed: false, userErrors: [] })
    expect(second).toEqual({ ...first, replayed: true })
  })
})

describe('a push of other operations', () => {
  it('replaces those of a release that is pending, and forgets what no release has', async () => {
    await push(t, 'web', '1.0', [named('Role'), named('Kept', pageText), named('Shared', moveText)])
    await push(t, 'web', '0.9', [named('Shared', moveText)])
    await push(t, 'ios', '1.0', [named('Role')])
    const text = 'query Other { __typename }'
    await push(t, 'web', '1.0', [named('Kept', pageText), named('Role', text)])
    const rows = await registeredRows(t)
    expect(rows.map((row) => [row.client, row.operationId, row.text, row.releases])).toEqual([
      ['ios', 'Role', roleText, [['1.0', 'PENDING']]],
      ['web', 'Kept', pageText, [['1.0', 'PENDING']]],
      ['web', 'Role', text, [['1.0', 'PENDING']]],
      ['web', 'Shared', moveText, [['0.9', 'PENDING']]],
    ])
  })

  it.each(['ACTIVE', 'RETIRED'])('is refused of a release that is %s', async (status) => {
    await release(t, 'web', '1.0', [role])
    if (status === 'RETIRED') await retire(t, 'web', '1.0')
    const message = `Version 1.0 of web is ${status} with other operations: push these as another version.`
    for (const operations of [[role, byHash(pageText)], [byHash(pageText)]]) {
      expect(await refusal(t, 'pushOperations', { ...web, operations })).toMatchObject([
        { message, path: ['input', 'version'] },
      ])
    }
  })

  it('keeps each text once for all releases of a client, and once more for each other client', async () => {
    await release(t, 'web', '1.0', [role, byHash(pageText)])
    await push(t, 'web', '2.0', [role])
    await push(t, 'ios', '1.0', [role])
    const rows = await registeredRows(t)
    const ofRole = rows.filter(({ operationId }) => operationId === role.id)
    expect(ofRole.map(({ client, releases }) => [client, releases])).toEqual([
      ['ios', [['1.0', 'PENDING']]],
      [
        'web',
        [
          ['1.0', 'ACTIVE'],
          ['2.0', 'PENDING'],
        ],
      ],
    ])
  })

  it('steps the revision of the operations, as does another maxAgeSeconds', async () => {
    const steps = [await operationsRevision(t)]
    for (const [version, maxAgeSeconds] of [
      ['1.0', 60],
      ['1.0', 90],
      ['2.0', 120],
    ] as const) {
      await push(t, 'web', version, [{ ...role, maxAgeSeconds }])
      steps.push(await operationsRevision(t))
    }
    expect(steps[0]).toBe(0)
    expect(new Set(steps).size).toBe(steps.length)
    expect(steps).toEqual(steps.toSorted((a, b) => a - b))
  })
})
