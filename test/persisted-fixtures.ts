import { createHash } from 'node:crypto'
import { expect } from 'vitest'
import type { App } from '../src/app.ts'
import { done } from './fixtures.ts'
import { type GraphqlAnswer, post, type TestTenant } from './harness.ts'

export interface Operation {
  id: string
  text: string
  maxAgeSeconds?: number
}

export const hashOf = (text: string) => createHash('sha256').update(text).digest('hex')

/** An operation under the hash of its text, as most tools name it. */
export function byHash(text: string, more: Partial<Operation> = {}): Operation {
  return { id: hashOf(text), text, ...more }
}

export const roleText = 'query Role { viewer { role } }'
export const role = byHash(roleText)
export const pageText =
  'query Page($first: Int, $after: String) { deals(first: $first, after: $after) { nodes { name } pageInfo { hasNextPage endCursor } } }'
export const moveText =
  'mutation Move($input: MoveDealInput!) { moveDeal(input: $input) { deal { version } userErrors { code } } }'

export async function push(
  t: TestTenant,
  client: string,
  version: string,
  operations: Operation[],
): Promise<void> {
  await done(t, 'pushOperations', { client, version, operations })
}

/** Has a client’s release in the field. */
export async function release(
  t: TestTenant,
  client: string,
  version: string,
  operations: Operation[],
): Promise<void> {
  await push(t, client, version, operations)
  await done(t, 'activateClientRelease', { client, version })
}

export async function retire(t: TestTenant, client: string, version: string): Promise<void> {
  await done(t, 'retireClientRelease', { client, version })
}

export interface Sent {
  t: TestTenant
  app?: App
  headers?: Record<string, string>
  as?: 'ADMIN' | 'MEMBER' | 'READ_ONLY'
}

/** Sends a body as a client makes it, as a MEMBER unless another role is named. */
export async function send(
  { t, app = t.app, headers = {}, as = 'MEMBER' }: Sent,
  body: object,
): Promise<GraphqlAnswer> {
  const authorization = `Bearer ${await t.keyFor(as)}`
  const answer = await post(app, body, { authorization, ...headers })
  await t.database.settle()
  return answer
}

/** The same in a URL. */
export async function sendUrl(
  { t, app = t.app, headers = {}, as = 'MEMBER' }: Sent,
  parameters: Record<string, string | object>,
): Promise<Response> {
  const url = new URL('http://localhost/graphql')
  for (const [name, value] of Object.entries(parameters)) {
    url.searchParams.set(name, typeof value === 'string' ? value : JSON.stringify(value))
  }
  const authorization = `Bearer ${await t.keyFor(as)}`
  const response = await app.fetch(new Request(url, { headers: { authorization, ...headers } }))
  await t.database.settle()
  return response
}

/** What a request came to: its data, or the code and message of its one error. */
export function outcomeOf({ status, data, errors }: GraphqlAnswer): unknown[] {
  const [error, ...others] = errors
  expect(others).toEqual([])
  return error ? [status, error.extensions.code, error.message] : [status, data]
}

export const persistedQuery = (sha256Hash: string) => ({
  extensions: { persistedQuery: { version: 1, sha256Hash } },
})

/** The count by which processes tell whether what may be sent is still what they remember. */
export async function operationsRevision(t: TestTenant): Promise<number> {
  const where = { id: t.tenantId }
  const select = { operationsRevision: true }
  return (await t.read((db) => db.tenant.findUniqueOrThrow({ where, select }))).operationsRevision
}

export interface RegisteredRow {
  client: string
  operationId: string
  text: string
  maxAgeSeconds: number | null
  /** The versions of the releases that have it, and whether they are served. */
  releases: [version: string, status: string][]
}

/** Every operation of the tenant, by client and id. */
export async function registeredRows(t: TestTenant): Promise<RegisteredRow[]> {
  const rows = await t.read((db) =>
    db.persistedOperation.findMany({
      where: { tenantId: t.tenantId },
      orderBy: [{ client: 'asc' }, { operationId: 'asc' }],
      include: { releases: { include: { release: true } } },
    }),
  )
  return rows.map(({ client, operationId, text, maxAgeSeconds, releases }) => ({
    ...{ client, operationId, text, maxAgeSeconds },
    releases: releases
      .map(({ release: { version, status } }): [string, string] => [version, status])
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  }))
}
