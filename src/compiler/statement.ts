import type { Viewer } from '../auth/viewer.ts'
import type { Prisma } from '../generated/prisma/client.ts'
import type { ListScope, Written } from '../rows.ts'
import type { Search } from '../search.ts'

export interface StatementRequest {
  viewer: Viewer
  now: Date
  variables: Record<string, unknown>
  /** What the answer calls fields whose aliases were lifted. */
  aliases?: Record<string, string>
  /** What the statement before it has written. */
  written?: Written
}

/** One statement as it is written for one request. */
export class Statement {
  readonly values: unknown[] = []
  readonly scope: ListScope
  /** The variables of the request, coerced. */
  readonly variables: Record<string, unknown>
  /** Whether anything of it can change without a write, such as by the instant at which it is asked. */
  readsClock = false
  /** What is found beforehand, each of it once, and the most that may be found. */
  readonly searches: { name: string; text: string; most: number }[] = []
  readonly #once = new Map<unknown, unknown>()
  readonly #known = new Map<string, string>()

  /** What the answer calls fields whose aliases were lifted. */
  readonly aliases: Record<string, string>

  constructor({ viewer, now, variables, aliases = {}, written }: StatementRequest) {
    this.aliases = aliases
    this.variables = variables
    this.scope = {
      viewer,
      ...(written && { written }),
      now: () => {
        this.readsClock = true
        return now
      },
    }
  }

  /** A value is a parameter, always. */
  value(value: unknown): string {
    this.values.push(value)
    return `$${this.values.length}`
  }

  /** The tenant of whom everything is. */
  get tenant(): string {
    return this.#shared('tenant', () => `${this.value(this.scope.viewer.tenantId)}::uuid`)
  }

  get now(): string {
    return this.#shared('now', () => `${this.value(this.scope.now().toISOString())}::timestamptz`)
  }

  /** What several parts need of one field of the request is worked out once. */
  once<T>(key: unknown, work: () => T): T {
    if (!this.#once.has(key)) this.#once.set(key, work())
    return this.#once.get(key) as T
  }

  /** A part that somebody else has written, with its values as parameters of this one. */
  part({ strings, values }: Prisma.Sql): string {
    return strings.reduce((text, next, index) => text + this.value(values[index - 1]) + next)
  }

  /** The name under which the ids are found. */
  search({ call, most }: Search): string {
    const name = `found_${this.searches.length}`
    this.searches.push({ name, text: this.part(call), most })
    return name
  }

  #shared(key: string, write: () => string): string {
    const known = this.#known.get(key)
    if (known) return known
    const written = write()
    this.#known.set(key, written)
    return written
  }
}
