import {
  type Actor,
  type Deal,
  found,
  type Kind,
  liveStages,
  named,
  pipelineOf,
  probabilityIn,
  refuse,
  type Stage,
  type State,
  stageOf,
  stagesOf,
} from './state.ts'

export interface Versioned {
  dealId: string
  expectedVersion: number
}

export interface Place {
  before?: string
  after?: string
}

export interface Manner extends Versioned, Place {
  reason?: string
  note?: string
  override?: boolean
}

/** The deal that a mutation changes, at the version that its sender has seen. */
export function dealToChange(state: State, input: Versioned, { deleted = false } = {}): Deal {
  const deal = state.deals.find(({ id }) => id === input.dealId)
  if (!deal) return refuse('NOT_FOUND dealId')
  if (deal.version !== input.expectedVersion)
    refuse(`VERSION_CONFLICT expectedVersion ${deal.version}`)
  if (deal.deletedAt && !deleted) refuse('DEAL_DELETED dealId')
  return deal
}

/** Every change of a deal counts once. */
export function touch(state: State, deal: Deal): void {
  deal.version += 1
  deal.updatedAt = state.now
}

export function liveStage(state: State, id: string): Stage {
  const stage = stagesOf(state).find((one) => one.id === id)
  if (!stage) return refuse('NOT_FOUND stageId')
  if (stage.archivedAt) refuse('STAGE_ARCHIVED stageId')
  return stage
}

interface Wanted {
  pipelineId?: string
  stageId?: string
}

/** Where a deal comes into a pipeline when not every input names a stage. */
export function entryStage(state: State, { pipelineId, stageId }: Wanted, kind: Kind): Stage {
  if (stageId) {
    const stage = liveStage(state, stageId)
    if (pipelineId && stage.pipeline !== pipelineId) refuse('STAGE_NOT_IN_PIPELINE stageId')
    if (pipelineOf(state, stage.pipeline).archivedAt) refuse('VALIDATION_ERROR stageId')
    return stage
  }
  const pipeline = state.pipelines.find(({ id, isDefault }) =>
    pipelineId ? id === pipelineId : isDefault,
  )
  if (!pipeline) return refuse(`${pipelineId ? 'NOT_FOUND' : 'VALIDATION_ERROR'} pipelineId`)
  if (pipeline.archivedAt) refuse('VALIDATION_ERROR pipelineId')
  return firstOfKind(liveStages(pipeline), kind)
}

export function firstOfKind(stages: Stage[], kind: Kind): Stage {
  const first = stages.find((stage) => stage.kind === kind)
  if (!first) throw new Error(`the model has a pipeline without ${kind}`)
  return first
}

/** Whether a stage asks for a reason, by itself or by the rule of its pipeline. */
export function asksReason(state: State, stage: Stage): boolean {
  const { rules } = pipelineOf(state, stage.pipeline)
  return stage.reasonRequired || (rules.reasonToClose && stage.kind !== 'OPEN')
}

/** The refusal that names the reasons of the catalogue, the most frequent in the pipeline first. */
export function reasonRequired(state: State, stage: Stage): string {
  const pipeline = pipelineOf(state, stage.pipeline)
  const deals = pipeline.stages.flatMap(({ board }) => board.map((id) => found(state.deals, id)))
  const names = state.reasons
    .filter(({ kind, archivedAt }) => kind === stage.kind && !archivedAt)
    .map((reason) => ({ ...reason, count: deals.filter((deal) => deal.reason === reason).length }))
    .sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1))
    .map(({ name }) => name)
  return `REASON_REQUIRED reason ${names.slice(0, 20).join(',')}`
}

/** The fields that a stage asks for and a deal does not have. */
export function missingFields(stage: Stage, deal: Deal): string[] {
  const primaryContact = deal.contacts.find(({ isPrimary }) => isPrimary)?.contact
  const values = { ...deal, ...deal.customFields, primaryContact } as Record<string, unknown>
  return stage.requiredFields.filter(
    (field) => values[field] === null || values[field] === undefined || values[field] === '',
  )
}

/** What keeps a deal from a stage, by the rules of the stage's pipeline. */
export function brokenRules(state: State, deal: Deal, to: Stage, by: Actor): string[] {
  const from = stageOf(state, deal.stage)
  const broken: string[] = []
  const may = by.role === 'ADMIN' || state.tenant.membersMayReopen
  if (from.kind !== 'OPEN' && to.kind === 'OPEN' && !may) broken.push('REOPENING')
  const origin = from.kind === 'OPEN' ? from : deal.lastOpen ? stageOf(state, deal.lastOpen) : null
  if (origin?.pipeline === to.pipeline && to.kind !== 'LOST')
    broken.push(...outOfOrder(state, origin, to))
  const missing = missingFields(to, deal)
  return [
    ...broken.map((rule) => `TRANSITION_NOT_ALLOWED stageId ${rule}`),
    ...(missing.length > 0 ? [`FIELDS_REQUIRED stageId ${missing.join(',')}`] : []),
  ]
}

