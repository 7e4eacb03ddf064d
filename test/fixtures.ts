import { isInterfaceType } from 'graphql'
import { expect } from 'vitest'
import { createApiKey } from '../src/api-key/service.ts'
import { type Role, roles } from '../src/auth/scopes.ts'
import type { Db } from '../src/database/database.ts'
import { encodeId, idOf, newId } from '../src/ids.ts'
import { schema } from '../src/schema.ts'
import { takeNumbers } from '../src/tenant/service.ts'
import type { GraphqlAnswer, TestTenant } from './harness.ts'

type Answered = GraphqlAnswer['data']

export const usualStages = [
  { name: 'Lead', kind: 'OPEN', probability: 10 },
  { name: 'Qualified', kind: 'OPEN', probability: 40, rottingDays: 7 },
  { name: 'Proposal', kind: 'OPEN', probability: 70 },
  { name: 'Won', kind: 'WON' },
  { name: 'Lost', kind: 'LOST', reasonRequired: true },
]

const userErrors = `userErrors {
  __typename code message path
  ... on VersionConflict { currentVersion deal { id version name } }
  ... on ReasonRequired { knownReasons }
  ... on StillInUse { count deals { id } }
}`

/** The answer to one mutation field, with all that a user error can say. */
export function askMutation(
  t: TestTenant,
  field: string,
  input: object,
  { selection = '', as }: { selection?: string; as?: Role | { key: string | null } } = {},
): Promise<GraphqlAnswer> {
  const type = schema.getMutationType()?.getFields()[field]?.args[0]?.type
  const document = `mutation ($input: ${type}) { ${field}(input: $input) { ${selection} ${userErrors} } }`
  return t.graphql(document, { input }, as)
}

/** The payload of a mutation, which may have user errors but no others. */
export async function mutate(
  t: TestTenant,
  field: string,
  input: object,
  selection = '',
): Promise<Answered> {
  const { data, errors } = await askMutation(t, field, input, { selection })
  expect(errors).toEqual([])
  return data[field]
}

/** The payload of a mutation that did what it was asked to do. */
export async function done(
  t: TestTenant,
  field: string,
  input: object,
  selection = '',
): Promise<Answered> {
  const payload = await mutate(t, field, input, selection)
  expect(payload.userErrors).toEqual([])
  return payload
}

/** The data of a query that has no errors. */
export async function ask(
  t: TestTenant,
  document: string,
  variables: object = {},
): Promise<Answered> {
  const { data, errors } = await t.graphql(document, variables)
  expect(errors).toEqual([])
  return data
}

export interface PipelineFixture {
  id: string
  /** The id of the stage with this name. */
  stage(name: string): string
}

/** A pipeline whose stages are Lead, Qualified, Proposal, Won and Lost unless others are given. */
export async function pipelineFixture(
  t: TestTenant,
  { name = 'Sales', stages = usualStages }: { name?: string; stages?: object[] } = {},
): Promise<PipelineFixture> {
  const { pipeline } = await done(
    t,
    'createPipeline',
    { name, stages },
    'pipeline { id stages { id name } }',
  )
  const ids = new Map<string, string>()
  for (const stage of pipeline.stages) ids.set(stage.name, stage.id)
  return {
    id: pipeline.id,
    stage(wanted) {
      const id = ids.get(wanted)
      if (!id) throw new Error(`the pipeline has no stage ${wanted}`)
      return id
    },
  }
}

export interface DealFixture {
  id: string
  number: number
  version: number
}

/** A deal; where the input says nothing, in the first stage of the default pipeline. */
export async function dealFixture(t: TestTenant, input: object = {}): Promise<DealFixture> {
  return (await done(t, 'createDeal', { name: 'Deal', ...input }, 'deal { id number version }'))
    .deal
}

/** A field of the type given by the key, with two options where the type has options. */
export async function customFieldFixture(
  t: TestTenant,
  key: string,
  type: string,
  input: object = {},
): Promise<{ id: string }> {
  const options = type.endsWith('SELECT') ? { options: ['EMEA', 'APAC'] } : {}
  const field = { key, type, label: key, ...options, ...input }
  return (await done(t, 'createCustomField', field, 'customField { id }')).customField
}

