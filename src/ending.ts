/**
 * What is needed of an AbortSignal to know that something has ended. A signal is one; by itself it
 * costs more than many a request, so that one is made only for who asks for a real one.
 */
export interface Ending {
  readonly aborted: boolean
  readonly reason: unknown
  addEventListener(type: 'abort', listener: () => void): void
  removeEventListener(type: 'abort', listener: () => void): void
}

/** An ending together with who brings it about, as an AbortController is for its signal. */
export class End implements Ending {
  readonly #listeners = new Set<() => void>()
  #controller: AbortController | undefined
  aborted = false
  reason: unknown

  /** The same as a signal, for what takes nothing else. */
  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController()
      if (this.aborted) this.#controller.abort(this.reason)
    }
    return this.#controller.signal
  }

  abort(reason: unknown): void {
    if (this.aborted) return
    this.aborted = true
    this.reason = reason
    this.#controller?.abort(reason)
    for (const listener of [...this.#listeners]) listener()
    this.#listeners.clear()
  }

  addEventListener(_type: 'abort', listener: () => void): void {
    if (!this.aborted) this.#listeners.add(listener)
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    this.#listeners.delete(listener)
  }
}

export function signalOf(ending: Ending): AbortSignal {
  if (ending instanceof AbortSignal) return ending
  if (ending instanceof End) return ending.signal
  throw new Error('an ending is an End or a signal')
}
