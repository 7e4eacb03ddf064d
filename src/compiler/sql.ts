import type { Statement } from './statement.ts'

/** A part of a statement that depends on the values of a request. */
export type Bound = (statement: Statement) => string

/**
 * The text of a statement, or of a part of it. What is the same for every request is text from the
 * start; the rest is written for each one, with its values as parameters.
 */
export type Sql = readonly (string | Bound)[]

type Fragment = string | Bound | Sql

/** Puts fragments together. A string in it is SQL itself, so that it never comes from a request. */
export function sql(strings: TemplateStringsArray, ...fragments: Fragment[]): Sql {
  const parts: (string | Bound)[] = []
  strings.forEach((text, index) => {
    append(parts, text)
    const fragment = fragments[index]
    for (const part of typeof fragment === 'object' ? fragment : [fragment ?? '']) {
      append(parts, part)
    }
  })
  return parts
}

export function joined(fragments: readonly Sql[], separator: string): Sql {
  const parts: (string | Bound)[] = []
  fragments.forEach((fragment, index) => {
    if (index > 0) append(parts, separator)
    for (const part of fragment) append(parts, part)
  })
  return parts
}

function append(parts: (string | Bound)[], part: string | Bound): void {
  const last = parts.at(-1)
  if (typeof part === 'string' && typeof last === 'string') parts[parts.length - 1] = last + part
  else if (part !== '') parts.push(part)
}

export function written(sql: Sql, statement: Statement): string {
  let text = ''
  for (const part of sql) text += typeof part === 'string' ? part : part(statement)
  return text
}

/** A text as SQL writes it. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/** A piece of the answer: text that is always the same, or an expression that gives text. */
export type Piece = string | { readonly expression: Sql }

/** What PostgreSQL takes as arguments of one function. */
const mostArguments = 90

/** One expression that gives all pieces as one text; a null among them gives none. */
export function textOf(pieces: readonly Piece[]): Sql {
  const merged: Piece[] = []
  for (const piece of pieces) {
    const last = merged.at(-1)
    if (typeof piece === 'string' && typeof last === 'string')
      merged[merged.length - 1] = last + piece
    else merged.push(piece)
  }
  const written = merged.map((piece) =>
    typeof piece === 'string' ? sql`${literal(piece)}` : piece.expression,
  )
  const [only] = written
  if (only && written.length === 1) return typeof merged[0] === 'string' ? sql`${only}::text` : only
  const chunks: Sql[] = []
  for (let at = 0; at < written.length; at += mostArguments) {
    chunks.push(sql`concat(${joined(written.slice(at, at + mostArguments), ', ')})`)
  }
  return chunks.length === 1 ? (chunks[0] as Sql) : sql`(${joined(chunks, ' || ')})`
}
