import { randomUUID } from 'node:crypto'
import type { SubscribePayload } from 'graphql-ws'

/** How many operations a connection waits for at a time. */
export const mostOperations = 50

/** An operation that its client waits for. */
export interface Waiting {
  id: string
  requestId: string
  /** Aborted when the client does not wait any more. */
  client: AbortController
  /** Whether it has begun to be a subscription, which ends when its client likes. */
  isSubscription: boolean
}

/** An operation that has an id for as long as the library works on it. */
interface Turn {
  done: Promise<void>
  isWanted: boolean
}

/** Who is at the other end of a connection, and what they wait for. */
export class Peer {
  /** What they said of themselves when they connected. */
  headers: Headers
  readonly close: (code: number, reason: string) => void
  /** Aborted when the connection is closed. */
  readonly gone = new AbortController()
  readonly whenGone = new Promise((resolve) => this.gone.signal.addEventListener('abort', resolve))
  readonly #waiting = new Map<SubscribePayload, Waiting>()
  readonly #turns = new Map<string, Turn>()
  #isLeft = false

  constructor(headers: Headers, close: Peer['close']) {
    this.headers = headers
    this.close = close
  }

  /** Whether an operation would be lost if the connection were closed now. */
  get isBusy(): boolean {
    return [...this.#waiting.values()].some(({ isSubscription }) => !isSubscription)
  }

  /** Whether no more operations are begun for them. */
  get isLeft(): boolean {
    return this.#isLeft
  }

  leave(): void {
    this.#isLeft = true
  }

  /**
   * Works on an operation once the one before it with the same id has ended, if its client has let
   * go of that: it would otherwise be taken for the earlier one.
   */
  async inTurn(id: string, work: () => Promise<void>): Promise<void> {
    const before = this.#turns.get(id)
    if (before?.isWanted) return work()
    const turn: Turn = { done: Promise.resolve(), isWanted: true }
    this.#turns.set(id, turn)
    const begin = () => (turn.isWanted ? work() : undefined)
    turn.done = before ? before.done.then(begin, begin) : work()
    try {
      await turn.done
    } finally {
      if (this.#turns.get(id) === turn) this.#turns.delete(id)
    }
  }

  /** Null where they wait for as many as they may. */
  begin(id: string, payload: SubscribePayload): Waiting | null {
    if (this.#waiting.size >= mostOperations) return null
    const client = new AbortController()
    const waiting = { id, requestId: randomUUID(), client, isSubscription: false }
    this.#waiting.set(payload, waiting)
    return waiting
  }

  /** The operation is answered with this, so that its client waits no more. */
  end(payload: SubscribePayload): Waiting | undefined {
    const waiting = this.#waiting.get(payload)
    this.#waiting.delete(payload)
    return waiting
  }

  /** The client does not want the operation any more. */
  abandon(id: string): void {
    const turn = this.#turns.get(id)
    if (turn) turn.isWanted = false
    for (const [payload, waiting] of this.#waiting) {
      if (waiting.id !== id) continue
      this.#waiting.delete(payload)
      waiting.client.abort()
    }
  }

  hangUp(): void {
    this.gone.abort()
    for (const { client } of this.#waiting.values()) client.abort()
    this.#waiting.clear()
  }
}
