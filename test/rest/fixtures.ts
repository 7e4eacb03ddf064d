import { expect } from 'vitest'
import type { Role } from '../../src/auth/scopes.ts'
import {
  ask,
  contactFixture,
  customFieldFixture,
  done,
  memberFixture,
  organizationFixture,
  pipelineFixture,
  tagFixture,
} from '../fixtures.ts'
import { type TestTenant, testTenant } from '../harness.ts'
import { rememberSaid } from '../log-audit.ts'

export type Api = 'backside' | 'ysuite' | 'heffl'

export interface RestCall {
  method?: string
  body?: unknown
  headers?: Record<string, string>
  as?: Role | { key: string | null }
}

export interface RestAnswer {
  status: number
  headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: an answer has the shape that its test asked for.
  body: any
}

/** Asks one of the APIs through the front door, as an ADMIN unless a role or another key is named. */
export async function call(
  t: TestTenant,
  url: `/${Api}/${string}`,
  { method = 'GET', body, headers: given = {}, as = 'ADMIN' }: RestCall = {},
): Promise<RestAnswer> {
  const key = typeof as === 'string' ? await t.keyFor(as) : as.key
  const json: Record<string, string> =
    body === undefined ? {} : { 'content-type': 'application/json' }
  const credential: Record<string, string> = key ? { 'x-api-key': key } : {}
  const headers = { ...credential, ...json, ...given }
  rememberSaid(headers, { variables: body })
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const request = new Request(`http://localhost${url}`, { method, headers, body: text ?? null })
  const response = await t.app.fetch(request)
  // That the key was used is recorded beside the request, and belongs to no other one.
  await t.database.settle()
  return { status: response.status, headers: response.headers, body: await response.json() }
}

/** What a deal can have that is told of by a number or by an id. */
interface Named {
  id: string
  number: number
}

export interface RestWorld extends TestTenant {
  pipeline: Named & { stage(name: string): Named }
  support: Named
  company: Named
  person: Named
  introducer: Named
  owner: Named
  colleague: Named
  tags: [Named, Named]
  /** The numbers of currencies, by their codes. */
  currencies: Record<string, number>
  /** A deal with a value for everything that any of the APIs shows. */
  deal: Named & { uuid: string }
}

export function uuidIn(id: string): string {
  return id.slice(id.lastIndexOf('_') + 1)
}

/** A tenant with two pipelines, people, a custom field `cf_region` and a deal that has everything. */
export async function restWorld(): Promise<RestWorld> {
  const t = await testTenant()
  const sales = await pipelineFixture(t)
  const support = await pipelineFixture(t, { name: 'Support' })
  const [company, person, introducer] = [
    await organizationFixture(t),
    await contactFixture(t),
    await contactFixture(t, 'Charles Babbage'),
  ]
  const [owner, colleague] = [await memberFixture(t), await memberFixture(t, 'Alan Turing')]
  const tags = [await tagFixture(t), await tagFixture(t, 'Cold')]
  await customFieldFixture(t, 'cf_region', 'SELECT')
  const { deal } = await done(
    t,
    'createDeal',
    {
      ...{ name: 'Rocket', description: 'Two stages', amount: '15000.25', currency: 'EUR' },
      ...{ valuePeriod: 'MONTHLY', confidence: 65, priority: 'HIGH', source: 'Referral' },
      ...{ stageId: sales.stage('Qualified'), organizationId: company.id, ownerId: owner.id },
      ...{ nextStep: 'Call', expectedCloseDate: '2026-09-30', leadRef: '77' },
      ...{ metadata: { a: [1, null] }, customFields: { cf_region: 'EMEA' } },
      ...{ assigneeIds: [colleague.id], tagIds: tags.map(({ id }) => id) },
    },
    'deal { id version }',
  )
  await done(t, 'addDealContact', {
    ...{ dealId: deal.id, expectedVersion: deal.version, contactId: person.id },
    ...{ role: 'Buyer', introducedById: introducer.id, metadata: { met: true } },
  })
  return { ...t, ...(await named(t, [sales.id, support.id, company.id, person.id, introducer.id])) }

  async function named(of: TestTenant, ids: string[]) {
    const node = '... on Pipeline { number stages { id name number } }'
    const others = ['Organization', 'Contact', 'Member', 'Tag', 'Deal']
    const found = await ask(
      of,
      `query ($ids: [ID!]!) {
        nodes(ids: $ids) { id ${node} ${others.map((type) => `... on ${type} { number }`).join(' ')} }
        currencies { number code }
      }`,
      { ids: [...ids, owner.id, colleague.id, ...tags.map(({ id }) => id), deal.id] },
    )
    const [pipeline, second, ...rest] = found.nodes
    const stage = (name: string): Named =>
      pipeline.stages.find((candidate: { name: string }) => candidate.name === name)
    const codes = found.currencies.map((row: { code: string; number: number }) => [
      row.code,
      row.number,
    ])
    return {
      pipeline: { ...pipeline, stage },
      support: second,
      company: rest[0],
      person: rest[1],
      introducer: rest[2],
      owner: rest[3],
      colleague: rest[4],
      tags: [rest[5], rest[6]] as [Named, Named],
      deal: { ...rest[7], uuid: uuidIn(deal.id) },
      currencies: Object.fromEntries(codes),
    }
  }
}

let made: Promise<RestWorld> | undefined

/** The same for all tests of a worker process that change nothing. */
export function sharedWorld(): Promise<RestWorld> {
  made ??= restWorld()
  return made
}

/** The answer of a call that did what it was asked to do. */
export async function doneBy(
  t: TestTenant,
  url: `/${Api}/${string}`,
  options: RestCall = {},
): Promise<RestAnswer['body']> {
  const { status, body } = await call(t, url, options)
  expect({ status, body }).toMatchObject({ status: 200 })
  return body
}
