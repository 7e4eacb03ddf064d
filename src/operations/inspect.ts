import { setImmediate } from 'node:timers/promises'
import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  parse,
} from 'graphql'
import { normalizedHash, sha256Of } from '../persisted/fingerprint.ts'
import type { Inspect, Inspection } from '../persisted/inspection.ts'
import { costOfOperation } from './cost.ts'
import { maxTokens } from './limits.ts'
import { checkDocument, costOrRefusal } from './prepare.ts'

export function createInspect(schema: GraphQLSchema, costLimit: number): Inspect {
  return async (texts, signal) => {
    const inspections: Inspection[] = []
    for (const text of texts) {
      signal?.throwIfAborted()
      inspections.push(inspectText(schema, text, costLimit))
      await setImmediate()
    }
    return inspections
  }
}

function inspectText(schema: GraphQLSchema, text: string, costLimit: number): Inspection {
  const sha256 = sha256Of(text)
  try {
    const document = checkDocument(schema, text, { suggestions: true })
    return { sha256, ...describe(schema, document, costLimit) }
  } catch (error) {
    const problems = (error instanceof AggregateError ? error.errors : [error]).map(told)
    return { sha256, ...titleOf(text), cost: 0, normalizedSha256: sha256, problems }
  }
}

/** What people know an operation by, which is told even of one that cannot be served. */
function titleOf(text: string): Pick<Inspection, 'name' | 'type'> {
  try {
    const operations = operationsIn(parse(text, { maxTokens, noLocation: true }))
    const [operation] = operations
    if (operation && operations.length === 1)
      return { name: nameOf(operation), type: typeOf(operation) }
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error
  }
  return { name: null, type: 'QUERY' }
}

function operationsIn({ definitions }: DocumentNode): OperationDefinitionNode[] {
  return definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION)
}

function nameOf({ name }: OperationDefinitionNode): string | null {
  return name?.value ?? null
}

function typeOf({ operation }: OperationDefinitionNode): Inspection['type'] {
  return operation.toUpperCase() as Inspection['type']
}

function describe(schema: GraphQLSchema, document: DocumentNode, costLimit: number) {
  const operations = operationsIn(document)
  const [operation, ...others] = operations
  if (!operation || others.length > 0) {
    throw new GraphQLError(`A document is of one operation, not of ${operations.length}.`)
  }
  const { requested: cost } = costOrRefusal(
    (...of) => costOfOperation(schema, ...of),
    document,
    operation,
    {},
  )
  const dear = `It costs up to ${cost} points; at most ${costLimit} are allowed.`
  return {
    name: nameOf(operation),
    type: typeOf(operation),
    cost,
    normalizedSha256: normalizedHash(document),
    problems: cost > costLimit ? [dear] : [],
  }
}

function told(error: unknown): string {
  if (!(error instanceof GraphQLError)) throw error
  const [place] = error.locations ?? []
  return place ? `${error.message} (${place.line}:${place.column})` : error.message
}
