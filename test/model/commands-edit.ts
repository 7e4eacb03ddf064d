import { type Command, dealOf, type Picks, versioned } from './command.ts'
import { applyChange, assigneeErrors, type Changed, changeOf, reasons } from './commands-deal.ts'
import { whereOfKind } from './commands-move.ts'
import { merged } from './custom-values.ts'
import { changeStage, dealToChange, entryStage, liveStage, touch, type Versioned } from './rules.ts'
import {
  type Actor,
  type Deal,
  type Kind,
  refuse,
  refuseAny,
  type Stage,
  type State,
  stageOf,
  stagesOf,
} from './state.ts'

interface Form extends Changed {
  note?: string
  override?: boolean
  pipelineId?: string | null
  stageId?: string | null
  status?: Kind | null
  tagIds?: string[] | null
  assigneeIds?: string[] | null
  primaryContactId?: string | null
}

type EditDeal = Versioned & Form

/** What mostly agrees: a pipeline with a stage of it and with the status of that stage. */
function standing(state: State, pick: Picks, deal?: Deal): Form {
  const here = deal && stageOf(state, deal.stage)
  const near = stagesOf(state).filter(({ pipeline }) => pipeline === here?.pipeline)
  const stage = pick.from(near.length === 0 || pick.once(3) ? stagesOf(state) : near)
  const others = {
    pipelineId: () => pick.idOf('pipeline', state.pipelines),
    stageId: () => pick.idOf('stage', stagesOf(state)),
    status: () => pick.from(['OPEN', 'WON', 'LOST', null] as const),
  }
  return {
    ...pick.some<Form>({ stageId: () => stage.id, status: () => stage.kind }, 2),
    ...(stage.pipeline !== here?.pipeline && { pipelineId: stage.pipeline }),
    ...(pick.once(6) && pick.some<Form>(others, 2)),
  }
}

function parts(state: State, pick: Picks): Form {
  const ids = (noun: string, list: { id: string }[]) => {
    const chosen = pick.idsOf(noun, list, 3)
    return pick.once(8) ? [...chosen, ...chosen] : chosen
  }
  const fields = {
    tagIds: () => (pick.once(8) ? null : ids('tag', state.tags)),
    assigneeIds: () => (pick.once(8) ? null : ids('member', state.members)),
    primaryContactId: () => (pick.once(3) ? null : pick.idOf('contact', state.contacts)),
  }
  return pick.some<Form>(fields, 2)
}

/** The stage to which the deal goes; null where it stays. */
function destination(state: State, deal: Deal, { pipelineId, stageId, status }: Form) {
  const here = stageOf(state, deal.stage)
  const to = asked(state, deal, { pipelineId, stageId, status })
  if (to.pipeline !== (pipelineId ?? here.pipeline)) refuse('STAGE_NOT_IN_PIPELINE stageId')
  if (status && to.kind !== status) refuse('VALIDATION_ERROR status')
  return to.id === here.id ? null : to
}

function asked(state: State, deal: Deal, { pipelineId, stageId, status }: Form): Stage {
  const here = stageOf(state, deal.stage)
  if (pipelineId && pipelineId !== here.pipeline)
    return entryStage(state, { pipelineId, ...(stageId && { stageId }) }, status ?? here.kind)
  if (stageId) return stageId === here.id ? here : liveStage(state, stageId)
  return status && status !== here.kind ? whereOfKind(state, deal, status) : here
}

/** Replaces what is on a deal: what comes is one change, and what goes is another. */
function add(state: State, deal: Deal, on: 'tags' | 'assignees', ids: string[]): void {
  const coming = [...new Set(ids)].filter((id) => !deal[on].includes(id))
  deal[on] = [...deal[on], ...coming]
  if (coming.length > 0) touch(state, deal)
}

function keep(state: State, deal: Deal, on: 'tags' | 'assignees', ids: string[]): void {
  const staying = deal[on].filter((id) => ids.includes(id))
  if (staying.length < deal[on].length) touch(state, deal)
  deal[on] = staying
}

