import {
  type DocumentNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
  OperationTypeNode,
} from 'graphql'
import type { Scope } from '../auth/scopes.ts'
import { type Shape, shapeOfOperation } from '../cost-rules.ts'
import type { FlushRow, Statement } from '../database/flush.ts'
import type { EventInput } from '../database/transaction.ts'
import { NotCompilable } from '../rows.ts'
import { createSelections, type Selection, type Variables } from '../selection.ts'
import { Compilation, rowOf } from './compilation.ts'
import { dataStatement } from './data-statement.ts'
import { nodePieces } from './node.ts'
import { fieldPieces, objectOf } from './object.ts'
import { type Piece, textOf } from './sql.ts'
import type { StatementRequest } from './statement.ts'
import { writing } from './write.ts'

/** Statements that answer with the `data` of an operation as text. */
export interface Compiled {
  statements: Statement[]
  access: 'read' | 'write'
  /** The data in what the statements have answered; null where the interpreter has to answer. */
  dataOf(rows: readonly FlushRow[]): string | null
  /** What a write has put into the outbox. */
  eventsOf(rows: readonly FlushRow[]): readonly EventInput[]
  /** Whether the answer is right only for the instant at which it was asked. */
  readsClock: boolean
}

/** What is compiled for one request. */
export interface AskedRequest extends StatementRequest {
  requestId: string
}

export type Compile = (request: AskedRequest) => Compiled

export interface Plan {
  /** What the viewer must be allowed to. */
  scopes: ReadonlySet<Scope>
  /** Throws for what the interpreter has to answer, such as a cursor that is none. */
  compile: Compile
}

/**
 * Compiles an operation for requests that include the same of it, or throws NotCompilable.
 * `variables` are those that decide on that.
 */
export function planOf(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Variables,
): Plan {
  const isMutation = operation.operation === OperationTypeNode.MUTATION
  const type = schema.getRootType(operation.operation)
  if (operation.operation === OperationTypeNode.SUBSCRIPTION || !type)
    throw new NotCompilable('it is a subscription')
  const selection = createSelections(schema, document, variables)(type, [operation.selectionSet])
  const shape = shapeOfOperation(selection, isMutation)
  const compilation = new Compilation(schema)
  const compile = isMutation
    ? writing(compilation, selection, shape)
    : reading(compilation, selection, shape)
  return { scopes: compilation.scopes, compile }
}

function reading(compilation: Compilation, selection: Selection, shape: Shape): Compile {
  const pieces = rootPieces(compilation, selection, shape)
  const constant = pieces.every((piece) => typeof piece === 'string') ? pieces.join('') : null
  const data = dataStatement(textOf(pieces))
  return (request) => {
    const { statement, readsClock } = data(request)
    return {
      statements: constant === null ? [statement] : [],
      access: 'read',
      dataOf: ([row]) => constant ?? row?.[0] ?? null,
      eventsOf: () => [],
      readsClock: readsClock || compilation.isUnversioned,
    }
  }
}

function rootPieces(compilation: Compilation, selection: Selection, shape: Shape): Piece[] {
  const row = rowOf(null, 'root')
  return objectOf(selection, shape, (selected, part) => {
    const field = { compilation, selection, selected, part, row }
    const { name } = selected
    return name === 'node' || name === 'nodes' ? nodePieces(field) : fieldPieces(field)
  })
}
