import type { Ending } from '../ending.ts'

export interface AdmissionLimits {
  /** How many are worked on at a time; more would only wait for a connection or the processor. */
  maxInFlight: number
  /** How many wait for a place; who comes when as many do is refused at once. */
  maxQueued: number
}

/** More is asked for at a time than there is room for. */
export class Overloaded extends Error {
  override name = 'Overloaded'
}

/**
 * Lets so many in at a time and has the others wait in a line, first come, first served. The line is
 * bounded: what could not be done soon is refused while it is cheap to.
 */
export class Admission {
  readonly #limits: AdmissionLimits
  /** In the order in which they came. */
  readonly #waiting = new Set<() => void>()
  #inFlight = 0

  constructor(limits: AdmissionLimits) {
    this.#limits = limits
  }

  get inFlight(): number {
    return this.#inFlight
  }

  get queued(): number {
    return this.#waiting.size
  }

  /**
   * Does the work once there is a place for it. Whoever is aborted while waiting leaves the line,
   * with the reason of that.
   */
  async run<T>(waiting: Ending, work: () => Promise<T>): Promise<T> {
    if (waiting.aborted) throw waiting.reason
    if (this.#inFlight < this.#limits.maxInFlight) this.#inFlight++
    else await this.#wait(waiting)
    try {
      return await work()
    } finally {
      this.#leave()
    }
  }

  #wait(waiting: Ending): Promise<void> {
    if (this.#waiting.size >= this.#limits.maxQueued) throw new Overloaded()
    return new Promise((resolve, reject) => {
      const enter = () => {
        waiting.removeEventListener('abort', giveUp)
        resolve()
      }
      const giveUp = () => {
        waiting.removeEventListener('abort', giveUp)
        this.#waiting.delete(enter)
        reject(waiting.reason)
      }
      waiting.addEventListener('abort', giveUp)
      this.#waiting.add(enter)
    })
  }

  /** Hands the place to the first in the line, so that nobody who comes later can take it. */
  #leave(): void {
    const [next] = this.#waiting
    if (!next) {
      this.#inFlight--
      return
    }
    this.#waiting.delete(next)
    next()
  }
}
