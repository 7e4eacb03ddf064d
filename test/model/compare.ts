import { expect } from 'vitest'
import { ask } from '../fixtures.ts'
import type { TestTenant } from '../harness.ts'
import { told } from './command.ts'
import { asksReason, brokenRules } from './rules.ts'
import {
  type Deal,
  liveStages,
  type Named,
  type Pipeline,
  pipelineOf,
  probabilityIn,
  type State,
  stageOf,
  statusOf,
  totalsOf,
  weighted,
} from './state.ts'

const everything = `query ($ids: [ID!]!) {
  viewer { tenant { name defaultCurrency timeZone membersMayReopen } }
  pipelines(includeArchived: true) {
    id name position isDefault archivedAt totals { currency count amount weightedAmount } rules { noSkipping noMovingBack reasonToClose }
    stages(includeArchived: true) {
      id name kind position probability rottingDays reasonRequired requiredFields archivedAt
      totals { currency count amount weightedAmount }
      deals(first: 100) { nodes { id } }
    }
  }
  organizations(first: 100) { nodes { id number name domain email phone totals { currency count amount weightedAmount } } }
  contacts(first: 100) { nodes { id number name email phone jobTitle organization { id } totals { currency count amount weightedAmount } } }
  members(first: 100) { nodes { id number name email role externalId deactivatedAt deletedAt totals { currency count amount weightedAmount } } }
  tags { id number name color }
  customFields(includeArchived: true) {
    id key label description type required options position archivedAt pipeline { id }
  }
  sources(includeArchived: true) { id name archivedAt }
  closeReasons(includeArchived: true) { id kind name archivedAt }
  currencies { number code }
  deals: nodes(ids: $ids) { ... on Deal {
    id number name description amount currency valuePeriod confidence priority source nextStep expectedCloseDate
    leadRef externalId metadata customFields { key value } version status probability weightedAmount wonReason lostReason
    createdAt updatedAt stageEnteredAt closedAt deletedAt
    organization { id } owner { id } pipeline { id } stage { id } lastOpenStage { id } primaryContact { id }
    contacts { id role isPrimary metadata contact { id } introducedBy { id } }
    tags { id } assignees { id }
    allowedTransitions { stage { id } allowed reasonRequired reasons {
      code path ... on TransitionNotAllowed { rule } ... on FieldsRequired { fields }
    } }
    history(first: 100) { totalCount nodes {
      seq direction fromStageName toStageName amount currency probability expectedCloseDate reason note override
      occurredAt fromStage { id } toStage { id } actor { member { id } }
    } }
    changes(first: 100) { totalCount nodes { field from to fromId toId occurredAt actor { member { id } } } }
  } }
}`

/** Reads the whole tenant and compares it with the model. */
export async function compare(t: TestTenant, state: State): Promise<void> {
  const ids = state.deals.map(({ id }) => id)
  const read = await ask(t, everything, { ids })
  for (const deal of read.deals) {
    deal.tags.sort(byId)
    deal.assignees.sort(byId)
    for (const transition of deal.allowedTransitions)
      transition.reasons = transition.reasons.map(told)
  }
  const { organizations, contacts, members } = read
  for (const list of [organizations.nodes, contacts.nodes, members.nodes, read.tags])
    list.sort(byId)
  learn(state.sources, read.sources)
  learn(state.reasons, read.closeReasons)
  expect(read).toEqual(projection(state))
}

/** Takes over the ids of what joined a catalogue by its use. */
function learn(list: Named[], read: (Named & { id: string })[]): void {
  for (const entry of list)
    entry.id ??=
      read.find(({ name, kind = null }) => name === entry.name && kind === entry.kind)?.id ?? null
  read.sort(byId)
}

/** The model in the shape of the query. */
function projection(state: State): object {
  const totals = (isOf: (deal: Deal) => boolean) => totalsOf(state, state.deals.filter(isOf))
  return {
    viewer: { tenant: state.tenant },
    pipelines: [...state.pipelines]
      .sort((a, b) => a.position - b.position)
      .map((pipeline) => pipelineShape(state, pipeline)),
    organizations: {
      nodes: [...state.organizations]
        .sort(byId)
        .map((one) => ({ ...one, totals: totals((deal) => deal.organization === one.id) })),
    },
    contacts: {
      nodes: [...state.contacts].sort(byId).map((contact) => ({
        ...contact,
        organization: reference(contact.organization),
        totals: totals((deal) => deal.contacts.some((one) => one.contact === contact.id)),
      })),
    },
    members: {
      nodes: state.members
        .filter(({ deletedAt }) => !deletedAt)
        .sort(byId)
        .map((member) => ({ ...member, totals: totals(({ owner }) => owner === member.id) })),
    },
    tags: [...state.tags].sort(byId),
    customFields: [...state.customFields]
      .sort((a, b) => a.position - b.position)
      .map((field) => ({ ...field, pipeline: reference(field.pipeline) })),
    sources: known(state.sources).map(({ kind: _, ...source }) => source),
    closeReasons: known(state.reasons),
    currencies: state.currencies.map((code, at) => ({ number: at + 1, code })),
    deals: state.deals.map((deal) => dealShape(state, deal)),
  }
}

