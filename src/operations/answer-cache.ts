import { LRUCache } from 'lru-cache'

/** What an answer was at one revision of its tenant. */
export interface KeptAnswer {
  dataText: string
  points: number
  revision: string
}

/** A question is remembered to have been asked, so that an answer is kept from the second time on. */
const askedBefore = 20_000
/** Of so many tenants it is remembered at which revision they are. */
const tenantsKnown = 10_000
/** A revision is taken to stay for a while when so many requests in turn have found it. */
const settledAfter = 2
/** A larger answer would push out too many others. */
const largestShare = 1 / 16

interface Heard {
  revision: string
  times: number
}

/**
 * Answers as they were at a revision, within a size in bytes. Whoever serves one first asks the
 * database for the revision of now, so that none is ever out of date, in any process. To ask for
 * nothing costs a round trip: none is found that is known to be older than its tenant, or whose
 * tenant is written to about as often as it is read.
 */
export class AnswerCache {
  readonly #asked = new LRUCache<string, true>({ max: askedBefore })
  readonly #revisions = new LRUCache<string, Heard>({ max: tenantsKnown })
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
    const heard = this.#revisions.get(tenantId)
    if (!heard || heard.times < settledAfter) return undefined
    const kept = this.#kept.get(name)
    return kept?.revision === heard.revision ? kept : undefined
  }

  keep(tenantId: string, name: string, answer: KeptAnswer): void {
    this.heard(tenantId, answer.revision)
    if (this.#asked.has(name)) this.#kept.set(name, answer)
    else this.#asked.set(name, true)
  }

  /** A request has found the tenant at this revision. */
  heard(tenantId: string, revision: string): void {
    const before = this.#revisions.get(tenantId)
    const times = before?.revision === revision ? before.times + 1 : 1
    this.#revisions.set(tenantId, { revision, times })
  }
}
