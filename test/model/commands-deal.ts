import { randomUUID } from 'node:crypto'
import { type Command, isLive, type Picks, versioned } from './command.ts'
import { customValues } from './commands-custom-field.ts'
import { merged } from './custom-values.ts'
import {
  asksReason,
  dealToChange,
  entryStage,
  missingFields,
  reasonRequired,
  record,
  touch,
  type Versioned,
} from './rules.ts'
import {
  type Actor,
  type Deal,
  found,
  named,
  nextNumber,
  refuse,
  refuseAny,
  type State,
  stageOf,
  stagesOf,
  useCurrency,
  type Values,
} from './state.ts'

/** The values of an input: null clears, and what is left out stays. */
type Given = {
  [K in Exclude<keyof Values, 'organization' | 'owner' | 'source'>]?: Values[K] | null
} & {
  organizationId?: string | null
  ownerId?: string | null
  source?: string | null
  customFields?: Record<string, unknown> | null
}

interface CreateDeal extends Given {
  id?: string
  pipelineId?: string
  stageId?: string
  reason?: string
  contactIds?: string[]
  tagIds?: string[]
  assigneeIds?: string[]
}

export const reasons = ['Price', 'PRICE', 'Budget', 'Timing ', '']
const names = ['Rocket', 'Engine', 'Fuel ', 'Tower', ' ']

function given(state: State, pick: Picks): Given {
  const fields = {
    description: () => pick.from(['Long', 'Short', '']),
    amount: () => pick.from(['100', '12.5', '0.0001', '250000', '100.00']),
    currency: () => pick.from(['USD', 'EUR', 'JPY']),
    valuePeriod: () => pick.from(['MONTHLY', 'ANNUAL', 'ONE_TIME']),
    confidence: () => pick.from([55, 0, 100, 101]),
    priority: () => pick.from(['LOW', 'HIGH']),
    organizationId: () => pick.idOf('organization', state.organizations),
    ownerId: () => pick.idOf('member', state.members),
    source: () => pick.from(['Referral', 'REFERRAL', 'Fair', ' ']),
    nextStep: () => pick.from(['Call', 'Write']),
    expectedCloseDate: () => pick.from(['2030-03-01', '2031-01-31']),
    leadRef: () => pick.from(['L-1', 'L-2']),
    externalId: () => pick.from(['crm-1', 'crm-2', 'crm-3', 'crm-4', '']),
    metadata: () => pick.from([{ a: 1 }, { a: 1, b: [null] }]),
    customFields: () => customValues(state, pick),
  }
  return pick.some<Given>(fields, 4)
}

function valueErrors(input: Given): string[] {
  const always = ['name', 'currency', 'valuePeriod'] as const
  const { name, confidence, externalId } = input
  return [
    ...always.filter((key) => input[key] === null).map((key) => `VALIDATION_ERROR ${key}`),
    ...(typeof name === 'string' && name.trim() === '' ? ['VALIDATION_ERROR name'] : []),
    ...((confidence ?? 0) > 100 ? ['VALIDATION_ERROR confidence'] : []),
    ...(externalId === '' ? ['VALIDATION_ERROR externalId'] : []),
  ]
}

function referenceErrors(state: State, input: CreateDeal, deal?: Deal): string[] {
  const absent = (list: { id: string }[], id: string) => !list.some((one) => one.id === id)
  const one = (list: { id: string }[], id: string | null | undefined, path: string) =>
    id && absent(list, id) ? [`NOT_FOUND ${path}`] : []
  const each = (list: { id: string }[], ids: string[] | undefined, path: string) =>
    (ids ?? []).flatMap((id, index) => one(list, id, `${path}.${index}`))
  const { externalId } = input
  const members = state.members.filter(({ deletedAt }) => !deletedAt)
  const taken = state.deals.some((other) => other.externalId === externalId && other !== deal)
  return [
    ...one(state.organizations, input.organizationId, 'organizationId'),
    ...one(members, input.ownerId, 'ownerId'),
    ...each(state.contacts, input.contactIds, 'contactIds'),
    ...each(state.tags, input.tagIds, 'tagIds'),
    ...assigneeErrors(state, { ids: input.assigneeIds ?? [], path: 'assigneeIds' }),
    ...(externalId && taken ? ['VALIDATION_ERROR externalId'] : []),
  ]
}

interface Assigned {
  ids: string[]
  path: string
  present?: string[]
}

/** Nobody new is assigned who is deactivated; nobody at all who is deleted. */
export function assigneeErrors(state: State, { ids, path, present = [] }: Assigned): string[] {
  return ids.flatMap((id, index) => {
    const member = state.members.find((one) => one.id === id && !one.deletedAt)
    if (!member) return [`NOT_FOUND ${path}.${index}`]
    if (!member.deactivatedAt || present.includes(id)) return []
    return [`VALIDATION_ERROR ${path}.${index}`]
  })
}

