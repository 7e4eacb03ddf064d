import { generateNKeysBetween } from 'fractional-indexing'
import { effectiveProbability } from '../deal/rules.ts'
import type { Prisma } from '../generated/prisma/client.ts'
import { directionOf } from '../stage-change/rules.ts'
import { catalogued } from './catalogues.ts'
import {
  type Chance,
  type Company,
  createChance,
  createCompany,
  type DemoPipeline,
  daysBefore,
  foundedOn,
  type Row,
} from './company.ts'
import { type Subject, type Visit, walk } from './journey.ts'
import {
  backwardNotes,
  campaigns,
  contactRoles,
  type PipelineWords,
  reopenedNotes,
} from './words.ts'

const dealCount = 300
const oldestDealDays = 270
const openingMinute = 13 * 60
const closingMinute = 21 * 60
const priorities = ['HIGH', 'MEDIUM', 'MEDIUM', 'LOW', null]

type DealRow = Row<Prisma.DealCreateManyInput> & {
  source: string | null
  reason: string | null
  priority: string | null
  stageEnteredAt: Date
  createdAt: Date
}
type ChangeRow = Row<Prisma.StageChangeCreateManyInput> & {
  fromStageId: string | null
  occurredAt: Date
}

/** What all entries of a deal's history have in common. */
interface Telling {
  id: string
  currency: string
  confidence: number | null
  ownerId: string | null
  company: Company
  plan: PipelineWords
  day: Date
}

export type DemoRows = ReturnType<typeof demoRows>

/**
 * Every row of the demo tenant; all that happened in it happened before `day`, the start of a UTC
 * day. The same seed gives the same rows, and another day moves nothing but dates.
 */
export function demoRows(seed: number, day: Date) {
  const chance = createChance(seed)
  const company = createCompany(chance, day)
  const { members, tags, contacts, accounts, pipelines } = company
  const ages = Array.from({ length: dealCount }, () => dealAge(chance)).sort((a, b) => b - a)
  const names = new Set<string>()
  const stories = ages.map((age) => {
    const subject = newSubject(chance, company, names)
    return tellDeal(chance, company, subject, walk(chance, subject, age), day)
  })
  const rows = {
    members,
    tags,
    contacts,
    pipelines: pipelines.map(({ pipeline }) => pipeline),
    stages: pipelines.flatMap(({ stages }) => stages),
    organizations: accounts.map(({ organization }) => organization),
    deals: withRanks(stories.map(({ deal }) => deal)),
    stageChanges: stories.flatMap(({ changes }) => changes),
    dealContacts: stories.flatMap(({ deal }) => contactsOf(chance, company, deal)),
    dealTags: stories.flatMap(({ deal }) => tagsOf(chance, company, deal)),
    dealAssignees: stories.flatMap(({ deal }) => assigneesOf(chance, company, deal)),
  }
  return { ...rows, ...catalogued(chance, rows.deals, foundedOn(day)) }
}

/** The power makes more deals of last month than of last winter. */
function dealAge(chance: Chance): number {
  return 2 + Math.floor(chance.next() ** 1.7 * (oldestDealDays - 2))
}

/** A customer and something for them, under a name that no other deal has. */
function newSubject(chance: Chance, company: Company, taken: Set<string>): Subject {
  const [sales, renewals] = company.pipelines
  const pipeline = (chance.often(80) ? sales : renewals) as DemoPipeline
  const account = chance.pick(company.accounts)
  const offer = chance.pick(pipeline.plan.offers)
  const count = offer.most > 1 ? chance.between(2, offer.most) : 1
  const name = `${account.organization.name} – ${offer.name.replace('{n}', String(count))}`
  if (taken.has(name)) return newSubject(chance, company, taken)
  taken.add(name)
  return { pipeline, account, offer, count, name }
}

function tellDeal(
  chance: Chance,
  company: Company,
  { pipeline: { plan }, account, offer, name }: Subject,
  visits: Visit[],
  day: Date,
) {
  const { stage, amount, expectedDaysAgo } = visits.at(-1) as Visit
  const base = {
    id: chance.id(),
    ownerId: chance.often(95) ? chance.pick(company.sellers).id : null,
    currency: account.region === 'EMEA' ? 'EUR' : 'USD',
    confidence: chance.often(18) ? 5 * chance.between(1, 19) : null,
  }
  const changes = visits.map((_, at) =>
    changeOf(chance, { ...base, company, plan, day }, visits, at),
  )
  const created = changes[0] as ChangeRow
  const last = changes.at(-1) as ChangeRow
  const reason = (last.reason as string | null | undefined) ?? null
  const deal: DealRow = {
    ...base,
    name,
    description: chance.often(80) ? offer.text.replace('{site}', account.site) : null,
    amount,
    valuePeriod: offer.valuePeriod,
    status: stage.kind,
    priority: chance.pick(priorities),
    pipelineId: stage.pipelineId,
    stageId: stage.id,
    rank: '',
    stageEnteredAt: last.occurredAt,
    lastOpenStageId: visits.findLast((visit) => visit.stage.kind === 'OPEN')?.stage.id ?? null,
    organizationId: account.organization.id,
    source: chance.often(85) ? chance.pick(plan.sources) : null,
    nextStep: chance.often(65)
      ? (chance.pick(plan.open[stage.position]?.nextSteps ?? []) ?? null)
      : null,
    expectedCloseDate: expectedDaysAgo === null ? null : daysBefore(day, expectedDaysAgo),
    closedAt: stage.kind === 'OPEN' ? null : last.occurredAt,
    reason: stage.kind === 'OPEN' ? null : reason,
    leadRef: chance.often(20) ? `lead-${chance.between(10_000, 99_999)}` : null,
    metadata: chance.often(25) ? { campaign: chance.pick(campaigns) } : {},
    customFields: chance.often(60) ? { cf_region: account.region } : {},
    version: changes.length,
    createdAt: created.occurredAt,
    updatedAt: last.occurredAt,
  }
  return { deal, changes }
}

