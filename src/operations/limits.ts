import {
  type DocumentNode,
  type FragmentDefinitionNode,
  Kind,
  type SelectionSetNode,
} from 'graphql'

/** More tokens than this are not parsed: a deeper document could overflow the parser's stack. */
export const maxTokens = 2_000
export const maxDepth = 12

/**
 * How many fields deep a document goes, fragments counted where they are spread. The fields of
 * introspection do not count: graphql-js bounds their nesting itself, and every tool asks for more
 * than 12 levels of them.
 */
export function depthOf(document: DocumentNode): number {
  const fragments = new Map<string, FragmentDefinitionNode>()
  for (const node of document.definitions) {
    if (node.kind === Kind.FRAGMENT_DEFINITION) fragments.set(node.name.value, node)
  }
  const known = new Map<string, number>()
  return Math.max(
    0,
    ...document.definitions.map((node) =>
      node.kind === Kind.OPERATION_DEFINITION ? below(node.selectionSet) : 0,
    ),
  )

  function below({ selections }: SelectionSetNode): number {
    let deepest = 0
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) {
        const counts = !selection.name.value.startsWith('__')
        const inside = counts && selection.selectionSet ? below(selection.selectionSet) : 0
        deepest = Math.max(deepest, 1 + inside)
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        deepest = Math.max(deepest, below(selection.selectionSet))
      } else {
        deepest = Math.max(deepest, fragmentDepth(selection.name.value))
      }
    }
    return deepest
  }

  function fragmentDepth(name: string): number {
    const fragment = fragments.get(name)
    if (!fragment) return 0
    if (!known.has(name)) {
      // Entered before it is known, so that a cycle, which validation refuses later, ends here.
      known.set(name, 0)
      known.set(name, below(fragment.selectionSet))
    }
    return known.get(name) ?? 0
  }
}

export const unstorable = 'A text has a character that cannot be stored, such as U+0000.'

/**
 * Whether every text in a value can be stored: PostgreSQL takes no U+0000, and half a surrogate
 * pair is no character.
 */
export function isStorable(value: unknown): boolean {
  // Level by level, since a recursion could be overflowed by a value that is deep enough.
  let level = [value]
  while (level.length > 0) {
    if (level.some((item) => typeof item === 'string' && !isStorableText(item))) return false
    level = level.flatMap((item) =>
      typeof item === 'object' && item ? Object.entries(item).flat() : [],
    )
  }
  return true
}

function isStorableText(text: string): boolean {
  return !text.includes('\0') && !/\p{Surrogate}/u.test(text)
}
