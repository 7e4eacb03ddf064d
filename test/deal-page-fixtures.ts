import { randomUUID } from 'node:crypto'
import { type DealRow, dealRows, rowId } from './bulk-fixtures.ts'
import { customFieldFixture, done, pipelineFixture } from './fixtures.ts'
import type { TestTenant } from './harness.ts'

type Key = string | number | null

/** A deal by its id and by what each order sorts it; null is for none and after all others. */
export interface ModelledDeal {
  id: string
  keys: Record<string, Key[]>
}

export interface ManyDeals {
  model: ModelledDeal[]
  pipelineIds: string[]
}

export interface PageOrder {
  field: string
  direction: string
}

const stages = ['Lead', 'Qualified', 'Proposal', 'Won', 'Lost']
const sourceNames = ['Fair', 'Ads', 'Web']
const ownerNames = ['mia', 'ann', 'ann']
const ofEach = 15
const dayMs = 86_400_000
/** Below every amount that there is. */
const noAmount = -1e9

const pick = <T>(from: T[], index: number) => from[index % from.length] as T

interface References {
  sources: string[]
  owners: string[]
  organizations: string[]
}

async function referencesOf(t: TestTenant): Promise<References> {
  const create = async (mutation: string, noun: string, input: object) =>
    rowId((await done(t, mutation, input, `${noun} { id }`))[noun].id)
  const found: References = { sources: [], owners: [], organizations: [] }
  for (const name of sourceNames)
    found.sources.push(await create('createSource', 'source', { name }))
  for (const name of ownerNames) {
    found.owners.push(await create('createMember', 'member', { name, role: 'MEMBER' }))
  }
  for (const name of ['Z', 'A']) {
    found.organizations.push(await create('createOrganization', 'organization', { name }))
  }
  return found
}

/** A deal as a row, and by what each order sorts it. */
function dealOf(index: number, pipeline: number, references: References) {
  const at = (step: number) => new Date(Date.UTC(2026, 0, 1 + ((index * step) % 4)))
  const name = pick(['delta', 'alpha', 'beta'], index)
  const amount = pick([null, 5, -3, 5, 0], index)
  const day = pick([null, 0, 9, 9], index * 3)
  const [source, owner, organization] = [index % 4, (index * 3) % 5, (index * 2) % 3]
  const stage = (index * 2) % stages.length
  const row: DealRow = {
    ...{ id: randomUUID(), name, amount, stage: stages[stage] as string },
    ...{ createdAt: at(3), updatedAt: at(5), stageEnteredAt: at(7) },
    expectedCloseDate: day === null ? null : new Date(day * dayMs),
    sourceId: references.sources[source] ?? null,
    ownerId: references.owners[owner] ?? null,
    organizationId: references.organizations[organization] ?? null,
    description: index % 2 ? 'solar' : null,
  }
  const keys: ModelledDeal['keys'] = {
    ...{ NUMBER: [(pipeline - 1) * ofEach + index + 1], NAME: [name] },
    ...{ AMOUNT: [amount ?? noAmount], EXPECTED_CLOSE_DATE: [day] },
    ...{ CREATED_AT: [+at(3)], UPDATED_AT: [+at(5)], STAGE_ENTERED_AT: [+at(7)] },
    ...{ SOURCE: [sourceNames[source] ?? null], OWNER: [ownerNames[owner] ?? null] },
    ORGANIZATION: [organization < references.organizations.length ? organization + 1 : null],
    ...{ PIPELINE: [pipeline], STAGE: [pipeline, stage] },
  }
  return { row, keys }
}

/**
 * 30 deals in two pipelines, many of them equal in each order and some without what it is by, and
 * a deleted one.
 */
export async function manyDeals(t: TestTenant): Promise<ManyDeals> {
  const references = await referencesOf(t)
  await customFieldFixture(t, 'cf_region', 'TEXT')
  const found: ManyDeals = { model: [], pipelineIds: [] }
  for (const [index, name] of ['Sales', 'Renewals'].entries()) {
    const pipeline = await pipelineFixture(t, { name })
    const made = Array.from({ length: ofEach }, (_, at) => dealOf(at, index + 1, references))
    const rows = made.map(({ row }) => row)
    const ids = await dealRows(t, pipeline, rows)
    found.model.push(...made.map(({ keys }, at) => ({ id: ids[at] as string, keys })))
    found.pipelineIds.push(pipeline.id)
  }
  const [dealId] = await dealRows(t, await pipelineFixture(t, { name: 'Other' }), [{}])
  await done(t, 'deleteDeal', { dealId, expectedVersion: 1 })
  return found
}

function compare(a: Key, b: Key): number {
  if (a === b) return 0
  if (a === null || b === null) return a === null ? 1 : -1
  return a < b ? -1 : 1
}

/** The ids in an order, equal ones by their ids. */
export function idsInOrder(model: ModelledDeal[], { field, direction }: PageOrder): string[] {
  const keysOf = ({ id, keys }: ModelledDeal) => [...(keys[field] ?? []), id]
  const ascending = model.toSorted((one, other) => {
    const others = keysOf(other)
    const compared = keysOf(one).map((key, at) => compare(key, others[at] ?? null))
    return compared.find((result) => result !== 0) ?? 0
  })
  const ids = ascending.map(({ id }) => id)
  return direction === 'ASC' ? ids : ids.reverse()
}
