import type { Command, Picks } from './command.ts'
import { type Kind, nextNumber, type Pipeline, refuse, refuseAny } from './state.ts'

interface NewStage {
  name: string
  kind: Kind
  probability?: number
  reasonRequired?: boolean
}

interface CreatePipeline {
  name: string
  stages: NewStage[]
  isDefault?: boolean
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

function stages(pick: Picks): NewStage[] {
  if (pick.once(12)) return usual.slice(0, 4)
  if (pick.once(12)) return [...usual, { name: ' lead', kind: 'OPEN' }]
  return usual.slice(0, 5 + pick.number(3))
}

const createPipeline: Command<CreatePipeline> = {
  weight: 2,
  role: 'ADMIN',
  selection: 'pipeline { id stages { id name } }',
  input: (state, pick) => ({
    name: pick.once(5) ? 'PIPELINE 1' : `Pipeline ${state.pipelines.length + 1}`,
    stages: stages(pick),
    ...pick.some({ isDefault: () => pick.once(2) }, 3),
  }),
  apply(state, input, { payload }) {
    const name = input.name.trim()
    const kinds = new Set(input.stages.map(({ kind }) => kind))
    const folded = (text: string) => text.trim().toLowerCase()
    const names = new Set(input.stages.map((stage) => folded(stage.name)))
    refuseAny([
      ...(['OPEN', 'WON', 'LOST'] as const)
        .filter((kind) => !kinds.has(kind))
        .map(() => 'VALIDATION_ERROR stages'),
      ...(names.size < input.stages.length ? ['VALIDATION_ERROR stages'] : []),
    ])
    if (state.pipelines.some((one) => folded(one.name) === folded(name))) refuse('NAME_TAKEN name')
    const position = state.pipelines.length
    const isDefault = input.isDefault ?? position === 0
    if (isDefault) for (const other of state.pipelines) other.isDefault = false
    nextNumber(state, 'pipeline')
    const rules = { noSkipping: false, noMovingBack: false, reasonToClose: false }
    const id: string = payload.pipeline?.id
    const made: Pipeline = { id, name, position, isDefault, rules, archivedAt: null, stages: [] }
    made.stages = input.stages.map((stage, at) => ({
      ...{ id: payload.pipeline?.stages[at]?.id, pipeline: id, name: stage.name.trim() },
      ...{ kind: stage.kind, position: at, rottingDays: null, requiredFields: [] },
      probability: { OPEN: stage.probability ?? 50, WON: 100, LOST: 0 }[stage.kind],
      reasonRequired: stage.reasonRequired ?? false,
      ...{ archivedAt: null, board: [] },
    }))
    state.pipelines.push(made)
    return undefined
  },
}

export const pipelineCommands = { createPipeline }
