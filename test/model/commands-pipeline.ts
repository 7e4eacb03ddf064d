import type { Command, Picks } from './command.ts'
import {
  type Kind,
  liveStages,
  nextNumber,
  type Pipeline,
  refuse,
  refuseAny,
  type State,
  useCurrency,
} from './state.ts'

interface NewStage {
  name: string
  kind: Kind
  probability?: number
  reasonRequired?: boolean
}

type Rules = Partial<Pipeline['rules']>

interface CreatePipeline {
  name: string
  stages: NewStage[]
  isDefault?: boolean
  rules?: Rules
}

const usual: NewStage[] = [
  { name: 'Lead', kind: 'OPEN', probability: 10 },
  { name: 'Talk', kind: 'OPEN', probability: 40 },
  { name: 'Offer', kind: 'OPEN' },
  { name: 'Won', kind: 'WON' },
  { name: 'Lost', kind: 'LOST', reasonRequired: true },
  { name: 'Dropped', kind: 'LOST' },
  { name: 'Signed', kind: 'WON', reasonRequired: true },
]

export const folded = (text: string) => text.trim().toLowerCase()

function stages(pick: Picks): NewStage[] {
  if (pick.once(12)) return usual.slice(0, 4)
  if (pick.once(12)) return [...usual, { name: ' lead', kind: 'OPEN' }]
  return usual.slice(0, 5 + pick.number(3))
}

function rules(pick: Picks): Rules {
  const on = () => !pick.once(3)
  return pick.some<Rules>({ noSkipping: on, noMovingBack: on, reasonToClose: on }, 2)
}

function refuseTaken(state: State, name: string, own?: Pipeline): void {
  const taken = (one: Pipeline) => one !== own && folded(one.name) === folded(name)
  if (state.pipelines.some(taken)) refuse('NAME_TAKEN name')
}

const createPipeline: Command<CreatePipeline> = {
  weight: 2,
  role: 'ADMIN',
  selection: 'pipeline { id stages { id name } }',
  input: (state, pick) => ({
    name: pick.once(5) ? 'PIPELINE 1' : `Pipeline ${state.pipelines.length + 1}`,
    stages: stages(pick),
    ...pick.some({ isDefault: () => pick.once(2), rules: () => rules(pick) }, 3),
  }),
  apply(state, input, { payload }) {
    const kinds = new Set(input.stages.map(({ kind }) => kind))
    const names = new Set(input.stages.map(({ name }) => folded(name)))
    const missing = (['OPEN', 'WON', 'LOST'] as const).filter((kind) => !kinds.has(kind))
    refuseAny([
      ...missing.map(() => 'VALIDATION_ERROR stages'),
      ...(names.size < input.stages.length ? ['VALIDATION_ERROR stages'] : []),
    ])
    refuseTaken(state, input.name)
    const position = state.pipelines.length
    const isDefault = input.isDefault ?? position === 0
    if (isDefault) for (const other of state.pipelines) other.isDefault = false
    nextNumber(state, 'pipeline')
    const off = { noSkipping: false, noMovingBack: false, reasonToClose: false }
    const id: string = payload.pipeline?.id
    state.pipelines.push({
      ...{ id, name: input.name.trim(), position, isDefault, rules: { ...off, ...input.rules } },
      archivedAt: null,
      stages: input.stages.map((stage, at) => ({
        ...{ id: payload.pipeline?.stages[at]?.id, pipeline: id, name: stage.name.trim() },
        ...{ kind: stage.kind, position: at, rottingDays: null, requiredFields: [] },
        probability: { OPEN: stage.probability ?? 50, WON: 100, LOST: 0 }[stage.kind],
        reasonRequired: stage.reasonRequired ?? false,
        ...{ archivedAt: null, board: [] },
      })),
    })
    return undefined
  },
}

interface UpdatePipeline {
  pipelineId: string
  name?: string | null
  position?: number
  rules?: Rules
}

interface OnePipeline {
  pipelineId: string
}

function pipelineIn(state: State, { pipelineId }: OnePipeline): Pipeline {
  return state.pipelines.find(({ id }) => id === pipelineId) ?? refuse('NOT_FOUND pipelineId')
}

const updatePipeline: Command<UpdatePipeline> = {
  weight: 3,
  role: 'ADMIN',
  selection: 'pipeline { id }',
  input: (state, pick) => ({
    pipelineId: pick.idOf('pipeline', state.pipelines),
    ...(!pick.once(4) && { rules: rules(pick) }),
    ...pick.some<Omit<UpdatePipeline, 'pipelineId'>>(
      {
        name: () => pick.from(['Sales', 'SALES ', 'Pipeline 1', ' ', null]),
        position: () => pick.number(state.pipelines.length + 1),
      },
      4,
    ),
  }),
  apply(state, { position, name, ...input }) {
    const pipeline = pipelineIn(state, input)
    refuseAny([
      ...(name === null || name?.trim() === '' ? ['VALIDATION_ERROR name'] : []),
      ...((position ?? 0) >= state.pipelines.length ? ['VALIDATION_ERROR position'] : []),
    ])
    if (name) refuseTaken(state, name, pipeline)
    Object.assign(pipeline.rules, input.rules)
    pipeline.name = name?.trim() ?? pipeline.name
    if (position !== undefined) {
      const others = state.pipelines.filter((one) => one !== pipeline)
      others.sort((a, b) => a.position - b.position)
      for (const [at, one] of others.toSpliced(position, 0, pipeline).entries()) one.position = at
    }
    return { pipeline: { id: pipeline.id } }
  },
}