/** The input as it is written. */
function written(state: State, input: Given, deal?: Deal): Partial<Values> {
  const {
    organizationId,
    ownerId,
    source,
    amount,
    name,
    metadata,
    customFields: _,
    ...others
  } = input
  return {
    ...(others as Partial<Values>),
    ...(name != null && { name: name.trim() }),
    ...(amount !== undefined && { amount: amount === null ? null : String(Number(amount)) }),
    ...(organizationId !== undefined && { organization: organizationId }),
    ...(ownerId !== undefined && { owner: ownerId }),
    ...(metadata !== undefined && { metadata: metadata ?? {} }),
    ...(source !== undefined && {
      source: source?.trim() ? named(state.sources, joining(source, deal)) : null,
    }),
  }
}

const joining = (name: string, deal?: Deal) => ({
  ...{ name, kind: null, path: 'source', present: deal?.source ?? null },
})

const empty = {
  ...{ description: null, amount: null, valuePeriod: 'ONE_TIME', confidence: null, priority: null },
  ...{ organization: null, source: null, nextStep: null, expectedCloseDate: null, leadRef: null },
  ...{ externalId: null, metadata: {}, customFields: {}, closedAt: null, deletedAt: null },
  ...{ version: 1, reason: null, lastOpen: null },
}

function newDeal(state: State, values: Partial<Values>, by: Actor): Deal {
  const { now, tenant } = state
  return {
    ...structuredClone(empty),
    ...{
      id: '',
      number: 0,
      name: '',
      stage: '',
      currency: tenant.defaultCurrency,
      owner: by.member,
    },
    ...{ createdAt: now, updatedAt: now, stageEnteredAt: now },
    ...{ contacts: [], tags: [], assignees: [], history: [], changes: [] },
    ...values,
  }
}

const createDeal: Command<CreateDeal> = {
  weight: 6,
  selection: 'deal { id contacts { id contact { id } } }',
  input: (state, pick) => ({
    name: pick.from(names),
    ...pick.some<CreateDeal>(
      {
        pipelineId: () => pick.idOf('pipeline', state.pipelines),
        stageId: () => pick.idOf('stage', stagesOf(state)),
        reason: () => pick.from(reasons),
        tagIds: () => pick.idsOf('tag', state.tags, 2),
        contactIds: () => pick.idsOf('contact', state.contacts, 2),
        assigneeIds: () => pick.idsOf('member', state.members, 2),
        id: () => (pick.once(2) ? pick.idOf('deal', state.deals) : `deal_${randomUUID()}`),
      },
      3,
    ),
    ...given(state, pick),
  }),
  apply(state, { id, pipelineId, stageId, reason, ...input }, { by, payload }) {
    if (state.deals.some((deal) => deal.id === id)) return { deal: { id } }
    const { contactIds = [], tagIds = [], assigneeIds = [], ...values } = input
    const to = entryStage(state, { pipelineId, stageId }, 'OPEN')
    const given = { stored: {}, given: values.customFields ?? undefined, entering: true }
    const custom = merged(state, to.pipeline, given)
    refuseAny([...valueErrors(values), ...referenceErrors(state, input), ...custom.errors])
    const deal = newDeal(state, written(state, values), by)
    deal.customFields = custom.values
    deal.contacts = contactIds.map((contact, index) => ({
      ...{ id: '', contact, role: null, isPrimary: index === 0, introducedBy: null, metadata: {} },
    }))
    const missing = missingFields(to, deal)
    if (missing.length > 0) refuse(`FIELDS_REQUIRED stageId ${missing.join(',')}`)
    const why = reason?.trim() || null
    if (asksReason(state, to) && !why) refuse(reasonRequired(state, to))
    const isClosed = to.kind !== 'OPEN'
    if (isClosed && why)
      deal.reason = named(state.reasons, { name: why, kind: to.kind, path: 'reason' })
    deal.closedAt = isClosed ? state.now : null
    deal.lastOpen = isClosed ? null : to.id
    deal.id = id ?? payload.deal?.id
    for (const one of deal.contacts) one.id = payload.deal?.contacts.find(isOf(one.contact))?.id
    deal.tags = tagIds
    deal.assignees = assigneeIds
    deal.number = nextNumber(state, 'deal')
    deal.stage = to.id
    to.board.push(deal.id)
    state.deals.push(deal)
    useCurrency(state, deal.currency)
    record(state, deal, { from: null, to, by, reason: why })
    return { deal: { id: deal.id } }
  },
}

const isOf = (id: string) => (one: { contact: { id: string } }) => one.contact.id === id

