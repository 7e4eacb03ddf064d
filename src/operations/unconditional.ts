import {
  type ASTVisitor,
  GraphQLError,
  Kind,
  OperationTypeNode,
  type SelectionNode,
  type SelectionSetNode,
  type ValidationContext,
} from 'graphql'

/**
 * A subscription selects its one field in any case, as the rule "Single Root Field" of the GraphQL
 * specification has it since September 2025: one that skips it would be of nothing.
 */
export function UnconditionalSubscription(context: ValidationContext): ASTVisitor {
  return {
    OperationDefinition({ operation, selectionSet }) {
      if (operation !== OperationTypeNode.SUBSCRIPTION) return
      const conditional = selectionsOf(context, selectionSet).filter(({ directives = [] }) =>
        directives.some(({ name }) => ['skip', 'include'].includes(name.value)),
      )
      if (conditional.length === 0) return
      const message = 'The field of a subscription cannot be skipped: leave out @skip and @include.'
      context.reportError(new GraphQLError(message, { nodes: conditional }))
    },
  }
}

/** What stands at the root, through fragments, each of which is looked at once. */
function selectionsOf(context: ValidationContext, root: SelectionSetNode): SelectionNode[] {
  const found: SelectionNode[] = []
  const spread = new Set<string>()
  const waiting = [root]
  for (let set = waiting.pop(); set; set = waiting.pop()) {
    for (const selection of set.selections) {
      found.push(selection)
      if (selection.kind === Kind.INLINE_FRAGMENT) waiting.push(selection.selectionSet)
      if (selection.kind !== Kind.FRAGMENT_SPREAD || spread.has(selection.name.value)) continue
      spread.add(selection.name.value)
      const fragment = context.getFragment(selection.name.value)
      if (fragment) waiting.push(fragment.selectionSet)
    }
  }
  return found
}
