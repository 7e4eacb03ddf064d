import type { Proof } from '../database/tenant-view.ts'
import { codedError } from '../errors.ts'
import type { HeaderReader } from '../request-head.ts'
import type { Viewer } from './viewer.ts'

/**
 * Turns one kind of credential into a viewer. It answers `undefined` for a credential of another
 * kind, and `null` for one of its own kind that is not valid.
 */
export interface Authenticator {
  (credential: string): Promise<Viewer | null | undefined>
  recall?(credential: string): Recalled | undefined
}

export interface Authenticate {
  (headers: HeaderReader): Promise<Viewer | null>
  /** Whom a credential meant before, if that is known: it may mean them no longer. */
  recall?(headers: HeaderReader): Recalled | undefined
}

/**
 * Whom a credential meant before, and what proves that it still does: it goes together with what
 * they ask for, which is done only if it holds.
 */
export interface Recalled {
  viewer: Viewer
  proof: Proof
  /** The viewer as the proof has found them now, at this revision. */
  proven(revision: string): Viewer
}

/** Asks each authenticator in turn. No credential is `null`; one that nobody accepts is refused. */
export function createAuthenticate(authenticators: Authenticator[]): Authenticate {
  const authenticate = async (headers: HeaderReader) => {
    const credential = credentialOf(headers)
    if (!credential) return null
    for (const authenticator of authenticators) {
      const viewer = await authenticator(credential)
      if (viewer) return viewer
      if (viewer === null) break
    }
    throw unauthenticated('The credential is not valid: it is unknown, expired or revoked.')
  }
  const recall = (headers: HeaderReader) => {
    const credential = bearerOf(headers) ?? headers.get('x-api-key')
    if (!credential) return undefined
    for (const authenticator of authenticators) {
      const recalled = authenticator.recall?.(credential)
      if (recalled) return recalled
    }
    return undefined
  }
  return Object.assign(authenticate, { recall })
}

function credentialOf(headers: HeaderReader): string | undefined {
  const credential = bearerOf(headers) ?? headers.get('x-api-key')
  if (credential) return credential
  if (headers.get('authorization') !== null) {
    throw unauthenticated('The Authorization header must be `Bearer` and an API key or a token.')
  }
}

function bearerOf(headers: HeaderReader): string | undefined {
  return /^bearer +(\S+)$/i.exec(headers.get('authorization') ?? '')?.[1]
}

function unauthenticated(message: string) {
  const http = { headers: { 'www-authenticate': 'Bearer' } }
  return codedError('UNAUTHENTICATED', message, { http })
}
