import { LRUCache } from 'lru-cache'

/** What an answer was at one revision of its tenant. */
export interface KeptAnswer {
  dataText: string
  points: number
  revision: string
}

/** A question is remembered to have been asked, so that an answer is kept from the second time on. */
const askedBefore = 20_000
/** The latest revision that this process has heard of, of so many tenants. */
const tenantsKnown = 10_000
/** A larger answer would push out too many others. */
const largestShare = 1 / 16

/**
 * Answers as they were at a revision, within a size in bytes. Whoever serves one first asks the
 * database for the revision of now, so that none is ever out of date, in any process; of an answer
 * that is known to be older than its tenant nobody asks.
 */
export class AnswerCache {
  readonly #asked = new LRUCache<string, true>({ max: askedBefore })
  readonly #revisions = new LRUCache<string, string>({ max: tenantsKnown })
  readonly #kept: LRUCache<string, KeptAnswer>

  constructor(maxBytes: number) {
    this.#kept = new LRUCache({
      maxSize: maxBytes,
      maxEntrySize: Math.ceil(maxBytes * largestShare),
      // A character that is in no Latin alphabet makes two bytes of each in its text.
      sizeCalculation: ({ dataText }, name) => 2 * (dataText.length + name.length) + 200,
    })
  }

  find(tenantId: string, name: string): KeptAnswer | undefined {
    const kept = this.#kept.get(name)
    return kept && kept.revision === this.#revisions.get(tenantId) ? kept : undefined
  }

  keep(tenantId: string, name: string, answer: KeptAnswer): void {
    this.heard(tenantId, answer.revision)
    if (this.#asked.has(name)) this.#kept.set(name, answer)
    else this.#asked.set(name, true)
  }

  /** The tenant is at this revision, or at a later one. */
  heard(tenantId: string, revision: string): void {
    this.#revisions.set(tenantId, revision)
  }
}
