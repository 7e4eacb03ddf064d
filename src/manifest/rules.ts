import { bareOperationId } from '../ids.ts'
import { maxOperations } from '../persisted-operation/rules.ts'

export interface ManifestOperation {
  id: string
  text: string
}

/** What a file has, or why it is no manifest. */
export type Manifest =
  | { format: string; operations: ManifestOperation[]; problem?: undefined }
  | { problem: string }

/** A format by what it is called, and how its entries are read; null for what is of another format. */
interface Format {
  name: string
  looksLike: string
  entries(file: unknown): [id: unknown, text: unknown][] | null
}

type Fields = Record<string, unknown>

const apollo = 'apollo-persisted-query-manifest'

/** Those that the tools of Apollo, Relay, GraphQL Code Generator and Hive write. */
const formats: Format[] = [
  {
    name: 'Apollo persisted query manifest, version 1',
    looksLike: `{"format": "${apollo}", "version": 1, "operations": [{"id": …, "body": …}]}`,
    entries(file) {
      const { format, version, operations } = fieldsOf(file) ?? {}
      if (format !== apollo || version !== 1 || !Array.isArray(operations)) return null
      return operations.map((operation) => {
        const { id, body } = fieldsOf(operation) ?? {}
        return [id, body]
      })
    },
  },
  {
    name: 'operation output of Apollo Kotlin, or operation ids of Apollo iOS',
    looksLike: '{"<id>": {"name": …, "source": …}}',
    entries(file) {
      const entries = Object.entries(fieldsOf(file) ?? {})
      const sources = entries.map(([id, entry]) => [id, fieldsOf(entry)?.source] as const)
      return sources.some(([, source]) => source !== undefined)
        ? sources.map(([id, source]) => [id, source])
        : null
    },
  },
  {
    name: 'map of ids to texts (Relay, GraphQL Code Generator, Hive)',
    looksLike: '{"<id>": "<text>"}',
    entries(file) {
      const entries = Object.entries(fieldsOf(file) ?? {})
      return entries.some(([, text]) => typeof text === 'string') && !('format' in Object(file))
        ? entries
        : null
    },
  },
  {
    name: 'pairs of ids and texts (Relay)',
    looksLike: '[["<id>", "<text>"], …]',
    entries(file) {
      if (!Array.isArray(file) || file.length === 0 || !file.every(Array.isArray)) return null
      return file.map(([id, text]) => [id, text])
    },
  },
]

/**
 * The operations of a manifest, whose format is told by what is in it. One id with two texts, an
 * entry without a text and a file of another format are problems that say what to mend.
 */
export function readManifest(file: unknown): Manifest {
  for (const { name, entries } of formats) {
    const found = entries(file)
    if (found) return operationsIn(found, name)
  }
  const expected = formats.map(({ name, looksLike }) => `${name}: ${looksLike}`)
  return { problem: `This is none of the manifests that are known. ${expected.join('; ')}.` }
}

function operationsIn(entries: [unknown, unknown][], format: string): Manifest {
  if (entries.length > maxOperations) {
    return { problem: `A manifest has at most ${maxOperations} operations, not ${entries.length}.` }
  }
  const operations = new Map<string, string>()
  for (const [index, [given, text]] of entries.entries()) {
    const where = typeof given === 'string' ? given : `entry ${index + 1}`
    if (typeof given !== 'string' || given === '' || typeof text !== 'string' || text === '') {
      return { problem: `Each entry needs an id and a text (${format}): ${where} does not.` }
    }
    const id = bareOperationId(given)
    if ((operations.get(id) ?? text) !== text) return { problem: `The id ${id} has two texts.` }
    operations.set(id, text)
  }
  return { format, operations: [...operations].map(([id, text]) => ({ id, text })) }
}

function fieldsOf(value: unknown): Fields | null {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  return isObject ? (value as Fields) : null
}
