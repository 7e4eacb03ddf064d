import { bareOperationId } from '../ids.ts'
import { invalid, type UserError } from '../user-errors.ts'

export const maxOperations = 2_000
const maxLength = 255
const maxAgeLimit = 31_536_000
/** More problems than this are not told at a time. */
export const mostTold = 20

/** An operation as a manifest has it. */
export interface GivenOperation {
  id: string
  text: string
  maxAgeSeconds?: number | null
}

/** The same with what it is to the schema. */
export interface NewOperation extends GivenOperation {
  name: string | null
  type: string
  cost: number
  sha256: string
  normalizedSha256: string
  problems: string[]
}

/** Why this cannot be what a client calls one of its operations. */
function problemsOfId(id: string): string[] {
  const isPlain = !/^sha256:|[~\p{Cc}]/u.test(id) && id.trim() === id
  if (isPlain && id.length >= 1 && id.length <= maxLength) return []
  const form = `An id has 1 to ${maxLength} characters, none of them \`~\` or a control character, no blanks around it and no second \`sha256:\` before it.`
  return [form]
}

/** Operations with what they are to the schema, in their order. */
export function withInspections(
  operations: readonly GivenOperation[],
  inspections: readonly Omit<NewOperation, keyof GivenOperation>[],
): NewOperation[] {
  return inspections.map((inspection, index) => {
    const { id, text, maxAgeSeconds = null } = operations[index] as GivenOperation
    return { ...inspection, id: bareOperationId(id), text, maxAgeSeconds }
  })
}

/** Why an operation cannot be registered, without what depends on others. */
export function problemsOf({ id, type, maxAgeSeconds, problems }: NewOperation): string[] {
  const badIds = problemsOfId(id)
  if (maxAgeSeconds == null || problems.length > 0) return [...badIds, ...problems]
  const isAge = maxAgeSeconds >= 1 && maxAgeSeconds <= maxAgeLimit
  return [
    ...badIds,
    ...(isAge ? [] : [`A maxAgeSeconds is 1 to ${maxAgeLimit}.`]),
    ...(type === 'QUERY' ? [] : ['Only the answers to queries can be kept by caches.']),
  ]
}

/** Why the operations of a release cannot be registered together, at most 20 of the problems. */
export function checkOperations(operations: NewOperation[], path: string[]): UserError[] {
  if (operations.length < 1 || operations.length > maxOperations) {
    return [invalid(`A release has 1 to ${maxOperations} operations.`, path)]
  }
  const problems = problemsTogether(operations)
  const errors = operations.flatMap((operation, index) =>
    (problems[index] ?? []).map((told) => problemAt(operation, told, [...path, `${index}`])),
  )
  return errors.slice(0, mostTold)
}

/** Why each of them cannot be registered with the others, in their order. */
export function problemsTogether(operations: NewOperation[]): string[][] {
  const known = new Map<string, NewOperation>()
  return operations.map((operation) => {
    const first = known.get(operation.id) ?? operation
    known.set(operation.id, first)
    const isSame = first.text === operation.text && first.maxAgeSeconds === operation.maxAgeSeconds
    const twice = isSame ? [] : ['Its id is there with another text or another maxAgeSeconds.']
    return [...problemsOf(operation), ...twice]
  })
}

export const textTaken = 'This client has registered another text under its id: give it another id.'

/** An id stays what it is: apps in the field rely on it. */
export function otherText(operation: NewOperation, path: string[]): UserError {
  return problemAt(operation, textTaken, path)
}

function problemAt({ name, id }: NewOperation, problem: string, path: string[]): UserError {
  return invalid(`${name ?? id.slice(0, maxLength)}: ${problem}`, path)
}
