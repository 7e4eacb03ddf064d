import { createHash } from 'node:crypto'
import { type DefinitionNode, type DocumentNode, Kind, print } from 'graphql'
import { LRUCache } from 'lru-cache'

/** In lower case hex, as the ids of persisted operations are. */
export function sha256Of(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** The same for every text of a document, whatever its white space, comments and order of definitions. */
export function normalizedHash({ kind, definitions }: DocumentNode): string {
  const sorted = [...definitions].sort((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1))
  return sha256Of(print({ kind, definitions: sorted }))
}

function orderOf(definition: DefinitionNode): string {
  const name = 'name' in definition ? (definition.name?.value ?? '') : ''
  return `${definition.kind === Kind.OPERATION_DEFINITION ? 0 : 1}${name}`
}

const rememberedTexts = 10_000

/**
 * The same of a text, which is parsed once however often it is asked for; null for what is no
 * document.
 */
export function createNormalizedHash(
  parse: (text: string) => DocumentNode,
): (text: string) => string | null {
  const known = new LRUCache<string, { hash: string | null }>({ max: rememberedTexts })
  return (text) => {
    const sha256 = sha256Of(text)
    const remembered = known.get(sha256)
    if (remembered) return remembered.hash
    const hash = hashOrNull(() => parse(text))
    known.set(sha256, { hash })
    return hash
  }
}

function hashOrNull(parse: () => DocumentNode): string | null {
  try {
    return normalizedHash(parse())
  } catch {
    return null
  }
}
