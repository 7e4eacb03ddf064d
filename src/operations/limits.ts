import { type DocumentNode, Kind, type SelectionSetNode, visit } from 'graphql'
import type { ErrorCode } from '../errors.ts'
import { fragmentsOf } from '../selection.ts'

/** More tokens than this are not parsed: a deeper document could overflow the parser's stack. */
export const maxTokens = 2_000
export const maxDepth = 12
export const maxAliases = 30
export const maxDirectives = 20
export const maxRootFields = 20
export const maxFragments = 50
/** An answer lists no more of what is wrong with its request. */
export const mostErrors = 20

/** What a document has too much of, found in time that is linear in its length, or nothing. */
export function excessOf(document: DocumentNode): { code: ErrorCode; message: string } | undefined {
  const { aliases, directives, fragments } = countsOf(document)
  const found: [ErrorCode, number, string, number][] = [
    ['TOO_MANY_FRAGMENTS', fragments, 'fragments', maxFragments],
    ['TOO_MANY_ALIASES', aliases, 'aliases', maxAliases],
    ['TOO_MANY_DIRECTIVES', directives, 'directives', maxDirectives],
    ['TOO_MANY_ROOT_FIELDS', rootFieldsOf(document), 'fields at its root', maxRootFields],
    ['TOO_DEEP', depthOf(document), 'levels of fields', maxDepth],
  ]
  const excess = found.find(([, count, , most]) => count > most)
  if (!excess) return undefined
  const [code, count, what, most] = excess
  return { code, message: `The document has ${count} ${what}; at most ${most} are allowed.` }
}

/** As they are written: however often a fragment is spread, what it holds counts once. */
function countsOf(document: DocumentNode) {
  const counts = { aliases: 0, directives: 0, fragments: 0 }
  visit(document, {
    Field({ alias }) {
      if (alias) counts.aliases += 1
    },
    Directive() {
      counts.directives += 1
    },
    FragmentDefinition() {
      counts.fragments += 1
    },
  })
  return counts
}

/** The most root fields of an operation, through fragments, each of which is executed once. */
function rootFieldsOf(document: DocumentNode): number {
  const fragments = fragmentsOf(document)
  const counts = document.definitions.map((node) => {
    if (node.kind !== Kind.OPERATION_DEFINITION) return 0
    const spread = new Set<string>()
    return count(node.selectionSet, spread)
  })
  return Math.max(0, ...counts)

  function count({ selections }: SelectionSetNode, spread: Set<string>): number {
    let fields = 0
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) fields += 1
      else if (selection.kind === Kind.INLINE_FRAGMENT)
        fields += count(selection.selectionSet, spread)
      else if (!spread.has(selection.name.value)) {
        spread.add(selection.name.value)
        const fragment = fragments.get(selection.name.value)
        if (fragment) fields += count(fragment.selectionSet, spread)
      }
    }
    return fields
  }
}

/**
 * How many fields deep a document goes, fragments counted where they are spread. The fields of
 * introspection do not count: graphql-js bounds their nesting itself, and every tool asks for more
 * than 12 levels of them.
 */
export function depthOf(document: DocumentNode): number {
  const fragments = fragmentsOf(document)
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
