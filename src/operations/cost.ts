import {
  type DocumentNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
  valueFromASTUntyped,
} from 'graphql'
import { type Part, type Shape, shapeOfOperation } from '../cost-rules.ts'
import { createSelections, type Variables } from '../selection.ts'

export interface OperationCost {
  /** What the operation may read at most, if its plain lists are no longer than declared. */
  requested: number
  /** What it has read, by the same rules, from the data of its answer. */
  actual(data: unknown): number
}

/** The same with what it takes to remember it. */
export interface FoundCost extends OperationCost {
  /** How many fields and types of them its rules know of. */
  parts: number
  /** The values given for those variables that were looked at: from them, and from no others, it follows. */
  from: ReadonlyMap<string, unknown>
}

/** Every operation is work, whatever it asks for. */
export const leastCost = 1
/** Beyond this a cost is only said to be this. */
const mostCost = 1_000_000_000

/**
 * The cost of an operation in points: 1 an object, scalars nothing. A page costs its size times
 * what is selected of an item, a mutation 10 and 10 more for each item of a bulk.
 */
export function costOfOperation(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Variables,
): FoundCost {
  const from = new Map<string, unknown>()
  const type = schema.getRootType(operation.operation)
  if (!type) return { requested: leastCost, actual: () => leastCost, parts: 0, from }
  const values = noting(withDefaults(operation, variables), (name) =>
    from.set(name, variables[name]),
  )
  const selections = createSelections(schema, document, values)
  const root = selections(type, [operation.selectionSet])
  return foundCost(shapeOfOperation(root, operation.operation === 'mutation'), from)
}

/** It holds on to nothing of the document or of the request. */
function foundCost(shape: Shape, from: FoundCost['from']): FoundCost {
  return {
    requested: measure(shape, assumed(), undefined),
    actual: (data) => measure(shape, answered, data),
    parts: partsOf(shape),
    from,
  }
}

function noting(values: Variables, note: (name: string) => void): Variables {
  return new Proxy(values, {
    get(target, name) {
      if (typeof name === 'string') note(name)
      return Reflect.get(target, name)
    },
  })
}

/** Each shape counts once, however many paths lead to it. */
function partsOf(root: Shape): number {
  const shapes = new Set([root])
  let parts = 0
  for (const shape of shapes) {
    parts += 1 + shape.keys.length
    for (const part of shape.parts) for (const below of part.below) shapes.add(below)
  }
  return parts
}

function withDefaults({ variableDefinitions = [] }: OperationDefinitionNode, given: Variables) {
  const values: Variables = Object.assign(Object.create(null), given)
  for (const { variable, defaultValue } of variableDefinitions) {
    const name = variable.name.value
    if (values[name] === undefined && defaultValue) values[name] = valueFromASTUntyped(defaultValue)
  }
  return values
}

/** Where the one recursion gets its values and the sizes of lists from. */
interface Sizer {
  valueOf(object: unknown, key: string): unknown
  /** What the items of a list cost together. */
  each(list: unknown, size: number, cost: (item: unknown) => number): number
  /** What an object costs, of the shapes that it can have the dearest. */
  dearest(shapes: readonly Shape[], object: unknown, cost: (shape: Shape) => number): number
}

/** Before execution: everything is there, and every list as long as it is taken to be. */
function assumed(): Sizer {
  // All objects of a shape are alike, so that however many paths lead to it one tells what it costs.
  const known = new Map<Shape, number>()
  return {
    valueOf: () => true,
    each: (list, size, cost) => size * cost(list),
    dearest(shapes, _object, cost) {
      let most = 0
      for (const shape of shapes) {
        if (!known.has(shape)) known.set(shape, cost(shape))
        most = Math.max(most, known.get(shape) ?? 0)
      }
      return most
    },
  }
}

/** After execution: the answer itself. */
const answered: Sizer = {
  valueOf: (object, key) => (object as Record<string, unknown>)[key],
  each(list, _size, cost) {
    let sum = 0
    for (const item of list as unknown[]) if (item != null) sum += cost(item)
    return sum
  },
  dearest(shapes, object, cost) {
    const [only] = shapes
    if (only && shapes.length === 1) return cost(only)
    const fits = ({ keys }: Shape) => keys.every((key) => key in (object as object))
    return Math.max(0, ...shapes.filter(fits).map(cost))
  },
}

function measure(root: Shape, sizer: Sizer, data: unknown): number {
  return Math.min(Math.max(ofObject(root, data), leastCost), mostCost)

  function ofObject({ parts }: Shape, object: unknown): number {
    let sum = 0
    for (const part of parts) sum += ofPart(part, sizer.valueOf(object, part.key))
    return sum
  }

  function ofPart(part: Part, value: unknown): number {
    if (value == null) return part.isAlways ? part.base : 0
    const one = (item: unknown) =>
      part.base + sizer.dearest(part.below, item, (shape) => ofObject(shape, item))
    return part.size === null ? one(value) : sizer.each(value, part.size, one)
  }
}