function changeOf(chance: Chance, telling: Telling, visits: Visit[], at: number): ChangeRow {
  const { id, ownerId, company, plan, day, ...deal } = telling
  const { stage, daysAgo, amount, expectedDaysAgo } = visits[at] as Visit
  const from = visits[at - 1]?.stage ?? null
  const direction = directionOf(from, stage)
  const seller = chance.pick(company.sellers).id
  return {
    id: chance.id(),
    dealId: id,
    seq: at + 1,
    fromPipelineId: from?.pipelineId ?? null,
    fromStageId: from?.id ?? null,
    fromStageName: from?.name ?? null,
    toPipelineId: stage.pipelineId,
    toStageId: stage.id,
    toStageName: stage.name,
    direction,
    amount,
    currency: deal.currency,
    probability: effectiveProbability({ ...deal, status: stage.kind }, stage.probability),
    expectedCloseDate: expectedDaysAgo === null ? null : daysBefore(day, expectedDaysAgo),
    actorKind: 'MEMBER',
    actorMemberId: ownerId && chance.often(85) ? ownerId : seller,
    actorApiKeyId: null,
    reason: reasonOf(chance, plan, direction),
    note: noteOf(chance, plan, direction, stage.position),
    requestId: 'demo',
    occurredAt: daysBefore(day, daysAgo, chance.between(openingMinute, closingMinute)),
  }
}

function reasonOf(chance: Chance, plan: PipelineWords, direction: string): string | null {
  if (direction === 'LOST') return chance.pick(plan.lostReasons)
  return direction === 'WON' && chance.often(75) ? chance.pick(plan.wonReasons) : null
}

function noteOf(chance: Chance, plan: PipelineWords, direction: string, position: number) {
  if (direction === 'BACKWARD') return chance.pick(backwardNotes)
  if (direction === 'REOPENED') return chance.pick(reopenedNotes)
  const notes = plan.open[position]?.notes
  return notes && chance.often(45) ? chance.pick(notes) : null
}

/** Up to three people of the customer, the first of them primary. */
function contactsOf(chance: Chance, { contacts }: Company, deal: DealRow) {
  const colleagues = contacts.filter(({ organizationId }) => organizationId === deal.organizationId)
  const count = chance.often(4) ? 0 : chance.between(1, colleagues.length)
  return chance
    .shuffled(colleagues)
    .slice(0, count)
    .map(({ id: contactId }, index) => {
      const introducer = chance.pick(contacts).id
      return {
        id: chance.id(),
        dealId: deal.id,
        contactId,
        role: chance.often(75) ? chance.pick(contactRoles) : null,
        isPrimary: index === 0,
        introducedById: chance.often(12) && introducer !== contactId ? introducer : null,
        metadata: {},
        createdAt: deal.createdAt,
        updatedAt: deal.createdAt,
      }
    })
}

function tagsOf(chance: Chance, { tags }: Company, { id: dealId }: DealRow) {
  const count = chance.pick([0, 0, 1, 1, 2])
  return chance
    .shuffled(tags)
    .slice(0, count)
    .map((tag) => ({ dealId, tagId: tag.id }))
}

function assigneesOf(chance: Chance, { sellers }: Company, { id: dealId, ownerId }: DealRow) {
  const others = chance.shuffled(sellers.filter(({ id }) => id !== ownerId))
  return others
    .slice(0, chance.pick([0, 0, 0, 1, 2]))
    .map(({ id: memberId }) => ({ dealId, memberId }))
}

/** Within a stage people put what is urgent first; beyond that, a deal stands where it came in. */
function withRanks(deals: DealRow[]): DealRow[] {
  const inOrder = deals.toSorted(
    (a, b) =>
      priorities.indexOf(a.priority) - priorities.indexOf(b.priority) ||
      a.stageEnteredAt.getTime() - b.stageEnteredAt.getTime(),
  )
  const ranks = new Map<string, string>()
  for (const stageId of new Set(deals.map((deal) => deal.stageId))) {
    const ofStage = inOrder.filter((deal) => deal.stageId === stageId)
    const keys = generateNKeysBetween(null, null, ofStage.length)
    for (const [place, { id }] of ofStage.entries()) ranks.set(id, keys[place] ?? '')
  }
  return deals.map((deal) => ({ ...deal, rank: ranks.get(deal.id) ?? '' }))
}