export async function contactFixture(
  t: TestTenant,
  name = 'Ada Lovelace',
): Promise<{ id: string }> {
  return (await done(t, 'createContact', { name }, 'contact { id }')).contact
}

export async function organizationFixture(t: TestTenant, name = 'Acme'): Promise<{ id: string }> {
  return (await done(t, 'createOrganization', { name }, 'organization { id }')).organization
}

export async function memberFixture(t: TestTenant, name = 'Grace Hopper'): Promise<{ id: string }> {
  const id = newId()
  await t.write(async (tx) => {
    const number = await takeNumbers(tx, 'member')
    const email = `${name.toLowerCase().replaceAll(' ', '.')}@example.com`
    const data = {
      tenantId: t.tenantId,
      id,
      number,
      name,
      email,
      role: 'MEMBER',
      createdAt: tx.now,
    }
    await tx.db.member.create({ data })
    tx.emit({ type: 'member.created' })
  })
  return { id: encodeId('Member', id) }
}

export async function tagFixture(t: TestTenant, name = 'Hot'): Promise<{ id: string }> {
  return (await done(t, 'createTag', { name, color: '#ff0000' }, 'tag { id }')).tag
}

/** A key that acts for a member. */
export async function keyOfMember(t: TestTenant, member: { id: string }, role: Role = 'MEMBER') {
  const memberId = idOf('Member', member.id)
  const { secret } = await t.write((tx) => createApiKey(tx, { name: 'Phone', role, memberId }))
  return { key: secret }
}

export interface EventFixture {
  revision: bigint
  type: string
  dealId: string | null
  payload: unknown
  occurredAt: Date
}

/** The tenant's outbox in its order. */
export function eventsOf(t: TestTenant): Promise<EventFixture[]> {
  return t.read((db) =>
    db.event.findMany({
      where: { tenantId: t.tenantId },
      orderBy: [{ revision: 'asc' }, { position: 'asc' }],
      omit: { tenantId: true, position: true },
    }),
  )
}

/** The events that the work adds to the outbox. */
export async function eventsDuring(
  t: TestTenant,
  work: () => Promise<unknown>,
): Promise<EventFixture[]> {
  // A key is made when it is first needed, which is an event of its own.
  await t.keyFor('ADMIN')
  const before = await eventsOf(t)
  await work()
  return (await eventsOf(t)).slice(before.length)
}

let tables: Promise<string[]> | undefined

/** The tables that have rows of tenants, and that of the tenants themselves. */
export function tenantTables(t: TestTenant): Promise<string[]> {
  tables ??= t
    .read(
      (db) => db.$queryRaw<{ name: string }[]>`
        SELECT c.relname::text AS name FROM pg_class c
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
          AND (c.relname = 'tenant' OR EXISTS (
            SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id'))
        ORDER BY 1`,
    )
    .then((rows) => rows.map(({ name }) => name))
  return tables
}

/**
 * Every row of the tenant, by table. When an API key was used is left out: it is written down
 * whatever comes of the request.
 */
export async function contentsOf(t: TestTenant): Promise<Record<string, object[] | null>> {
  // A key is made when it is first needed, which is a write of its own.
  await Promise.all(roles.map((role) => t.keyFor(role)))
  const tables = await tenantTables(t)
  return t.read((db) => rowsOf(db, tables))
}

/** The rows of these tables, as a transaction of their tenant sees them. */
export async function rowsOf(
  db: Db,
  tables: readonly string[],
): Promise<Record<string, object[] | null>> {
  const rows = tables.map(
    (table) =>
      `'${table}', (SELECT json_agg(to_jsonb(x) - 'last_used_at' ORDER BY x::text) FROM ${table} x)`,
  )
  const statement = `SELECT json_build_object(${rows.join(', ')}) AS contents`
  const [row] = await db.$queryRawUnsafe<{ contents: Record<string, object[] | null> }[]>(statement)
  return row?.contents ?? {}
}

/**
 * Does the work and proves that no row of these tenants changed by it: no event, no revision,
 * nothing.
 */
