import { setTimeout as delay } from 'node:timers/promises'
import type { GraphQLError } from 'graphql'
import type pg from 'pg'
import { type Deadline, deadlineExceeded } from '../deadline.ts'
import { cancelStatement, dropConnection } from './cancel.ts'

/** How long a connection may need to get rid of what it runs, before it is dropped. */
const graceMs = 2_000
const againMs = 250
const queryCanceled = /^57014$/
/** The server itself is ending, which says nothing of a COMMIT. */
const serverEnding = /^57P/

type Send = () => Promise<unknown>

/**
 * One transaction of a request with a deadline, on its connection. When the deadline ends, the
 * statement that runs is cancelled at once and no other is sent but ROLLBACK, and that not before
 * the cancel request is through: it can never reach the next transaction on this connection. A
 * COMMIT that was sent is not cancelled.
 *
 * The embedded database has no way to cancel a statement: there the request ends when its statement
 * does.
 */
export class InterruptibleTransaction {
  readonly #client: pg.Client
  readonly #deadline: Deadline
  readonly #canCancel: boolean
  readonly #running = new Set<Promise<unknown>>()
  #cancelled: Promise<void> = Promise.resolve()
  readonly #interrupt = () => {
    this.#cancelled = this.#cancelAll()
  }

  constructor(client: pg.Client, deadline: Deadline, canCancel: boolean) {
    this.#client = client
    this.#deadline = deadline
    this.#canCancel = canCancel
    if (canCancel) deadline.end.addEventListener('abort', this.#interrupt)
  }

  /** All of a transaction at once: only PostgreSQL can say that nothing of it was kept. */
  async runWhole(send: Send): Promise<unknown> {
    this.#throwIfOver()
    try {
      return await this.#sent(send)
    } catch (error) {
      throw this.#isOver(error) ? this.#reasonFor(error) : error
    }
  }

  async run(send: Send): Promise<unknown> {
    try {
      return await this.#sent(send)
    } catch (error) {
      throw this.#isOver(error) ? this.#deadline.expire() : error
    }
  }

  #throwIfOver(): void {
    const { end } = this.#deadline
    if (end.aborted) throw end.reason
  }

  async #sent(send: Send): Promise<unknown> {
    this.#throwIfOver()
    const statement = send()
    this.#running.add(statement)
    try {
      return await statement
    } finally {
      this.#running.delete(statement)
    }
  }

  /** Commits; after the deadline it rolls back and says so. */
  async commit(send: Send, rollback: Send): Promise<unknown> {
    if (this.#deadline.end.aborted) {
      await this.rollback(rollback)
      throw this.#deadline.end.reason
    }
    this.#deadline.end.removeEventListener('abort', this.#interrupt)
    const timer = this.#canCancel ? this.#dropLate() : undefined
    try {
      return await send()
    } catch (error) {
      if (!this.#isOver(error)) throw error
      throw this.#reasonFor(error)
    } finally {
      clearTimeout(timer)
    }
  }

  async rollback(send: Send): Promise<unknown> {
    this.#deadline.end.removeEventListener('abort', this.#interrupt)
    await this.#cancelled
    return send()
  }

  /** Lets go of the deadline once nothing of it runs any more. */
  async end(): Promise<void> {
    this.#deadline.end.removeEventListener('abort', this.#interrupt)
    await this.#cancelled
  }

  /** A server that went away without a word would keep a COMMIT, and its request, for ever. */
  #dropLate(): NodeJS.Timeout {
    const patienceMs = Math.max(0, this.#deadline.remainingMs) + graceMs
    return setTimeout(() => dropConnection(this.#client), patienceMs)
  }

  /** Of what the server has not refused nobody knows. */
  #reasonFor(error: unknown): GraphQLError {
    return isUndone(error)
      ? this.#deadline.expire()
      : deadlineExceeded(this.#deadline.limitMs, null)
  }

  /** PostgreSQL's own clock may be the first to tell that the time is over. */
  #isOver(error: unknown): boolean {
    const { end, remainingMs } = this.#deadline
    return end.aborted || (remainingMs <= 0 && isFromServer(error, queryCanceled))
  }

  /** Statements that were sent together are cancelled one after another, until none runs. */
  async #cancelAll(): Promise<void> {
    const giveUpAt = performance.now() + graceMs
    try {
      while (this.#running.size > 0) {
        const leftMs = giveUpAt - performance.now()
        if (leftMs <= 0) throw new Error('a statement cannot be cancelled')
        await cancelStatement(this.#client, leftMs)
        await Promise.race([Promise.allSettled(this.#running), delay(againMs)])
      }
    } catch {
      // PostgreSQL ends the statement by its own timeout, and a late cancel meets nothing else.
      dropConnection(this.#client)
    }
  }
}

/** Whether PostgreSQL itself has refused what was sent, so that nothing of its transaction is kept. */
export function isUndone(error: unknown): boolean {
  return isFromServer(error) && !isFromServer(error, serverEnding)
}

function isFromServer(error: unknown, code = /./): boolean {
  return (
    error instanceof Error && 'severity' in error && 'code' in error && code.test(`${error.code}`)
  )
}
