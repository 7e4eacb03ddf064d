import {
  customFieldFixture,
  done,
  type PipelineFixture,
  pipelineFixture,
  releaseFixture,
} from '../fixtures.ts'
import type { TestTenant } from '../harness.ts'
import { oddAmounts, oddConfidences, oddDays, oddJson, oddNames } from './odd.ts'

/** What the deals of a tenant are made of. */
export interface Stock {
  sales: PipelineFixture
  strict: PipelineFixture
  members: string[]
  contacts: string[]
  organizations: string[]
  tags: string[]
}

/** The item that belongs to a number, again from the start after the last. */
export function nth<T>(items: readonly T[], at: number): T {
  if (items.length === 0) throw new Error('there is nothing to take')
  return items[at % items.length] as T
}

/** Everything but deals. */
export async function stockOf(t: TestTenant): Promise<Stock> {
  const sales = await pipelineFixture(t, { name: 'Sales' })
  const strict = await strictPipeline(t)
  const old = await pipelineFixture(t, { name: 'Old pipeline' })
  await done(t, 'archivePipeline', { pipelineId: old.id })
  await customFields(t, strict.id)
  const organizations = await organizationsOf(t)
  const stock = {
    ...{ sales, strict, organizations },
    members: await membersOf(t),
    contacts: await contactsOf(t, organizations),
    tags: await tagsOf(t),
  }
  await catalogues(t)
  return stock
}

function strictPipeline(t: TestTenant): Promise<PipelineFixture> {
  const stages = [
    { name: 'First "1"', kind: 'OPEN', probability: 0, rottingDays: 1 },
    { name: 'first', kind: 'OPEN', probability: 33, requiredFields: ['amount', 'nextStep'] },
    { name: 'Second 🚀', kind: 'OPEN', probability: 100 },
    { name: 'Signed', kind: 'WON' },
    { name: 'Signed twice', kind: 'WON' },
    { name: 'Gone', kind: 'LOST', reasonRequired: true },
  ]
  return pipelineFixture(t, { name: 'Strict “pipeline” \\ 🚀', stages })
}

async function customFields(t: TestTenant, pipelineId: string): Promise<void> {
  const types = { cf_text: 'TEXT', cf_number: 'NUMBER', cf_money: 'MONEY', cf_date: 'DATE' }
  const others = { cf_flag: 'BOOLEAN', cf_many: 'MULTI_SELECT', cf_url: 'URL', cf_region: 'SELECT' }
  for (const [key, type] of Object.entries({ ...types, ...others, cf_old: 'TEXT' })) {
    await customFieldFixture(t, key, type)
  }
  await customFieldFixture(t, 'cf_strict', 'TEXT', { pipelineId, description: oddNames[8] })
}

async function membersOf(t: TestTenant): Promise<string[]> {
  const names = ['Ann', 'ann', 'Bob "the builder"', oddNames[3], 'Deactivated', 'Deleted']
  const made: string[] = []
  for (const [at, name] of names.entries()) {
    const role = nth(['MEMBER', 'MEMBER', 'ADMIN', 'READ_ONLY'], at)
    const email = at === 3 ? null : `m${at}@Example.com`
    const input = { name, role, email, externalId: at % 2 ? `sub|${at}` : null }
    made.push((await done(t, 'createMember', input, 'member { id }')).member.id)
  }
  return made
}

async function organizationsOf(t: TestTenant): Promise<string[]> {
  const made: string[] = []
  for (const [at, name] of ['Acme', 'ACME', 'acme', ...oddNames.slice(3, 10)].entries()) {
    const domain = at % 2 ? `Acme${at}.Example` : null
    const input = { name, domain, email: at % 3 ? null : `o${at}@acme.example` }
    const { organization } = await done(t, 'createOrganization', input, 'organization { id }')
    made.push(organization.id)
  }
  return made
}

