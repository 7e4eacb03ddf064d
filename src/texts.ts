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

export const unstorable = 'A text has a character that cannot be stored, such as U+0000.'

/**
 * Whether every text in a value can be stored: PostgreSQL takes no U+0000, and half a surrogate
 * pair is no character.
 */
export function isStorable(value: unknown): boolean {
  // Level by level, since a recursion could be overflowed by a value that is deep enough.
  let level = [value]
  while (level.length > 0) {
    if (level.some((item) => typeof item === 'string' && !isStorableText(item))) return false
    level = level.flatMap((item) =>
      typeof item === 'object' && item ? Object.entries(item).flat() : [],
    )
  }
  return true
}

function isStorableText(text: string): boolean {
  return !text.includes('\0') && !/\p{Surrogate}/u.test(text)
}

const apiKeys = /dg_[\w-]+/g

/** A text of a request as a log may hold it: without what looks like an API key. */
export function withoutKeys(text: string): string {
  return text.replace(apiKeys, 'dg_…')
}
