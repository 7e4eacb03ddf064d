import { isDeepStrictEqual } from 'node:util'

/**
 * Those of the values that differ from the row's: what a write has to do, and to tell. What is
 * undefined was left out and is no change.
 */
export function changedValues<Values extends object>(row: object, values: Values): Partial<Values> {
  const before = row as Record<string, unknown>
  const changed = Object.entries(values).filter(
    ([column, value]) => value !== undefined && !isSame(value, before[column]),
  )
  return Object.fromEntries(changed) as Partial<Values>
}

/** Compares as JSON, in which two amounts or dates that mean the same are the same. */
export function isSame(one: unknown, other: unknown): boolean {
  return isDeepStrictEqual(plain(one), plain(other))
}

function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value ?? null))
}
