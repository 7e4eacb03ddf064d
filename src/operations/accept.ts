import type { HeaderReader, RequestHead } from '../request-head.ts'

/** The media types of an answer that is whole. */
export type MediaType = 'application/json' | 'application/graphql-response+json'

/**
 * In which media type a whole answer is accepted, of several in that which is named first, and in
 * application/json where any will do; null where none is. Qualities do not count.
 */
export function mediaTypeOf(headers: HeaderReader): MediaType | null {
  const accepted = headers.get('accept') || '*/*'
  // What nearly all clients send needs no look inside.
  if (accepted === '*/*' || accepted === 'application/json') return 'application/json'
  for (const range of accepted.toLowerCase().replace(/\s/g, '').split(',')) {
    const [type, ...parameters] = range.split(';')
    const charset = parameters.find((parameter) => parameter.includes('charset='))
    if (charset !== undefined && charset !== 'charset=utf-8') continue
    if (type === 'application/graphql-response+json') return type
    if (type === '*/*' || type === 'application/*' || type === 'application/json')
      return 'application/json'
  }
  return null
}

/** Whether many results are accepted, as those of a subscription are. */
export function takesStream(headers: HeaderReader): boolean {
  const accepted = (headers.get('accept') ?? '*/*').split(',')
  return accepted.some((range) => /^ *(text\/event-stream|text\/\*|\*\/\*) *(;|$)/i.test(range))
}

/** Whether a page is asked for, as browsers do. */
export function takesPage({ method, headers }: RequestHead): boolean {
  return method === 'GET' && Boolean(headers.get('accept')?.includes('text/html'))
}
