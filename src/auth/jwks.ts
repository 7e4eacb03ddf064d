import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  customFetch,
  type ExportedJWKSCache,
  type FetchImplementation,
  type JWTVerifyGetKey,
  jwksCache,
} from 'jose'
import type { Logger } from 'pino'

/** Where the public keys are that tokens are signed with. */
export type KeySource = { url: string } | { file: string }

export interface KeySetOptions {
  log: Logger
  /** From this age on keys are loaded again beside the requests, which go on with those known. */
  softAgeMs?: number
  /** Beyond this age keys are not used, even when no others can be had. */
  hardAgeMs?: number
  /** How long after a load a key that is not known loads no others. */
  cooldownMs?: number
  timeoutMs?: number
  /** How long after a load that failed none is tried. */
  retryMs?: number
}

export interface KeySet {
  /** Finds the key that a token names, and throws KeysUnavailable where none can be had. */
  find: JWTVerifyGetKey
  /** Loads the keys now. */
  load(): Promise<void>
}

/** Why the keys cannot be had, such as `https://id.example/keys answered 404`. */
export class KeysUnavailable extends Error {
  readonly retryMs: number
  constructor(message: string, retryMs: number) {
    super(message)
    this.retryMs = retryMs
  }
}

const second = 1_000
const minute = 60 * second
const hour = 60 * minute

/**
 * The keys of a JWKS, kept in memory. Those known go on being used when the source fails, and a key
 * that is not among them loads the others.
 */
export function createKeySet(source: KeySource, options: KeySetOptions): KeySet {
  const { log, softAgeMs = 10 * minute, hardAgeMs = 24 * hour, cooldownMs = 30 * second } = options
  const { timeoutMs = 5 * second, retryMs = 5 * second } = options
  const cache: Partial<ExportedJWKSCache> = {}
  const url = 'url' in source ? new URL(source.url) : pathToFileURL(resolve(source.file))
  const place = 'url' in source ? `${url.origin}${url.pathname}` : source.file
  const keys = createRemoteJWKSet(url, {
    timeoutDuration: timeoutMs,
    cooldownDuration: cooldownMs,
    cacheMaxAge: hardAgeMs,
    [jwksCache]: cache as Record<string, never>,
    [customFetch]: forbearing(reading(source), { place, retryMs }),
  })
  const complain = complaining(log)
  return {
    async find(header, token) {
      const isOld = cache.uat !== undefined && Date.now() >= cache.uat + softAgeMs
      if (isOld) keys.reload().catch(complain)
      try {
        return await keys(header, token)
      } catch (error) {
        complain(error)
        throw error
      }
    },
    load: keys.reload,
  }
}

/** Tells the log of keys that cannot be had, once a minute at most. */
function complaining(log: Logger): (error: unknown) => void {
  let loggedAt = Number.NEGATIVE_INFINITY
  return (error) => {
    if (!(error instanceof KeysUnavailable) || performance.now() < loggedAt + minute) return
    loggedAt = performance.now()
    log.warn({ reason: error.message }, 'the keys of tokens could not be loaded')
  }
}

/** Loads nothing for a while after a failure, so that a source that is down is left in peace. */
function forbearing(
  load: FetchImplementation,
  { place, retryMs }: { place: string; retryMs: number },
): FetchImplementation {
  let failure: KeysUnavailable | undefined
  let failedAt = Number.NEGATIVE_INFINITY
  return async (url, options) => {
    if (failure && performance.now() < failedAt + retryMs) throw failure
    try {
      return await load(url, options)
    } catch (error) {
      failedAt = performance.now()
      failure = new KeysUnavailable(`${place} ${reasonOf(error)}`, retryMs)
      throw failure
    }
  }
}

/** Reads the source as it is now; jose caches what this answers. */
function reading(source: KeySource): FetchImplementation {
  if ('url' in source) return async (url, options) => checkedSet(await textAt(url, options))
  return async (_, { signal }) =>
    checkedSet(await readFile(source.file, { encoding: 'utf8', signal }))
}

async function textAt(...[url, options]: Parameters<FetchImplementation>): Promise<string> {
  const response = await fetch(url, options)
  if (response.status === 200) return response.text()
  throw new Error(`answered ${response.status}`)
}

/** A set that jose can use, or an error that says why not. */
function checkedSet(text: string): Response {
  try {
    const set = JSON.parse(text)
    createLocalJWKSet(set)
    return Response.json(set)
  } catch {
    // The error itself would put a part of the text into the log.
    throw new Error('holds no JSON Web Key Set: {"keys": [...]}')
  }
}

function reasonOf(error: unknown): string {
  const { name, message, code, cause } = error as Error & {
    code?: unknown
    cause?: { code?: string }
  }
  if (name === 'TimeoutError' || name === 'AbortError') return 'did not answer in time'
  const problem = typeof code === 'string' ? code : cause?.code
  return problem ? `cannot be read: ${problem}` : message
}