function makePrimary(state: State, deal: Deal, contact: string | null, newId: string): void {
  const before = deal.contacts.find(({ isPrimary }) => isPrimary)
  if (before?.contact === (contact ?? undefined)) return
  if (contact && !state.contacts.some(({ id }) => id === contact))
    refuse('NOT_FOUND primaryContactId')
  if (before) before.isPrimary = false
  const present = deal.contacts.find((one) => one.contact === contact)
  const none = { role: null, introducedBy: null, metadata: {} }
  if (present) present.isPrimary = true
  else if (contact) deal.contacts.push({ ...none, id: newId, contact, isPrimary: true })
  touch(state, deal)
}

function enter(state: State, deal: Deal, to: Stage, form: Form & { by: Actor }): object {
  const { customFields, reason, by, note, override } = form
  if (to.pipeline !== stageOf(state, deal.stage).pipeline) {
    const given = { stored: deal.customFields, given: customFields, entering: true }
    const { values, errors } = merged(state, to.pipeline, given)
    refuseAny(errors)
    deal.customFields = values
  }
  const said = { ...(reason && { reason }), ...(note && { note }), ...(override && { override }) }
  return changeStage(state, deal, to, { ...versionedOf(deal), ...said, by })
}

const versionedOf = ({ id, version }: Deal): Versioned => ({
  dealId: id,
  expectedVersion: version,
})

const editDeal: Command<EditDeal> = {
  weight: 14,
  selection: 'deal { id contacts { id contact { id } } } stageChange { seq }',
  input(state, pick, by) {
    const input = versioned(state, pick)
    const moves = !pick.once(3)
    const mayOverride = by.role === 'ADMIN' || pick.once(6)
    return {
      ...input,
      ...(moves && standing(state, pick, dealOf(state, input))),
      ...parts(state, pick),
      ...(moves && !pick.once(3) && { reason: pick.from(reasons) }),
      ...pick.some<Form>({ note: () => 'As agreed' }, 4),
      ...(mayOverride && pick.some<Form>({ override: () => !pick.once(6) }, 4)),
      ...(pick.once(2) && changeOf(state, pick)),
    }
  },
  apply(state, input, { by, payload }) {
    const { dealId: _, expectedVersion: __, note, override, ...form } = input
    const { pipelineId, stageId, status, tagIds, assigneeIds: ids, ...others } = form
    const { primaryContactId, reason, customFields, ...values } = others
    const deal = dealToChange(state, input)
    const to = destination(state, deal, { pipelineId, stageId, status } as Form)
    const path = 'assigneeIds'
    if (ids) refuseAny(assigneeErrors(state, { ids, path, present: deal.assignees }))
    if (ids) add(state, deal, 'assignees', ids)
    const leaves = to && to.pipeline !== stageOf(state, deal.stage).pipeline
    const custom = !leaves && customFields !== undefined ? { customFields } : {}
    const corrected = !to && reason !== undefined ? { reason } : {}
    applyChange(state, { ...versionedOf(deal), ...values, ...custom, ...corrected }, by)
    const contactId = payload.deal?.contacts.find(isOf(primaryContactId))?.id
    if (primaryContactId !== undefined) makePrimary(state, deal, primaryContactId, contactId)
    const moved = to && enter(state, deal, to, { ...input, by })
    const known = (id: string) => state.tags.some((tag) => tag.id === id)
    refuseAny((tagIds ?? []).flatMap((id, at) => (known(id) ? [] : [`NOT_FOUND tagIds.${at}`])))
    if (tagIds) add(state, deal, 'tags', tagIds)
    if (tagIds) keep(state, deal, 'tags', tagIds)
    if (ids) keep(state, deal, 'assignees', ids)
    return { deal: { id: deal.id }, ...(moved ?? { stageChange: null }) }
  },
}

const isOf = (id?: string | null) => (one: { contact: { id: string } }) => one.contact.id === id

export const editCommands = { editDeal }
