import { rememberSaid } from '../log-audit.ts'

/** A request as it left a client. */
export interface Sent {
  method: string
  url: URL
  headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: a body has the shape that its client gives it.
  body: any
}

/** A `fetch` for a client, and all that it has sent through it. */
export function recordingFetch(): { fetch: typeof fetch; sent: Sent[] } {
  const sent: Sent[] = []
  return {
    sent,
    async fetch(input, init) {
      const request = new Request(input, init)
      const { method, headers } = request
      const body = method === 'POST' ? await request.clone().json() : null
      sent.push({ method, url: new URL(request.url), headers, body })
      rememberSaid(Object.fromEntries(headers), body)
      return fetch(request)
    },
  }
}

/** Each request by its method, and whether it had the text of its operation. */
export function outlineOf(sent: Sent[]): string[] {
  return sent.map(({ method, url, body }) => {
    const hasText = url.searchParams.get('query') || body?.query
    return hasText ? `${method} with text` : method
  })
}
