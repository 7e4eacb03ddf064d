import type { Statement as Flushed } from '../database/flush.ts'
import type { Sql } from './sql.ts'
import { Statement, type StatementRequest } from './statement.ts'

export type DataStatement = (request: StatementRequest) => {
  statement: Flushed
  readsClock: boolean
}

/**
 * The statement whose answer is the data. What is found beforehand has to be little enough;
 * otherwise it answers null.
 */
export function dataStatement(data: Sql): DataStatement {
  const write = writer(data)
  return (request) => {
    const statement = new Statement(request)
    const text = write(statement)
    const { searches, values, readsClock } = statement
    if (searches.length === 0) return { statement: { text, values }, readsClock }
    const found = searches.map(
      ({ name, text }) => `${name} AS MATERIALIZED (SELECT id FROM ${text} AS id)`,
    )
    const few = searches.map(({ name, most }) => `(SELECT count(*) FROM ${name}) <= ${most}`)
    const whole = `WITH ${found.join(', ')} SELECT CASE WHEN ${few.join(' AND ')} THEN (${text}) END`
    return { statement: { text: whole, values }, readsClock }
  }
}

/**
 * Writes a statement whose text mostly is that of the request before: the very same string is found
 * among the prepared ones by the hash that it has already.
 */
function writer(data: Sql): (statement: Statement) => string {
  let before: string[] = []
  let text = ''
  return (statement) => {
    const parts = data.map((part) => (typeof part === 'string' ? part : part(statement)))
    const isSame = text !== '' && parts.every((part, index) => part === before[index])
    if (!isSame) {
      before = parts
      text = `SELECT ${parts.join('')}`
    }
    return text
  }
}
