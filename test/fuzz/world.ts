import { createApiKey } from '../../src/api-key/service.ts'
import { type Role, roles } from '../../src/auth/scopes.ts'
import { createDatabase } from '../../src/database/database.ts'
import { decodeId, encodeId } from '../../src/ids.ts'
import {
  ask,
  contactFixture,
  customFieldFixture,
  done,
  keyOfMember,
  memberFixture,
  oneOfEach,
  organizationFixture,
  type PipelineFixture,
  pipelineFixture,
  tagFixture,
} from '../fixtures.ts'
import { type TestDatabase, type TestTenant, tenantIn } from '../harness.ts'
import type { Known } from './values.ts'

export interface FuzzTenant extends Known {
  t: TestTenant
  /** Those who ask: an administrator, a member and a reader by their roles, and one member's key. */
  keys: string[]
}

/** Two tenants that have rows of every kind, and nothing of each other. */
export interface World {
  tenants: [FuzzTenant, FuzzTenant]
}

type Where = Pick<TestDatabase, 'database' | 'recordStatements'>

export async function createWorld(where: Where): Promise<World> {
  return { tenants: [await fuzzTenant(where), await fuzzTenant(where)] }
}

/** Where a world can be made that is no test's. */
export function databaseFor(...[config]: Parameters<typeof createDatabase>): Where {
  const database = createDatabase(config, { maxWaitMs: 30_000 })
  return { database, recordStatements: async () => [] }
}

/** The tenant's slug is in all of its names: what other tenants see must not have it. */
async function fuzzTenant(where: Where): Promise<FuzzTenant> {
  const t = await tenantIn(where)
  await oneOfEach(t)
  const pipeline = await strictPipeline(t)
  await archived(t)
  const people = await peopleOf(t)
  await fields(t)
  for (let at = 0; at < 16; at += 1) await deal(t, at, people)
  await moved(t, pipeline)
  const asking = await memberFixture(t, `Asking ${t.slug}`)
  const { id } = await t.write((tx) => createApiKey(tx, { name: 'Unused', role: 'READ_ONLY' }))
  const { key } = await keyOfMember(t, asking)
  const byRole = await Promise.all(roles.map((role: Role) => t.keyFor(role)))
  const known = await knownOf(t)
  const members = (known.ids.Member ?? []).filter((member) => member !== asking.id)
  const ids = { ...known.ids, Member: members, ApiKey: [encodeId('ApiKey', id)] }
  return { ...known, ids, t, keys: [...byRole, key] }
}

async function strictPipeline(t: TestTenant): Promise<PipelineFixture> {
  const stages = [
    { name: 'First', kind: 'OPEN', probability: 20, rottingDays: 1 },
    { name: 'Second', kind: 'OPEN', requiredFields: ['amount'] },
    { name: 'Signed', kind: 'WON' },
    { name: 'Gone', kind: 'LOST', reasonRequired: true },
  ]
  const pipeline = await pipelineFixture(t, { name: `Strict ${t.slug}`, stages })
  const rules = { noSkipping: true, reasonToClose: true }
  await done(t, 'updatePipeline', { pipelineId: pipeline.id, rules })
  return pipeline
}

async function archived(t: TestTenant): Promise<void> {
  const old = await pipelineFixture(t, { name: `Old ${t.slug}` })
  await done(t, 'archiveStage', { stageId: old.stage('Proposal') })
  await done(t, 'archivePipeline', { pipelineId: old.id })
  const { source } = await done(t, 'createSource', { name: `Old ${t.slug}` }, 'source { id }')
  await done(t, 'archiveSource', { sourceId: source.id })
  const { id: customFieldId } = await customFieldFixture(t, 'cf_old', 'TEXT')
  await done(t, 'archiveCustomField', { customFieldId })
}

interface People {
  members: string[]
  contacts: string[]
  organizations: string[]
  tags: string[]
}

async function peopleOf(t: TestTenant): Promise<People> {
  const made = async (fixture: typeof memberFixture, noun: string) => {
    const ids: string[] = []
    for (const at of [1, 2, 3]) ids.push((await fixture(t, `${noun} ${at} ${t.slug}`)).id)
    return ids
  }
  const people = {
    members: await made(memberFixture, 'Member'),
    contacts: await made(contactFixture, 'Contact'),
    organizations: await made(organizationFixture, 'Organization'),
    tags: await made(tagFixture, 'Tag'),
  }
  const gone = await memberFixture(t, `Former ${t.slug}`)
  await done(t, 'updateMember', { memberId: gone.id, deactivated: true })
  return people
}

