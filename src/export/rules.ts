import type { Prisma } from '../generated/prisma/client.ts'

const person = {
  id: true,
  name: true,
  email: true,
  phone: true,
  jobTitle: true,
  organization: { select: { name: true } },
} as const satisfies Prisma.ContactSelect
const member = { name: true, email: true } as const satisfies Prisma.MemberSelect
const stage = { name: true, pipelineId: true } as const satisfies Prisma.StageSelect

/** What a line of an export is made of. */
export const dealSelection = {
  id: true,
  externalId: true,
  name: true,
  pipelineId: true,
  pipeline: { select: { name: true } },
  stage: { select: { name: true } },
  organization: { select: { name: true } },
  owner: { select: member },
  source: { select: { name: true } },
  createdAt: true,
  closedAt: true,
  deletedAt: true,
  amount: true,
  currency: true,
  valuePeriod: true,
  confidence: true,
  priority: true,
  description: true,
  nextStep: true,
  expectedCloseDate: true,
  closeReason: { select: { name: true } },
  leadRef: true,
  metadata: true,
  customFields: true,
  tags: { select: { tag: { select: { name: true } } }, orderBy: { tag: { name: 'asc' } } },
  assignees: { select: { member: { select: member } }, orderBy: { member: { name: 'asc' } } },
  contacts: {
    select: {
      contact: { select: person },
      introducedBy: { select: person },
      role: true,
      isPrimary: true,
      metadata: true,
    },
    orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
  },
  history: {
    select: {
      direction: true,
      occurredAt: true,
      amount: true,
      currency: true,
      probability: true,
      expectedCloseDate: true,
      reason: true,
      note: true,
      override: true,
      actorKind: true,
      actorMember: { select: member },
      fromStageName: true,
      toStageName: true,
      fromStage: { select: { name: true } },
      toStage: { select: stage },
      toPipeline: { select: { name: true } },
    },
    orderBy: { seq: 'asc' },
  },
} as const satisfies Prisma.DealSelect

type Selected = Prisma.DealGetPayload<{ select: typeof dealSelection }>
type Person = Prisma.ContactGetPayload<{ select: typeof person }>
type Member = Prisma.MemberGetPayload<{ select: typeof member }>
type Change = Selected['history'][number]

/** A deal by the names that an import knows, as JSON. */
export type DealRecord = Record<string, unknown>

/** The columns of an export; deletedAt is one where deleted deals are among them. */
export function columnsOf(customKeys: string[], { deleted }: { deleted: boolean }): string[] {
  return [
    ...['id', 'externalId', 'name', 'pipeline', 'stage', 'organization', 'owner', 'source'],
    ...['createdAt', 'closedAt', ...(deleted ? ['deletedAt'] : [])],
    ...['amount', 'currency', 'valuePeriod', 'confidence', 'priority', 'description', 'nextStep'],
    ...['expectedCloseDate', 'reason', 'leadRef', 'metadata', 'tags', 'assignees', 'contacts'],
    ...['history', ...customKeys],
  ]
}

export function recordOf(deal: Selected): DealRecord {
  const { pipelineId, closeReason, contacts, history, customFields, ...values } = deal
  return {
    ...values,
    id: `deal_${deal.id}`,
    pipeline: deal.pipeline.name,
    stage: deal.stage.name,
    organization: deal.organization?.name ?? null,
    owner: deal.owner && addressOf(deal.owner),
    source: deal.source?.name ?? null,
    amount: deal.amount?.toFixed() ?? null,
    expectedCloseDate: dayOf(deal.expectedCloseDate),
    reason: closeReason?.name ?? null,
    tags: deal.tags.map(({ tag }) => tag.name),
    assignees: deal.assignees.map(({ member }) => addressOf(member)),
    contacts: contacts.map(({ contact, introducedBy, ...others }) => ({
      ...personOf(contact),
      ...others,
      introducedBy: introducedBy && personOf(introducedBy),
    })),
    history: history.map((change) => changeOf(change, pipelineId)),
    ...(customFields as object),
  }
}

/** An import knows a member by the email, and by the name only without one. */
function addressOf({ name, email }: Member): string {
  return email ?? name
}

function personOf({ id, organization, ...values }: Person) {
  return { id: `contact_${id}`, ...values, organization: organization?.name ?? null }
}

/** A change names its pipeline only where the deal is in another one today. */
function changeOf(change: Change, pipelineId: string) {
  const { actorMember, toPipeline, toStage, fromStage, fromStageName, toStageName } = change
  return {
    ...(toStage.pipelineId !== pipelineId && { pipeline: toPipeline.name }),
    stage: toStage.name,
    direction: change.direction,
    occurredAt: change.occurredAt,
    amount: change.amount?.toFixed() ?? null,
    currency: change.currency,
    probability: change.probability,
    expectedCloseDate: dayOf(change.expectedCloseDate),
    reason: change.reason,
    note: change.note,
    override: change.override,
    actorKind: change.actorKind,
    ...(actorMember && { actor: addressOf(actorMember) }),
    ...(fromStageName && fromStageName !== fromStage?.name && { fromStageName }),
    ...(toStageName !== toStage.name && { toStageName }),
  }
}

function dayOf(date: Date | null): string | null {
  return date?.toISOString().slice(0, 10) ?? null
}

/** The record as cells: names parted by semicolons where that can be read back, else JSON. */
export function cellsOf(record: DealRecord, columns: string[]): string[] {
  return columns.map((column) => {
    const value = record[column]
    if (column === 'metadata') return JSON.stringify(value)
    if (['contacts', 'history'].includes(column)) return value ? JSON.stringify(value) : ''
    return cellOf(value)
  })
}

function cellOf(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (value instanceof Date) return value.toISOString()
  if (Array.isArray(value) && value.length === 0) return ''
  if (isNames(value)) return value.join(';')
  if (isMoney(value)) return `${value.amount} ${value.currency}`
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

function isNames(value: unknown): value is string[] {
  const isPlain = (item: unknown) =>
    typeof item === 'string' && !/^\[|;/.test(item) && item === item.trim() && item !== ''
  return Array.isArray(value) && value.every(isPlain)
}

function isMoney(value: unknown): value is { amount: string; currency: string } {
  return (
    typeof value === 'object' && value !== null && Object.keys(value).join() === 'amount,currency'
  )
}

/**
 * The record as a line of JSON, with the same keys in every line. Metadata that is a mere text is
 * one of JSON, as an import takes a text for JSON.
 */
export function lineOf(record: DealRecord, columns: string[]): string {
  const { metadata } = record
  const told = typeof metadata === 'string' ? JSON.stringify(metadata) : metadata
  const entries = columns.map((column) => [
    column,
    (column === 'metadata' ? told : record[column]) ?? null,
  ])
  return `${JSON.stringify(Object.fromEntries(entries))}\n`
}
