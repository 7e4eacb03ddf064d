import { createHash } from 'node:crypto'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type pg from 'pg'
import { requestText } from './client.ts'
import { keepState, stateOf } from './load.ts'
import {
  apolloDocuments,
  type DocumentName,
  type Documents,
  dealgraphDocuments,
  pageSize,
  postgraphileDocuments,
} from './operations.ts'
import type { CandidateName } from './options.ts'
import { dealgraph, type Running, recentNode, startGateway, startPeer } from './processes.ts'
import type { Mover, Tenant } from './world.ts'

/** Something that answers the operations, and how it is asked. */
export interface Candidate {
  name: CandidateName
  title: string
  start(databaseUrl: string): Promise<Running>
  deal(tenant: Tenant, id: string, etag?: string): Buffer
  deals(tenant: Tenant, pipelineId: string, after?: string): Buffer
  board(tenant: Tenant, pipelineId: string): Buffer
  move(mover: Mover): Buffer
  /** The same as `deals`, in a text that was never sent before. */
  adHoc(tenant: Tenant, pipelineId: string, number: number): Buffer
  /** Asks for the one deal from which Q4 reads on, where its cursor is known from an answer only. */
  deep?(tenant: Tenant): Buffer
  cursorOf(tenant: Tenant, answer: string): string
}

export interface Place {
  tenants: Tenant[]
  keys: Record<string, string>
  directory: string
}

/** What the gateways need in the database before they start: keys, and the operations, registered and active. */
export async function prepare(client: pg.Client, url: string, tenants: Tenant[]): Promise<Place> {
  const env = { DATABASE_URL: url }
  const directory = await mkdtemp(join(tmpdir(), 'dealgraph-bench-'))
  const keys: Record<string, string> = JSON.parse((await stateOf(client, 'keys')) ?? '{}')
  for (const { id, slug } of tenants) {
    keys[id] ??= await dealgraph(env, 'key', 'create', '--tenant', slug, '--role', 'ADMIN')
  }
  await keepState(client, 'keys', JSON.stringify(keys))
  const operations = Object.values(dealgraphDocuments).map((body) => ({ id: idOf(body), body }))
  const manifest = { format: 'apollo-persisted-query-manifest', version: 1, operations }
  const version = idOf(JSON.stringify(manifest)).slice(0, 12)
  if ((await stateOf(client, 'operations')) !== version) {
    const file = join(directory, 'manifest.json')
    await writeFile(file, JSON.stringify(manifest))
    const release = ['--client', 'bench', '--version', version, '--tenant', registrar(tenants).slug]
    await dealgraph(env, 'operations', 'push', file, ...release)
    await dealgraph(env, 'operations', 'activate', ...release)
    await keepState(client, 'operations', version)
  }
  return { tenants, keys, directory }
}

export function candidatesOf(place: Place, names: CandidateName[]): Candidate[] {
  const all: Record<CandidateName, Candidate> = {
    dealgraph: gateway(place, 'dealgraph', 'Dealgraph', {}),
    uncached: gateway(place, 'uncached', 'Dealgraph, no answers kept', { ANSWER_CACHE_MB: '0' }),
    interpreted: gateway(place, 'interpreted', 'Dealgraph, compiler off', { COMPILER: 'off' }),
    postgraphile: postgraphile(place),
    apollo: apollo(place),
    floor: floor(place),
  }
  return names.map((name) => all[name])
}

function idOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** The tenant that registers the operations for all of them. */
function registrar(tenants: Tenant[]): Tenant {
  return tenants[0] as Tenant
}

function gateway(
  { tenants, keys, directory }: Place,
  name: CandidateName,
  title: string,
  more: Record<string, string>,
): Candidate {
  const headers = ({ id }: Tenant) => ({
    authorization: `Bearer ${keys[id]}`,
    'graphql-client-name': 'bench',
  })
  const post = (tenant: Tenant, body: object) =>
    requestText('POST', '/graphql', headers(tenant), JSON.stringify(body))
  const send = (tenant: Tenant, document: DocumentName, variables: object) =>
    post(tenant, { documentId: idOf(dealgraphDocuments[document]), variables })
  const env = {
    OPERATIONS_TENANT: registrar(tenants).slug,
    // Buckets are filled and emptied as always, but never empty.
    RATE_LIMIT_MAXIMUM: '1000000000',
    RATE_LIMIT_RESTORE_RATE: '1000000000',
    ...more,
  }
  return {
    name,
    title,
    start: (url) => startGateway({ DATABASE_URL: url, ...env }, join(directory, `${name}.log`)),
    deal(tenant, id, etag) {
      const variables = { id: `deal_${id}` }
      if (etag === undefined) return send(tenant, 'Q1', variables)
      const query = searchOf({ documentId: idOf(dealgraphDocuments.Q1), variables })
      return requestText('GET', `/graphql?${query}`, { ...headers(tenant), 'if-none-match': etag })
    },
    deals: (tenant, id, after) => send(tenant, 'Q2', { pipelineId: `pipeline_${id}`, after }),
    board: (tenant, id) => send(tenant, 'Q3', { id: `pipeline_${id}` }),
    move: ({ tenant, dealId, version, stageIds }) =>
      send(tenant, 'M1', {
        dealId: `deal_${dealId}`,
        stageId: `stage_${stageIds[1]}`,
        expectedVersion: version,
      }),
    adHoc: (tenant, id, number) =>
      post(tenant, { query: adHocText(dealgraphDocuments, `pipeline_${id}`, number) }),
    deep: (tenant) =>
      post(tenant, {
        query: `{ deals(first: 1, filter: { pipelineId: { eq: "pipeline_${tenant.pipelineIds[0]}" }, createdAt: { lte: "${tenant.deep.createdAt}" } },
          orderBy: { field: CREATED_AT, direction: DESC }) { pageInfo { endCursor } } }`,
      }),
    cursorOf: (_, answer) => JSON.parse(answer).data.deals.pageInfo.endCursor,
  }
}