function outOfOrder(state: State, origin: Stage, to: Stage): string[] {
  const pipeline = pipelineOf(state, to.pipeline)
  const { noSkipping, noMovingBack } = pipeline.rules
  const open = liveStages(pipeline).filter(({ kind }) => kind === 'OPEN')
  const ahead = open.filter(({ position }) => position > origin.position)
  const between = to.kind === 'WON' ? ahead : ahead.filter((s) => s.position < to.position)
  if (noSkipping && between.length > 0) return ['NO_SKIPPING']
  if (noMovingBack && to.kind === 'OPEN' && to.position < origin.position) return ['NO_MOVING_BACK']
  return []
}

/** Moves a deal to a stage of its pipeline; within its stage only to another place. */
export function moveDeal(state: State, input: Manner & { stageId: string }, by: Actor): object {
  const deal = dealToChange(state, input)
  const to = liveStage(state, input.stageId)
  if (to.pipeline !== stageOf(state, deal.stage).pipeline) refuse('STAGE_NOT_IN_PIPELINE stageId')
  if (to.id !== deal.stage) return changeStage(state, deal, to, { ...input, by })
  if (input.before || input.after) reorder(state, deal, input)
  return { stageChange: null }
}

export function reorder(state: State, deal: Deal, input: Place): void {
  const stage = stageOf(state, deal.stage)
  const board = placed(state, deal, stage, input)
  if (board.join() === stage.board.join()) return
  stage.board = board
  touch(state, deal)
}

/** Brings a deal into another stage, with all that is written of it. */
export function changeStage(
  state: State,
  deal: Deal,
  to: Stage,
  { by, note = null, override = false, ...input }: Omit<Manner, 'note'> & NoteBy,
): object {
  const from = stageOf(state, deal.stage)
  if (override && by.role !== 'ADMIN') refuse('VALIDATION_ERROR override')
  const broken = brokenRules(state, deal, to, by)
  if (broken.length > 0 && !override) refuse(...broken)
  const given = input.reason?.trim() || null
  const staysClosed = from.pipeline !== to.pipeline && from.kind === to.kind && to.kind !== 'OPEN'
  const keeps = staysClosed && !given
  if (asksReason(state, to) && !given && !(keeps && deal.reason)) {
    if (!override) refuse(reasonRequired(state, to))
    broken.push('REASON_REQUIRED')
  }
  if (!keeps) {
    const isClosed = to.kind !== 'OPEN'
    deal.reason =
      isClosed && given
        ? named(state.reasons, { name: given, kind: to.kind, path: 'reason' })
        : null
    deal.closedAt = isClosed ? state.now : null
  }
  const board = placed(state, deal, to, input)
  from.board = from.board.filter((id) => id !== deal.id)
  to.board = board
  deal.stage = to.id
  if (to.kind === 'OPEN') deal.lastOpen = to.id
  else if (from.kind === 'OPEN') deal.lastOpen = from.id
  deal.stageEnteredAt = state.now
  touch(state, deal)
  record(state, deal, { from, to, by, reason: given, note, override: broken.length > 0 })
  return { stageChange: { seq: deal.history.length } }
}

interface NoteBy {
  by: Actor
  note?: string | null
}

interface Recorded {
  from: Stage | null
  to: Stage
  by: Actor
  reason?: string | null
  note?: string | null
  override?: boolean
}

/** Adds to the history of a deal that it came into a stage. */
export function record(state: State, deal: Deal, change: Recorded): void {
  const { from, to, by, reason = null, note = null, override = false } = change
  const { amount, currency, expectedCloseDate } = deal
  deal.history.push({
    ...{ seq: deal.history.length + 1, direction: direction(from, to) },
    ...{ from: from?.id ?? null, fromName: from?.name ?? null, to: to.id, toName: to.name },
    ...{ amount, currency, expectedCloseDate, reason, note, override },
    ...{ probability: probabilityIn(to, deal.confidence), by: by.member, at: state.now },
  })
}

function direction(from: Stage | null, to: Stage): string {
  if (!from) return 'CREATED'
  if (to.kind !== 'OPEN') return to.kind
  if (from.kind !== 'OPEN') return 'REOPENED'
  if (from.pipeline !== to.pipeline) return 'TRANSFERRED'
  return to.position < from.position ? 'BACKWARD' : 'FORWARD'
}

/** The board of a stage with the deal at its place, which is the end when no neighbour is named. */
function placed(state: State, deal: Deal, stage: Stage, { before, after }: Place): string[] {
  const others = stage.board.filter((id) => id !== deal.id)
  const place = (id: string, path: string) => {
    if (id === deal.id) refuse(`VALIDATION_ERROR ${path}`)
    const neighbour = state.deals.find((one) => one.id === id)
    if (!neighbour || neighbour.deletedAt) refuse(`NOT_FOUND ${path}`)
    if (neighbour?.stage !== stage.id) refuse(`VALIDATION_ERROR ${path}`)
    return others.indexOf(id)
  }
  const above = after ? place(after, 'after') : null
  const below = before ? place(before, 'before') : null
  if (above !== null && below !== null && above >= below) refuse('VALIDATION_ERROR after')
  const at = above !== null ? above + 1 : (below ?? others.length)
  return others.toSpliced(at, 0, deal.id)
}
