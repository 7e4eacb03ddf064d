import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isObjectType,
  Kind,
  type NamedTypeNode,
  type SelectionNode,
  type SelectionSetNode,
  valueFromASTUntyped,
} from 'graphql'

/** What is executed of an object of one type: its fields, merged as execution merges them. */
export interface Selection {
  type: GraphQLObjectType
  fields: SelectedField[]
}

export interface SelectedField {
  /** What the answer calls it. */
  key: string
  name: string
  /** Its definition; none for what introspection adds to every type. */
  definition: GraphQLField<unknown, unknown> | undefined
  /** The first of the nodes that ask for it, which have all the same arguments. */
  node: FieldNode
  argument(name: string): unknown
  /** What is selected below it, for each object type that it can turn out to be. */
  below(): Selection[]
}

export type SelectionOf = (type: GraphQLObjectType, sets: SelectionSetNode[]) => Selection

/** The value of a variable by its name, defaults applied. */
export type Variables = Record<string, unknown>

/**
 * Fragments that lead to each other in many ways can come to more than any answer has. A document
 * of the 2,000 tokens that are allowed looks at some 700 selections when it is written for a reader.
 */
const mostSelections = 50_000

export class TooTangled extends Error {}

/**
 * Reads a valid document as it is executed. Every merged selection is made once, however many paths
 * lead to it; past a fixed number of steps it throws TooTangled.
 */
export function createSelections(
  schema: GraphQLSchema,
  document: DocumentNode,
  variables: Variables,
): SelectionOf {
  const fragments = fragmentsOf(document)
  const numbers = new Map<SelectionSetNode, number>()
  const known = new Map<string, Selection>()
  let steps = 0
  return selectionOf

  function selectionOf(type: GraphQLObjectType, sets: SelectionSetNode[]): Selection {
    const key = `${type.name} ${sets.map(numberOf).join()}`
    let selection = known.get(key)
    if (!selection) {
      const groups = [...collect(type, sets)]
      selection = { type, fields: groups.map(([name, nodes]) => selectedField(type, name, nodes)) }
      known.set(key, selection)
    }
    return selection
  }

  function numberOf(set: SelectionSetNode): number {
    if (!numbers.has(set)) numbers.set(set, numbers.size)
    return numbers.get(set) ?? 0
  }

  function selectedField(type: GraphQLObjectType, key: string, nodes: FieldNode[]): SelectedField {
    const [node] = nodes as [FieldNode, ...FieldNode[]]
    const definition = type.getFields()[node.name.value]
    const sets = nodes.flatMap(({ selectionSet }) => selectionSet ?? [])
    return {
      key,
      name: node.name.value,
      definition,
      node,
      argument(name) {
        const argument = node.arguments?.find((given) => given.name.value === name)
        return argument && valueFromASTUntyped(argument.value, variables)
      },
      below: () => objectTypes(definition).map((possible) => selectionOf(possible, sets)),
    }
  }

  function objectTypes(definition: SelectedField['definition']): readonly GraphQLObjectType[] {
    const type = definition && getNamedType(definition.type)
    if (isObjectType(type)) return [type]
    return isAbstractType(type) ? schema.getPossibleTypes(type) : []
  }

  /** The nodes under each response key; a fragment counts once, as in execution. */
  function collect(type: GraphQLObjectType, sets: SelectionSetNode[]): Map<string, FieldNode[]> {
    const groups = new Map<string, FieldNode[]>()
    const spread = new Set<string>()
    for (const set of sets) visit(set)
    return groups

    function visit({ selections }: SelectionSetNode): void {
      for (const selection of selections) {
        steps += 1
        if (steps > mostSelections) throw new TooTangled()
        if (!isIncluded(selection, variables)) continue
        if (selection.kind === Kind.FIELD) {
          const key = selection.alias?.value ?? selection.name.value
          const group = groups.get(key)
          if (group) group.push(selection)
          else groups.set(key, [selection])
        } else if (selection.kind === Kind.INLINE_FRAGMENT) {
          if (applies(selection.typeCondition, type)) visit(selection.selectionSet)
        } else if (!spread.has(selection.name.value)) {
          spread.add(selection.name.value)
          const fragment = fragments.get(selection.name.value)
          if (fragment && applies(fragment.typeCondition, type)) visit(fragment.selectionSet)
        }
      }
    }
  }

  function applies(condition: NamedTypeNode | undefined, type: GraphQLObjectType): boolean {
    if (!condition || condition.name.value === type.name) return true
    const named = schema.getType(condition.name.value)
    return isAbstractType(named) && schema.isSubType(named, type)
  }
}

function isIncluded({ directives = [] }: SelectionNode, variables: Variables): boolean {
  return directives.every((directive) => {
    const condition = directive.arguments?.find(({ name }) => name.value === 'if')
    const holds = condition && valueFromASTUntyped(condition.value, variables)
    return directive.name.value === 'skip' ? holds !== true : holds !== false
  })
}

export function fragmentsOf(document: DocumentNode): Map<string, FragmentDefinitionNode> {
  const fragments = new Map<string, FragmentDefinitionNode>()
  for (const node of document.definitions) {
    if (node.kind === Kind.FRAGMENT_DEFINITION) fragments.set(node.name.value, node)
  }
  return fragments
}
