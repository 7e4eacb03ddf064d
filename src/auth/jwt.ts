import { errors, type JWTPayload, type JWTVerifyOptions, jwtVerify } from 'jose'
import type { Logger } from 'pino'
import type { Database } from '../database/database.ts'
import { codedError } from '../errors.ts'
import { signIn } from '../sign-in/service.ts'
import type { Authenticator } from './authenticate.ts'
import { identityOf } from './claims.ts'
import { type KeySet, KeysUnavailable } from './jwks.ts'
import type { JwtSettings } from './jwt-settings.ts'

/** Three parts, of which the last, the signature, may be missing: such a token is refused too. */
const form = /^[\w-]+\.[\w-]+\.[\w-]*$/

const maxTokenLength = 8 * 1024

export interface JwtOptions {
  database: Database
  keys: KeySet
  settings: JwtSettings
  clock: () => Date
  log: Logger
}

/** Takes the JSON Web Tokens of one issuer. Who they are about is looked up for every request. */
export function createJwtAuthenticator(options: JwtOptions): Authenticator {
  const { database, settings, clock } = options
  const { claims: names, createMembersAs } = settings
  return async (credential) => {
    if (credential.length > maxTokenLength) return null
    if (!form.test(credential)) return undefined
    const claims = await verified(credential, options)
    const identity = claims && identityOf(claims, names)
    return identity && signIn(database, identity, { createMembersAs, now: clock() })
  }
}

/** The claims of a token that holds, or null. */
async function verified(token: string, options: JwtOptions): Promise<JWTPayload | null> {
  const { keys, settings, clock, log } = options
  const { issuer, audience, algorithms, clockToleranceSeconds: clockTolerance } = settings
  const expected = { issuer, audience, algorithms, clockTolerance, requiredClaims: ['exp'] }
  try {
    return await verify(token, keys, { ...expected, currentDate: clock() })
  } catch (error) {
    if (error instanceof KeysUnavailable) throw unavailable(error)
    // Of a token only the reason may be told: the error has its claims.
    const { name, code, claim } = error as Error & { code?: string; claim?: string }
    log.debug({ reason: code ?? name, claim }, 'a token was refused')
    return null
  }
}

/** Where a token names no key and several would do, each is tried. */
async function verify(token: string, keys: KeySet, expected: JWTVerifyOptions) {
  try {
    return (await jwtVerify(token, keys.find, expected)).payload
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error
    for await (const key of error) {
      const verification = await jwtVerify(token, key, expected).catch(otherKey)
      if (verification) return verification.payload
    }
    throw error
  }
}

function otherKey(error: unknown): null {
  if (error instanceof errors.JWSSignatureVerificationFailed) return null
  throw error
}

/** The token may be good: whoever has it need not sign in again, only try again. */
function unavailable({ retryMs }: KeysUnavailable) {
  const headers = { 'retry-after': String(Math.ceil(retryMs / 1_000)) }
  return codedError(
    'UNAVAILABLE',
    'Tokens cannot be checked at the moment, since their keys cannot be had. Try again later.',
    { http: { headers } },
  )
}
