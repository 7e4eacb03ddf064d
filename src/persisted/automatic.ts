import { LRUCache } from 'lru-cache'

/** What a tenant's clients have taught a process, the oldest being forgotten first. */
interface Learned {
  texts: LRUCache<string, string>
}

export interface AutomaticLimits {
  /** Of each tenant. */
  operations: number
  /** Of each tenant, in UTF-16. */
  characters: number
  /** Of all tenants: the whole of whoever has asked for none for longest goes first. */
  allCharacters: number
}

const usual: AutomaticLimits = {
  operations: 1_000,
  characters: 1_000_000,
  allCharacters: 32_000_000,
}

/**
 * The operations of Automatic Persisted Queries: texts that a client has sent once with their hash,
 * and from then on names by it. They are the tenant's own and this process's: who asks another one
 * is told to send the text again.
 */
export class AutomaticOperations {
  readonly #limits: AutomaticLimits
  readonly #tenants: LRUCache<string, Learned>

  constructor(limits = usual) {
    this.#limits = limits
    this.#tenants = new LRUCache<string, Learned>({
      maxSize: limits.allCharacters,
      sizeCalculation: ({ texts }) => Math.max(1, texts.calculatedSize),
    })
  }

  find(tenantId: string, hash: string): string | undefined {
    return this.#tenants.get(tenantId)?.texts.get(hash)
  }

  /** Keeps a text that was found valid, and whose hash it was found to be. */
  learn(tenantId: string, hash: string, text: string): void {
    const { operations: max, characters: maxSize } = this.#limits
    const known = this.#tenants.get(tenantId)?.texts
    const texts =
      known ??
      new LRUCache<string, string>({ max, maxSize, sizeCalculation: (kept) => kept.length + 64 })
    texts.set(hash, text)
    // Set anew each time, so that its size is measured again.
    this.#tenants.set(tenantId, { texts })
  }
}
