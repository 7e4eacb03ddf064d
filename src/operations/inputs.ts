import {
  type ASTVisitor,
  type DocumentNode,
  type ExecutionArgs,
  GraphQLError,
  type GraphQLInputType,
  type GraphQLSchema,
  getNamedType,
  getOperationAST,
  isInputObjectType,
  isListType,
  isNonNullType,
  type OperationDefinitionNode,
  TypeInfo,
  ValidationContext,
  type VariableNode,
  visit,
} from 'graphql'
import { isStorable, unstorable } from '../texts.ts'

const maxItems = 500
/** An app is released with all of its operations. */
const maxOperations = 2_000
const maxNesting = 64

/** Texts are measured in UTF-16 here: this is the longest text that is kept, all of it in pairs. */
const maxTextLength = 20_000
const maxPatternLength = 255
const maxCursorLength = 3_000
const maxPlainLength = 255

/** Why the variables of a request cannot be taken; nothing when they can. */
export function variablesProblem(args: ExecutionArgs): string | undefined {
  const { schema, document, operationName, variableValues } = args
  if (!isStorable(variableValues)) return unstorable
  const operation = getOperationAST(document, operationName)
  for (const use of operation ? usesOf(schema, document, operation) : []) {
    const given = variableValues?.[use.variable]
    const problem = use.type && problemOf(use.place, use.type, given)
    if (problem) return problem
  }
  return undefined
}

/** The same for values that stand in the document, as a rule of validation. */
export function BoundedInputs(context: ValidationContext): ASTVisitor {
  const { place, visitor } = placeTracker()
  const report = (problem: string | undefined, node: GraphQLError['nodes']) => {
    if (problem) context.reportError(new GraphQLError(problem, { nodes: node }))
  }
  return {
    ...visitor,
    StringValue(node) {
      const type = context.getInputType()
      if (type) report(textProblem(place(), type, node.value), [node])
    },
    ListValue(node) {
      const isBounded = isListType(bare(context.getParentInputType()))
      if (isBounded) report(lengthProblem(place(), node.values.length), [node])
    },
  }
}

interface VariableUse {
  variable: string
  /** The names of the argument and of the fields in it, such as `filter.name.contains`. */
  place: string
  type: GraphQLInputType | null | undefined
}

/** Documents are remembered, and with them where their variables go. */
const knownUses = new WeakMap<OperationDefinitionNode, VariableUse[]>()

function usesOf(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): VariableUse[] {
  const known = knownUses.get(operation)
  if (known) return known
  const places = placesOf(document)
  const context = new ValidationContext(schema, document, new TypeInfo(schema), () => {})
  const uses = new Map<string, VariableUse>()
  for (const { node, type } of context.getRecursiveVariableUsages(operation)) {
    const variable = node.name.value
    const place = places.get(node) ?? variable
    // What is used alike in many places is looked at once.
    uses.set(`${variable} ${type} ${place}`, { variable, place, type })
  }
  knownUses.set(operation, [...uses.values()])
  return [...uses.values()]
}

function placesOf(document: DocumentNode): Map<VariableNode, string> {
  const places = new Map<VariableNode, string>()
  const { place, visitor } = placeTracker()
  visit(document, { ...visitor, Variable: (node) => void places.set(node, place()) })
  return places
}

/** Knows in which argument and field of an input a visit is. */
function placeTracker() {
  const names: string[] = []
  const named = {
    enter: ({ name }: { name: { value: string } }) => void names.push(name.value),
    leave: () => void names.pop(),
  }
  return { place: () => names.join('.'), visitor: { Argument: named, ObjectField: named } }
}

/** What does not fit its type is left to coercion, and JSON to its scalar. */
function problemOf(
  place: string,
  given: GraphQLInputType,
  value: unknown,
  depth = 0,
): string | undefined {
  const type = bare(given)
  if (depth > maxNesting) return `\`${place}\` nests deeper than ${maxNesting} levels.`
  if (typeof value === 'string') return textProblem(place, given, value)
  if (typeof value !== 'object' || value === null || !type) return undefined
  if (Array.isArray(value)) {
    if (!isListType(type)) return undefined
    const problem = lengthProblem(place, value.length)
    return problem ?? first(value, (item) => problemOf(place, type.ofType, item, depth + 1))
  }
  if (isListType(type)) return problemOf(place, type.ofType, value, depth)
  if (!isInputObjectType(type)) return undefined
  const fields = type.getFields()
  return first(Object.entries(value), ([name, item]) => {
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined
    return field && problemOf(`${place}.${name}`, field.type, item, depth + 1)
  })
}

function first<T>(items: T[], problem: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const found = problem(item)
    if (found) return found
  }
  return undefined
}

function bare(type: GraphQLInputType | null | undefined) {
  return isNonNullType(type) ? type.ofType : type
}

function lengthProblem(place: string, length: number): string | undefined {
  const most = /(^|\.)operations$/.test(place) ? maxOperations : maxItems
  if (length <= most) return undefined
  return `\`${place}\` takes at most ${most} values, not ${length}.`
}

function textProblem(place: string, type: GraphQLInputType, text: string): string | undefined {
  const most = longest(place, getNamedType(type).name)
  if (text.length <= most) return undefined
  return `\`${place}\` takes at most ${most} characters, not ${text.length}.`
}

function longest(place: string, type: string): number {
  if (type === 'JSON') return Number.POSITIVE_INFINITY
  if (type !== 'String') return maxPlainLength
  const name = place.slice(place.lastIndexOf('.') + 1)
  if (name === 'search' || name === 'contains') return maxPatternLength
  return name === 'after' || name === 'before' ? maxCursorLength : maxTextLength
}