async function fields(t: TestTenant): Promise<void> {
  const types = { cf_text: 'TEXT', cf_number: 'NUMBER', cf_money: 'MONEY', cf_date: 'DATE' }
  const others = { cf_flag: 'BOOLEAN', cf_many: 'MULTI_SELECT', cf_url: 'URL' }
  for (const [key, type] of Object.entries({ ...types, ...others })) {
    await customFieldFixture(t, key, type)
  }
}

async function deal(t: TestTenant, at: number, people: People): Promise<void> {
  const { members, contacts, organizations, tags } = people
  const of = (ids: string[]) => ids[at % ids.length]
  await done(t, 'createDeal', {
    name: `Deal ${at} ${t.slug}`,
    externalId: `crm-${at}-${t.slug}`,
    ...{ amount: at % 3 ? `${at * 1_000}.5` : null, currency: at % 4 ? 'USD' : 'EUR' },
    ...{ ownerId: of(members), organizationId: of(organizations) },
    ...{ contactIds: at % 2 ? contacts.slice(0, 2) : [], tagIds: [of(tags)] },
    ...{ assigneeIds: [of(members)], source: at % 2 ? 'Referral' : null },
    ...{ expectedCloseDate: at % 2 ? '2026-03-31' : null, confidence: at % 5 ? null : 30 },
    ...{ priority: at % 3 ? 'HIGH' : null, description: `About ${t.slug}`, metadata: { at } },
    customFields: { cf_text: 'x', cf_number: at, cf_money: { amount: '5', currency: 'EUR' } },
  })
}

async function moved(t: TestTenant, strict: PipelineFixture): Promise<void> {
  const { deals } = await ask(
    t,
    '{ deals(first: 7, orderBy: { field: NUMBER, direction: DESC }) { nodes { id } } }',
  )
  const [a, b, c, d, e, f, g] = deals.nodes.map(({ id }: { id: string }) => id)
  const first = { expectedVersion: 1 }
  await done(t, 'winDeal', { ...first, dealId: a, reason: `Won by ${t.slug}` })
  await done(t, 'loseDeal', { ...first, dealId: b, reason: 'Price', note: t.slug })
  await done(t, 'loseDeal', { ...first, dealId: c, reason: 'Price' })
  await done(t, 'reopenDeal', { dealId: c, expectedVersion: 2 })
  await done(t, 'updateDeal', { ...first, dealId: d, name: `Renamed ${t.slug}`, amount: '7' })
  await done(t, 'deleteDeal', { ...first, dealId: e })
  const there = { pipelineId: strict.id, stageId: strict.stage('First') }
  for (const dealId of [f, g]) await done(t, 'moveDealToPipeline', { ...first, dealId, ...there })
}

const lists = [
  '{ pipelines(includeArchived: true) { id stages(includeArchived: true) { id } } tags { id } }',
  '{ sources(includeArchived: true) { id } closeReasons(includeArchived: true) { id } }',
  '{ customFields(includeArchived: true) { id } members { edges { cursor } nodes { id } } }',
  '{ contacts { edges { cursor } nodes { id } } organizations { edges { cursor } nodes { id } } }',
  ...['CREATED_AT', 'NAME', 'AMOUNT', 'RANK', 'NUMBER', 'EXPECTED_CLOSE_DATE'].map(
    (field) =>
      `{ deals(first: 4, orderBy: { field: ${field}, direction: ASC }) { edges { cursor } } }`,
  ),
  `{ deals { edges { cursor } nodes { id contacts { id }
    history { edges { cursor } nodes { id } } changes { edges { cursor } nodes { id } } } } }`,
]

/** The ids and cursors that the tenant's own lists give. */
async function knownOf(t: TestTenant): Promise<Known> {
  const ids: Record<string, string[]> = {}
  const cursors: string[] = []
  for (const list of lists) {
    const answer = JSON.stringify(await ask(t, list))
    for (const [, cursor] of answer.matchAll(/"cursor":"([^"]+)"/g)) cursors.push(cursor as string)
    for (const [, id] of answer.matchAll(/"id":"([^"]+)"/g)) {
      const { typename } = decodeId(id as string)
      ids[typename] ??= []
      ids[typename].push(id as string)
    }
  }
  return { ids, cursors }
}
