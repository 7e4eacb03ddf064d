import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { registerOperations } from '../src/commands/operations.ts'
import { readConfig } from '../src/config.ts'
import { type RunningServer, startServer } from '../src/server.ts'
import { ask, untouched } from './fixtures.ts'
import { appFor, type TestTenant, testTenant } from './harness.ts'
import { hashOf, moveText, outcomeOf, roleText, send } from './persisted-fixtures.ts'

const namesText = 'query Names { pipelines { name } }'
const requireId = { default: 'require-id', clients: {} } as const

let t: TestTenant
let directory: string
let manifest: string
/** A gateway that serves nothing but registered operations. */
let server: RunningServer

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dealgraph-operations-'))
  t = await testTenant()
  const app = appFor(t, { operationModes: requireId })
  server = await startServer(app, { host: '127.0.0.1', port: 0 })
})
afterAll(async () => {
  await server.stop(1_000)
  await rm(directory, { recursive: true })
})
beforeEach(async () => {
  t = await testTenant()
  manifest = await fileOf({ [hashOf(roleText)]: roleText, names: namesText, move: moveText })
})
afterEach(() => vi.restoreAllMocks())

async function fileOf(content: unknown): Promise<string> {
  const path = join(await mkdtemp(join(directory, 'file-')), 'manifest.json')
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

/** Runs `dealgraph operations …` and returns what it has printed. */
async function operations(args: string[], env: Record<string, string> = {}): Promise<string> {
  const written: string[] = []
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    written.push(String(text))
    return true
  })
  const program = new Command().exitOverride().configureOutput({ writeErr: () => {} })
  registerOperations(
    program,
    () => readConfig(env),
    (_holder, work) => work(t.database),
  )
  try {
    await program.parseAsync(['operations', ...args], { from: 'user' })
  } finally {
    vi.restoreAllMocks()
  }
  return written.join('')
}

const json = async (args: string[], env = {}) =>
  JSON.parse(await operations([...args, '--json'], env))

/** The two ways to one tenant. */
const ways: [string, () => Promise<{ place: string[]; env: Record<string, string> }>][] = [
  ['in the database', async () => ({ place: ['--tenant', t.slug], env: {} })],
  [
    'at a gateway that serves only registered operations',
    async () => ({
      place: ['--url', server.url],
      env: { DEALGRAPH_KEY: await t.keyFor('ADMIN') },
    }),
  ],
]

describe.each(ways)('dealgraph operations, %s,', (_way, way) => {
  it('pushes, activates, lists and retires a release', async () => {
    const { place, env } = await way()
    const release = ['--client', 'ios', '--version', '1.4.0', ...place]
    const status = (name: string, ...args: string[]) => json([name, ...args, ...release], env)
    const told = (name: string) => ({
      ...{ client: 'ios', version: '1.4.0', status: name, operationCount: 3 },
    })
    expect(await status('push', manifest, '--max-age', 'Names=60')).toEqual(told('PENDING'))
    expect(await status('activate')).toEqual(told('ACTIVE'))
    const app = appFor(t, { operationModes: requireId })
    expect(outcomeOf(await send({ t, app }, { doc_id: 'names' }))).toEqual([200, { pipelines: [] }])
    expect(await operations(['list', ...place], env)).toMatch(
      /^CLIENT +VERSION +STATUS +OPERATIONS +PUSHED.*\nios +1\.4\.0 +ACTIVE +3 +\d{4}-/,
    )
    const listed = await json(['list', ...release], env)
    expect(listed.map(({ name }: { name: string }) => name).sort()).toEqual([
      'Move',
      'Names',
      'Role',
    ])
    expect(listed).toContainEqual(
      expect.objectContaining({ operationId: 'names', type: 'QUERY', maxAgeSeconds: 60 }),
    )
    expect(await status('retire')).toEqual(told('RETIRED'))
    expect((await json(['list', ...place], env))[0]).toMatchObject({ status: 'RETIRED' })
  })

  it('says what operations cost and what is wrong, and changes nothing', async () => {
    const { place, env } = await way()
    await operations(['push', manifest, '--client', 'ios', '--version', '1', ...place], env)
    const other = await fileOf({ names: roleText, bad: 'query Bad { viewer { nickname } }' })
    const good = await operations(['check', manifest, '--client', 'ios', ...place], env)
    expect(good).toMatch(/^NAME +TYPE +COST +ID\n/)
    expect(good).toMatch(/Move +MUTATION +\d+ +move\n/)
    const checked = untouched([t], () =>
      operations(['check', other, '--client', 'ios', ...place], env),
    )
    await expect(checked).rejects.toThrow(
      /another text under its id.*\nBad: Cannot query field "nickname".*\(1:22\)\n2 of 2 operations/,
    )
  })

  it('pushes nothing where one operation is wrong', async () => {
    const { place, env } = await way()
    const bad = await fileOf({ role: roleText, bad: 'query Bad { viewer { nickname } }' })
    const push = ['push', bad, '--client', 'ios', '--version', '1', ...place]
    await expect(untouched([t], () => operations(push, env))).rejects.toThrow(
      'Bad: Cannot query field "nickname"',
    )
  })

  it('tells what nobody has sent for some days', async () => {
    const { place, env } = await way()
    const release = ['--client', 'ios', '--version', '1', ...place]
    await operations(['push', manifest, ...release], env)
    await operations(['activate', ...release], env)
    const old = new Date(Date.now() - 40 * 86_400_000)
    await t.write(async (tx) => {
      const { db, tenantId } = tx
      await db.persistedOperation.updateMany({ where: { tenantId }, data: { createdAt: old } })
      await db.clientRelease.updateMany({ where: { tenantId }, data: { activatedAt: old } })
      tx.emit({ type: 'test.aged' })
    })
    await send(
      { t, app: appFor(t), headers: { 'graphql-client-name': 'ios' } },
      { doc_id: 'names' },
    )
    const stale = await json(['stale', '--days', '30', ...place], env)
    const names = stale.operations.map(({ name }: { name: string }) => name)
    expect([names.sort(), stale.releases.length]).toEqual([['Move', 'Role'], 1])
    const fresh = await json(['stale', '--days', '60', ...place], env)
    expect(fresh).toEqual({ releases: [], operations: [] })
  })
})

