import { checkName } from '../texts.ts'
import { alwaysSet, invalid, type UserError } from '../user-errors.ts'

/** What can be written of a tag. A value that is left out stays; null clears. */
export interface TagInput {
  name?: string | null
  color?: string | null
}

export interface TagValues {
  name?: string
  color?: string | null
}

/** Why a tag cannot have these values; empty when it can. What is left out is not looked at. */
export function checkTag(values: TagInput, path: string[]): UserError[] {
  const { name, color } = values
  const isColor = color == null || /^#[0-9a-f]{6}$/i.test(color)
  return [
    ...alwaysSet('A tag', values, ['name'], path),
    ...checkName(name, [...path, 'name']),
    ...(isColor ? [] : [invalid('A color looks like #ff8800.', [...path, 'color'])]),
  ]
}

/** The values as columns: names without blanks around them, colors in small letters. */
export function tagValues({ name, color }: TagInput): TagValues {
  return {
    ...(name != null && { name: name.trim() }),
    ...(color !== undefined && { color: color?.toLowerCase() ?? null }),
  }
}
