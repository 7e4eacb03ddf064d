import type { GraphQLError } from 'graphql'
import { End, type Ending } from './ending.ts'
import { codedError, errorStatus } from './errors.ts'

/**
 * How long a request may still take. It ends when that time is over, or earlier when the client
 * hangs up, as nobody waits for the answer any more. The reason is in both cases a
 * DEADLINE_EXCEEDED.
 */
export class Deadline {
  readonly limitMs: number
  /** What it is waited for by. */
  readonly end = new End()
  readonly #endsAt: number
  readonly #client: Ending
  readonly #timer: NodeJS.Timeout
  readonly #expire = () => void this.expire()

  constructor(limitMs: number, client: Ending) {
    this.limitMs = limitMs
    this.#endsAt = performance.now() + limitMs
    this.#client = client
    this.#timer = setTimeout(this.#expire, limitMs)
    client.addEventListener('abort', this.#expire)
    if (client.aborted) this.expire()
  }

  /** Aborted at its end; where its end is enough, that costs less. */
  get signal(): AbortSignal {
    return this.end.signal
  }

  /** Zero or less once the time is over. */
  get remainingMs(): number {
    return this.#endsAt - performance.now()
  }

  /** Ends it now, if it has not ended, and tells why. */
  expire(): GraphQLError {
    if (!this.end.aborted) this.end.abort(deadlineExceeded(this.limitMs))
    return this.end.reason as GraphQLError
  }

  /** Lets go of the clock and of the client, once the request is answered. */
  clear(): void {
    clearTimeout(this.#timer)
    this.#client.removeEventListener('abort', this.#expire)
  }

  /**
   * What the promise comes to, or a rejection at the end of the deadline; what it comes to after
   * that is handed to `late`.
   */
  race<T>(promise: Promise<T>, late: (value: T) => void = () => {}): Promise<T> {
    const { end } = this
    return new Promise((resolve, reject) => {
      let isLate = false
      const stop = () => {
        isLate = true
        reject(end.reason)
      }
      promise.then(
        (value) => {
          end.removeEventListener('abort', stop)
          if (isLate) late(value)
          else resolve(value)
        },
        (error) => {
          end.removeEventListener('abort', stop)
          reject(error)
        },
      )
      if (end.aborted) stop()
      else end.addEventListener('abort', stop)
    })
  }
}

/** Whether what was asked for is done in spite of the deadline; null where nobody can know. */
export type Committed = boolean | null

export function deadlineExceeded(limitMs: number, committed: Committed = false): GraphQLError {
  const outcome = {
    true: 'It was done; only its answer is incomplete.',
    false: 'Nothing of it was kept.',
    null: 'Whether it was done is not known: send it again with the same `idempotencyKey`, or look.',
  }[`${committed}`]
  return codedError(
    'DEADLINE_EXCEEDED',
    `This took longer than the ${limitMs / 1_000} s that a request has, and was stopped. ${outcome}`,
    { committed, http: { status: errorStatus.DEADLINE_EXCEEDED } },
  )
}
