import { checkIdentifier } from '../persisted-operation/rules.ts'
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

export function checkReleaseName({ client, version }: ReleaseName, path: string[]): UserError[] {
  return [
    ...checkIdentifier('The name of a client', client, [...path, 'client']),
    ...checkIdentifier('A version', version, [...path, 'version']),
  ]
}

export function checkPushed({ version }: ReleaseName, path: string[]): UserError[] {
  if (version !== development) return []
  const message = 'The release `development` is of what compilers persist: name another version.'
  return [invalid(message, [...path, 'version'])]
}

/** Whether two releases have the same operations, in whatever order. */
export function hasSameOperations(one: ReleasedOperation[], other: ReleasedOperation[]): boolean {
  const contents = (operations: ReleasedOperation[]) =>
    new Set(operations.map(({ id, sha256, maxAgeSeconds }) => `${sha256} ${maxAgeSeconds} ${id}`))
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
