import { invalid, type UserError } from './user-errors.ts'

/** Characters are counted as people and PostgreSQL count them, not in UTF-16. */
export const maxNameLength = 255
export const maxTextLength = 10_000

/** Why this cannot be a name; empty when it can, or when there is none. Blanks around it do not count. */
export function checkName(name: string | null | undefined, path: string[]): UserError[] {
  if (name == null) return []
  const length = [...name.trim()].length
  if (length >= 1 && length <= maxNameLength) return []
  return [invalid(`A name has 1 to ${maxNameLength} characters, not ${length}.`, path)]
}

/** Why this cannot be the id of another system; empty when it can, or when there is none. */
export function checkExternalId(id: string | null | undefined, path: string[]): UserError[] {
  if (id == null || (id !== '' && [...id].length <= maxNameLength)) return []
  return [invalid(`An externalId has 1 to ${maxNameLength} characters.`, path)]
}

/** Why one of the free texts of an input is too long; empty when none is. */
export function checkTexts<Input extends object>(
  input: Input,
  keys: readonly (keyof Input & string)[],
  path: string[],
): UserError[] {
  const tooLong = keys.filter((key) => [...String(input[key] ?? '')].length > maxTextLength)
  return tooLong.map((key) => invalid(`At most ${maxTextLength} characters.`, [...path, key]))
}

/**
 * The named texts of an input as they are kept: without the blanks around them, and null where
 * nothing is left. What the input leaves out stays out.
 */
export function trimTexts<Key extends string>(
  input: { readonly [K in Key]?: string | null | undefined },
  keys: readonly Key[],
): { [K in Key]?: string | null } {
  const given = keys.filter((key) => input[key] !== undefined)
  const trimmed = given.map((key) => [key, input[key]?.trim() || null])
  return Object.fromEntries(trimmed) as { [K in Key]?: string | null }
}
