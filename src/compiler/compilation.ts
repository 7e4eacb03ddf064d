import {
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  getArgumentValues,
  Kind,
  visit,
} from 'graphql'
import type { Scope } from '../auth/scopes.ts'
import { type Declaration, NotCompilable, type RowSql } from '../rows.ts'
import type { SelectedField } from '../selection.ts'
import { columnOf, type Model, relationOf } from './model.ts'
import { type Sql, sql } from './sql.ts'
import type { Statement } from './statement.ts'

/** More fields than this make a statement that takes longer to plan than to interpret. */
const mostFields = 600

/** What is known of an operation while it is compiled. */
export class Compilation {
  readonly schema: GraphQLSchema
  /** What the viewer must be allowed to, all of it; who is not is answered by the interpreter. */
  readonly scopes = new Set<Scope>()
  /** Whether some of it changes without a write of the tenant. */
  isUnversioned = false
  #aliases = 0
  #fields = 0

  readonly #prefix: string

  /** The prefix keeps the names of rows apart from those of another part of the statement. */
  constructor(schema: GraphQLSchema, prefix = 't') {
    this.schema = schema
    this.#prefix = prefix
  }

  alias(): string {
    return `${this.#prefix}${this.#aliases++}`
  }

  /** Counts a field, and notes who may see it. */
  enter(
    type: GraphQLObjectType,
    { definition, name }: SelectedField,
  ): GraphQLField<unknown, unknown> {
    this.#fields += 1
    if (this.#fields > mostFields) throw new NotCompilable('it selects too much for one statement')
    if (!definition) throw new NotCompilable(`${type.name}.${name} tells of the schema`)
    this.need(definition)
    this.need(type)
    return definition
  }

  /** Notes who may see a field or a type. */
  need({ extensions }: Pick<GraphQLObjectType, 'extensions'>): void {
    const options = extensions.pothosOptions as { authScopes?: object } | undefined
    const scopes = options?.authScopes
    if (!scopes) return
    for (const [name, value] of Object.entries(scopes)) {
      if (name === 'scope') this.scopes.add(value as Scope)
      else if (name !== 'authenticated') throw new NotCompilable(`it is authorized by ${name}`)
    }
  }
}

export function declarationOf(field: GraphQLField<unknown, unknown>): Declaration {
  return field.extensions as Declaration
}

/** The values of a field’s arguments, as its resolver would have them. */
export type ArgumentsOf = (statement: Statement) => Record<string, unknown>

export function argumentsOf({ definition, node }: SelectedField): ArgumentsOf {
  if (!definition) throw new NotCompilable('it tells of the schema')
  let usesVariables = false
  for (const argument of node.arguments ?? []) {
    visit(argument, {
      [Kind.VARIABLE]() {
        usesVariables = true
      },
    })
  }
  if (usesVariables) {
    return (statement) =>
      statement.once(node, () => getArgumentValues(definition, node, statement.variables))
  }
  let known: Record<string, unknown> | undefined
  return () => {
    known ??= getArgumentValues(definition, node)
    return known
  }
}

/** A row of the statement: of a table, or of what a statement of its own makes. */
export interface Row {
  model: Model | null
  alias: string
  /** Whether it may be missing, with null in all of its columns. */
  isOptional: boolean
  /** What is joined to the rows that it is one of. */
  joins: Joins
}

export interface Joins {
  sql: Sql[]
  known: Map<string, Row>
}

export function rowOf(model: Model | null, alias: string): Row {
  return { model, alias, isOptional: false, joins: { sql: [], known: new Map() } }
}

export function columnIn({ model, alias }: Row, name: string): string {
  if (model) return columnOf(model, alias, name)
  if (!/^\w+$/.test(name)) throw new NotCompilable(`${name} is no name of a column`)
  return `${alias}."${name}"`
}

/** The row that a row refers to, joined once however often it is asked for. */
export function joinedRow(compilation: Compilation, row: Row, name: string): Row {
  const { model, alias, joins } = row
  if (!model) throw new NotCompilable(`${name} is no relation of a table`)
  const key = `${alias}.${name}`
  const known = joins.known.get(key)
  if (known) return known
  const { target, on, isList, isRequired } = relationOf(model, name)
  if (isList) throw new NotCompilable(`${model.name}.${name} is a list`)
  const other: Row = {
    model: target,
    alias: compilation.alias(),
    isOptional: row.isOptional || !isRequired,
    joins,
  }
  joins.known.set(key, other)
  const kind = other.isOptional ? 'LEFT JOIN' : 'JOIN'
  joins.sql.push(sql` ${kind} ${lookup(target, other.alias, (to) => on(alias, to))}`)
  return other
}

/** A tenant has few of these, so that to look through all of them is less than to look each of them up. */
const few = new Set(['Pipeline', 'Stage'])

/**
 * What is referred to is looked up row by row. Without the OFFSET, which says nothing else, the
 * planner would read all rows of the table for a page of some.
 */
function lookup({ name, table }: Model, alias: string, on: (to: string) => string): string {
  if (few.has(name)) return `${table} ${alias} ON ${on(alias)}`
  const row = `${alias}_row`
  return `LATERAL (SELECT * FROM ${table} ${row} WHERE ${on(row)} OFFSET 0) ${alias} ON true`
}

/** Stands in an expression for the request’s instant. */
const nowMark = '{now}'

export function rowSql(compilation: Compilation, row: Row): RowSql {
  return {
    column: (name) => columnIn(row, name),
    relation: (name) => rowSql(compilation, joinedRow(compilation, row, name)),
    now: () => nowMark,
  }
}

export function expressionSql(text: string): Sql {
  const [first = '', ...rest] = text.split(nowMark)
  return rest.reduce<Sql>(
    (all, part) => sql`${all}${(statement: Statement) => statement.now}${part}`,
    sql`${first}`,
  )
}
