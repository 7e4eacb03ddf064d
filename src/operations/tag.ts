import { hash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { Viewer } from '../auth/viewer.ts'
import type { Compiled } from '../compiler/plan.ts'

/** Texts of statements are long, and few of them are asked again and again. */
const digests = new LRUCache<string, string>({ max: 1_000 })

/**
 * Names what is asked and who asks, so that with the tenant’s revision behind it it names the answer:
 * every write takes the next revision.
 */
export function nameOfAnswer({ statements }: Compiled, { tenantId, dealsOf }: Viewer): string {
  const asked = statements.map(({ text, values }) => [digestOf(text), values])
  return sha256(JSON.stringify([tenantId, dealsOf, asked])).slice(0, 22)
}

function digestOf(text: string): string {
  const known = digests.get(text)
  if (known !== undefined) return known
  const digest = sha256(text)
  digests.set(text, digest)
  return digest
}

function sha256(text: string): string {
  return hash('sha256', text, 'base64url')
}

/** Weak, as an answer also tells what is left of the viewer’s points. */
export function tagOf(name: string, { revision }: Viewer): string {
  return `W/"${name}.${revision}"`
}

/** Whether a client has an answer of this name, or this very one. */
export function isNamedIn(ifNoneMatch: string, name: string): boolean {
  return ifNoneMatch.includes(`"${name}.`)
}

export function isIn(ifNoneMatch: string, tag: string): boolean {
  const known = ifNoneMatch.split(',').map((one) => one.trim().replace(/^W\//, ''))
  return known.includes(tag.replace(/^W\//, ''))
}
