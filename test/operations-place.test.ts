import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { registerOperations } from '../src/commands/operations.ts'
import { readConfig } from '../src/config.ts'
import { untouched } from './fixtures.ts'
import { testTenant } from './harness.ts'

let directory: string
let manifest: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dealgraph-place-'))
  manifest = join(directory, 'manifest.json')
  await writeFile(manifest, '{"page": "query Page { deals(first: 50) { nodes { name } } }"}')
})
afterAll(() => rm(directory, { recursive: true }))

it('dealgraph operations push --tenant holds operations to the configured COST_LIMIT', async () => {
  const t = await testTenant()
  const push = ['push', manifest, '--client', 'ios', '--version', '1', '--tenant', t.slug]
  const env = { COST_LIMIT: '49', RATE_LIMIT_MAXIMUM: '49' }
  await expect(untouched([t], () => operations(t, push, env))).rejects.toThrow(
    'Page: It costs up to 50 points; at most 49 are allowed.',
  )
})

it.each(['gateway', 'http//gateway', 'ftp://gateway'])(
  'dealgraph operations --url %s says what an address is',
  async (url) => {
    const t = await testTenant()
    await expect(operations(t, ['list', '--url', url])).rejects.toThrow(
      `--url is an address like https://deals.example.com/graphql, not ${url}.`,
    )
  },
)

it.each([
  ['--tenant', 'acme'],
  ['--url', 'http://gateway'],
])('dealgraph operations check %s needs a manifest', async (...place) => {
  const t = await testTenant()
  await expect(operations(t, ['check', ...place])).rejects.toThrow('Name a manifest')
})

async function operations(
  { database }: Awaited<ReturnType<typeof testTenant>>,
  args: string[],
  env: Record<string, string> = {},
): Promise<void> {
  const program = new Command().exitOverride().configureOutput({ writeErr: () => {} })
  registerOperations(
    program,
    () => readConfig(env),
    (_holder, work) => work(database),
  )
  await program.parseAsync(['operations', ...args], { from: 'user' })
}