export async function untouched<T>(tenants: TestTenant[], work: () => Promise<T>): Promise<T> {
  const before = await Promise.all(tenants.map(contentsOf))
  const result = await work()
  expect(await Promise.all(tenants.map(contentsOf))).toEqual(before)
  return result
}

/** The user errors of a mutation that is refused, and proof that it wrote nothing. */
export async function refusal(t: TestTenant, field: string, input: object): Promise<Answered> {
  return untouched([t], async () => (await mutate(t, field, input)).userErrors)
}

/** A release of a client with one operation: the ids of both. */
export async function releaseFixture(
  t: TestTenant,
  { client = 'web', version = '1.0', id = 'Role', text = 'query Role { viewer { role } }' } = {},
) {
  const input = { client, version, operations: [{ id, text, maxAgeSeconds: 60 }] }
  const { release } = await done(t, 'pushOperations', input, 'release { id }')
  const document = `query ($filter: PersistedOperationFilter) {
    persistedOperations(filter: $filter) { nodes { id } } }`
  const filter = { releaseId: { eq: release.id } }
  const { persistedOperations } = await ask(t, document, { filter })
  return { ClientRelease: release.id, PersistedOperation: persistedOperations.nodes[0].id }
}

/** A tenant's worth of things: the id of one of each type that has ids. */
export async function oneOfEach(t: TestTenant): Promise<Record<string, string>> {
  const sales = await pipelineFixture(t)
  const organization = await organizationFixture(t)
  const contact = await contactFixture(t)
  const member = await memberFixture(t)
  const tag = await tagFixture(t)
  const { source } = await done(t, 'createSource', { name: 'Referral' }, 'source { id }')
  const reason = { kind: 'LOST', name: 'Price' }
  const { closeReason } = await done(t, 'createCloseReason', reason, 'closeReason { id }')
  const customField = await customFieldFixture(t, 'cf_region', 'SELECT')
  const references = { organizationId: organization.id, ownerId: member.id }
  const { deal } = await done(
    t,
    'createDeal',
    {
      ...{ name: 'Rocket', amount: '10', externalId: 'crm-1', contactIds: [contact.id] },
      ...{ ...references, customFields: { cf_region: 'EMEA' } },
    },
    'deal { id contacts { id } history { nodes { id } } }',
  )
  const changeId = newId()
  const apiKey = await t.write((tx) => createApiKey(tx, { name: 'Till', role: 'READ_ONLY' }))
  const read = '{ auditEvents(first: 1) { nodes { id } } currencies { id } }'
  const { auditEvents, currencies } = await ask(t, read)
  await t.write(async (tx) => {
    const key = { tenantId: t.tenantId, dealId: idOf('Deal', deal.id) }
    const change = { id: changeId, field: 'name', fromValue: 'Draft', toValue: 'Rocket' }
    const made = { actorKind: 'IMPORT', requestId: 'test', occurredAt: tx.now }
    await tx.db.dealChange.create({ data: { ...key, ...change, ...made } })
    await tx.db.dealTag.create({ data: { ...key, tagId: idOf('Tag', tag.id) } })
    await tx.db.dealAssignee.create({ data: { ...key, memberId: idOf('Member', member.id) } })
    tx.emit({ type: 'deal.updated' })
  })
  return {
    Pipeline: sales.id,
    Stage: sales.stage('Lead'),
    Organization: organization.id,
    Contact: contact.id,
    Member: member.id,
    Tag: tag.id,
    Source: source.id,
    CloseReason: closeReason.id,
    Currency: currencies[0].id,
    CustomFieldDefinition: customField.id,
    Deal: deal.id,
    DealContact: deal.contacts[0].id,
    DealChange: encodeId('DealChange', changeId),
    StageChange: deal.history.nodes[0].id,
    ApiKey: encodeId('ApiKey', apiKey.id),
    AuditEvent: auditEvents.nodes[0].id,
    ...(await releaseFixture(t)),
  }
}

/** The names of the object types that `node` can look up. */
export function nodeTypes(): string[] {
  const node = schema.getType('Node')
  return isInterfaceType(node) ? schema.getPossibleTypes(node).map(({ name }) => name) : []
}
