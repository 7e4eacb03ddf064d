import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { dealgraph, freshPlace, type Gateway, type Place, startGateway } from './gateway.ts'

let place: Place
let gateway: Gateway | undefined

beforeAll(async () => {
  place = await freshPlace()
})

afterAll(() => place.remove())

afterEach(async () => {
  await gateway?.kill('SIGKILL')
  gateway = undefined
})

const run = (...args: string[]) => dealgraph(place.env, ...args)
const json = async (...args: string[]) => JSON.parse(await run(...args, '--json'))

/** What a command that fails prints on standard error, and that it printed no result. */
async function failure(...args: string[]): Promise<string> {
  const failed = await run(...args).then(
    (output) => ({ code: 0, stderr: '', stdout: output }),
    (error: { code: number; stderr: string; stdout: string }) => error,
  )
  expect(failed.code).toBe(1)
  expect(failed.stdout).toBe('')
  return failed.stderr.trim()
}

async function statusWith(key: string): Promise<number> {
  const response = await fetch(`${gateway?.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': key },
    body: '{"query":"{ viewer { role } }"}',
  })
  return response.status
}

describe('dealgraph key', () => {
  it('makes keys that work until they are revoked, and lists them without their secrets', async () => {
    await run('tenant', 'create', 'acme', '--currency', 'EUR')
    const web = await json('key', 'create', '--tenant', 'acme', '--name', 'web', '--expires', '90')
    const app = await run('key', 'create', '--tenant', 'acme', '--role', 'READ_ONLY')
    expect(app).toMatch(/^dg_[\w-]{43}$/)
    const prefix = web.key.slice(0, 9)
    const revoked = await json('key', 'revoke', prefix, '--tenant', 'acme')
    expect(revoked).toEqual({ prefix, revoked: true })

    const listed = await run('key', 'list', '--tenant', 'acme')
    expect(listed.split('\n').map((line) => line.split(/ {2,}/).slice(0, 3))).toEqual([
      ['PREFIX', 'NAME', 'ROLE'],
      [prefix, 'web', 'MEMBER'],
      [app.slice(0, 9), 'key', 'READ_ONLY'],
    ])
    expect(JSON.stringify(await json('key', 'list', '--tenant', 'acme'))).not.toContain(app)
    gateway = await startGateway(place.env)
    expect(await statusWith(app)).toBe(200)
    expect(await statusWith(web.key)).toBe(401)
  })

  it.each([
    [['key', 'create', '--tenant', 'nobody'], /^There is no tenant nobody\./],
    [['key', 'list', '--tenant', 'nobody'], /^There is no tenant nobody\./],
    [['tenant', 'create', 'Not a slug'], /^A slug is /],
    [['tenant', 'create', 'acme', '--currency', 'EURO'], /ISO 4217/],
    [['tenant', 'create', 'acme', '--time-zone', 'Mars/Olympus'], /no IANA time zone/],
    [['key', 'create', '--tenant', 'acme', '--role', 'KING'], /ADMIN, MEMBER, READ_ONLY/],
    [['key', 'create', '--tenant', 'acme', '--expires', 'soon'], /whole number of days/],
    [['unknown'], /unknown command/],
  ])('says in one sentence why %j fails', async (args, sentence) => {
    const said = await failure(...args)
    expect(said).toMatch(sentence)
    expect(said).not.toContain('    at ')
  })
})

it('dealgraph tenant create refuses a slug that is taken', async () => {
  expect(await json('tenant', 'create', 'beta')).toMatchObject({ slug: 'beta' })
  expect(await failure('tenant', 'create', 'beta')).toBe('There is a tenant beta already.')
})

it('dealgraph migrate applies nothing a second time', async () => {
  expect(await json('migrate')).toEqual({ applied: [] })
  expect(await run('migrate')).toBe('nothing to apply')
})

it('dealgraph seed fills the demo tenant once', async () => {
  const shared = place
  place = await freshPlace()
  try {
    expect(await json('seed')).toMatchObject({ slug: 'demo' })
    expect(await failure('seed')).toBe('There is a tenant "demo" with data already.')
  } finally {
    await place.remove()
    place = shared
  }
})

it('is not ready where no database answers', async () => {
  const url = 'postgresql://nobody@127.0.0.1:1/nothing'
  gateway = await startGateway({ DATABASE_URL: url })
  const ready = await fetch(`${gateway.url}/health/ready`)
  expect(ready.status).toBe(503)
  expect(await ready.json()).toEqual({
    status: 'unready',
    reasons: ['The database does not answer.'],
  })
  expect((await fetch(`${gateway.url}/health/live`)).status).toBe(200)
})
