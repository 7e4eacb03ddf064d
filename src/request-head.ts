import type { IncomingMessage } from 'node:http'

/** The headers of a request by their names in lower case. */
export interface HeaderReader extends Iterable<[string, string]> {
  get(name: string): string | null
}

/** What a request says before its body: a Request does, and what node has of one. */
export interface RequestHead {
  readonly method: string
  /** From its path on, or with what it was asked of before that. */
  readonly url: string
  readonly headers: HeaderReader
}

/** As node has read it, of which nothing is made anew. */
export function headOf(incoming: IncomingMessage): RequestHead {
  const { method = 'GET', url = '/' } = incoming
  return { method, url, headers: new NodeHeaders(incoming) }
}

class NodeHeaders implements HeaderReader {
  readonly #values: IncomingMessage['headers']

  constructor({ headers }: IncomingMessage) {
    this.#values = headers
  }

  get(name: string): string | null {
    const value = this.#values[name]
    return typeof value === 'string' ? value : null
  }

  *[Symbol.iterator](): Iterator<[string, string]> {
    for (const [name, value] of Object.entries(this.#values))
      if (typeof value === 'string') yield [name, value]
  }
}

/** The same as a Request without its body; null where it names no place that it was asked of. */
export function webRequest({ method, url, headers }: RequestHead): Request | null {
  const base = `http://${headers.get('host') ?? 'localhost'}`
  if (!URL.canParse(url, base)) return null
  return new Request(new URL(url, base), { method, headers: new Headers([...headers]) })
}
