import { Prisma } from '../generated/prisma/client.ts'
import { NotCompilable } from '../rows.ts'
import { Search } from '../search.ts'
import { columnOf, columnType, type Model, modelOf, type Relation, relationOf } from './model.ts'
import type { Statement } from './statement.ts'

type Where = Record<string, unknown>

/** A Prisma condition on the rows of a table as SQL, with what is compared as parameters. */
export function conditionOf(
  statement: Statement,
  model: Model,
  alias: string,
  where: object,
): string {
  return allOf(conditionsOf(statement, model, alias, where as Where))
}

function allOf(conditions: string[]): string {
  return conditions.length === 0 ? 'true' : conditions.join(' AND ')
}

function conditionsOf(statement: Statement, model: Model, alias: string, where: Where): string[] {
  if (where instanceof Search) return compared(statement, model, alias, 'id', where)
  const nested = (inner: unknown) => conditionsOf(statement, model, alias, inner as Where)
  return Object.entries(where).flatMap(([key, value]) => {
    if (value === undefined) throw new NotCompilable(`a condition on ${key} is undefined`)
    if (key === 'AND') return [value].flat().flatMap(nested)
    if (key === 'OR')
      return [`(${(value as Where[]).map((one) => allOf(nested(one))).join(' OR ')})`]
    if (key === 'NOT') return [`NOT (${allOf(nested(value))})`]
    if (columnType(model, key) !== undefined) return compared(statement, model, alias, key, value)
    if (model.fields.has(key)) return [related(statement, model, alias, key, value as Where)]
    // The columns of a compound key under its name.
    return nested(value)
  })
}

const operators: Record<string, string> = {
  equals: '=',
  gt: '>',
  gte: '>=',
  lt: '<',
  lte: '<=',
}

function compared(
  statement: Statement,
  model: Model,
  alias: string,
  field: string,
  value: unknown,
): string[] {
  const column = columnOf(model, alias, field)
  if (field === 'tenantId') return [`${column} = ${tenantOf(statement, value)}`]
  if (value === null) return [`${column} IS NULL`]
  if (value instanceof Search)
    return [`${column} IN (SELECT id FROM ${searched(statement, value)})`]
  if (!isComparison(value)) return [`${column} = ${statement.value(plain(value))}`]
  const { mode, ...comparisons } = value
  return Object.entries(comparisons).map(([name, operand]) => {
    if (name === 'not' && operand === null) return `${column} IS NOT NULL`
    if (operand === null || operand === undefined)
      throw new NotCompilable(`${field} is compared to nothing`)
    if (name === 'in') return `${column} = ANY(${listOf(statement, operand)})`
    if (name === 'notIn') return `${column} <> ALL(${listOf(statement, operand)})`
    if (name === 'contains' && mode === 'insensitive')
      return `${column} ILIKE ${statement.value(`%${operand}%`)}`
    if (name === 'equals' && mode === 'insensitive')
      return `${column} ILIKE ${statement.value(operand)}`
    const operator = operators[name]
    if (!operator) throw new NotCompilable(`${field} is compared by ${name}`)
    return `${column} ${operator} ${statement.value(plain(operand))}`
  })
}

function searched(statement: Statement, search: Search): string {
  return statement.once(search, () => statement.search(search))
}

/** A condition that names another tenant than the request’s would be a fault. */
function tenantOf(statement: Statement, value: unknown): string {
  if (value === statement.scope.viewer.tenantId) return statement.tenant
  throw new Error('a condition names another tenant')
}

function isComparison(value: unknown): value is Where {
  return (
    typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
  )
}

function listOf(statement: Statement, values: unknown): string {
  return statement.value((values as unknown[]).map(plain))
}

/** A value as PostgreSQL reads it. */
export function plain(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString()
  if (Prisma.Decimal.isDecimal(value)) return value.toFixed()
  return typeof value === 'bigint' ? value.toString() : value
}

/** A condition on what rows refer to, or on what refers to them. */
function related(
  statement: Statement,
  model: Model,
  alias: string,
  name: string,
  value: Where,
): string {
  const relation = relationOf(model, name)
  if (!relation.isList) return refersTo(statement, relation, model, alias, value)
  const [[quantifier, inner] = []] = Object.entries(value)
  if (Object.keys(value).length !== 1 || (quantifier !== 'some' && quantifier !== 'none'))
    throw new NotCompilable(`${name} is compared by ${Object.keys(value).join()}`)
  const other = `${alias}_${name.toLowerCase()}`
  const { target } = relation
  const condition = conditionOf(statement, target, other, inner as Where)
  const rows = `SELECT FROM ${target.table} ${other} WHERE ${relation.on(alias, other)} AND ${condition}`
  return `${quantifier === 'some' ? '' : 'NOT '}EXISTS (${rows})`
}

function refersTo(
  statement: Statement,
  { target, key }: Relation,
  model: Model,
  alias: string,
  where: Where,
): string {
  const other = `${alias}_${key.toLowerCase()}`
  const condition = conditionOf(statement, modelOf(target.name), other, where)
  const ids = `SELECT ${other}."id" FROM ${target.table} ${other} WHERE ${other}."tenant_id" = ${statement.tenant} AND ${condition}`
  const column = columnOf(model, alias, key)
  // A row that refers to nothing meets no condition, also where the condition is negated.
  return `(${column} IS NOT NULL AND ${column} = ANY(ARRAY(${ids})))`
}
