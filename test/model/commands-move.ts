import { type Command, dealOf, isLive, type Picks, versioned } from './command.ts'
import { customValues } from './commands-custom-field.ts'
import { reasons } from './commands-deal.ts'
import { merged } from './custom-values.ts'
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
  type Deal,
  type Kind,
  liveStages,
  pipelineOf,
  refuse,
  refuseAny,
  type Stage,
  type State,
  stageOf,
  stagesOf,
  statusOf,
} from './state.ts'

type Close = Manner & { stageId?: string }

/** A place on the board of a stage, mostly the end; rarely beside any deal or where there is none. */
function place(state: State, pick: Picks, { dealId, stage }: { dealId: string; stage?: Stage }) {
  const board = stage?.board.filter((id) => id !== dealId) ?? []
  const chosen = pick.number(12)
  const any = () => pick.idOf('deal', state.deals)
  if (chosen >= 10) return pick.some<Place>({ before: any, after: any }, 2)
  if (chosen < 5 || board.length === 0) return {}
  const at = pick.number(board.length)
  const [after, before] = [board[at] as string, board[at + 1 + pick.number(2)]]
  if (chosen < 7) return { after }
  return chosen < 9 ? { before: after } : { after, ...(before && { before }) }
}

interface Going {
  input: Versioned
  stage?: Stage | undefined
  by: Actor
}

function manner(state: State, pick: Picks, { input, stage, by }: Going) {
  const mayOverride = by.role === 'ADMIN' || pick.once(6)
  return {
    ...place(state, pick, { dealId: input.dealId, ...(stage && { stage }) }),
    ...(!pick.once(4) && { reason: pick.from(reasons) }),
    ...pick.some({ note: () => 'As agreed' }, 4),
    ...(mayOverride && pick.some({ override: () => !pick.once(6) }, 4)),
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

export function moveOf(state: State, pick: Picks, by: Actor): Manner & { stageId: string } {
  const input = versioned(state, pick)
  const stageId = target(state, pick, input)
  const stage = stagesOf(state).find(({ id }) => id === stageId)
  return { ...input, stageId, ...manner(state, pick, { input, stage, by }) }
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
    const crowded = ({ board }: Stage) => board.length > 1
    const input = versioned(state, pick, (deal) => crowded(stageOf(state, deal.stage)))
    const deal = dealOf(state, input)
    const here = { ...input, ...(deal && { stage: stageOf(state, deal.stage) }) }
    return { ...input, ...place(state, pick, here) }
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
    input(state, pick, by) {
      const others = (deal: Deal) => isLive(deal) && statusOf(state, deal) !== kind
      const input = versioned(state, pick, others)
      const named = pick.once(3) ? { stageId: target(state, pick, input, kind) } : {}
      const stage = stagesOf(state).find(({ id }) => id === named.stageId)
      return { ...input, ...named, ...manner(state, pick, { input, stage, by }) }
    },
    apply: (state, input, { by }) => moveToKind(state, input, kind, by),
  }
}

function moveToKind(state: State, input: Close, kind: Kind, by: Actor): object {
  const deal = dealToChange(state, input)
  if (input.stageId && liveStage(state, input.stageId).kind !== kind)
    refuse('VALIDATION_ERROR stageId')
  const stays = statusOf(state, deal) === kind ? deal.stage : null
  const stageId = input.stageId ?? stays ?? whereOfKind(state, deal, kind).id
  return move(state, { ...input, stageId }, by)
}

/** Where a deal goes in its pipeline when only a kind is named: an open one where it was last. */
export function whereOfKind(state: State, deal: Deal, kind: Kind): Stage {
  const stages = liveStages(pipelineOf(state, stageOf(state, deal.stage).pipeline))
  const last = stages.find(({ id }) => kind === 'OPEN' && id === deal.lastOpen)
  return last ?? firstOfKind(stages, kind)
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

type Transfer = Close & { pipelineId: string; customFields?: Record<string, unknown> | null }

const moveDealToPipeline: Command<Transfer> = {
  weight: 6,
  selection,
  input(state, pick, by) {
    const input = versioned(state, pick)
    const deal = dealOf(state, input)
    const here = deal && stageOf(state, deal.stage).pipeline
    const elsewhere = state.pipelines.filter(({ id }) => id !== here || pick.once(10))
    const pipelineId = pick.idOf('pipeline', elsewhere)
    const stages = stagesOf(state).filter((stage) => stage.pipeline === pipelineId)
    const stage = pick.once(2) ? pick.from(stages) : undefined
    const others = pick.once(10) ? { stageId: pick.idOf('stage', stagesOf(state)) } : {}
    const stageId = stage ? { stageId: stage.id } : others
    const custom = pick.some({ customFields: () => customValues(state, pick) }, 2)
    const how = manner(state, pick, { input, stage, by })
    return { ...input, pipelineId, ...stageId, ...how, ...custom }
  },
  apply(state, { pipelineId, stageId, customFields, ...input }, { by }) {
    const deal = dealToChange(state, input)
    if (stageOf(state, deal.stage).pipeline === pipelineId) refuse('VALIDATION_ERROR pipelineId')
    const to = entryStage(state, { pipelineId, stageId }, statusOf(state, deal))
    const stored = { stored: deal.customFields, given: customFields ?? undefined, entering: true }
    const { values, errors } = merged(state, pipelineId, stored)
    refuseAny(errors)
    deal.customFields = values
    return changeStage(state, deal, to, { ...input, by })
  },
}

export const moveCommands = {
  ...{ moveDeal, reorderDeal, reopenDeal, moveDealToPipeline },
  winDeal: close('WON', 5),
  loseDeal: close('LOST', 5),
}
