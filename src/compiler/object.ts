import { getNamedType, isLeafType, isNonNullType } from 'graphql'
import type { Part, Shape } from '../cost-rules.ts'
import { encodeId } from '../ids.ts'
import { NotCompilable } from '../rows.ts'
import type { SelectedField, Selection } from '../selection.ts'
import {
  type Compilation,
  columnIn,
  declarationOf,
  expressionSql,
  joinedRow,
  type Row,
  rowSql,
} from './compilation.ts'
import { leafPieces } from './leaf.ts'
import { liftedAlias } from './lifted.ts'
import { listPieces, rowsPieces, tablePieces } from './list.ts'
import { numberedPieces } from './numbered.ts'
import { pagePieces } from './page.ts'
import { pointsText } from './points.ts'
import { type Piece, sql, textOf } from './sql.ts'
import type { Statement } from './statement.ts'

/** A field on its way to SQL: what is selected of it, of which object, at which cost. */
export interface Field {
  compilation: Compilation
  selection: Selection
  selected: SelectedField
  part: Part | undefined
  row: Row
}

/** An object of a row as pieces of JSON. */
export function objectPieces(
  compilation: Compilation,
  selection: Selection,
  shape: Shape | undefined,
  row: Row,
): Piece[] {
  return objectOf(selection, shape, (selected, part) =>
    fieldPieces({ compilation, selection, selected, part, row }),
  )
}

type PartPieces = (selected: SelectedField, part: Part | undefined) => Piece[]

/** An object that is no row, field by field. */
export function objectOf(
  selection: Selection,
  shape: Shape | undefined,
  pieces: PartPieces,
): Piece[] {
  const all = selection.fields.flatMap((selected, index) => {
    const { key, name } = selected
    const part = shape?.parts.find((candidate) => candidate.key === key)
    const value = name === '__typename' ? [`"${selection.type.name}"`] : pieces(selected, part)
    return [index > 0 ? ',' : '', ...keyPieces(key), ...value]
  })
  return ['{', ...all, '}']
}

/** What a field is called in the answer; an alias that was lifted is a value of the request. */
function keyPieces(key: string): Piece[] {
  if (!key.startsWith(liftedAlias)) return [`"${key}":`]
  const called = (statement: Statement) =>
    `${statement.value(`"${statement.aliases[key] ?? key}":`)}::text`
  return [{ expression: sql`${called}` }]
}

export function fieldPieces(field: Field): Piece[] {
  const { compilation, selection, selected, part } = field
  const definition = compilation.enter(selection.type, selected)
  if (isLeafType(getNamedType(definition.type))) {
    return [pointsText(part?.base ?? 0), ...leafOf(field)]
  }
  const {
    page,
    table,
    through,
    embedded,
    relation: declared,
    rows,
    numbered,
  } = declarationOf(definition)
  if (rows) return rowsPieces(field, rows)
  if (numbered) return numberedPieces(field, numbered)
  if (page) return pagePieces(field, page)
  if (table) return tablePieces(field, table)
  if (embedded) return embeddedPieces(field)
  const relation = definition.extensions.pothosPrismaRelationField as
    | { name: string; isList: boolean }
    | undefined
  if (through) return listPieces(field, through)
  if (relation?.isList) return listPieces(field, [relation.name])
  const name = declared ?? relation?.name
  if (name) return relatedPieces(field, name)
  throw hasNoSql(field)
}

function hasNoSql({ selection, selected }: Field): NotCompilable {
  return new NotCompilable(`${selection.type.name}.${selected.name} has no form in SQL`)
}

function leafOf(field: Field): Piece[] {
  const { compilation, selection, selected, row } = field
  const definition = definitionOf(selected)
  const { type, extensions } = definition
  const { sql: expression, viewerValue, unversioned } = declarationOf(definition)
  compilation.isUnversioned ||= unversioned ?? false
  if (expression) return leafPieces(type, expressionSql(expression(rowSql(compilation, row))))
  if (viewerValue) return [viewerPiece(viewerValue)]
  const column = extensions.pothosExposedField as string | undefined
  if (column) return leafPieces(type, sql`${columnIn(row, column)}`)
  const isNode = selection.type.getInterfaces().some(({ name }) => name === 'Node')
  if (selected.name !== 'id' || !isNode) throw hasNoSql(field)
  // What stands before the UUID in the ids of a type.
  return [`"${encodeId(selection.type.name, '')}`, { expression: sql`${columnIn(row, 'id')}` }, '"']
}

function viewerPiece(value: NonNullable<ReturnType<typeof declarationOf>['viewerValue']>): Piece {
  const bound = (statement: Statement) =>
    `${statement.value(JSON.stringify(value(statement.scope.viewer)))}::text`
  return { expression: sql`${bound}` }
}

export function definitionOf({ definition }: SelectedField) {
  if (!definition) throw new NotCompilable('it tells of the schema')
  return definition
}

/** What is selected of a field that gives objects of one type, and what that costs. */
export function onlyBelow({ selected, part }: Pick<Field, 'selected' | 'part'>): {
  selection: Selection
  shape: Shape | undefined
} {
  const [selection, ...others] = selected.below()
  if (!selection || others.some((other) => !isAlike(selection, other)))
    throw new NotCompilable(`${selected.name} may give objects of several types`)
  return { selection, shape: part?.below[0] }
}

/** Whether what is selected of two types is the same, and tells nothing of the type. */
function isAlike(one: Selection, other: Selection): boolean {
  return (
    one.fields.length === other.fields.length &&
    one.fields.every(
      ({ node, name }, index) => name !== '__typename' && other.fields[index]?.node === node,
    )
  )
}

function embeddedPieces(field: Field): Piece[] {
  const { selection, shape } = onlyBelow(field)
  if (!isNonNullType(definitionOf(field.selected).type)) throw hasNoSql(field)
  const points = pointsText(field.part?.base ?? 0)
  return [points, ...objectPieces(field.compilation, selection, shape, field.row)]
}

/** What a row refers to comes with it, by a join. */
function relatedPieces(field: Field, name: string): Piece[] {
  const { compilation, row, part } = field
  const other = joinedRow(compilation, row, name)
  const { selection, shape } = onlyBelow(field)
  const pieces = [
    pointsText(part?.base ?? 0),
    ...objectPieces(compilation, selection, shape, other),
  ]
  if (isNonNullType(definitionOf(field.selected).type)) return pieces
  const isMissing = `${columnIn(other, 'id')} IS NULL`
  return [{ expression: sql`CASE WHEN ${isMissing} THEN 'null' ELSE ${textOf(pieces)} END` }]
}
