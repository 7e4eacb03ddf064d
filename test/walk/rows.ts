import { createApiKey, revokeApiKey } from '../../src/api-key/service.ts'
import { encodeId, idOf } from '../../src/ids.ts'
import {
  ask,
  askMutation,
  contactFixture,
  customFieldFixture,
  dealFixture,
  done,
  keyOfMember,
  memberFixture,
  oneOfEach,
} from '../fixtures.ts'
import type { TestTenant } from '../harness.ts'

export type Ids = Record<string, string>

/** What the texts of a side are: each has the mark in it, which stands nowhere else. */
export interface Texts {
  mark: string
  text: string
  email: string
  domain: string
  url: string
  key: string
}

export function textsOf(mark: string): Texts {
  const domain = `${mark}.example`
  return {
    ...{ mark, text: mark, domain },
    ...{ email: `${mark}@${domain}`, url: `https://${domain}/`, key: `cf_${mark}` },
  }
}

/** An amount that is in no sum of small ones. */
export const markedAmount = '48213.77'

/**
 * A row in every table, with the side’s own text in every column that takes one: the ids of one
 * thing of each type, which all belong together.
 */
export async function rowsOf(t: TestTenant, texts: Texts): Promise<Ids> {
  const ids = await oneOfEach(t)
  await nameCatalogues(t, ids, texts)
  await namePeople(t, ids, texts)
  await addCustomFields(t, ids, texts)
  await changeDeal(t, ids, texts)
  const { StageChange, DealChange } = await passDealOn(t, ids, texts)
  await closeDeals(t, ids, texts)
  Object.assign(ids, await releaseApp(t, texts))
  return { ...ids, StageChange, DealChange, ...(await endKey(t, ids, texts)) }
}

async function nameCatalogues(t: TestTenant, ids: Ids, { text: name, key }: Texts) {
  await customFieldFixture(t, key, 'TEXT', { pipelineId: ids.Pipeline })
  const missing = `${key}_missing`
  await customFieldFixture(t, missing, 'TEXT')
  await done(t, 'updateTenant', { name, idempotencyKey: name })
  await done(t, 'updatePipeline', { pipelineId: ids.Pipeline, name })
  await done(t, 'updateStage', { stageId: ids.Stage, name, rottingDays: 1 })
  const document = 'query ($id: ID!) { pipeline(id: $id) { stages { id } } }'
  const { pipeline } = await ask(t, document, { id: ids.Pipeline })
  await done(t, 'updateStage', { stageId: pipeline.stages[1].id, requiredFields: [missing] })
  await done(t, 'updateTag', { tagId: ids.Tag, name })
  await done(t, 'updateSource', { sourceId: ids.Source, name })
  await done(t, 'updateCloseReason', { closeReasonId: ids.CloseReason, name })
}

async function namePeople(t: TestTenant, ids: Ids, { text, email, domain }: Texts) {
  const named = { name: text, email, phone: text }
  await done(t, 'updateOrganization', { organizationId: ids.Organization, ...named, domain })
  const contact = { contactId: ids.Contact, ...named, jobTitle: text }
  await done(t, 'updateContact', { ...contact, organizationId: ids.Organization })
  await done(t, 'updateMember', { memberId: ids.Member, name: text, email, externalId: text })
}

/** An app that was used and is retired, whose operation has a note. */
async function releaseApp(t: TestTenant, { text: client }: Texts) {
  const text = `query ${client} { viewer { role } } # ${client}`
  const operation = { id: client, text, maxAgeSeconds: 60 }
  const input = { client, version: client }
  await done(t, 'pushOperations', { ...input, operations: [operation] })
  await done(t, 'activateClientRelease', input)
  const { release } = await done(t, 'retireClientRelease', input, 'release { id }')
  await t.write(async (tx) => {
    const { db, tenantId, now: lastUsedAt } = tx
    const data = { lastUsedAt }
    await db.persistedOperation.updateMany({ where: { tenantId, client }, data })
    await db.clientRelease.updateMany({ where: { tenantId, client }, data: { lastUsedAt } })
    tx.emit({ type: 'client_release.used' })
  })
  const document =
    'query ($id: ID!) { persistedOperations(filter: { releaseId: { eq: $id } }) { nodes { id } } }'
  const { persistedOperations } = await ask(t, document, { id: release.id })
  return { ClientRelease: release.id, PersistedOperation: persistedOperations.nodes[0].id }
}

/** A key that acted for the member, and what was noted of it. */
async function endKey(t: TestTenant, ids: Ids, { text }: Texts) {
  const memberId = idOf('Member', ids.Member ?? '')
  const expiresAt = new Date('2027-01-01T00:00:00Z')
  const key = { name: text, role: 'MEMBER', memberId, expiresAt } as const
  const { id } = await t.write((tx) => createApiKey(tx, key))
  await t.write((tx) => revokeApiKey(tx, { id }))
  const ApiKey = encodeId('ApiKey', id)
  const document = `query ($id: ID!) { auditEvents(first: 1, filter: { apiKeyId: { eq: $id } }) { nodes { id } } }`
  const { auditEvents } = await ask(t, document, { id: ApiKey })
  return { ApiKey, AuditEvent: auditEvents.nodes[0].id }
}