describe('dealgraph operations check', () => {
  it('needs no database for a manifest', async () => {
    const checks = await json(['check', manifest])
    expect(
      checks.map(({ name, problems }: { name: string; problems: string[] }) => [name, problems]),
    ).toEqual([
      ['Role', []],
      ['Names', []],
      ['Move', []],
    ])
  })

  it('without a manifest names what of the database the schema does not serve', async () => {
    const release = ['--client', 'ios', '--version', '1', '--tenant', t.slug]
    await operations(['push', manifest, ...release])
    await operations(['activate', ...release])
    const { operations: count } = await json(['check'])
    expect(count).toBeGreaterThanOrEqual(3)
    const text = 'query Names { pipelines { nickname } }'
    const data = { text, sha256: hashOf(text) }
    await t.write(async (tx) => {
      const where = { tenantId: tx.tenantId, operationId: 'names' }
      await tx.db.persistedOperation.updateMany({ where, data })
      tx.emit({ type: 'test.broken' })
    })
    await expect(operations(['check'])).rejects.toThrow(
      `Names of ios 1, tenant ${t.slug}: Cannot query field "nickname"`,
    )
    await operations(['retire', ...release])
  })
})

describe('dealgraph operations tells in a sentence that', () => {
  const push = (file: string, ...more: string[]) => [
    ...['push', file, '--client', 'ios', '--version', '1', ...more],
  ]

  it.each([
    ['there is no such file', () => push('/nowhere.json', '--tenant', 'x'), /cannot be read/],
    ['no place is named', () => push(manifest), /^Say where: --tenant.*--url/],
    ['there is no such tenant', () => push(manifest, '--tenant', 'none'), /no tenant none/],
    [
      'a gateway is not there',
      () => push(manifest, '--url', 'http://127.0.0.1:9'),
      /^The gateway at http:\/\/127\.0\.0\.1:9 cannot be reached/,
    ],
    ['a key is missing', () => push(manifest, '--url', server.url), /Send an API key/],
    [
      'the URL leads elsewhere on a gateway',
      () => push(manifest, '--url', `${server.url}/health/live`),
      /the API is at \/graphql/,
    ],
    [
      'the manifest has no such query',
      () => push(manifest, '--tenant', t.slug, '--max-age', 'Nothing=5'),
      /does not have: Nothing/,
    ],
    [
      'there is no such release',
      () => ['activate', '--client', 'x', '--version', '1', '--tenant', t.slug],
      /no such release/,
    ],
  ])('%s', async (_what, args, message) => {
    await expect(untouched([t], () => operations(args()))).rejects.toThrow(message)
  })

  it.each([
    ['no JSON', '{', /is no JSON/],
    ['no manifest', '[1]', /none of the manifests/],
  ])('a file is %s', async (_what, content, message) => {
    const file = await fileOf(content)
    await expect(operations(push(file, '--tenant', t.slug))).rejects.toThrow(message)
  })

  it('a key may not do it', async () => {
    const env = { DEALGRAPH_KEY: await t.keyFor('MEMBER'), DEALGRAPH_URL: server.url }
    await expect(operations(push(manifest), env)).rejects.toThrow('operations:write')
  })
})

it('what an operator does is told as theirs', async () => {
  const release = ['--client', 'ios', '--version', '1', '--tenant', t.slug]
  await operations(['push', manifest, ...release])
  await operations(['activate', ...release])
  const { auditEvents } = await ask(
    t,
    '{ auditEvents(filter: { type: { eq: CLIENT_RELEASE_ACTIVATED } }) { nodes { details actor { kind name } } } }',
  )
  expect(auditEvents.nodes).toEqual([
    {
      details: { client: 'ios', version: '1', operationCount: 3 },
      actor: { kind: 'OPERATOR', name: 'Operator' },
    },
  ])
})
