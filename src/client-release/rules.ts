import { invalid, type UserError } from '../user-errors.ts'

/** The release of what compilers persist while they compile; nobody pushes it. */
export const development = 'development'

export interface ReleaseName {
  client: string
  version: string
}

export interface ReleasedOperation {
  id: string
  sha256: string
  maxAgeSeconds?: number | null
}

const header = /^(?! )[ -}]{1,255}(?<! )$/

export function checkReleaseName({ client, version }: ReleaseName, path: string[]): UserError[] {
  return [
    ...checkHeader('The name of a client', client, [...path, 'client']),
    ...checkHeader('A version', version, [...path, 'version']),
  ]
}

/** It comes in a header, in which letters beyond ASCII are no letters any more. */
function checkHeader(what: string, value: string, path: string[]): UserError[] {
  if (header.test(value)) return []
  const form = `${what} has 1 to 255 characters of ASCII, none of them \`~\` or a control character, and no blanks around it.`
  return [invalid(form, path)]
}

export function checkPushed({ version }: ReleaseName, path: string[]): UserError[] {
  if (version !== development) return []
  const message = 'The release `development` is of what compilers persist: name another version.'
  return [invalid(message, [...path, 'version'])]
}

/**
 * Whether a release has these operations already, in whatever order. How long answers may be kept is
 * the operation's, whatever releases have it, so that it is no matter for one in the field.
 */
export function hasSameOperations(
  status: string,
  one: ReleasedOperation[],
  other: ReleasedOperation[],
): boolean {
  const age = ({ maxAgeSeconds }: ReleasedOperation) => (status === 'PENDING' ? maxAgeSeconds : '')
  const contents = (operations: ReleasedOperation[]) =>
    new Set(operations.map((operation) => `${operation.sha256} ${age(operation)} ${operation.id}`))
  const [a, b] = [contents(one), contents(other)]
  return a.size === b.size && [...a].every((operation) => b.has(operation))
}

/** What is in the field stays as it is. */
export function settled({ client, version }: ReleaseName, status: string): UserError {
  const message = `Version ${version} of ${client} is ${status} with other operations: push these as another version.`
  return invalid(message, ['input', 'version'])
}

/** Compilers persist for clients that may send anything; others register what they release. */
export function checkMode(mode: string, path: string[]): UserError[] {
  if (mode === 'open' || mode === 'log') return []
  const message = `This client is in mode ${mode}: push its operations and activate the release.`
  return [invalid(message, [...path, 'client'])]
}
