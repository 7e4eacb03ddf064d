import { randomUUID } from 'node:crypto'
import { exportSPKI, importJWK, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { untouched } from './fixtures.ts'
import { type TestTenant, testTenant } from './harness.ts'
import {
  claimsOf,
  type JwksServer,
  type SigningKey,
  signedMember,
  signingKey,
  startJwks,
  type TokenGateway,
  tokenGateway,
} from './jwt-fixtures.ts'

let key: SigningKey
let rsa: SigningKey
let jwks: JwksServer
let t: TestTenant
let gateway: TokenGateway

beforeAll(async () => {
  key = await signingKey('first')
  rsa = await signingKey('rsa', 'RS256')
  jwks = await startJwks(key, rsa)
  t = await testTenant()
  await signedMember(t)
})

afterAll(() => jwks.stop())

beforeEach(() => {
  gateway = tokenGateway(t, { url: jwks.url })
})

const now = () => Math.floor(Date.now() / 1000)
const valid = (changes: JWTPayload = {}) => key.sign(claimsOf(t, changes))

const refused = {
  status: 401,
  data: null,
  extensions: {},
  errors: [
    {
      message: 'The credential is not valid: it is unknown, expired or revoked.',
      extensions: { code: 'UNAUTHENTICATED' },
    },
  ],
}

describe('a token', () => {
  it.each([
    ['authorization', 'Bearer '],
    ['authorization', 'bearer '],
    ['x-api-key', ''],
  ])('is taken in %s as %j', async (name, before) => {
    const query = '{ viewer { role apiKeyName member { name } tenant { slug } scopes } }'
    const answer = await gateway.ask('', query, { [name]: `${before}${await valid()}` })
    expect(answer).toMatchObject({ status: 200, errors: [] })
    expect(answer.data.viewer).toEqual({
      ...{ role: 'MEMBER', apiKeyName: null, member: { name: 'Ada' }, tenant: { slug: t.slug } },
      scopes: ['deals:read', 'deals:write', 'contacts:write', 'members:read'],
    })
  })

  it('is taken by RSA too, and beside it an API key', async () => {
    expect(await gateway.codeOf(await rsa.sign(claimsOf(t)))).toBeNull()
    const { data } = await gateway.ask(await t.keyFor('ADMIN'))
    expect(data.viewer.role).toBe('ADMIN')
  })

  it('is no credential of a gateway that is not configured for tokens', async () => {
    const { errors } = await t.graphql('{ viewer { role } }', {}, { key: await valid() })
    expect(errors).toMatchObject(refused.errors)
  })

  it('names one audience of many, and the gateway may have many', async () => {
    expect(await gateway.codeOf(await valid({ aud: ['other', 'dealgraph'] }))).toBeNull()
    const many = tokenGateway(t, { url: jwks.url }, { settings: { audience: ['a', 'dealgraph'] } })
    expect(await many.codeOf(await valid())).toBeNull()
    expect(await many.codeOf(await valid({ aud: 'b' }))).toBe('UNAUTHENTICATED')
  })

  it('may lie within the tolerance of the clocks, on both sides', async () => {
    expect(await gateway.codeOf(await valid({ exp: now() - 20 }))).toBeNull()
    expect(await gateway.codeOf(await valid({ nbf: now() + 20 }))).toBeNull()
    const strict = tokenGateway(t, { url: jwks.url }, { settings: { clockToleranceSeconds: 0 } })
    expect(await strict.codeOf(await valid({ exp: now() - 20 }))).toBe('UNAUTHENTICATED')
    expect(await strict.codeOf(await valid({ nbf: now() + 20 }))).toBe('UNAUTHENTICATED')
  })

  it('goes by the gateway’s clock', async () => {
    const later = () => new Date(Date.now() + 3_600_000)
    const ahead = tokenGateway(t, { url: jwks.url }, { clock: later })
    expect(await ahead.codeOf(await valid())).toBe('UNAUTHENTICATED')
    expect(await ahead.codeOf(await valid({ exp: now() + 3_700 }))).toBeNull()
  })
})

describe('a token is refused, and nothing tells why:', () => {
  const bad: [string, () => Promise<string>][] = [
    ['expired', () => valid({ exp: now() - 31 })],
    ['not valid yet', () => valid({ nbf: now() + 40 })],
    ['without an end', () => valid({ exp: undefined })],
    ['with an end that is a text', () => valid({ exp: String(now() + 300) as never })],
    ['of another issuer', () => valid({ iss: 'https://evil.example/' })],
    ['of no issuer', () => valid({ iss: undefined })],
    ['for another audience', () => valid({ aud: 'billing' })],
    ['for no audience', () => valid({ aud: undefined })],
    ['of an unknown tenant', () => valid({ tenant: 'nobody' })],
    ['of an unknown tenant’s id', () => valid({ tenant: randomUUID() })],
    ['of no tenant', () => valid({ tenant: undefined })],
    ['of a tenant that is no text', () => valid({ tenant: { slug: t.slug } })],
    ['of an unknown subject', () => valid({ sub: 'auth0|eve' })],
    ['of no subject', () => valid({ sub: undefined })],
    ['of a blank subject', () => valid({ sub: ' ' })],
    ['of a subject that cannot be stored', () => valid({ sub: 'auth0|ada\0' })],
    ['of a subject with half a character', () => valid({ sub: 'auth0|ada\ud800' })],
    ['of a subject that is too long', () => valid({ sub: 'x'.repeat(256) })],
    ['signed by another key of the same name', forged],
    ['of an unknown key', () => key.sign(claimsOf(t), { kid: 'unknown' })],
    ['of a key of another kind', () => key.sign(claimsOf(t), { kid: 'rsa' })],
    ['unsigned', async () => new UnsecuredJWT(claimsOf(t)).encode()],
    ['signed with the public key as a secret', confused],
    ['signed with a secret', secret],
    ['with a critical header', () => key.sign(claimsOf(t), { crit: ['odd'], odd: 1 })],
    ['changed after it was signed', changed],
    ['without its signature', async () => (await valid()).replace(/[^.]*$/, '')],
    ['of more than 8 KB', () => valid({ padding: 'x'.repeat(8_192) })],
    ['that is no JSON', async () => 'abc.def.ghi'],
  ]

  async function forged() {
    return (await signingKey('first')).sign(claimsOf(t))
  }

  /** What works where a verifier lets the token choose between a public key and a secret. */
  async function confused() {
    const pem = await exportSPKI(
      (await importJWK(rsa.public, 'RS256', { extractable: true })) as never,
    )
    return new SignJWT(claimsOf(t))
      .setProtectedHeader({ alg: 'HS256', kid: 'rsa' })
      .sign(new TextEncoder().encode(pem))
  }

  function secret() {
    return new SignJWT(claimsOf(t)).setProtectedHeader({ alg: 'HS256' }).sign(new Uint8Array(32))
  }

  async function changed() {
    const [header, , signature] = (await valid()).split('.')
    const claims = Buffer.from(JSON.stringify(claimsOf(t, { sub: 'auth0|root' })))
    return `${header}.${claims.toString('base64url')}.${signature}`
  }

  it.each(bad)('%s', async (_, token) => {
    await untouched([t], async () => expect(await gateway.ask(await token())).toEqual(refused))
    expect(gateway.logged.filter(({ level }) => Number(level) >= 40)).toEqual([])
  })

  it('with an algorithm that is not configured', async () => {
    const options = { settings: { algorithms: ['RS256'] } }
    const rsaOnly = tokenGateway(t, { url: jwks.url }, options)
    expect(await rsaOnly.codeOf(await valid())).toBe('UNAUTHENTICATED')
    expect(await rsaOnly.codeOf(await rsa.sign(claimsOf(t)))).toBeNull()
  })

  it('and the log has the reason, but nothing of the token', async () => {
    const token = await valid({ exp: now() - 31, name: 'Ada Lovelace' })
    await gateway.ask(token)
    expect(gateway.logged).toMatchObject([{ reason: 'ERR_JWT_EXPIRED', claim: 'exp' }, {}])
    const text = JSON.stringify(gateway.logged)
    for (const part of [...token.split('.'), 'auth0', 'Lovelace']) expect(text).not.toContain(part)
  })
})
