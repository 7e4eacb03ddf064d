import type { Viewer } from '../auth/viewer.ts'
import { codedError, errorStatus } from '../errors.ts'
import { bucketOf } from '../throttle/throttle.ts'

const mostOfCredential = 100

/** Counts the subscriptions of a process: each holds memory for as long as its client likes. */
export class Subscribers {
  readonly #most: number
  readonly #ofCredential = new Map<string, number>()
  #total = 0

  constructor(most: number) {
    this.#most = most
  }

  /** Counts one more until what it returns is called, or throws an OVERLOADED. */
  enter(viewer: Viewer | null): () => void {
    const credential = bucketOf(viewer)
    const own = this.#ofCredential.get(credential) ?? 0
    if (own >= mostOfCredential) {
      throw overloaded(
        `This credential has ${own} subscriptions: end one before you begin another.`,
      )
    }
    if (this.#total >= this.#most) {
      throw overloaded('Too many subscriptions are open here: try it again in a moment.')
    }
    this.#ofCredential.set(credential, own + 1)
    this.#total++
    return () => this.#leave(credential)
  }

  #leave(credential: string): void {
    this.#total--
    const others = (this.#ofCredential.get(credential) ?? 1) - 1
    if (others > 0) this.#ofCredential.set(credential, others)
    else this.#ofCredential.delete(credential)
  }
}

function overloaded(message: string) {
  const http = { status: errorStatus.OVERLOADED, headers: { 'retry-after': '1' } }
  return codedError('OVERLOADED', message, { http })
}
