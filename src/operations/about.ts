import { type DefinitionNode, type DocumentNode, Kind, type SelectionNode, visit } from 'graphql'

/** What decides who may ask for a document. */
export interface About {
  isIntrospection: boolean
  /** Whether it asks for nothing but what tells of the gateway itself. */
  isAboutNoTenant: boolean
}

const metaFields = ['__typename', '__schema', '__type']

export function aboutOf(document: DocumentNode): About {
  let isIntrospection = false
  visit(document, {
    Field({ name }) {
      if (name.value === '__schema' || name.value === '__type') isIntrospection = true
    },
  })
  const isAnonymous = isIntrospection ? asksForMetaFields : asksForNothing
  return { isIntrospection, isAboutNoTenant: document.definitions.every(isAnonymous) }
}

function asksForMetaFields(node: DefinitionNode): boolean {
  if (node.kind === Kind.FRAGMENT_DEFINITION) return node.typeCondition.name.value.startsWith('__')
  if (node.kind !== Kind.OPERATION_DEFINITION) return false
  return node.selectionSet.selections.every(
    (field) => field.kind === Kind.FIELD && metaFields.includes(field.name.value),
  )
}

/** Whether it is an operation of `__typename` with nothing in which a name could be tried. */
function asksForNothing(node: DefinitionNode): boolean {
  if (node.kind !== Kind.OPERATION_DEFINITION) return false
  const { variableDefinitions, directives, selectionSet } = node
  return (
    !variableDefinitions?.length && !directives?.length && selectionSet.selections.every(isTypename)
  )
}

function isTypename(field: SelectionNode): boolean {
  if (field.kind !== Kind.FIELD || field.name.value !== '__typename') return false
  return !field.selectionSet && !field.arguments?.length && !field.directives?.length
}
