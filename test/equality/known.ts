import { decodeId } from '../../src/ids.ts'
import { ask } from '../fixtures.ts'
import type { TestTenant } from '../harness.ts'

/** What a tenant has that a request can name. */
export interface Known {
  /** Ids by their types. */
  ids: Record<string, string[]>
  /** Cursors by the connection's type and the name of its order. */
  cursors: Record<string, string[]>
  /** The names of the orders of lists that are asked for without one, by type and field. */
  orders: Record<string, string>
  /** The texts of all answers by the names of their fields. */
  texts: Record<string, string[]>
}

const dealOrders = [
  ...['CREATED_AT', 'UPDATED_AT', 'NAME', 'AMOUNT', 'EXPECTED_CLOSE_DATE', 'STAGE_ENTERED_AT'],
  ...['RANK', 'NUMBER'],
]
const edges = '__typename edges { cursor node { id } }'
const below = `__typename id deals { ${edges} }`

const lists = [
  `{ pipelines(includeArchived: true) { ${below} name stages(includeArchived: true) { ${below} name } } }`,
  '{ sources(includeArchived: true) { id name } closeReasons(includeArchived: true) { id name } }',
  '{ tags { id name } customFields(includeArchived: true) { id key label } currencies { id code } }',
  `{ members { ${edges} nodes { ${below} name email externalId } } }`,
  `{ contacts { ${edges} nodes { ${below} name email } } }`,
  `{ organizations { ${edges} nodes { ${below} name email domain } } }`,
  `{ apiKeys { ${edges} } auditEvents { ${edges} nodes { occurredAt } } }`,
  `{ clientReleases { ${edges} } persistedOperations { ${edges} nodes { sha256 } } }`,
  `{ deals(first: 100) { ${edges} nodes { name description externalId leadRef source nextStep amount
    expectedCloseDate createdAt updatedAt closedAt stageEnteredAt wonReason lostReason
    contacts { id } } } }`,
  `{ deals(first: 50) { nodes { __typename history { ${edges} } changes { ${edges} } } } }`,
  ...['contacts', 'organizations'].flatMap((list) =>
    ['CREATED_AT', 'NAME', 'NUMBER'].map(
      (field) => `{ ${list}(orderBy: { field: ${field}, direction: ASC }) { ${edges} } }`,
    ),
  ),
  ...dealOrders.map(
    (field) => `{ deals(first: 40, orderBy: { field: ${field}, direction: ASC }) { ${edges} } }`,
  ),
]

/** Ids, cursors and texts that the tenant's own lists give. */
export async function knownOf(t: TestTenant): Promise<Known> {
  const known: Known = { ids: {}, cursors: {}, orders: {}, texts: {} }
  for (const list of lists) note(known, await ask(t, list), 'Query')
  const ids = known.ids
  for (const [type, all] of Object.entries(ids)) ids[type] = [...new Set(all)]
  return known
}

function note(known: Known, value: unknown, parent: string): void {
  if (Array.isArray(value)) for (const item of value) note(known, item, parent)
  if (Array.isArray(value) || typeof value !== 'object' || !value) return
  const object = value as Record<string, unknown>
  const type = typeof object.__typename === 'string' ? object.__typename : parent
  for (const [key, inside] of Object.entries(object)) {
    if (key === 'id') add(known.ids, decodeId(inside as string).typename, inside as string)
    else if (key === 'edges') noteCursors(known, parent, type, inside as { cursor: string }[])
    else if (typeof inside === 'string' && key !== '__typename') add(known.texts, key, inside)
    note(
      known,
      inside,
      typeof inside === 'object' && !Array.isArray(inside) ? `${type}.${key}` : type,
    )
  }
}

function noteCursors(known: Known, place: string, type: string, items: { cursor: string }[]): void {
  for (const { cursor } of items) {
    const [order] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as string[]
    known.orders[place] ??= String(order)
    add(known.cursors, `${type} ${order}`, cursor)
  }
}

function add(lists: Record<string, string[]>, key: string, value: string): void {
  lists[key] ??= []
  lists[key].push(value)
}
