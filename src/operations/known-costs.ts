import type { DocumentNode, GraphQLSchema, OperationDefinitionNode } from 'graphql'
import { LRUCache } from 'lru-cache'
import type { Variables } from '../selection.ts'
import { costOfOperation, type FoundCost, type OperationCost } from './cost.ts'

/** How many of an operation are remembered, such as of one that is sent with pages of many sizes. */
const mostOfOperation = 4
/** In parts of what operations select, of which each is some 200 bytes. */
const rememberedParts = 100_000

export type CostOf = (
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Variables,
) => OperationCost

/**
 * What operations cost, each told once for the values that it follows from: of most operations it
 * follows from none, and of others from the sizes of their pages.
 */
export function createCostOf(schema: GraphQLSchema): CostOf {
  // By a name instead of itself: an operation would keep all of its document in memory.
  const names = new WeakMap<OperationDefinitionNode, symbol>()
  const known = new LRUCache<symbol, FoundCost[]>({
    maxSize: rememberedParts,
    sizeCalculation: (costs) => costs.reduce((sum, { parts }) => sum + parts, 1),
  })
  return (document, operation, variables) => {
    const name = names.get(operation) ?? Symbol('operation')
    const remembered = known.get(name) ?? []
    const same = remembered.find(({ from }) => isSame(from, variables))
    if (same) return same
    const cost = costOfOperation(schema, document, operation, variables)
    const isComparable = [...cost.from.values()].every((value) => Object(value) !== value)
    if (!isComparable) return cost
    names.set(operation, name)
    known.set(name, [cost, ...remembered.slice(0, mostOfOperation - 1)])
    return cost
  }
}

function isSame(from: FoundCost['from'], variables: Variables): boolean {
  for (const [name, value] of from) if (!Object.is(variables[name], value)) return false
  return true
}
