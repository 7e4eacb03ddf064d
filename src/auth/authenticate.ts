import { codedError } from '../errors.ts'
import type { Viewer } from './viewer.ts'

/**
 * Turns one kind of credential into a viewer. It answers `undefined` for a credential of another
 * kind, and `null` for one of its own kind that is not valid.
 */
export type Authenticator = (credential: string) => Promise<Viewer | null | undefined>

export type Authenticate = (headers: Headers) => Promise<Viewer | null>

/** Asks each authenticator in turn. No credential is `null`; one that nobody accepts is refused. */
export function createAuthenticate(authenticators: Authenticator[]): Authenticate {
  return async (headers) => {
    const credential = credentialOf(headers)
    if (!credential) return null
    for (const authenticator of authenticators) {
      const viewer = await authenticator(credential)
      if (viewer) return viewer
      if (viewer === null) break
    }
    throw unauthenticated('The credential is not valid: it is unknown, expired or revoked.')
  }
}

function credentialOf(headers: Headers): string | undefined {
  const bearer = /^bearer +(\S+)$/i.exec(headers.get('authorization') ?? '')?.[1]
  const credential = bearer ?? headers.get('x-api-key')
  if (credential) return credential
  if (headers.has('authorization')) {
    throw unauthenticated('The Authorization header must be `Bearer` and an API key or a token.')
  }
}

function unauthenticated(message: string) {
  const http = { headers: { 'www-authenticate': 'Bearer' } }
  return codedError('UNAUTHENTICATED', message, { http })
}
