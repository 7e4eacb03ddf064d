import { createHash } from 'node:crypto'
import type { Viewer } from '../auth/viewer.ts'
import type { Compiled } from '../compiler/plan.ts'

/**
 * Names what is asked and who asks, so that with the tenant’s revision behind it it names the answer:
 * every write takes the next revision.
 */
export function nameOfAnswer({ statements }: Compiled, { tenantId, dealsOf }: Viewer): string {
  const asked = JSON.stringify([tenantId, dealsOf, statements])
  return createHash('sha256').update(asked).digest('base64url').slice(0, 22)
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
