import * as own from '../persisted/own-operations.ts'
import { print, table } from './output.ts'
import type { Ask } from './registry.ts'

interface Release {
  id: string
  client: string
  version: string
  status: string
  operationCount: number
  createdAt: string
  activatedAt: string | null
  retiredAt: string | null
  lastUsedAt: string | null
}

interface Operation {
  operationId: string
  client: string
  name: string | null
  type: string
  cost: number
  maxAgeSeconds: number | null
  executionNote: string | null
  createdAt: string
  lastUsedAt: string | null
  releases: { version: string; status: string }[]
}

interface Page<Node> {
  nodes: Node[]
  pageInfo: { hasNextPage: boolean; endCursor: string | null }
}

interface ListOptions {
  client?: string
  version?: string
  json?: boolean
}

export async function listReleases(ask: Ask, { client, json }: ListOptions): Promise<void> {
  const releases = await releasesOf(ask, client ? { client: { eq: client } } : {})
  print(json, releases, releaseTable(releases))
}

export async function listOperations(
  ask: Ask,
  { client, version, json }: ListOptions,
): Promise<void> {
  if (!client) throw new Error('Say of which app: --client.')
  const releases = await releasesOf(ask, { client: { eq: client } })
  const release = releases.find((one) => one.version === version)
  if (!release) throw new Error(`${client} has no release ${version}.`)
  const operations = await operationsOf(ask, { releaseId: { eq: release.id } })
  print(json, operations, operationTable(operations))
}

export async function listStale(
  ask: Ask,
  { days, json }: { days: number; json?: boolean },
): Promise<void> {
  const since = new Date(Date.now() - days * 86_400_000)
  const active = { status: { eq: 'ACTIVE' } }
  const isStale = ({ lastUsedAt, activatedAt }: Release) =>
    new Date(lastUsedAt ?? activatedAt ?? 0) < since
  const releases = (await releasesOf(ask, active)).filter(isStale)
  const operations = await operationsOf(ask, { ...active, unusedSince: since.toISOString() })
  const texts = [
    `Active releases that no request has named for ${days} days:`,
    releases.length > 0 ? releaseTable(releases) : 'none',
    `Active operations that no app has sent for ${days} days:`,
    operations.length > 0 ? operationTable(operations) : 'none',
  ]
  print(json, { releases, operations }, texts.join('\n'))
}

function releasesOf(ask: Ask, filter: object): Promise<Release[]> {
  return allOf<Release>(ask, own.clientReleases, { field: 'clientReleases', filter })
}

function operationsOf(ask: Ask, filter: object): Promise<Operation[]> {
  return allOf<Operation>(ask, own.persistedOperations, { field: 'persistedOperations', filter })
}

async function allOf<Node>(
  ask: Ask,
  document: string,
  { field, filter }: { field: string; filter: object },
): Promise<Node[]> {
  const nodes: Node[] = []
  let after: string | null = null
  do {
    const answer: Record<string, Page<Node>> = await ask(document, { filter, after })
    const page = answer[field] as Page<Node>
    nodes.push(...page.nodes)
    after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null
  } while (after)
  return nodes
}

const day = (instant: string | null) => instant?.slice(0, 10) ?? '-'

function releaseTable(releases: Release[]): string {
  const rows = releases.map((release) => [
    release.client,
    release.version,
    release.status,
    String(release.operationCount),
    day(release.createdAt),
    day(release.activatedAt),
    day(release.lastUsedAt),
  ])
  const head = ['CLIENT', 'VERSION', 'STATUS', 'OPERATIONS', 'PUSHED', 'ACTIVATED', 'LAST USED']
  return table([head, ...rows])
}

function operationTable(operations: Operation[]): string {
  const rows = operations.map((operation) => [
    operation.client,
    operation.name ?? '-',
    operation.type,
    String(operation.cost),
    operation.maxAgeSeconds === null ? '-' : String(operation.maxAgeSeconds),
    day(operation.lastUsedAt),
    operation.operationId,
    operation.executionNote ?? 'yes',
  ])
  return table([
    ['CLIENT', 'NAME', 'TYPE', 'COST', 'MAX AGE', 'LAST USED', 'ID', 'COMPILED'],
    ...rows,
  ])
}
