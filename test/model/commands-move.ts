import { type Command, dealOf, type Picks, versioned } from './command.ts'
import { reasons } from './commands-deal.ts'
import {
  changeStage,
  dealToChange,
  entryStage,
  firstOfKind,
  liveStage,
  type Manner,
  moveDeal as move,
  type Place,
  reorder,
  type Versioned,
} from './rules.ts'
import {
  type Actor,
  type Kind,
  liveStages,
  pipelineOf,
  refuse,
  type Stage,
  type State,
  stageOf,
  stagesOf,
  statusOf,
} from './state.ts'

type Close = Manner & { stageId?: string }

/** Neighbours on the board of a stage, rarely any other deals. */
function place(state: State, pick: Picks, stage: Stage | undefined): Place {
  const board = state.deals.filter(({ id }) => stage?.board.includes(id))
  const deals = board.length === 0 || pick.once(10) ? state.deals : board
  const neighbour = () => pick.idOf('deal', deals)
  return pick.some<Place>({ before: neighbour, after: neighbour }, 3)
}

function manner(state: State, pick: Picks, stage?: Stage): Omit<Manner, keyof Versioned> {
  return {
    ...place(state, pick, stage),
    ...(!pick.once(4) && { reason: pick.from(reasons) }),
    ...pick.some({ note: () => 'As agreed', override: () => true }, 4),
  }
}

const selection = 'deal { id } stageChange { seq }'

/** A stage to go to, mostly a live one of the deal's pipeline. */
function target(state: State, pick: Picks, input: Versioned, kind?: Kind): string {
  const deal = dealOf(state, input)
  const pipeline = deal && pipelineOf(state, stageOf(state, deal.stage).pipeline)
  if (!pipeline || pick.once(10)) return pick.idOf('stage', stagesOf(state))
  const stages = liveStages(pipeline).filter((stage) => !kind || stage.kind === kind)
  return pick.idOf('stage', stages)
}

export function moveOf(state: State, pick: Picks): Manner & { stageId: string } {
  const input = versioned(state, pick)
  const stageId = target(state, pick, input)
  const stage = stagesOf(state).find(({ id }) => id === stageId)
  return { ...input, stageId, ...manner(state, pick, stage) }
}

const moveDeal: Command<Manner & { stageId: string }> = {
  weight: 12,
  selection,
  input: moveOf,
  apply: (state, input, { by }) => move(state, input, by),
}

const reorderDeal: Command<Versioned & Place> = {
  weight: 5,
  selection: 'deal { id }',
  input(state, pick) {
    const input = versioned(state, pick)
    const deal = dealOf(state, input)
    return { ...input, ...place(state, pick, deal && stageOf(state, deal.stage)) }
  },
  apply(state, input) {
    reorder(state, dealToChange(state, input), input)
    return { deal: { id: input.dealId } }
  },
}

function close(kind: Kind, weight: number): Command<Close> {
  return {
    weight,
    selection,
    input(state, pick) {
      const input = versioned(state, pick)
      const stageId = pick.once(3) ? { stageId: target(state, pick, input, kind) } : {}
      return { ...input, ...stageId, ...manner(state, pick) }
    },
    apply: (state, input, { by }) => moveToKind(state, input, kind, by),
  }
}

function moveToKind(state: State, input: Close, kind: Kind, by: Actor): object {
  const deal = dealToChange(state, input)
  if (input.stageId && liveStage(state, input.stageId).kind !== kind)
    refuse('VALIDATION_ERROR stageId')
  const stages = liveStages(pipelineOf(state, stageOf(state, deal.stage).pipeline))
  const last = stages.find(({ id }) => kind === 'OPEN' && id === deal.lastOpen)
  const stays = statusOf(state, deal) === kind ? deal.stage : null
  const stageId = input.stageId ?? stays ?? (last ?? firstOfKind(stages, kind)).id
  return move(state, { ...input, stageId }, by)
}

const reopenDeal: Command<Close> = {
  ...close('OPEN', 5),
  apply(state, input, { by }) {
    const deal = dealToChange(state, input)
    const isOpen = statusOf(state, deal) === 'OPEN'
    if (input.stageId && liveStage(state, input.stageId).kind !== 'OPEN')
      refuse('VALIDATION_ERROR stageId')
    if (isOpen && input.stageId && input.stageId !== deal.stage) refuse('VALIDATION_ERROR stageId')
    return moveToKind(state, input, 'OPEN', by)
  },
}

const moveDealToPipeline: Command<Close & { pipelineId: string }> = {
  weight: 6,
  selection,
  input(state, pick) {
    const input = versioned(state, pick)
    const deal = dealOf(state, input)
    const here = deal && stageOf(state, deal.stage).pipeline
    const elsewhere = state.pipelines.filter(({ id }) => id !== here || pick.once(10))
    const pipelineId = pick.idOf('pipeline', elsewhere)
    const stages = stagesOf(state).filter((stage) => stage.pipeline === pipelineId)
    const stage = pick.once(2) ? pick.from(stages) : undefined
    const others = pick.once(10) ? { stageId: pick.idOf('stage', stagesOf(state)) } : {}
    const stageId = stage ? { stageId: stage.id } : others
    return { ...input, pipelineId, ...stageId, ...manner(state, pick, stage) }
  },
  apply(state, { pipelineId, stageId, ...input }, { by }) {
    const deal = dealToChange(state, input)
    if (stageOf(state, deal.stage).pipeline === pipelineId) refuse('VALIDATION_ERROR pipelineId')
    const to = entryStage(state, { pipelineId, stageId }, statusOf(state, deal))
    return changeStage(state, deal, to, { ...input, by })
  },
}

export const moveCommands = {
  ...{ moveDeal, reorderDeal, reopenDeal, moveDealToPipeline },
  winDeal: close('WON', 5),
  loseDeal: close('LOST', 5),
}
