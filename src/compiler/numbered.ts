import { NotCompilable, type NumberedOf } from '../rows.ts'
import type { SelectedField } from '../selection.ts'
import { argumentsOf, rowOf } from './compilation.ts'
import { conditionOf } from './conditions.ts'
import { itemText, joins, type Order, orderOf } from './list.ts'
import { modelOf } from './model.ts'
import { type Field, objectOf, onlyBelow } from './object.ts'
import { pointsText } from './points.ts'
import { type Piece, type Sql, sql } from './sql.ts'
import type { Statement } from './statement.ts'

/** A numbered page: what lies before it is passed over. */
export function numberedPieces(field: Field, numbered: NumberedOf): Piece[] {
  const { selection, shape } = onlyBelow(field)
  const args = argumentsOf(field.selected)
  const key = {}
  const asked = (statement: Statement) =>
    statement.once(key, () => numbered.rows(args(statement), statement.scope))
  const isListed = selection.fields.some(({ name }) => name === 'nodes')
  if (!isListed) throw new NotCompilable('nothing of a numbered page is listed')
  const model = modelOf(numbered.model)
  const alias = field.compilation.alias()
  const where = (statement: Statement) => {
    const condition = conditionOf(statement, model, alias, { AND: asked(statement).where })
    return `${alias}."tenant_id" = ${statement.tenant} AND ${condition}`
  }
  const all = sql`${model.table} ${alias} WHERE ${where}`
  const size = (statement: Statement) => String(asked(statement).pageSize)
  const pieces = objectOf(selection, shape, (selected, part) => {
    const told = { ...field, selected, part, selection }
    if (selected.name === 'nodes') return nodes(told)
    return [pointsText(part?.base ?? 0), { expression: toldOf(selected) }]
  })
  return [pointsText(field.part?.base ?? 0), ...pieces]

  function toldOf({ name }: SelectedField): Sql {
    const total = sql`(SELECT count(*) FROM ${all})`
    if (name === 'totalCount') return total
    if (name === 'pageCount') return sql`ceil(${total}::numeric / ${size})::int`
    if (name === 'pageSize') return sql`${size}`
    if (name === 'page') return sql`${(statement) => String(asked(statement).page)}`
    throw new NotCompilable(`${name} of a numbered page`)
  }

  function nodes(told: Field): Piece[] {
    const row = rowOf(model, alias)
    const text = itemText({ ...told, row }, row)
    const order = (statement: Statement) =>
      orderOf(model, alias, asked(statement).orderBy as Order[], statement)
    const before = (statement: Statement) => {
      const { page, pageSize } = asked(statement)
      return String((page - 1) * pageSize)
    }
    const found = sql`SELECT ${alias}.* FROM ${all} ORDER BY ${order} LIMIT ${size} OFFSET ${before}`
    const from = sql`(SELECT ${alias}.*, row_number() OVER (ORDER BY ${order}) AS n FROM (${found}) ${alias}) ${alias}${joins(row)}`
    const list = sql`(SELECT string_agg(${text}, ',' ORDER BY ${alias}.n) FROM ${from})`
    return ['[', { expression: list }, ']']
  }
}
