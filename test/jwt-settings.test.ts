import { describe, expect, it } from 'vitest'
import { readConfig } from '../src/config.ts'

const minimal = {
  JWT_JWKS_URL: 'https://id.example/jwks.json',
  JWT_ISSUER: 'https://id.example/',
  JWT_AUDIENCE: 'dealgraph',
}

describe('the configuration of tokens', () => {
  it('is none by default', () => {
    expect(readConfig({}).jwt).toBeNull()
    expect(readConfig({ JWT_JWKS_URL: '', JWT_ISSUER: '' }).jwt).toBeNull()
  })

  it('needs no more than the keys, the issuer and the audience', () => {
    expect(readConfig(minimal).jwt).toEqual({
      keys: { url: 'https://id.example/jwks.json' },
      issuer: 'https://id.example/',
      audience: ['dealgraph'],
      algorithms: ['RS256', 'ES256', 'EdDSA'],
      clockToleranceSeconds: 30,
      claims: { tenant: 'tenant', subject: 'sub', role: null, name: 'name', email: 'email' },
      createMembersAs: null,
    })
  })

  it('is read in every variable', () => {
    const env = {
      JWT_JWKS_FILE: 'jwks.json',
      JWT_ISSUER: 'id',
      JWT_AUDIENCE: 'web, phone',
      JWT_ALGORITHMS: 'PS512,Ed25519',
      JWT_CLOCK_TOLERANCE_SECONDS: '0',
      JWT_TENANT_CLAIM: 'https://acme.example/tenant',
      JWT_SUBJECT_CLAIM: 'uid',
      JWT_ROLE_CLAIM: 'realm_access.roles',
      JWT_NAME_CLAIM: 'full_name',
      JWT_EMAIL_CLAIM: 'mail',
      JWT_CREATE_MEMBERS_AS: 'READ_ONLY',
    }
    expect(readConfig(env).jwt).toEqual({
      keys: { file: 'jwks.json' },
      issuer: 'id',
      audience: ['web', 'phone'],
      algorithms: ['PS512', 'Ed25519'],
      clockToleranceSeconds: 0,
      claims: {
        tenant: 'https://acme.example/tenant',
        subject: 'uid',
        role: 'realm_access.roles',
        name: 'full_name',
        email: 'mail',
      },
      createMembersAs: 'READ_ONLY',
    })
  })

  it.each([
    'http://localhost:8080/jwks',
    'http://127.0.0.1/jwks',
    'http://127.8.8.8/jwks',
    'http://[::1]:80/jwks',
  ])('may have its keys on this machine at %s', (url) => {
    expect(readConfig({ ...minimal, JWT_JWKS_URL: url }).jwt?.keys).toEqual({ url })
  })

  it.each([
    ['JWT_JWKS_URL', 'http://id.example/jwks'],
    ['JWT_JWKS_URL', 'http://localhost.example/jwks'],
    ['JWT_JWKS_URL', 'http://127.0.0.1.example/jwks'],
    ['JWT_JWKS_URL', 'https://user:password@id.example/jwks'],
    ['JWT_JWKS_URL', 'https://user@id.example/jwks'],
    ['JWT_JWKS_URL', 'file:///etc/jwks.json'],
    ['JWT_JWKS_URL', 'id.example'],
    ['JWT_JWKS_FILE', 'jwks.json'],
    ['JWT_ISSUER', ''],
    ['JWT_AUDIENCE', ''],
    ['JWT_AUDIENCE', ' , '],
    ['JWT_ALGORITHMS', 'none'],
    ['JWT_ALGORITHMS', 'RS256,HS256'],
    ['JWT_ALGORITHMS', 'rs256'],
    ['JWT_ALGORITHMS', 'toString'],
    ['JWT_ALGORITHMS', ','],
    ['JWT_CLOCK_TOLERANCE_SECONDS', '-1'],
    ['JWT_CLOCK_TOLERANCE_SECONDS', '301'],
    ['JWT_CLOCK_TOLERANCE_SECONDS', 'soon'],
    ['JWT_CREATE_MEMBERS_AS', 'OWNER'],
    ['JWT_CREATE_MEMBERS_AS', 'member'],
  ])('refuses %s=%s by its name', (name, value) => {
    const read = () => readConfig({ ...minimal, [name]: value })
    expect(read).toThrow(new RegExp(`^${name} is wrong: [^.]+$`))
  })

  it.each(['JWT_ISSUER', 'JWT_AUDIENCE', 'JWT_ROLE_CLAIM', 'JWT_CREATE_MEMBERS_AS'])(
    'refuses %s where no keys are named',
    (name) => {
      expect(() => readConfig({ [name]: 'MEMBER' })).toThrow(
        new RegExp(`^${name} is wrong: .*_URL`),
      )
    },
  )

  it('says all that is wrong at once', () => {
    const env = { PORT: 'x', JWT_JWKS_FILE: 'jwks.json' }
    expect(() => readConfig(env)).toThrow(/PORT is wrong/)
    expect(() => readConfig({ JWT_JWKS_FILE: 'jwks.json' })).toThrow(
      'JWT_ISSUER is wrong: must be set with JWT_JWKS_FILE. JWT_AUDIENCE is wrong: must be set with JWT_JWKS_FILE',
    )
    expect(() => readConfig({ PORT: 'x', JWT_ALGORITHMS: 'none' })).toThrow(
      /PORT is wrong.*JWT_ALGORITHMS is wrong/,
    )
  })
})
