import { maxNodes } from '../builder.ts'
import { decodeId, nodeIdIn } from '../ids.ts'
import { NotCompilable } from '../rows.ts'
import { argumentsOf, Compilation, rowOf } from './compilation.ts'
import { joins } from './list.ts'
import { modelOf } from './model.ts'
import { type Field, objectPieces } from './object.ts'
import { pointsText } from './points.ts'
import { type Piece, type Sql, sql, textOf, written } from './sql.ts'
import type { Statement } from './statement.ts'

type Asked = { typename: string; id: string }

/** Things by their ids, of whatever types these are: each type asked for is a query of its own. */
export function nodePieces(field: Field): Piece[] {
  const { selected, compilation, selection } = field
  const { schema } = compilation
  compilation.enter(selection.type, selected)
  const args = argumentsOf(selected)
  const idsOf = (statement: Statement) => {
    const { id, ids = [id] } = args(statement) as { id: string; ids?: string[] }
    if (ids.length > maxNodes) throw new NotCompilable('it asks for too many things')
    return ids.map((one) => nodeIdIn(schema, decodeId(one)))
  }
  const typed = typesOf(field)
  if (selected.name === 'node') {
    return [
      { expression: sql`${(statement: Statement) => oneOf(statement, idsOf(statement), typed)}` },
    ]
  }
  return [
    '[',
    { expression: sql`${(statement: Statement) => eachOf(statement, idsOf(statement), typed)}` },
    ']',
  ]
}

/** The text of a thing of a type, found by an SQL expression for its id. */
type TextOfType = (statement: Statement, typename: string, id: string) => string

/** Types are compiled when they are first asked for: a document that fits all asks for few. */
function typesOf(field: Field): TextOfType {
  const known = new Map<string, { compilation: Compilation; text: Sql; alias: string }>()
  const compiled = (typename: string) => {
    const own = new Compilation(field.compilation.schema, 'node_')
    const index = field.selected.below().findIndex(({ type }) => type.name === typename)
    const selection = field.selected.below()[index]
    if (!selection) throw new NotCompilable(`${typename} is nothing that a node can be`)
    checkCost(field, index)
    own.need(selection.type)
    const model = modelOf(typename)
    const row = rowOf(model, own.alias())
    const points = pointsText(field.part?.base ?? 0)
    const pieces = objectPieces(own, selection, field.part?.below[index], row)
    const text = sql`${textOf([points, ...pieces])} FROM ${model.table} ${row.alias}${joins(row)}`
    return { compilation: own, text, alias: row.alias }
  }
  return (statement, typename, id) => {
    const of = known.get(typename) ?? compiled(typename)
    known.set(typename, of)
    for (const scope of of.compilation.scopes) {
      if (!statement.scope.viewer.scopes.has(scope)) throw new NotCompilable(`it needs ${scope}`)
    }
    statement.readsClock ||= of.compilation.isUnversioned
    const { text, alias } = of
    return `(SELECT ${written(text, statement)} WHERE ${alias}."tenant_id" = ${statement.tenant} AND ${alias}."id" = ${id})`
  }
}

/** Whose fields are told apart by what the answer has of them costs as the dearest that fits. */
function checkCost({ part }: Field, index: number): void {
  const own = part?.below[index]
  const others = part?.below.filter((shape) => shape !== own) ?? []
  const fits = others.some(
    ({ keys, parts }) => parts.length > 0 && keys.every((key) => own?.keys.includes(key)),
  )
  if (fits) throw new NotCompilable('its cost depends on more than the type of a node')
}

function oneOf(statement: Statement, [asked]: Asked[], textOfType: TextOfType): string {
  if (!asked) throw new NotCompilable('it asks for nothing')
  const id = `${statement.value(asked.id)}::uuid`
  return `coalesce(${textOfType(statement, asked.typename, id)}, 'null')`
}

function eachOf(statement: Statement, asked: Asked[], textOfType: TextOfType): string {
  const typenames = asked.map(({ typename }) => typename)
  const [types, ids] = [statement.value(typenames), statement.value(asked.map(({ id }) => id))]
  const cases = [...new Set(typenames)]
    .sort()
    .map((name) => `WHEN '${name}' THEN ${textOfType(statement, name, 'asked.id')}`)
  const one = cases.length > 0 ? `CASE asked.type ${cases.join(' ')} END` : 'NULL'
  return `(SELECT string_agg(coalesce(${one}, 'null'), ',' ORDER BY asked.n) FROM unnest(${types}::text[], ${ids}::uuid[]) WITH ORDINALITY AS asked(type, id, n))`
}
