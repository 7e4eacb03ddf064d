import type { Command, Picks } from './command.ts'
import { requirableKeys } from './commands-custom-field.ts'
import { folded } from './commands-pipeline.ts'
import { record, touch } from './rules.ts'
import {
  type Deal,
  type Kind,
  liveStages,
  type Pipeline,
  pipelineOf,
  refuse,
  refuseAny,
  type Stage,
  type State,
  stagesOf,
} from './state.ts'

interface StageValues {
  name?: string | null
  kind?: Kind
  probability?: number
  rottingDays?: number | null
  reasonRequired?: boolean
  requiredFields?: string[]
}

const requirable = ['amount', 'organization', 'primaryContact', 'nextStep', 'source']
const required = [...requirable, 'nonsense', 'cf_region', 'cf_size']
const names = ['Demo', 'Trial', 'Lead', 'LOST ', ' ']
const certain = { OPEN: null, WON: 100, LOST: 0 }

function values(pick: Picks): Omit<StageValues, 'name' | 'kind'> {
  return pick.some(
    {
      probability: () => pick.from([30, 100, 0, 101]),
      rottingDays: () => pick.from([5, null, 0]),
      reasonRequired: () => !pick.once(3),
      requiredFields: () => required.filter(() => pick.once(6)),
    },
    3,
  )
}

/** What is wrong with the values that a stage would have. */
function errorsOf({ name, kind = 'OPEN', probability, rottingDays }: StageValues): string[] {
  const agrees = kind === 'OPEN' || probability == null || probability === certain[kind]
  return [
    ...(name?.trim() ? [] : ['VALIDATION_ERROR name']),
    ...((probability ?? 0) > 100 ? ['VALIDATION_ERROR probability'] : []),
    ...(agrees ? [] : ['VALIDATION_ERROR probability']),
    ...(rottingDays === 0 ? ['VALIDATION_ERROR rottingDays'] : []),
  ]
}

function requiredErrors(state: State, pipeline: string, { requiredFields = [] }: StageValues) {
  const known = [...requirable, ...requirableKeys(state, pipeline)]
  return requiredFields.flatMap((field, at) =>
    !known.includes(field) ? [`VALIDATION_ERROR requiredFields.${at}`] : [],
  )
}

function refuseTaken(pipeline: Pipeline, name: string, { path = 'name', own = '' } = {}): void {
  const same = (stage: Stage) => stage.id !== own && folded(stage.name) === folded(name)
  if (liveStages(pipeline).some(same)) refuse(`NAME_TAKEN ${path}`)
}

function line(stages: Stage[]): void {
  for (const [at, stage] of stages.entries()) stage.position = at
}

type CreateStage = StageValues & {
  pipelineId: string
  name: string
  kind: Kind
  position?: number
}

const createStage: Command<CreateStage> = {
  weight: 2,
  role: 'ADMIN',
  selection: 'stage { id }',
  input: (state, pick) => ({
    pipelineId: pick.idOf('pipeline', state.pipelines),
    name: pick.from(names),
    kind: pick.from(['OPEN', 'WON', 'LOST'] as const),
    ...pick.some({ position: () => pick.number(9) }, 2),
    ...values(pick),
  }),
  apply(state, { pipelineId, position, ...input }, { payload }) {
    const pipeline = state.pipelines.find(({ id }) => id === pipelineId)
    if (!pipeline) return refuse('NOT_FOUND pipelineId')
    const live = liveStages(pipeline)
    const closed = live.findIndex(({ kind }) => kind !== 'OPEN')
    const at = position ?? (input.kind === 'OPEN' && closed >= 0 ? closed : live.length)
    refuseAny([
      ...errorsOf(input),
      ...(at > live.length ? ['VALIDATION_ERROR position'] : []),
      ...requiredErrors(state, pipelineId, input),
    ])
    refuseTaken(pipeline, input.name)
    const stage: Stage = {
      ...{ id: payload.stage?.id, pipeline: pipelineId, name: input.name.trim() },
      ...{ kind: input.kind, position: at, rottingDays: input.rottingDays ?? null },
      probability: certain[input.kind] ?? input.probability ?? 50,
      reasonRequired: input.reasonRequired ?? false,
      requiredFields: input.requiredFields ?? [],
      ...{ archivedAt: null, board: [] },
    }
    pipeline.stages.push(stage)
    line(live.toSpliced(at, 0, stage))
    return undefined
  },
}

function stageIn(state: State, id: string): Stage {
  return stagesOf(state).find((stage) => stage.id === id) ?? refuse('NOT_FOUND stageId')
}

function refuseLast(state: State, stage: Stage, path: string): void {
  const live = liveStages(pipelineOf(state, stage.pipeline))
  const isOther = ({ id, kind }: Stage) => id !== stage.id && kind === stage.kind
  if (!stage.archivedAt && !live.some(isOther)) refuse(`VALIDATION_ERROR ${path}`)
}

