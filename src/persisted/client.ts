import type { HeaderReader } from '../request-head.ts'

/** What a client says that it is: a name for its operators, which is no proof of anything. */
export interface Client {
  name: string | null
  version: string | null
}

const maxLength = 255

/** By the headers of Apollo's clients, or those of others. */
export function clientOf(headers: HeaderReader): Client {
  const say = (what: string) =>
    headers.get(`apollographql-client-${what}`) ?? headers.get(`graphql-client-${what}`)
  return { name: said(say('name')), version: said(say('version')) }
}

function said(value: string | null): string | null {
  return value?.trim().slice(0, maxLength) || null
}