async function contactsOf(t: TestTenant, organizations: string[]): Promise<string[]> {
  const made: string[] = []
  for (const [at, name] of ['Ada', 'ada', ...oddNames.slice(3, 12)].entries()) {
    const input = {
      ...{ name, email: at % 3 ? `Ada${at % 4}@example.com` : null },
      ...{ jobTitle: at % 2 ? nth(oddNames, at) : null, phone: at % 4 ? null : '+49 30 1' },
      organizationId: at % 3 ? nth(organizations, at) : null,
    }
    made.push((await done(t, 'createContact', input, 'contact { id }')).contact.id)
  }
  return made
}

async function tagsOf(t: TestTenant): Promise<string[]> {
  const made: string[] = []
  for (const [at, name] of ['Hot', 'cold', 'Ärger', oddNames[7], oddNames[3]].entries()) {
    const input = { name, color: at % 2 ? '#ff00aa' : null }
    made.push((await done(t, 'createTag', input, 'tag { id }')).tag.id)
  }
  return made
}

async function catalogues(t: TestTenant): Promise<void> {
  const { source } = await done(t, 'createSource', { name: 'Old source' }, 'source { id }')
  await done(t, 'archiveSource', { sourceId: source.id })
  const reason = { kind: 'WON', name: 'Unused reason' }
  const { closeReason } = await done(t, 'createCloseReason', reason, 'closeReason { id }')
  await done(t, 'archiveCloseReason', { closeReasonId: closeReason.id })
  await releaseFixture(t)
  await releaseFixture(t, {
    client: 'ios',
    version: '2.0 "b"',
    id: 'Other',
    text: '{ __typename }',
  })
}

/** A deal of which each column takes its turn among the odd values, and is null in some. */
export function dealInput(at: number, { members, contacts, organizations, tags }: Stock): object {
  const text = (of: number) => nth(oddNames, of)
  const amount = nth(oddAmounts, at)
  const json = JSON.parse(nth(oddJson, at))
  return {
    ...{ name: text(at), amount, currency: nth(['USD', 'EUR', 'JPY', 'USD'], at) },
    ...{ confidence: nth(oddConfidences, at), expectedCloseDate: nth(oddDays, at), metadata: json },
    ...{ valuePeriod: nth(['ONE_TIME', 'MONTHLY', 'QUARTERLY', 'ANNUAL', 'ONE_TIME'], at) },
    ...{ priority: nth([null, 'LOW', 'MEDIUM', 'HIGH'], at) },
    ...{ description: at % 3 ? text(at + 5) : null, nextStep: at % 4 ? text(at + 7) : null },
    ...{ externalId: at % 2 ? `crm-${at}` : null, leadRef: at % 5 ? null : text(at + 3) },
    ...{ source: at % 3 ? nth(['Referral', 'Web', 'Fair 🚀', '"q"'], at) : null },
    ...{ ownerId: at % 5 ? nth(members, at) : null },
    ...{ organizationId: at % 4 ? nth(organizations, at) : null },
    contactIds: [0, 1, 2].slice(0, at % 4).map((of) => nth(contacts, at + of)),
    tagIds: [0, 1].slice(0, at % 3).map((of) => nth(tags, at + of)),
    assigneeIds: [0, 1, 2].slice(0, (at + 1) % 4).map((of) => nth(members, at + of)),
    customFields: at % 3 ? customValues(at) : {},
  }
}

function customValues(at: number): object {
  const all = {
    ...{ cf_text: nth(oddNames, at + 2), cf_number: nth([0, 1.5, -2, 1e2, 123_456.7891], at) },
    cf_money: { amount: nth(['5', '0.0001', '-1.50'], at), currency: 'EUR' },
    ...{ cf_date: nth(['2026-01-01', '0001-01-01', '9999-12-31'], at), cf_flag: at % 2 === 0 },
    ...{ cf_many: nth([['EMEA'], ['APAC', 'EMEA']], at), cf_url: 'https://example.com/?a=%20&b' },
    ...{ cf_region: nth(['EMEA', 'APAC'], at), cf_old: 'kept' },
  }
  const values = Object.entries(all).filter((_, index) => (index + at) % 4 !== 0)
  return Object.fromEntries(values)
}
