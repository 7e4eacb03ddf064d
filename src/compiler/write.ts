import type { Shape } from '../cost-rules.ts'
import type { FlushRow } from '../database/flush.ts'
import { NotCompilable } from '../rows.ts'
import type { Selection } from '../selection.ts'
import { argumentsOf, type Compilation, declarationOf, rowOf } from './compilation.ts'
import { dataStatement } from './data-statement.ts'
import { rowsPieces } from './list.ts'
import { type Field, objectOf, onlyBelow } from './object.ts'
import type { Compile } from './plan.ts'
import { pointsText } from './points.ts'
import { type Piece, textOf } from './sql.ts'
import { Statement } from './statement.ts'

/** A write that is one statement, and its payload, which another one reads in the same transaction. */
export function writing(compilation: Compilation, selection: Selection, shape: Shape): Compile {
  const [selected, ...others] = selection.fields
  if (!selected || others.length > 0) throw new NotCompilable('it writes more than once')
  const { write } = declarationOf(compilation.enter(selection.type, selected))
  if (!write) throw new NotCompilable(`${selected.name} is more than one statement`)
  const row = rowOf(null, 'root')
  const data = dataStatement(
    textOf(
      objectOf(selection, shape, (field, part) =>
        payloadPieces({ compilation, selection, selected: field, part, row }),
      ),
    ),
  )
  const args = argumentsOf(selected)
  return (request) => {
    const { viewer, requestId, now } = request
    const written = write(args(new Statement(request)), { viewer, requestId, now })
    const { statement, eventsOf } = written
    const { statement: payload, readsClock } = data({ ...request, written })
    return {
      statements: [textAndValues(statement), payload],
      access: 'write',
      dataOf: ([row, told]) => (row ? payloadIn(told) : null),
      eventsOf: ([first]) => (first ? eventsOf(first) : []),
      readsClock,
    }
  }
}

/** A write that is not the usual one has done nothing, and answers with no row; one that was done is told. */
function payloadIn(row: FlushRow | undefined): string {
  const text = row?.[0]
  if (text == null) throw new Error('a write was done and has no payload')
  return text
}

function textAndValues({ strings, values }: { strings: readonly string[]; values: unknown[] }) {
  const [first = '', ...rest] = strings
  const text = rest.reduce((before, next, index) => `${before}$${index + 1}${next}`, first)
  return { text, values }
}

/** A write that was done has no errors. */
function payloadPieces(field: Field): Piece[] {
  const { selection, shape } = onlyBelow(field)
  const points = pointsText(field.part?.base ?? 0)
  const payload = objectOf(selection, shape, (selected, part) => {
    const told = { ...field, selection, selected, part }
    if (selected.name === 'userErrors') return ['[]']
    if (selected.name === 'replayed') return ['false']
    field.compilation.enter(selection.type, selected)
    return rowsPieces(told, (_args, { viewer: { tenantId }, written }) => {
      const id = written?.ids[selected.name]
      if (!id) throw new NotCompilable(`${selected.name} is no row that was written`)
      return { where: { tenantId_id: { tenantId, id } } }
    })
  })
  return [points, ...payload]
}