function refuseInUse(state: State, stage: Stage, path: string): void {
  const deals = state.deals.filter((deal) => deal.stage === stage.id)
  deals.sort((a, b) => (`${a.createdAt}${a.id}` < `${b.createdAt}${b.id}` ? -1 : 1))
  const ids = deals.slice(0, 10).map(({ id }) => id)
  if (deals.length > 0) refuse(`STILL_IN_USE ${path} ${deals.length} ${ids}`)
}

const updateStage: Command<StageValues & { stageId: string }> = {
  weight: 4,
  role: 'ADMIN',
  selection: 'stage { id }',
  input: (state, pick) => ({
    stageId: pick.idOf('stage', stagesOf(state)),
    ...values(pick),
    ...pick.some<StageValues>(
      {
        name: () => pick.from([...names, null]),
        kind: () => pick.from(['OPEN', 'WON', 'LOST'] as const),
      },
      4,
    ),
  }),
  apply(state, { stageId, ...input }) {
    const stage = stageIn(state, stageId)
    const { name, kind = stage.kind } = input
    const kept = kind === stage.kind ? stage.probability : null
    const probability = input.probability ?? kept ?? certain[kind] ?? 50
    const next = { ...stage, ...input, name: (name ?? stage.name).trim(), kind, probability }
    refuseAny([
      ...(name === null ? ['VALIDATION_ERROR name'] : []),
      ...errorsOf(next),
      ...requiredErrors(state, stage.pipeline, input),
    ])
    const own = { own: stage.id }
    if (next.name !== stage.name && !stage.archivedAt)
      refuseTaken(pipelineOf(state, stage.pipeline), next.name, own)
    if (kind !== stage.kind) {
      refuseLast(state, stage, 'kind')
      refuseInUse(state, stage, 'kind')
    }
    Object.assign(stage, next)
    return { stage: { id: stageId } }
  },
}

const archiveStage: Command<{ stageId: string; reassignTo?: string }> = {
  weight: 3,
  role: 'ADMIN',
  selection: 'stage { id } reassignedCount',
  input(state, pick) {
    const stages = stagesOf(state)
    const stageId = pick.idOf('stage', stages)
    const stage = stages.find(({ id }) => id === stageId)
    const isFit = ({ id, pipeline, kind }: Stage) =>
      id !== stageId && pipeline === stage?.pipeline && kind === stage.kind
    const fit = stages.filter(isFit)
    const others = fit.length === 0 || pick.once(8) ? stages : fit
    return {
      stageId,
      ...(!pick.once(3) && { reassignTo: pick.idOf('stage', others) }),
    }
  },
  apply(state, { stageId, reassignTo }, { by }) {
    const stage = stageIn(state, stageId)
    if (stage.archivedAt) return { stage: { id: stageId }, reassignedCount: 0 }
    const to = reassignTo === undefined ? null : successor(state, stage, reassignTo)
    refuseLast(state, stage, 'stageId')
    if (!to) refuseInUse(state, stage, 'reassignTo')
    const deals = state.deals.filter((deal) => deal.stage === stageId)
    for (const deal of to ? deals : []) {
      deal.stage = to?.id ?? ''
      deal.stageEnteredAt = state.now
      if (to?.kind === 'OPEN') deal.lastOpen = to.id
      touch(state, deal)
      record(state, deal as Deal, { from: stage, to: to as Stage, by })
    }
    to?.board.push(...stage.board)
    stage.board = []
    stage.archivedAt = state.now
    line(liveStages(pipelineOf(state, stage.pipeline)))
    return { stage: { id: stageId }, reassignedCount: deals.length }
  },
}

function successor(state: State, stage: Stage, id: string): Stage {
  const to = stagesOf(state).find((one) => one.id === id)
  if (!to) return refuse('NOT_FOUND reassignTo')
  if (to.archivedAt) refuse('STAGE_ARCHIVED reassignTo')
  if (to === stage) refuse('VALIDATION_ERROR reassignTo')
  if (to.pipeline !== stage.pipeline) refuse('STAGE_NOT_IN_PIPELINE reassignTo')
  if (to.kind !== stage.kind) refuse('VALIDATION_ERROR reassignTo')
  return to
}

const restoreStage: Command<{ stageId: string }> = {
  weight: 2,
  role: 'ADMIN',
  selection: 'stage { id }',
  input(state, pick) {
    const archived = stagesOf(state).filter(({ archivedAt }) => archivedAt)
    const stages = archived.length === 0 || pick.once(8) ? stagesOf(state) : archived
    return { stageId: pick.idOf('stage', stages) }
  },
  apply(state, { stageId }) {
    const stage = stageIn(state, stageId)
    if (!stage.archivedAt) return { stage: { id: stageId } }
    const pipeline = pipelineOf(state, stage.pipeline)
    refuseTaken(pipeline, stage.name, { path: 'stageId' })
    const live = liveStages(pipeline)
    stage.archivedAt = null
    line(live.toSpliced(stage.position, 0, stage))
    return { stage: { id: stageId } }
  },
}

export const stageCommands = { createStage, updateStage, archiveStage, restoreStage }
