import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  exportJWK,
  generateKeyPair,
  type JWK,
  type JWTHeaderParameters,
  type JWTPayload,
  SignJWT,
} from 'jose'
import type { App } from '../src/app.ts'
import { createApiKeyAuthenticator } from '../src/auth/api-key.ts'
import { createAuthenticate } from '../src/auth/authenticate.ts'
import { createKeySet, type KeySetOptions, type KeySource } from '../src/auth/jwks.ts'
import { createJwtAuthenticator } from '../src/auth/jwt.ts'
import type { JwtSettings } from '../src/auth/jwt-settings.ts'
import { done } from './fixtures.ts'
import { appFor, type GraphqlAnswer, post, type TestTenant } from './harness.ts'
import { auditedLog } from './log-audit.ts'

export const issuer = 'https://id.example/'
export const audience = 'dealgraph'

export interface SigningKey {
  kid: string
  public: JWK
  /** Signs the claims as they are. */
  sign(claims: JWTPayload, header?: Partial<JWTHeaderParameters>): Promise<string>
}

export async function signingKey(kid: string, alg = 'ES256'): Promise<SigningKey> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true })
  return {
    kid,
    public: { ...(await exportJWK(publicKey)), kid, alg },
    sign: (claims, header = {}) =>
      new SignJWT(claims)
        .setProtectedHeader({ alg, kid, ...header })
        .sign(privateKey, { crit: { odd: true } }),
  }
}

/** The claims of a token that holds for the next minutes; `undefined` takes one away. */
export function claimsOf(t: { slug: string }, changes: JWTPayload = {}): JWTPayload {
  const now = Math.floor(Date.now() / 1000)
  const times = { iat: now, exp: now + 300 }
  return { iss: issuer, aud: audience, sub: 'auth0|ada', tenant: t.slug, ...times, ...changes }
}

export interface JwksServer {
  url: string
  /** The keys that it gives. */
  keys: SigningKey[]
  /** Answers instead of giving the keys. */
  answer: ((response: ServerResponse) => void) | null
  /** How often it was asked. */
  asked: number
  stop(): Promise<void>
}

/** A JWKS host on a port of its own. */
export async function startJwks(...keys: SigningKey[]): Promise<JwksServer> {
  const host = createServer((_, response) => {
    jwks.asked += 1
    if (jwks.answer) return jwks.answer(response)
    response.end(JSON.stringify({ keys: jwks.keys.map((key) => key.public) }))
  })
  await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve))
  const jwks: JwksServer = {
    url: `http://127.0.0.1:${(host.address() as AddressInfo).port}/jwks.json`,
    keys,
    answer: null,
    asked: 0,
    stop() {
      const closed = new Promise<void>((resolve) => host.close(() => resolve()))
      host.closeAllConnections()
      return closed
    },
  }
  return jwks
}

export function down(response: ServerResponse): void {
  response.destroy()
}

const usualClaims = { tenant: 'tenant', subject: 'sub', role: null, name: 'name', email: 'email' }

export interface TokenGateway {
  app: App
  logged: Record<string, unknown>[]
  /** Asks with a token as the bearer unless other headers are given. */
  ask(token: string, query?: string, headers?: Record<string, string>): Promise<GraphqlAnswer>
  /** The code of the refusal, or null where the token is taken. */
  codeOf(token: string): Promise<string | null>
}

export interface GatewayOptions {
  keys?: Partial<KeySetOptions>
  settings?: Partial<Omit<JwtSettings, 'claims'>>
  claims?: Partial<JwtSettings['claims']>
  clock?: () => Date
}

/** A gateway before the tenant's database that takes tokens beside API keys. */
export function tokenGateway(
  t: TestTenant,
  source: KeySource,
  options: GatewayOptions = {},
): TokenGateway {
  const { database } = t
  const { clock = () => new Date() } = options
  const logged: TokenGateway['logged'] = []
  const log = auditedLog((line) => logged.push(line), 'debug')
  const settings: JwtSettings = {
    ...{ keys: source, issuer, audience: [audience], algorithms: ['ES256', 'RS256'] },
    ...{ clockToleranceSeconds: 30, createMembersAs: null, ...options.settings },
    claims: { ...usualClaims, ...options.claims },
  }
  const keys = createKeySet(source, { log, ...options.keys })
  const authenticate = createAuthenticate([
    createApiKeyAuthenticator(database),
    createJwtAuthenticator({ database, keys, settings, clock, log }),
  ])
  const app = appFor(t, { authenticate, clock, log })
  const ask: TokenGateway['ask'] = (token, query = '{ viewer { role } }', headers) =>
    post(app, { query }, headers ?? { authorization: `Bearer ${token}` })
  return {
    app,
    logged,
    ask,
    codeOf: async (token) => (await ask(token)).errors[0]?.extensions.code ?? null,
  }
}

/** The member that tokens are about unless they say otherwise. */
export async function signedMember(t: TestTenant, input: object = {}): Promise<{ id: string }> {
  const ada = { name: 'Ada', role: 'MEMBER', externalId: 'auth0|ada', ...input }
  return (await done(t, 'createMember', ada, 'member { id }')).member
}
