import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { type TestTenant, testTenant } from './harness.ts'
import {
  claimsOf,
  down,
  type JwksServer,
  type SigningKey,
  signedMember,
  signingKey,
  startJwks,
  type TokenGateway,
  tokenGateway,
} from './jwt-fixtures.ts'

let t: TestTenant
let first: SigningKey
let second: SigningKey
let jwks: JwksServer
let directory: string

beforeAll(async () => {
  t = await testTenant()
  await signedMember(t)
  first = await signingKey('first')
  second = await signingKey('second')
})

beforeEach(async () => {
  jwks = await startJwks(first)
  directory = await mkdtemp(join(tmpdir(), 'dealgraph-jwks-'))
})

afterEach(async () => {
  await jwks.stop()
  await rm(directory, { recursive: true, force: true })
})

/** Tries a source that failed at once again, so that no test waits. */
function gatewayWith(keys: Parameters<typeof tokenGateway>[2] = {}): TokenGateway {
  return tokenGateway(t, { url: jwks.url }, { ...keys, keys: { retryMs: 0, ...keys.keys } })
}

const tokenOf = (key: SigningKey) => key.sign(claimsOf(t))

/** Proves that the gateway comes to answer the token so, by itself or by being asked. */
async function expectSoon(gateway: TokenGateway, token: string, code: string | null) {
  await vi.waitFor(async () => expect(await gateway.codeOf(token)).toBe(code), 10_000)
}

const warnings = ({ logged }: TokenGateway) => logged.filter(({ level }) => level === 40)

describe('keys that are known', () => {
  it('are asked for once for many requests, also when those come at once', async () => {
    const gateway = gatewayWith()
    const token = await tokenOf(first)
    await Promise.all(Array.from({ length: 5 }, () => gateway.codeOf(token)))
    expect(await gateway.codeOf(token)).toBeNull()
    expect(jwks.asked).toBe(1)
  })

  it('are joined by a new one when a token names it', async () => {
    const gateway = gatewayWith({ keys: { cooldownMs: 0 } })
    expect(await gateway.codeOf(await tokenOf(second))).toBe('UNAUTHENTICATED')
    jwks.keys = [first, second]
    expect(await gateway.codeOf(await tokenOf(second))).toBeNull()
    expect(await gateway.codeOf(await tokenOf(first))).toBeNull()
  })

  it('are not asked for again and again by tokens that name others', async () => {
    const gateway = gatewayWith()
    for (const kid of ['a', 'b', 'c']) {
      expect(await gateway.codeOf(await first.sign(claimsOf(t), { kid }))).toBe('UNAUTHENTICATED')
    }
    expect(jwks.asked).toBe(1)
  })

  it('are renewed beside the requests when they are old, and the withdrawn ones refused', async () => {
    const gateway = gatewayWith({ keys: { softAgeMs: 0 } })
    const token = await tokenOf(first)
    expect(await gateway.codeOf(token)).toBeNull()
    jwks.keys = [second]
    expect(await gateway.codeOf(token)).toBeNull()
    await expectSoon(gateway, token, 'UNAUTHENTICATED')
    expect(await gateway.codeOf(await tokenOf(second))).toBeNull()
  })

  it('do not wait for a host that is slow to renew them', async () => {
    const gateway = gatewayWith({ keys: { softAgeMs: 0, timeoutMs: 60_000 } })
    const token = await tokenOf(first)
    expect(await gateway.codeOf(token)).toBeNull()
    jwks.answer = () => {}
    expect(await gateway.codeOf(token)).toBeNull()
    await vi.waitFor(() => expect(jwks.asked).toBe(2))
    expect(await gateway.codeOf(token)).toBeNull()
  })

  it('go on being used while the host is down, and the log says so', async () => {
    const gateway = gatewayWith({ keys: { softAgeMs: 0 } })
    const token = await tokenOf(first)
    expect(await gateway.codeOf(token)).toBeNull()
    await jwks.stop()
    expect(await gateway.codeOf(token)).toBeNull()
    await vi.waitFor(() => expect(warnings(gateway)).toHaveLength(1))
    expect(await gateway.codeOf(token)).toBeNull()
    expect(warnings(gateway)).toMatchObject([{ reason: expect.stringContaining(jwks.url) }])
  })

  it('are used no longer than their greatest age while it is down', async () => {
    const gateway = gatewayWith({ keys: { hardAgeMs: 0 } })
    const token = await tokenOf(first)
    expect(await gateway.codeOf(token)).toBeNull()
    jwks.answer = down
    expect(await gateway.codeOf(token)).toBe('UNAVAILABLE')
  })

  it('are each tried for a token that names none', async () => {
    jwks.keys = [second, first]
    const gateway = gatewayWith()
    const unnamed = { kid: undefined as never }
    expect(await gateway.codeOf(await first.sign(claimsOf(t), unnamed))).toBeNull()
    const stranger = await signingKey('stranger')
    const forged = await stranger.sign(claimsOf(t), unnamed)
    expect(await gateway.codeOf(forged)).toBe('UNAUTHENTICATED')
    const expired = await first.sign(claimsOf(t, { exp: 1 }), unnamed)
    expect(await gateway.codeOf(expired)).toBe('UNAUTHENTICATED')
  })

  it('may have one among them that is none', async () => {
    const broken = { ...second, public: { kty: 'EC', crv: 'P-256', kid: 'second', x: '?', y: '' } }
    jwks.keys = [broken, first]
    const gateway = gatewayWith()
    expect(await gateway.codeOf(await tokenOf(first))).toBeNull()
    expect(await gateway.codeOf(await tokenOf(second))).toBe('UNAUTHENTICATED')
  })
})