const audited = [
  ...['name', 'amount', 'currency', 'owner', 'organization', 'expectedCloseDate', 'priority'],
  'confidence',
] as (keyof Values)[]

/** Writes what differs, and the audit of it; nothing where nothing does. */
export function change(state: State, deal: Deal, values: Partial<Values>, by: Actor): void {
  const differs = (key: keyof Values) =>
    key in values && JSON.stringify(values[key]) !== JSON.stringify(deal[key])
  const keys = (Object.keys(values) as (keyof Values)[]).filter(differs)
  if (keys.length === 0) return
  for (const field of audited.filter(differs)) {
    const [from, to] = [deal[field], values[field]].map((value) => textOf(state, field, value))
    const [fromId, toId] = [deal[field], values[field]].map((value) => idOf(field, value))
    deal.changes.push({
      ...{ field, from: from ?? null, to: to ?? null, fromId: fromId ?? null, toId: toId ?? null },
      ...{ by: by.member, at: state.now },
    })
  }
  Object.assign(deal, values)
  useCurrency(state, deal.currency)
  touch(state, deal)
}

function idOf(field: string, value: unknown): string | null {
  return field === 'owner' || field === 'organization' ? ((value ?? null) as string | null) : null
}

function textOf(state: State, field: string, value: unknown): string | null {
  if (value === null || value === undefined) return null
  if (field === 'owner') return found(state.members, String(value)).name
  if (field === 'organization') return found(state.organizations, String(value)).name
  return String(value)
}

export const cleared: (keyof Given)[] = [
  ...(['description', 'amount', 'confidence', 'priority', 'organizationId', 'ownerId'] as const),
  ...(['source', 'nextStep', 'expectedCloseDate', 'leadRef', 'externalId', 'metadata'] as const),
  ...(['name', 'currency'] as const),
]

/** What updateDeal changes: a reason only of what is closed already. */
export type Changed = Given & { reason?: string | null }

export function changeOf(state: State, pick: Picks): Changed {
  return {
    ...(pick.once(4) && { reason: pick.from([...reasons, null]) }),
    ...pick.some<Given>({ name: () => pick.from(names) }, 3),
    ...given(state, pick),
    ...(pick.once(3) && { [pick.from(cleared)]: null }),
  }
}

function correctedReason(state: State, deal: Deal, reason: string | null): Deal['reason'] {
  const stage = stageOf(state, deal.stage)
  const name = reason?.trim() ?? ''
  if (stage.kind === 'OPEN') return name ? refuse('VALIDATION_ERROR reason') : null
  if (name)
    return named(state.reasons, { name, kind: stage.kind, path: 'reason', present: deal.reason })
  return asksReason(state, stage) ? refuse(reasonRequired(state, stage)) : null
}

export function applyChange(state: State, input: Versioned & Changed, by: Actor): void {
  const deal = dealToChange(state, input)
  const { dealId: _, expectedVersion: __, reason, ...values } = input
  const given = { stored: deal.customFields, given: values.customFields, entering: false }
  const custom = merged(state, stageOf(state, deal.stage).pipeline, given)
  refuseAny([...valueErrors(values), ...referenceErrors(state, values, deal), ...custom.errors])
  const row = { ...written(state, values, deal), customFields: custom.values }
  const corrected = reason === undefined ? {} : { reason: correctedReason(state, deal, reason) }
  change(state, deal, { ...row, ...corrected }, by)
}

const updateDeal: Command<Versioned & Changed> = {
  weight: 8,
  selection: 'deal { id }',
  input: (state, pick) => ({ ...versioned(state, pick), ...changeOf(state, pick) }),
  apply(state, input, { by }) {
    applyChange(state, input, by)
    return { deal: { id: input.dealId } }
  },
}

export function remove(state: State, input: Versioned): void {
  const deal = dealToChange(state, input)
  const stage = stageOf(state, deal.stage)
  stage.board = stage.board.filter((id) => id !== deal.id)
  deal.deletedAt = state.now
  touch(state, deal)
}

const deleteDeal: Command<Versioned> = {
  weight: 3,
  selection: 'deal { id }',
  input: (state, pick) => versioned(state, pick),
  apply(state, input) {
    remove(state, input)
    return { deal: { id: input.dealId } }
  },
}

const restoreDeal: Command<Versioned> = {
  weight: 3,
  selection: 'deal { id }',
  input: (state, pick) => versioned(state, pick, (deal) => !isLive(deal)),
  apply(state, input) {
    const deal = dealToChange(state, input, { deleted: true })
    if (!deal.deletedAt) return { deal: { id: deal.id } }
    deal.deletedAt = null
    stageOf(state, deal.stage).board.push(deal.id)
    touch(state, deal)
    return { deal: { id: deal.id } }
  },
}

export const dealCommands = { createDeal, updateDeal, deleteDeal, restoreDeal }
