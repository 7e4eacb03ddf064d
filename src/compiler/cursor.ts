import type { Keyset } from '../connection.ts'
import { columnOf, type Model } from './model.ts'
import { literal } from './sql.ts'

/** Each kind of value as JSON, as a cursor holds it. */
const values: Record<Keyset['kind'], (column: string) => string> = {
  text: (column) => `to_json(${column})`,
  integer: (column) => column,
  bigint: (column) => `'"', ${column}, '"'`,
  instant: (column) => `'"', to_char(${column}, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), '"'`,
}

/** The cursor of a row as `connection.ts` makes it: base64url of its order, its value and its id. */
export function cursorSql(model: Model, alias: string, { name, column, kind }: Keyset): string {
  const value = values[kind](columnOf(model, alias, column))
  const json = `concat(${literal(`["${name}",`)}, ${value}, ',"', ${columnOf(model, alias, 'id')}, '"]')`
  return `translate(encode(convert_to(${json}, 'UTF8'), 'base64'), E'+/=\\n', '-_')`
}