describe('a source of which no keys can be had', () => {
  it.each<[string, NonNullable<JwksServer['answer']>, RegExp]>([
    ['drops the connection', down, /cannot be read/],
    ['answers an error', (response) => response.writeHead(500).end('{"keys":[]}'), /answered 500/],
    [
      'redirects',
      (response) => response.writeHead(302, { location: 'https://evil.example' }).end(),
      /answered 302/,
    ],
    ['answers a page', (response) => response.end('<html>secret-of-the-page'), /holds no JSON Web/],
    ['answers other JSON', (response) => response.end('{"keys":7}'), /holds no JSON Web Key Set/],
    ['answers null', (response) => response.end('null'), /holds no JSON Web Key Set/],
    ['does not answer', () => {}, /did not answer in time/],
    ['stops half-way', (response) => response.write('{"keys":['), /did not answer in time/],
  ])('that %s is UNAVAILABLE, until it is well', async (_, answer, reason) => {
    const timeoutMs = reason.test('did not answer in time') ? 300 : 60_000
    const gateway = gatewayWith({ keys: { timeoutMs, retryMs: 100 } })
    jwks.answer = answer
    const token = await tokenOf(first)
    expect(await gateway.ask(token)).toMatchObject({
      status: 503,
      errors: [{ extensions: { code: 'UNAVAILABLE' } }],
    })
    expect(warnings(gateway)).toMatchObject([{ reason: expect.stringMatching(reason) }])
    const text = JSON.stringify(gateway.logged)
    for (const hidden of [...token.split('.'), 'secret-of']) expect(text).not.toContain(hidden)
    jwks.answer = null
    await expectSoon(gateway, token, null)
  })

  it('says when to come back, and leaves API keys alone', async () => {
    jwks.answer = down
    const gateway = gatewayWith({ keys: { retryMs: 4_500 } })
    const response = await gateway.app.fetch(
      new Request('http://localhost/graphql', {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          authorization: `Bearer ${await tokenOf(first)}`,
        },
        body: '{"query":"{ __typename }"}',
      }),
    )
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '5'])
    expect(response.headers.get('www-authenticate')).toBeNull()
    expect(await gateway.codeOf(await t.keyFor('MEMBER'))).toBeNull()
  })

  it('is left in peace for a while, and the log says it once', async () => {
    jwks.answer = down
    const gateway = gatewayWith({ keys: { retryMs: 60_000 } })
    for (let count = 0; count < 5; count += 1) {
      expect(await gateway.codeOf(await tokenOf(first))).toBe('UNAVAILABLE')
    }
    expect(jwks.asked).toBe(1)
    expect(warnings(gateway)).toHaveLength(1)
    const impatient = gatewayWith()
    for (let count = 0; count < 5; count += 1) await impatient.codeOf(await tokenOf(first))
    expect(jwks.asked).toBe(6)
    expect(warnings(impatient)).toHaveLength(1)
  })

  it('is not asked about a token that no key could make good', async () => {
    const gateway = gatewayWith()
    expect(await gateway.codeOf(`${btoa('{"alg":"none"}')}.${btoa('{}')}.`)).toBe('UNAUTHENTICATED')
    expect(jwks.asked).toBe(0)
  })

  it('cannot tell whether a key that it does not know is good', async () => {
    const gateway = gatewayWith({ keys: { cooldownMs: 0 } })
    expect(await gateway.codeOf(await tokenOf(first))).toBeNull()
    jwks.answer = down
    expect(await gateway.codeOf(await tokenOf(second))).toBe('UNAVAILABLE')
    expect(await gateway.codeOf(await tokenOf(first))).toBeNull()
  })

  it('may listen nowhere when the gateway starts', async () => {
    const host = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => host.once('listening', resolve))
    const { port } = host.address() as { port: number }
    await new Promise((resolve) => host.close(resolve))
    const gateway = tokenGateway(t, { url: `http://127.0.0.1:${port}/` })
    expect(await gateway.codeOf(await tokenOf(first))).toBe('UNAVAILABLE')
  })
})

describe('a file of keys', () => {
  const save = (...keys: SigningKey[]) =>
    writeFile(join(directory, 'jwks.json'), JSON.stringify({ keys: keys.map((k) => k.public) }))

  const fileGateway = (keys: object = {}) =>
    tokenGateway(t, { file: join(directory, 'jwks.json') }, { keys: { retryMs: 0, ...keys } })

  it('is read once, and again when a token names another key', async () => {
    await save(first)
    const gateway = fileGateway({ cooldownMs: 0 })
    expect(await gateway.codeOf(await tokenOf(first))).toBeNull()
    expect(await gateway.codeOf(await tokenOf(second))).toBe('UNAUTHENTICATED')
    await save(second)
    expect(await gateway.codeOf(await tokenOf(second))).toBeNull()
    expect(await gateway.codeOf(await tokenOf(first))).toBe('UNAUTHENTICATED')
  })

  it('is read again when its keys are old, and may be broken meanwhile', async () => {
    await save(first)
    const gateway = fileGateway({ softAgeMs: 0 })
    const token = await tokenOf(first)
    expect(await gateway.codeOf(token)).toBeNull()
    await writeFile(join(directory, 'jwks.json'), '{"keys":')
    expect(await gateway.codeOf(token)).toBeNull()
    await vi.waitFor(() => expect(warnings(gateway)).toHaveLength(1))
    expect(await gateway.codeOf(token)).toBeNull()
    await save(second)
    await expectSoon(gateway, token, 'UNAUTHENTICATED')
  })

  it('that is not there is UNAVAILABLE', async () => {
    const gateway = fileGateway()
    expect(await gateway.codeOf(await tokenOf(first))).toBe('UNAVAILABLE')
    expect(warnings(gateway)).toMatchObject([{ reason: expect.stringMatching(/ENOENT$/) }])
  })
})
