import { codedError } from '../errors.ts'
import { bareOperationId } from '../ids.ts'
import { isStorable } from '../texts.ts'

/** What a request asks for, in whichever of the formats of GraphQL clients it came. */
export interface Ask {
  /** Its document; null where it sends none. */
  text: string | null
  /** By what it names an operation that it takes to be known; null where it names none. */
  id: string | null
  /** Whether the id is the SHA-256 of a text that the client has, and sends after a miss. */
  isHash: boolean
  /** The release that its id names, as in `app~version~hash`. */
  release: { client: string; version: string } | null
}

const maxIdLength = 600
const emptyAsk: Ask = { text: null, id: null, isHash: false, release: null }

/**
 * What the parameters of a request ask for. Ids come as `extensions.persistedQuery` (Apollo, urql),
 * `documentId` (urql, Hive, the draft of GraphQL over HTTP), and `doc_id` or `id` (Relay); an empty
 * `query` beside one is none. Clients that name no id are asked for a text by who needs it.
 */
export function askOf(params: Record<string, unknown>): Ask {
  const { query = null } = params
  if (query !== null && typeof query !== 'string') throw badRequest('`query` must be a text.')
  const text = query
  const hash = hashIn(params.extensions)
  if (hash !== null)
    return { ...emptyAsk, text: text || null, id: bareOperationId(hash), isHash: true }
  const id = idIn(params, text)
  if (id === null) return { ...emptyAsk, text }
  return { ...emptyAsk, text: text || null, ...named(id) }
}

/** The id of `extensions.persistedQuery`, which Apollo's clients send whatever made it. */
function hashIn(extensions: unknown): string | null {
  const { persistedQuery } = (extensions ?? {}) as { persistedQuery?: unknown }
  if (persistedQuery == null) return null
  const { version, sha256Hash } = Object(persistedQuery) as Record<string, unknown>
  if (version !== 1) throw badRequest('`extensions.persistedQuery.version` must be 1.')
  return checked('extensions.persistedQuery.sha256Hash', sha256Hash)
}

function idIn({ documentId, doc_id, id }: Record<string, unknown>, text: string | null) {
  if (documentId != null) return checked('documentId', documentId)
  if (doc_id != null) return checked('doc_id', doc_id)
  // Beside a text it may be of anything, as the id of the request.
  return id != null && !text ? checked('id', id) : null
}

function checked(name: string, id: unknown): string {
  const isText = typeof id === 'string' && id.length > 0 && id.length <= maxIdLength
  if (isText && isStorable(id)) return id
  throw badRequest(`\`${name}\` must be a text of 1 to ${maxIdLength} characters without U+0000.`)
}

function named(id: string): Pick<Ask, 'id' | 'release'> {
  const [client, version, hash, ...more] = id.split('~')
  if (!client || !version || !hash || more.length > 0)
    return { id: bareOperationId(id), release: null }
  return { id: bareOperationId(hash), release: { client, version } }
}

function badRequest(message: string) {
  return codedError('BAD_REQUEST', message, { http: { status: 400 } })
}
