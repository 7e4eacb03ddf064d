import type { PipelineRules, StageKind } from '../pipeline/rules.ts'
import type {
  FieldsRequired,
  TransitionNotAllowed,
  TransitionRule,
  UserError,
} from '../user-errors.ts'

export interface TransitionStage {
  id: string
  pipelineId: string
  name: string
  kind: StageKind
  position: number
  reasonRequired: boolean
  requiredFields: string[]
}

type RequirableColumn =
  | 'amount'
  | 'expectedCloseDate'
  | 'organizationId'
  | 'ownerId'
  | 'primaryContactId'
  | 'sourceId'
  | 'nextStep'
  | 'description'
  | 'priority'
  | 'confidence'
  | 'leadRef'
  | 'customFields'

/** What a stage can require, by the columns of a deal that hold it. */
export type RequirableValues = Partial<Record<RequirableColumn, unknown>>

export interface Transition {
  to: TransitionStage
  /** Where the deal comes from, and of a closed one the open stage before; null for a new deal. */
  from: TransitionStage | null
  lastOpen: TransitionStage | null
  deal: RequirableValues
  rules: PipelineRules
  /** The live stages of the pipeline that it goes to. */
  stages: TransitionStage[]
  mayReopen: boolean
}

export interface Verdict {
  /** Why the deal may not go there; empty when it may. */
  refusals: UserError[]
  /** Whether it goes there only with a reason. */
  reasonRequired: boolean
}

const path = ['input', 'stageId']

const columnOf: Record<string, RequirableColumn> = {
  organization: 'organizationId',
  owner: 'ownerId',
  primaryContact: 'primaryContactId',
  source: 'sourceId',
}

/**
 * Whether a deal may go to a stage, by the rules of its pipeline. Losing is never kept from anybody
 * by the order of the stages, which is that of the open ones; where the deal was open last counts
 * for one that is closed, as long as that stage has a place in the order.
 */
export function judge(transition: Transition): Verdict {
  const { to, from, rules, mayReopen } = transition
  const missing = missingFields(transition)
  const reopens = from !== null && from.kind !== 'OPEN' && to.kind === 'OPEN'
  return {
    refusals: [
      ...(reopens && !mayReopen ? [notAllowed('REOPENING', reopeningMessage)] : []),
      ...orderRefusals(transition),
      ...(missing.length > 0 ? [fieldsRequired(to, missing)] : []),
    ],
    reasonRequired: to.reasonRequired || (rules.reasonToClose && to.kind !== 'OPEN'),
  }
}

const reopeningMessage =
  'Only an administrator reopens a closed deal, unless the tenant lets its members.'

function orderRefusals({ to, from, lastOpen, rules, stages }: Transition): UserError[] {
  const origin =
    from?.kind === 'OPEN'
      ? from
      : stages.find(({ id, kind }) => id === lastOpen?.id && kind === 'OPEN')
  if (to.kind === 'LOST' || origin?.pipelineId !== to.pipelineId) return []
  const skipped = stages.find(
    ({ kind, position }) =>
      kind === 'OPEN' &&
      position > origin.position &&
      (to.kind === 'WON' || position < to.position),
  )
  if (rules.noSkipping && skipped)
    return [notAllowed('NO_SKIPPING', `The pipeline has no skipping: "${skipped.name}" is next.`)]
  const back = to.kind === 'OPEN' && to.position < origin.position
  if (!rules.noMovingBack || !back) return []
  const message = `The pipeline has no moving back, and "${to.name}" is before "${origin.name}".`
  return [notAllowed('NO_MOVING_BACK', message)]
}

function missingFields({ to, deal }: Transition): string[] {
  const custom = (deal.customFields ?? {}) as Record<string, unknown>
  return to.requiredFields.filter((field) => {
    if (field.startsWith('cf_')) return custom[field] == null
    const value = deal[columnOf[field] ?? (field as RequirableColumn)]
    return value == null || value === ''
  })
}

function notAllowed(rule: TransitionRule, message: string): TransitionNotAllowed {
  return { code: 'TRANSITION_NOT_ALLOWED', message, path, rule }
}

function fieldsRequired({ name }: TransitionStage, fields: string[]): FieldsRequired {
  const message = `The stage "${name}" takes a deal only with ${fields.join(', ')}.`
  return { code: 'FIELDS_REQUIRED', message, path, fields }
}