function searchOf(parameters: Record<string, unknown>): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(parameters)) {
    search.set(name, typeof value === 'string' ? value : JSON.stringify(value))
  }
  return search.toString()
}

/** Q2 under another name, with another alias and its values in the text. */
function adHocText(documents: Documents, pipelineId: string, number: number): string {
  const text = documents.Q2.replace(/query Q2\([^)]*\)/, `query AdHoc${number}`)
  return text
    .replace(/( {2})(deals(?:: allDeals)?)\(/, (_, indent, field) =>
      field.includes(':') ? `${indent}page${number}: allDeals(` : `${indent}page${number}: deals(`,
    )
    .replace(/, after: \$after/, '')
    .replace('$pipelineId', `"${pipelineId}"`)
    .replace(`first: ${pageSize}`, `first: ${pageSize - (number % 2)}`)
}

/** Those that take GraphQL by its text, and the tenant from a header. */
function byText(
  documents: Documents,
  variablesOf: (tenant: Tenant) => object,
): Pick<Candidate, 'deal' | 'deals' | 'board' | 'move' | 'adHoc'> & {
  post(tenant: Tenant, body: object): Buffer
} {
  const headers = (tenant: Tenant) => ({ 'x-tenant': tenant.id })
  const post = (tenant: Tenant, body: object) =>
    requestText('POST', '/graphql', headers(tenant), JSON.stringify(body))
  const send = (tenant: Tenant, document: DocumentName, variables: object) =>
    post(tenant, { query: documents[document], variables })
  return {
    post,
    deal(tenant, id, etag) {
      const variables = { ...variablesOf(tenant), id }
      if (etag === undefined) return send(tenant, 'Q1', variables)
      const query = searchOf({ query: documents.Q1, variables })
      const more = { 'if-none-match': etag, 'apollo-require-preflight': 'true' }
      return requestText('GET', `/graphql?${query}`, { ...headers(tenant), ...more })
    },
    deals: (tenant, pipelineId, after) => send(tenant, 'Q2', { pipelineId, after }),
    board: (tenant, id) => send(tenant, 'Q3', { ...variablesOf(tenant), id }),
    move: ({ tenant, dealId, version, stageIds }) =>
      send(tenant, 'M1', { dealId, stageId: stageIds[1], expectedVersion: version }),
    adHoc: (tenant, id, number) => post(tenant, { query: adHocText(documents, id, number) }),
  }
}

function postgraphile({ directory }: Place): Candidate {
  const { post, ...requests } = byText(postgraphileDocuments, ({ id }) => ({ tenantId: id }))
  const log = join(directory, 'postgraphile.log')
  const env = { GRAPHILE_ENV: 'production' }
  return {
    name: 'postgraphile',
    title: 'PostGraphile 5',
    start: (url) => startPeer('postgraphile', { DATABASE_URL: url, ...env }, log, recentNode()),
    ...requests,
    deep: (tenant) =>
      post(tenant, {
        query: `{ deals: allDeals(first: 1, offset: ${tenant.deep.offset}, condition: { pipelineId: "${tenant.pipelineIds[0]}", deletedAt: null },
          orderBy: [CREATED_AT_DESC, ROW_ID_DESC]) { pageInfo { endCursor } } }`,
      }),
    cursorOf: (_, answer) => JSON.parse(answer).data.deals.pageInfo.endCursor,
  }
}

function apollo({ directory }: Place): Candidate {
  const { post: _, ...requests } = byText(apolloDocuments, () => ({}))
  const log = join(directory, 'apollo.log')
  return {
    name: 'apollo',
    title: 'Apollo Server 5, Prisma, dataloader',
    start: (url) => startPeer('apollo', { DATABASE_URL: url }, log),
    ...requests,
    cursorOf: ({ deep }) =>
      Buffer.from(JSON.stringify([deep.createdAt, deep.id])).toString('base64url'),
  }
}

function floor({ directory }: Place): Candidate {
  const headers = (tenant: Tenant) => ({ 'x-tenant': tenant.id })
  const send = (tenant: Tenant, operation: string, ...values: unknown[]) =>
    requestText('POST', '/', headers(tenant), JSON.stringify({ operation, values }))
  const log = join(directory, 'floor.log')
  const deals = (tenant: Tenant, id: string, after?: string) =>
    after ? send(tenant, 'Q4', id, ...after.split(' ')) : send(tenant, 'Q2', id)
  return {
    name: 'floor',
    title: 'the floor',
    start: (url) => startPeer('floor', { DATABASE_URL: url }, log),
    deal(tenant, id, etag) {
      if (etag === undefined) return send(tenant, 'Q1', id)
      const query = searchOf({ request: { operation: 'Q1', values: [id] } })
      return requestText('GET', `/?${query}`, { ...headers(tenant), 'if-none-match': etag })
    },
    deals,
    board: (tenant, id) => send(tenant, 'Q3', id),
    move: ({ tenant, dealId, version, stageIds }) =>
      send(tenant, 'M1', dealId, stageIds[1], version),
    adHoc: (tenant, id) => deals(tenant, id),
    cursorOf: ({ deep }) => `${deep.createdAt} ${deep.id}`,
  }
}
