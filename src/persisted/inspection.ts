/** What a text is as an operation to be registered. */
export interface Inspection {
  name: string | null
  type: 'QUERY' | 'MUTATION' | 'SUBSCRIPTION'
  /** In points, with the defaults of its variables. */
  cost: number
  sha256: string
  normalizedSha256: string
  /** Why it cannot be served, as sentences; empty when it can. */
  problems: string[]
}

/**
 * Inspects one text after another, and lets others work in between, as a manifest has hundreds. It
 * ends with the reason of the signal when that is aborted.
 */
export type Inspect = (texts: readonly string[], signal?: AbortSignal) => Promise<Inspection[]>
