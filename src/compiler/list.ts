import { type Declaration, NotCompilable } from '../rows.ts'
import { argumentsOf, joinedRow, type Row, rowOf, rowSql } from './compilation.ts'
import { conditionOf } from './conditions.ts'
import { columnOf, columnType, type Model, modelOf, relationOf } from './model.ts'
import { definitionOf, type Field, objectPieces, onlyBelow } from './object.ts'
import { pointsText } from './points.ts'
import { joined, type Piece, type Sql, sql, textOf } from './sql.ts'
import type { Statement } from './statement.ts'

export interface Order {
  [name: string]: 'asc' | 'desc' | Order
}

interface Query {
  where?: object
  orderBy?: Order | Order[]
}

/** The rows that refer to a row, or what each of them refers to in turn, in their order. */
export function listPieces(field: Field, [name = '', via]: readonly string[]): Piece[] {
  const { compilation, row } = field
  if (!row.model) throw new NotCompilable(`${name} is no relation of a table`)
  const { target, on } = relationOf(row.model, name)
  const rows = rowOf(target, compilation.alias())
  const item = via ? joinedRow(compilation, rows, via) : rows
  const queryOf = queriesOf(field, name)
  const where = (statement: Statement) =>
    conditionOf(statement, target, rows.alias, queryOf(statement).where ?? {})
  const order = orderedBy(target, rows.alias, queryOf)
  return listOf(
    itemText(field, item),
    order,
    sql`${target.table} ${rows.alias}${joins(rows)} WHERE ${on(row.alias, rows.alias)} AND ${where}`,
  )
}

/** All rows of a table that a field is about. */
export function rowsPieces(field: Field, rowsOf: NonNullable<Declaration['rows']>): Piece[] {
  const { selection, shape } = onlyBelow(field)
  const model = modelOf(selection.type.name)
  const rows = rowOf(model, field.compilation.alias())
  const args = argumentsOf(field.selected)
  const key = {}
  const queryOf = (statement: Statement) =>
    statement.once(key, () => rowsOf(args(statement), statement.scope)) as Query
  const tenant = columnOf(model, rows.alias, model.name === 'Tenant' ? 'id' : 'tenantId')
  const where = (statement: Statement) => {
    const asked = queryOf(statement).where ?? {}
    return `${tenant} = ${statement.tenant} AND ${conditionOf(statement, model, rows.alias, asked)}`
  }
  if (isList(field)) {
    const text = itemText(field, rows)
    const from = sql`${model.table} ${rows.alias}${joins(rows)} WHERE ${where}`
    return listOf(text, orderedBy(model, rows.alias, queryOf), from)
  }
  const points = pointsText(field.part?.base ?? 0)
  const text = textOf([points, ...objectPieces(field.compilation, selection, shape, rows)])
  const one = sql`(SELECT ${text} FROM ${model.table} ${rows.alias}${joins(rows)} WHERE ${where})`
  return [{ expression: sql`coalesce(${one}, 'null')` }]
}

/** Rows that a statement of its own makes, as its columns are named in the schema. */
export function tablePieces(field: Field, table: NonNullable<Declaration['table']>): Piece[] {
  const { compilation, row } = field
  const rows = rowOf(null, compilation.alias())
  const args = argumentsOf(field.selected)
  const parent = rowSql(compilation, row)
  const made = (statement: Statement) =>
    statement.part(table(parent, args(statement), statement.scope))
  const n = `${rows.alias}.n`
  const from = sql`(SELECT *, row_number() OVER () AS n FROM (${made}) made) ${rows.alias}${joins(rows)}`
  // A list of a fixed cost has it as a whole.
  const points = field.part?.size == null ? (field.part?.base ?? 0) : 0
  return [pointsText(points), ...listOf(itemText(field, rows), sql`${n}`, from)]
}

function isList({ selected }: Field): boolean {
  return /^\[/.test(definitionOf(selected).type.toString())
}

export function itemText(field: Field, rows: Row): Sql {
  const { selection, shape } = onlyBelow(field)
  const points = field.part?.size == null ? 0 : field.part.base
  return textOf([pointsText(points), ...objectPieces(field.compilation, selection, shape, rows)])
}

function listOf(item: Sql, order: Sql, from: Sql): Piece[] {
  const list = sql`(SELECT string_agg(${item}, ',' ORDER BY ${order}) FROM ${from})`
  return ['[', { expression: list }, ']']
}

export function joins({ joins: { sql: parts } }: Row): Sql {
  return joined(parts, '')
}

function orderedBy(model: Model, alias: string, queryOf: (statement: Statement) => Query): Sql {
  const order = (statement: Statement) =>
    orderOf(model, alias, [queryOf(statement).orderBy ?? []].flat(), statement)
  return sql`${order}`
}

/** The conditions and the order that a relation is declared with, by the field’s arguments. */
function queriesOf({ selected }: Field, name: string): (statement: Statement) => Query {
  const select = definitionOf(selected).extensions.pothosPrismaSelect as Select
  const args = argumentsOf(selected)
  const key = {}
  return (statement) =>
    statement.once(key, () => {
      const { scope } = statement
      const given = args(statement)
      const nested = (query: unknown) =>
        typeof query === 'function' ? query(given, scope) : (query ?? {})
      return (select(given, scope, nested) as { select: Record<string, Query> }).select[
        name
      ] as Query
    })
}

type Select = (args: object, context: object, nested: (query: unknown) => unknown) => object

/** The order of the rows, of what they refer to too. */
export function orderOf(
  model: Model,
  alias: string,
  orderBy: readonly Order[],
  statement: Statement,
): string {
  const terms = orderBy.flatMap((order) => termsOf(model, alias, order, statement))
  return terms.length > 0 ? terms.join(', ') : columnOf(model, alias, 'id')
}

function termsOf(model: Model, alias: string, order: Order, statement: Statement): string[] {
  return Object.entries(order).map(([name, value]) => {
    if (value === 'asc' || value === 'desc') return `${columnOf(model, alias, name)} ${value}`
    if (columnType(model, name) !== undefined) throw new NotCompilable(`an order by ${name}`)
    const { target, on } = relationOf(model, name)
    const other = `${alias}_${name.toLowerCase()}`
    const [term = ''] = termsOf(target, other, value, statement)
    const at = term.lastIndexOf(' ')
    return `(SELECT ${term.slice(0, at)} FROM ${target.table} ${other} WHERE ${on(alias, other)})${term.slice(at)}`
  })
}
