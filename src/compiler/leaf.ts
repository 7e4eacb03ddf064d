import {
  type GraphQLOutputType,
  getNamedType,
  isEnumType,
  isListType,
  isNonNullType,
} from 'graphql'
import { NotCompilable } from '../rows.ts'
import { type Piece, type Sql, sql } from './sql.ts'

/** How the values of a type are written as JSON. */
interface Writing {
  /** The text of a value that is there, without quotes. */
  text(value: Sql): Sql
  isQuoted?: true
}

const writings: Record<string, Writing> = {
  Int: { text: (value) => value },
  Boolean: { text: (value) => sql`CASE WHEN ${value} THEN 'true' ELSE 'false' END` },
  ID: { text: (value) => value, isQuoted: true },
  // The one type whose values have to be escaped, which adds the quotes.
  String: { text: (value) => sql`to_json(${value})` },
  DateTime: {
    text: (value) => sql`to_char(${value}, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`,
    isQuoted: true,
  },
  Date: { text: (value) => sql`to_char(${value}, 'YYYY-MM-DD')`, isQuoted: true },
  Decimal: { text: (value) => sql`trim_scale(${value})`, isQuoted: true },
  CurrencyCode: { text: (value) => value, isQuoted: true },
  JSON: { text: (value) => value },
}

const enumeration: Writing = { text: (value) => value, isQuoted: true }

/** A value of a leaf type as JSON. */
export function leafPieces(type: GraphQLOutputType, value: Sql): Piece[] {
  const bare = isNonNullType(type) ? type.ofType : type
  const written = isListType(bare)
    ? { text: (list: Sql) => sql`to_json(${list})` }
    : writingOf(bare)
  const { text, isQuoted } = written as Writing
  if (isNonNullType(type)) {
    const piece = { expression: text(value) }
    return isQuoted ? ['"', piece, '"'] : [piece]
  }
  const quoted = isQuoted ? sql`'"' || ${text(value)} || '"'` : sql`(${text(value)})::text`
  const isThere =
    bare.toString() === 'Boolean'
      ? sql`CASE WHEN ${value} IS NULL THEN 'null' ELSE ${text(value)} END`
      : sql`coalesce(${quoted}, 'null')`
  return [{ expression: isThere }]
}

function writingOf(type: GraphQLOutputType): Writing {
  const named = getNamedType(type)
  const writing = isEnumType(named) ? enumeration : writings[named.name]
  if (!writing) throw new NotCompilable(`${named.name} has no form in SQL`)
  return writing
}