function simple(weight: number, apply: (state: State, pipeline: Pipeline) => void) {
  const command: Command<OnePipeline> = {
    ...{ weight, role: 'ADMIN', selection: 'pipeline { id }' },
    input: (state, pick) => ({ pipelineId: pick.idOf('pipeline', state.pipelines) }),
    apply(state, input) {
      const pipeline = pipelineIn(state, input)
      apply(state, pipeline)
      return { pipeline: { id: pipeline.id } }
    },
  }
  return command
}

function archive(state: State, pipeline: Pipeline): void {
  if (pipeline.isDefault) refuse('VALIDATION_ERROR pipelineId')
  pipeline.archivedAt ??= state.now
}

function restore(_: State, pipeline: Pipeline): void {
  pipeline.archivedAt = null
}

function makeDefault(state: State, pipeline: Pipeline): void {
  if (pipeline.archivedAt) refuse('VALIDATION_ERROR pipelineId')
  for (const one of state.pipelines) one.isDefault = one === pipeline
}

const reorderStages: Command<OnePipeline & { stageIds: string[] }> = {
  weight: 2,
  role: 'ADMIN',
  selection: 'pipeline { id }',
  input(state, pick) {
    const pipelineId = pick.idOf('pipeline', state.pipelines)
    const pipeline = state.pipelines.find(({ id }) => id === pipelineId)
    const pool = pipeline ? liveStages(pipeline).map(({ id }) => id) : []
    const stageIds: string[] = []
    while (pool.length > 0) stageIds.push(...pool.splice(pick.number(pool.length), 1))
    if (pick.once(8)) stageIds.pop()
    if (pick.once(8))
      stageIds.push(
        pick.idOf(
          'stage',
          state.pipelines.flatMap((one) => one.stages),
        ),
      )
    return { pipelineId, stageIds }
  },
  apply(state, input) {
    const pipeline = pipelineIn(state, input)
    refuseAny(orderErrors(state, pipeline, input.stageIds))
    for (const stage of liveStages(pipeline)) stage.position = input.stageIds.indexOf(stage.id)
    return { pipeline: { id: pipeline.id } }
  },
}

function orderErrors(state: State, pipeline: Pipeline, ids: string[]): string[] {
  const all = state.pipelines.flatMap((one) => one.stages)
  const known = ids.map((id) => all.find((stage) => stage.id === id))
  const unknown = known.flatMap((stage, at) => (stage ? [] : [`NOT_FOUND stageIds.${at}`]))
  if (unknown.length > 0) return unknown
  const wrong = known.flatMap((stage, at) => {
    if (stage?.pipeline !== pipeline.id) return [`STAGE_NOT_IN_PIPELINE stageIds.${at}`]
    if (stage.archivedAt) return [`STAGE_ARCHIVED stageIds.${at}`]
    return ids.indexOf(stage.id) < at ? [`VALIDATION_ERROR stageIds.${at}`] : []
  })
  const isWhole = liveStages(pipeline).every(({ id }) => ids.includes(id))
  return [...wrong, ...(isWhole ? [] : ['VALIDATION_ERROR stageIds'])]
}

type Settings = { [K in keyof State['tenant']]?: State['tenant'][K] | null }

const updateTenant: Command<Settings> = {
  weight: 2,
  role: 'ADMIN',
  selection: 'tenant { name }',
  input: (_, pick) =>
    pick.some<Settings>(
      {
        membersMayReopen: () => !pick.once(3),
        defaultCurrency: () => pick.from(['EUR', 'USD', null]),
        name: () => pick.from(['Acme', 'Globex ', ' ']),
        timeZone: () => pick.from(['Europe/Berlin', 'Mars/Olympus']),
      },
      3,
    ),
  apply(state, input) {
    refuseAny([
      ...(input.defaultCurrency === null ? ['VALIDATION_ERROR defaultCurrency'] : []),
      ...(input.name?.trim() === '' ? ['VALIDATION_ERROR name'] : []),
      ...(input.timeZone === 'Mars/Olympus' ? ['VALIDATION_ERROR timeZone'] : []),
    ])
    useCurrency(state, input.defaultCurrency ?? state.tenant.defaultCurrency)
    Object.assign(state.tenant, input, input.name && { name: input.name.trim() })
    return { tenant: { name: state.tenant.name } }
  },
}

export const pipelineCommands = {
  ...{ createPipeline, updatePipeline, reorderStages, updateTenant },
  archivePipeline: simple(1, archive),
  restorePipeline: simple(2, restore),
  setDefaultPipeline: simple(1, makeDefault),
}
