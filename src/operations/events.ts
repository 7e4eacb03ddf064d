export interface EventsOptions<Event, Result> {
  source: AsyncIterable<Event>
  /** Aborted when nobody waits for results any more. */
  client: AbortSignal
  /** What an event comes to, if it is to be told; the signal is aborted when nobody waits. */
  toResult: (event: Event, ended: AbortSignal) => Promise<Result | null>
  /** Called once, however it ends. */
  onEnd: () => void
}

/**
 * The results of events, one after another. It ends with its source, with its client, or when it is
 * returned: also while an event is being worked on, which then is given up, and while none is there,
 * which a generator by itself would wait for.
 */
export function resultsOf<Event, Result>(
  options: EventsOptions<Event, Result>,
): AsyncGenerator<Result, void, void> {
  const { client, toResult, onEnd } = options
  const source = options.source[Symbol.asyncIterator]()
  const ended = new AbortController()
  const end = () => {
    if (ended.signal.aborted) return
    client.removeEventListener('abort', end)
    ended.abort()
    // What was waited for is answered by the source.
    void source.return?.()
    onEnd()
  }
  client.addEventListener('abort', end)
  if (client.aborted) end()
  const results = generate()

  async function* generate(): AsyncGenerator<Result, void, void> {
    try {
      for (;;) {
        const { done, value } = await source.next()
        if (done) return
        const result = await toResult(value, ended.signal)
        if (ended.signal.aborted) return
        if (result !== null) yield result
      }
    } finally {
      end()
    }
  }

  return {
    next: () => results.next(),
    async return() {
      end()
      return results.return()
    },
    async throw(error) {
      end()
      return results.throw(error)
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
