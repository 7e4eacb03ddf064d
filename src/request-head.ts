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

/** What is sent twice is one value with both in it, as of a Request: node would leave out the second. */
class NodeHeaders implements HeaderReader {
  readonly #values: IncomingMessage['headersDistinct']

  constructor({ headersDistinct }: IncomingMessage) {
    this.#values = headersDistinct
  }

  get(name: string): string | null {
    const values = this.#values[name]
    if (!values) return null
    return values.length === 1 ? (values[0] ?? null) : values.join(', ')
  }

  *[Symbol.iterator](): Iterator<[string, string]> {
    for (const name of Object.keys(this.#values)) yield [name, this.get(name) ?? '']
  }
}

const hostForm = /^([\w.-]+|\[[\da-f:.]+\])(:\d{1,5})?$/i

/** The same as a Request without its body; null where the host that it is asked of is none. */
export function webRequest({ method, url, headers }: RequestHead): Request | null {
  const host = headers.get('host') ?? 'localhost'
  const base = `http://${host}`
  if (!hostForm.test(host) || !URL.canParse(url, base)) return null
  return new Request(new URL(url, base), { method, headers: new Headers([...headers]) })
}
