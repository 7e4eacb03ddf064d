import type { EventInput } from './database/transaction.ts'
import { codedError } from './errors.ts'

/** A deal's way from one stage to another, as it was committed. */
export interface Move {
  dealId: string
  stageChangeId: string
}

/** The moves that a listener has not read yet. Reading ends when it is returned. */
export interface Moves extends AsyncIterableIterator<Move> {
  return(): Promise<IteratorResult<Move>>
}

/** More moves than this do not wait for a listener that does not read them. */
const mostWaiting = 1_000

/**
 * Tells the moves that this process has committed to those who listen to a pipeline, in the order in
 * which they are published. Whoever reads too slowly is ended rather than told only some of them, and
 * so is everybody where one write moves more deals than wait for a listener.
 */
export class Feed {
  readonly #mostWaiting: number
  readonly #listeners = new Map<string, Set<Listener>>()

  constructor(most = mostWaiting) {
    this.#mostWaiting = most
  }

  /** How many listen. */
  get listeners(): number {
    return [...this.#listeners.values()].reduce((sum, { size }) => sum + size, 0)
  }

  publish(tenantId: string, events: readonly EventInput[]): void {
    for (const { type, dealId, payload } of events) {
      if (type !== 'deal.moved' || !dealId) continue
      const { stageChangeId, fromPipelineId, toPipelineId } = (payload ?? {}) as Record<
        string,
        string
      >
      if (!stageChangeId) continue
      for (const pipelineId of new Set([fromPipelineId, toPipelineId])) {
        const listeners = this.#listeners.get(`${tenantId} ${pipelineId}`) ?? []
        for (const listener of [...listeners]) listener.push({ dealId, stageChangeId })
      }
    }
  }

  /** Moves into, within and out of a pipeline from now on. */
  moves({ tenantId, pipelineId }: { tenantId: string; pipelineId: string }): Moves {
    const key = `${tenantId} ${pipelineId}`
    const listener = new Listener(this.#mostWaiting, () => {
      const listeners = this.#listeners.get(key)
      listeners?.delete(listener)
      if (listeners?.size === 0) this.#listeners.delete(key)
    })
    const listeners = this.#listeners.get(key)
    if (listeners) listeners.add(listener)
    else this.#listeners.set(key, new Set([listener]))
    return listener
  }
}

type Done = IteratorResult<Move>

const done: Done = { done: true, value: undefined }

class Listener implements Moves {
  readonly #most: number
  readonly #leave: () => void
  #waiting: Move[] = []
  #wanted: ((result: Done) => void)[] = []
  #isEnded = false
  #isOverrun = false

  constructor(most: number, leave: () => void) {
    this.#most = most
    this.#leave = leave
  }

  push(move: Move): void {
    const wanted = this.#wanted.shift()
    if (wanted) wanted({ done: false, value: move })
    else if (this.#waiting.length < this.#most) this.#waiting.push(move)
    else {
      this.#end()
      this.#isOverrun = true
    }
  }

  async next(): Promise<Done> {
    if (this.#isOverrun) {
      this.#isOverrun = false
      throw overrun(this.#most)
    }
    const value = this.#waiting.shift()
    if (value) return { done: false, value }
    if (this.#isEnded) return done
    return new Promise((resolve) => this.#wanted.push(resolve))
  }

  async return(): Promise<Done> {
    this.#end()
    return done
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  #end(): void {
    this.#isEnded = true
    this.#waiting = []
    for (const wanted of this.#wanted.splice(0)) wanted(done)
    this.#leave()
  }
}

function overrun(most: number) {
  return codedError(
    'SUBSCRIPTION_OVERRUN',
    `More than ${most} events were waiting to be read: subscribe again, then read what you show anew.`,
  )
}
