import { type Keyset, keysetPage, type Page, type PageArgs } from '../connection.ts'
import type { Part } from '../cost-rules.ts'
import { NotCompilable, type PageOf } from '../rows.ts'
import type { SelectedField, Selection } from '../selection.ts'
import { argumentsOf, type Row, rowOf } from './compilation.ts'
import { conditionOf, plain } from './conditions.ts'
import { cursorSql } from './cursor.ts'
import { joins } from './list.ts'
import { columnOf, type Model, modelOf, relationOf } from './model.ts'
import { type Field, objectOf, objectPieces, onlyBelow } from './object.ts'
import { pointsText } from './points.ts'
import { type Piece, type Sql, sql, textOf } from './sql.ts'
import type { Statement } from './statement.ts'

/** A page of a connection while it is compiled. */
interface PagePlan {
  field: Field
  /** What is selected of the connection. */
  connection: Selection
  rows: Row & { model: Model }
  /** The rows of all pages, as what follows FROM, under the alias of the page’s. */
  all: Sql
  asked(statement: Statement): Asked
  /** Whether anything is told of the rows of the page. */
  readsRows: boolean
  /** Whether a cursor of the page’s last row is. */
  readsCount: boolean
}

interface Asked {
  args: PageArgs
  page: Page
  keyset: Keyset
  where: object
}

/** A page of a list: its items, and what lies before and behind them. */
export function pagePieces(field: Field, declared: PageOf): Piece[] {
  const { selection, shape } = onlyBelow(field)
  const plan = planOf(field, selection, declared)
  const pieces = objectOf(selection, shape, (selected, part) => partPieces(plan, selected, part))
  const isListed = selection.fields.some(({ name }) => name === 'nodes' || name === 'edges')
  const points = isListed ? [] : [sizePoints(plan)]
  const text = textOf([...points, ...pieces])
  return [{ expression: plan.readsRows ? sql`(SELECT ${text} FROM ${rowsOf(plan)})` : text }]
}

function planOf(field: Field, selection: Selection, { path, keyset, where }: PageOf): PagePlan {
  const { compilation, row } = field
  const rows = rowOf(modelOf(modelName(selection)), compilation.alias()) as PagePlan['rows']
  const args = argumentsOf(field.selected)
  const key = {}
  const asked = (statement: Statement) =>
    statement.once(key, () => {
      const given = args(statement) as PageArgs
      const order = keyset(given)
      return {
        args: given,
        keyset: order,
        page: keysetPage(given, order),
        where: { AND: where(given, statement.scope) },
      }
    })
  const { model, alias } = rows
  const condition = (statement: Statement) =>
    conditionOf(statement, model, alias, asked(statement).where)
  const all = sql`${model.table} ${alias}${reached(rows, row, path)} AND ${condition}`
  return { field, connection: selection, rows, all, asked, readsRows: false, readsCount: false }
}

/** How the rows of a list are found: all of the tenant’s, or those that a row leads to. */
function reached({ model, alias }: PagePlan['rows'], parent: Row, path: PageOf['path']): Sql {
  const [first, second] = path ?? []
  if (!first) {
    const ofTenant = (statement: Statement) => statement.tenant
    return sql` WHERE ${columnOf(model, alias, 'tenantId')} = ${ofTenant}`
  }
  if (!parent.model) throw new NotCompilable(`${first} is no relation of a table`)
  const { target, on } = relationOf(parent.model, first)
  if (!second) return sql` WHERE ${on(parent.alias, alias)}`
  const link = `${alias}_link`
  return sql` JOIN ${target.table} ${link} ON ${relationOf(target, second).on(link, alias)} WHERE ${on(parent.alias, link)}`
}

/** The model of a connection’s items. */
function modelName({ type }: Selection): string {
  const { nodes } = type.getFields()
  const items = /\w+/.exec(String(nodes?.type))?.[0]
  if (!items) throw new NotCompilable(`${type.name} is no connection`)
  return items
}

function partPieces(plan: PagePlan, selected: SelectedField, part: Part | undefined): Piece[] {
  const { compilation } = plan.field
  compilation.enter(plan.connection.type, selected)
  if (selected.name === 'totalCount') return [pointsText(part?.base ?? 0), totalCount(plan)]
  plan.readsRows = true
  const below = onlyBelow({ selected, part })
  if (selected.name === 'pageInfo') {
    return objectOf(below.selection, below.shape, (told) => pageInfo(plan, told))
  }
  const points = pointsText(part?.base ?? 0)
  if (selected.name === 'nodes') {
    return items(plan, [
      points,
      ...objectPieces(compilation, below.selection, below.shape, plan.rows),
    ])
  }
  if (selected.name !== 'edges') throw new NotCompilable(`${selected.name} of a page`)
  const edge = objectOf(below.selection, below.shape, (told, node) => edgePart(plan, told, node))
  return items(plan, [points, ...edge])
}

