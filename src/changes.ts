/** Those of the values that differ from the row's: what a write has to do, and to tell. */
export function changedValues<Values extends object>(row: object, values: Values): Partial<Values> {
  const before = row as Record<string, unknown>
  const changed = Object.entries(values).filter(([column, value]) => before[column] !== value)
  return Object.fromEntries(changed) as Partial<Values>
}
