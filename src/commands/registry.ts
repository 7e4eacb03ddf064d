import { pino } from 'pino'
import { scopes } from '../auth/scopes.ts'
import type { Viewer } from '../auth/viewer.ts'
import type { Config } from '../config.ts'
import type { Database } from '../database/database.ts'
import { wholeTenant } from '../database/tenant-view.ts'
import { tenantBySlug, type WithDatabase } from './with-database.ts'

/** Asks for one of the gateway's own operations; what is wrong is an error in plain words. */
export type Ask = <Data>(document: string, variables: object) => Promise<Data>

export interface Place {
  /** The slug of a tenant in the database that is configured. */
  tenant?: string
  /** A gateway, whose key says which tenant. */
  url?: string
}

interface Answer<Data> {
  data?: Data | null
  errors?: { message: string }[]
}

type Fetch = (request: Request) => Promise<Response>

/**
 * Does the work on the operations that are registered in one of two places: in the database, as
 * whoever runs the gateway, or through the API of a gateway. It asks the same of both.
 */
export async function withRegistry<T>(
  { tenant, url }: Place,
  { config, withDatabase }: { config: Config; withDatabase: WithDatabase },
  work: (ask: Ask) => Promise<T>,
): Promise<T> {
  if (tenant) {
    return withDatabase('dealgraph operations', async (database) => {
      const tenantId = await tenantBySlug(database, tenant)
      const gateway = await operatorOf(database, tenantId, config)
      return work(asking(gateway, 'http://localhost/graphql', null))
    })
  }
  const gateway = url ?? config.gateway.url
  if (!gateway) {
    throw new Error(
      'Say where: --tenant and its slug for the database, or --url (or DEALGRAPH_URL) for a gateway, with a key of scope operations:write in DEALGRAPH_KEY.',
    )
  }
  return work(asking(reaching(gateway), endpointOf(gateway), config.gateway.key))
}

/** A gateway in this process, in which all that is asked is asked by its operator. */
async function operatorOf(
  database: Database,
  tenantId: string,
  { costLimit }: Config,
): Promise<Fetch> {
  const { createApp } = await import('../app.ts')
  const nobody = {
    memberId: null,
    memberRole: null,
    apiKeyId: null,
    operationsRevision: 0,
    revision: '0',
  }
  const operator: Viewer = {
    ...wholeTenant(tenantId),
    ...nobody,
    role: 'ADMIN',
    scopes: new Set(scopes),
  }
  const app = createApp({
    database,
    authenticate: async () => operator,
    clock: () => new Date(),
    log: pino({ level: 'error' }, pino.destination(2)),
    unready: async () => [],
    throttle: null,
    costLimit,
    requestTimeoutMs: 60_000,
  })
  return app.fetch
}

function endpointOf(gateway: string): string {
  const url = URL.canParse(gateway) ? new URL(gateway) : null
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new Error(`--url is an address like https://deals.example.com/graphql, not ${gateway}.`)
  }
  if (url.pathname === '/') url.pathname = '/graphql'
  return url.href
}

function reaching(gateway: string): Fetch {
  return async (request) => {
    try {
      return await fetch(request)
    } catch (error) {
      const { cause } = error as { cause?: Error }
      throw new Error(
        `The gateway at ${gateway} cannot be reached: ${cause?.message || (error as Error).message}`,
      )
    }
  }
}

function asking(send: Fetch, url: string, key: string | null): Ask {
  return async <Data>(query: string, variables: object) => {
    const body = JSON.stringify({ query, variables })
    const headers = {
      'content-type': 'application/json',
      accept: 'application/json',
      'content-length': String(Buffer.byteLength(body)),
      ...(key && { authorization: `Bearer ${key}` }),
    }
    const response = await send(new Request(url, { method: 'POST', headers, body }))
    const { data, errors } = await answerIn<Data>(response, url)
    if (errors?.length) throw new Error(errors.map(({ message }) => message).join('\n'))
    return data as Data
  }
}

async function answerIn<Data>(response: Response, url: string): Promise<Answer<Data>> {
  const text = await response.text()
  try {
    const answer = JSON.parse(text) as Answer<Data>
    if ('data' in answer || answer.errors) return answer
  } catch {
    // Told below, as is JSON of another kind.
  }
  throw new Error(`${url} does not answer as a gateway: its status is ${response.status}.`)
}