function edgePart(plan: PagePlan, selected: SelectedField, part: Part | undefined): Piece[] {
  if (selected.name === 'cursor') return ['"', { expression: cursor(plan) }, '"']
  if (selected.name !== 'node') throw new NotCompilable(`${selected.name} of an edge`)
  const { selection, shape } = onlyBelow({ selected, part })
  return objectPieces(plan.field.compilation, selection, shape, plan.rows)
}

/** The items of the page in their order, without the one that only tells that there are more. */
function items({ rows: { alias }, asked }: PagePlan, item: Piece[]): Piece[] {
  const direction = (statement: Statement) => (asked(statement).page.isBackward ? 'DESC' : 'ASC')
  const size = sizeOf({ asked })
  const list = sql`string_agg(${textOf(item)}, ',' ORDER BY ${alias}.n ${direction}) FILTER (WHERE ${alias}.n <= ${size})`
  return ['[', { expression: list }, ']']
}

function sizeOf({ asked }: Pick<PagePlan, 'asked'>): (statement: Statement) => string {
  return (statement) => String(asked(statement).page.size)
}

/** A page of which nothing is listed is charged as if it was. */
function sizePoints({ asked }: PagePlan): Piece {
  return {
    expression: sql`${(statement: Statement) => `'${pointsText(asked(statement).page.size)}'`}`,
  }
}

function pageInfo(plan: PagePlan, { name }: SelectedField): Piece[] {
  const { alias } = plan.rows
  const size = sizeOf(plan)
  if (name === 'hasNextPage' || name === 'hasPreviousPage') {
    const isNext = name === 'hasNextPage'
    // What lies on the side from which it was read is known by the cursor there.
    const isThere = (statement: Statement) => {
      const { page, args } = plan.asked(statement)
      if (page.isBackward !== isNext) return `count(*) > ${size(statement)}`
      return `count(*) >= 0 AND ${Boolean(isNext ? args.before : args.after)}`
    }
    return [{ expression: sql`CASE WHEN ${isThere} THEN 'true' ELSE 'false' END` }]
  }
  if (name !== 'startCursor' && name !== 'endCursor') throw new NotCompilable(`${name} of a page`)
  plan.readsCount = true
  const at = (statement: Statement) => {
    const isFirst = (name === 'startCursor') !== plan.asked(statement).page.isBackward
    return isFirst
      ? `1 AND ${alias}.n <= ${size(statement)}`
      : `least(${alias}.c, ${size(statement)})`
  }
  const quoted = sql`max('"' || ${cursor(plan)} || '"') FILTER (WHERE ${alias}.n = ${at})`
  return [{ expression: sql`coalesce(${quoted}, 'null')` }]
}

function cursor({ rows: { model, alias }, asked }: PagePlan): Sql {
  return sql`${(statement: Statement) => cursorSql(model, alias, asked(statement).keyset)}`
}

function totalCount({ all, rows: { alias } }: PagePlan): Piece {
  return { expression: sql`(SELECT count(${alias}."id") FROM ${all})` }
}

/** The rows of the page, numbered as they are read, with one more where there is one. */
function rowsOf({ rows, all, asked, readsCount }: PagePlan): Sql {
  const { model, alias } = rows
  const order = (statement: Statement) => {
    const { orderBy } = asked(statement).page
    const terms = orderBy.flatMap((term) => Object.entries(term))
    return terms.map(([name, end]) => `${columnOf(model, alias, name)} ${end}`).join(', ')
  }
  const bounds = (statement: Statement) => boundsOf(statement, rows, asked(statement).page)
  const most = (statement: Statement) => String(asked(statement).page.size + 1)
  const counted = readsCount ? `, count(*) OVER () AS c` : ''
  const found = sql`SELECT ${alias}.* FROM ${all}${bounds} ORDER BY ${order} LIMIT ${most}`
  return sql`(SELECT ${alias}.*, row_number() OVER (ORDER BY ${order}) AS n${counted} FROM (${found}) ${alias}) ${alias}${joins(rows)}`
}

/** Compared as a whole, a row and its id begin in the index where the cursor stands. */
function boundsOf(
  statement: Statement,
  { model, alias }: PagePlan['rows'],
  { bounds }: Page,
): string {
  const conditions = bounds.map(({ column, unique, than, value, id }) => {
    const operator = than === 'gt' ? '>' : '<'
    const of = columnOf(model, alias, column)
    const bound = statement.value(plain(value))
    if (unique) return ` AND ${of} ${operator} ${bound}`
    return ` AND (${of}, ${columnOf(model, alias, 'id')}) ${operator} (${bound}, ${statement.value(id)})`
  })
  return conditions.join('')
}
