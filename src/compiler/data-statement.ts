import type { Statement as Flushed } from '../database/flush.ts'
import { type Sql, written } from './sql.ts'
import { Statement, type StatementRequest } from './statement.ts'

/**
 * The statement whose answer is the data. What is found beforehand has to be little enough;
 * otherwise it answers null.
 */
export function dataStatement(
  data: Sql,
  request: StatementRequest,
): { statement: Flushed; readsClock: boolean } {
  const statement = new Statement(request)
  const text = written(data, statement)
  const { searches, values, readsClock } = statement
  if (searches.length === 0) return { statement: { text: `SELECT ${text}`, values }, readsClock }
  const found = searches.map(
    ({ name, text }) => `${name} AS MATERIALIZED (SELECT id FROM ${text} AS id)`,
  )
  const few = searches.map(({ name, most }) => `(SELECT count(*) FROM ${name}) <= ${most}`)
  const whole = `WITH ${found.join(', ')} SELECT CASE WHEN ${few.join(' AND ')} THEN ${text} END`
  return { statement: { text: whole, values }, readsClock }
}