async function addCustomFields(t: TestTenant, ids: Ids, { text }: Texts) {
  const own = { customFieldId: ids.CustomFieldDefinition, label: text, description: text }
  await done(t, 'updateCustomField', { ...own, options: ['EMEA', text] })
  for (const type of ['NUMBER', 'MONEY', 'DATE', 'BOOLEAN', 'URL', 'TEXT']) {
    await customFieldFixture(t, `cf_${type.toLowerCase()}`, type, { label: `${text} ${type}` })
  }
  await customFieldFixture(t, 'cf_several', 'MULTI_SELECT', { options: [text] })
  await customFieldFixture(t, 'cf_note', 'TEXT', { label: text, description: text })
}

async function changeDeal(t: TestTenant, ids: Ids, { text, key, url }: Texts) {
  const second = await contactFixture(t, `${text} Second`)
  const change = (field: string, version: number, input: object) =>
    done(t, field, { ...versioned(ids, version), ...input })
  const customFields = {
    ...{ cf_note: text, [key]: text, cf_number: 7, cf_date: '2026-05-05', cf_boolean: true },
    ...{ cf_money: { amount: markedAmount, currency: 'USD' }, cf_url: url, cf_several: [text] },
    ...{ cf_region: text, cf_text: text },
  }
  const texts = { description: text, externalId: text, leadRef: text, nextStep: text, source: text }
  const values = { amount: markedAmount, confidence: 35, priority: 'HIGH', valuePeriod: 'MONTHLY' }
  await change('updateDeal', 1, { name: `${text} before` })
  await change('updateDeal', 2, { name: text, metadata: { text }, ...texts, ...values })
  await change('updateDeal', 3, { customFields, expectedCloseDate: '2026-06-06' })
  const role = { role: text, metadata: { text }, introducedById: second.id }
  await change('updateDealContact', 4, { dealContactId: ids.DealContact, ...role })
}

const versioned = ({ Deal }: Ids, expectedVersion: number) => ({ dealId: Deal, expectedVersion })

/** A member wins the deal and gives it to somebody else: what is told of both. */
async function passDealOn(t: TestTenant, ids: Ids, { text }: Texts) {
  const as = await keyOfMember(t, { id: ids.Member ?? '' })
  const won = { ...versioned(ids, 5), note: text, reason: text }
  const selection = 'stageChange { id }'
  const { data } = await askMutation(t, 'winDeal', won, { selection, as })
  await done(t, 'reopenDeal', { ...versioned(ids, 6), note: text })
  const ownerId = (await memberFixture(t, `${text} second`)).id
  await done(t, 'updateDeal', { ...versioned(ids, 7), ownerId })
  await done(t, 'updateDeal', { ...versioned(ids, 8), ownerId: ids.Member })
  const document = 'query ($id: ID!) { deal(id: $id) { changes(last: 1) { nodes { id } } } }'
  const { deal } = await ask(t, document, { id: ids.Deal })
  return { StageChange: data.winDeal.stageChange.id, DealChange: deal.changes.nodes[0].id }
}

/** Closed and deleted ones, since their columns are empty in a live one. */
async function closeDeals(t: TestTenant, ids: Ids, { text }: Texts) {
  const references = { ownerId: ids.Member, organizationId: ids.Organization }
  const lost = await dealFixture(t, { name: `${text} lost`, ...references })
  await done(t, 'loseDeal', { dealId: lost.id, expectedVersion: 1, reason: text, note: text })
  const gone = await dealFixture(t, { name: `${text} deleted` })
  await done(t, 'deleteDeal', { dealId: gone.id, expectedVersion: 1 })
}

/**
 * The columns of texts, by table, in which no row of the tenant has the mark: `tag.color`.
 */
export async function unmarkedColumns(t: TestTenant, mark: string): Promise<string[]> {
  const rows = await t.read(
    (db) => db.$queryRaw<{ name: string; marked: boolean }[]>`
      SELECT c.relname || '.' || a.attname AS name, (xpath('/row/n/text()', query_to_xml(format(
        'SELECT count(*) AS n FROM %I WHERE strpos(%I::text, %L) > 0', c.relname, a.attname, ${mark}::text
      ), false, true, '')))[1]::text <> '0' AS marked
      FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
      WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND a.attnum > 0
        AND c.relname <> '_prisma_migrations' AND NOT a.attisdropped
        AND a.atttypid IN ('text'::regtype, 'varchar'::regtype, 'text[]'::regtype, 'jsonb'::regtype)
      ORDER BY 1`,
  )
  return rows.filter(({ marked }) => !marked).map(({ name }) => name)
}