function pipelineShape(state: State, { stages, ...pipeline }: Pipeline): object {
  const order = [...stages].sort((a, b) => a.position - b.position || byId(a, b))
  const totals = (isOf: (deal: Deal) => boolean) => totalsOf(state, state.deals.filter(isOf))
  return {
    ...pipeline,
    totals: totals(({ stage }) => stages.some(({ id }) => id === stage)),
    stages: order.map((stage) => {
      const { board, pipeline: _, ...values } = stage
      const nodes = board.map((id) => ({ id }))
      return { ...values, totals: totals(({ stage }) => stage === values.id), deals: { nodes } }
    }),
  }
}

function dealShape(state: State, deal: Deal): object {
  const { stage, lastOpen, reason, contacts, history, changes, ...values } = deal
  const status = statusOf(state, deal)
  const probability = probabilityIn(stageOf(state, stage), deal.confidence)
  const primary = contacts.find(({ isPrimary }) => isPrimary)
  return {
    ...values,
    ...{ status, probability, weightedAmount: weighted(deal.amount, probability) },
    wonReason: status === 'WON' ? nameOf(reason) : null,
    lostReason: status === 'LOST' ? nameOf(reason) : null,
    source: nameOf(deal.source),
    customFields: [...state.customFields]
      .sort((a, b) => a.position - b.position)
      .filter(({ key }) => key in deal.customFields)
      .map(({ key }) => ({ key, value: deal.customFields[key] })),
    organization: reference(deal.organization),
    owner: reference(deal.owner),
    pipeline: { id: stageOf(state, stage).pipeline },
    stage: { id: stage },
    lastOpenStage: reference(lastOpen),
    primaryContact: reference(primary?.contact),
    contacts: [...(primary ? [primary] : []), ...contacts.filter((one) => one !== primary)].map(
      ({ contact, introducedBy, ...others }) => ({
        ...others,
        contact: { id: contact },
        introducedBy: reference(introducedBy),
      }),
    ),
    tags: deal.tags.map((id) => ({ id })).sort(byId),
    assignees: deal.assignees.map((id) => ({ id })).sort(byId),
    allowedTransitions: transitions(state, deal),
    changes: {
      totalCount: changes.length,
      nodes: changes.map(({ field, by, at, ...others }) => ({
        ...others,
        field: field.replace(/[A-Z]/g, '_$&').toUpperCase(),
        ...{ occurredAt: at, actor: { member: { id: by } } },
      })),
    },
    history: {
      totalCount: history.length,
      nodes: history.map(({ from, fromName, to, toName, by, at, ...others }) => ({
        ...others,
        ...{ fromStage: reference(from), fromStageName: fromName },
        ...{ toStage: reference(to), toStageName: toName },
        ...{ occurredAt: at, actor: { member: { id: by } } },
      })),
    },
  }
}

/** Where an administrator could move it. */
function transitions(state: State, deal: Deal): object[] {
  const pipeline = pipelineOf(state, stageOf(state, deal.stage).pipeline)
  const others = liveStages(pipeline).filter(({ id }) => id !== deal.stage)
  return others.map((stage) => {
    const reasons = brokenRules(state, deal, stage, { role: 'ADMIN', member: '' })
    const allowed = reasons.length === 0
    return { stage: { id: stage.id }, allowed, reasonRequired: asksReason(state, stage), reasons }
  })
}

/** Those whose ids were read; another one is missed by the comparison. */
function known(list: Named[]): (Named & { id: string })[] {
  return list.map((entry) => ({ ...entry, id: entry.id ?? 'not read' })).sort(byId)
}

function nameOf(entry: Named | null): string | null {
  return entry?.name ?? null
}

function reference(id: string | null | undefined): { id: string } | null {
  return id ? { id } : null
}

function byId(a: { id: string }, b: { id: string }): number {
  return a.id < b.id ? -1 : 1
}
