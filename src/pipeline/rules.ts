import { checkName } from '../texts.ts'
import { alwaysSet, invalid, type UserError } from '../user-errors.ts'

export type StageKind = 'OPEN' | 'WON' | 'LOST'

/** What a pipeline does not let its deals do; all of it is off unless somebody turned it on. */
export interface PipelineRules {
  /** Deals go on only to the next open stage, and win from the last one. */
  noSkipping: boolean
  /** Deals do not go back to an earlier open stage. */
  noMovingBack: boolean
  /** Every closed stage takes a deal only with a reason. */
  reasonToClose: boolean
}

/** Rules of which some are given; a rule that is left out or null stays as it is. */
export type GivenRules = { [Rule in keyof PipelineRules]?: boolean | null | undefined }

/** The rules in a pipeline's column. */
export function rulesOf(column: unknown): PipelineRules {
  const { noSkipping, noMovingBack, reasonToClose } = column as GivenRules
  return {
    noSkipping: noSkipping ?? false,
    noMovingBack: noMovingBack ?? false,
    reasonToClose: reasonToClose ?? false,
  }
}

/** The rules of a column after some are given. */
export function mergeRules(column: unknown, given: GivenRules): PipelineRules {
  const set = Object.entries(given).filter(([, value]) => value != null)
  return { ...rulesOf(column), ...Object.fromEntries(set) }
}

export interface NewStage {
  name: string
  kind: StageKind
  probability?: number | null
  rottingDays?: number | null
  reasonRequired?: boolean | null
  requiredFields?: string[] | null
}

export interface NewPipeline {
  name: string
  stages: NewStage[]
}

export const maxStages = 50
const maxRottingDays = 36_500

/** Why this cannot become a pipeline; empty when it can. */
export function checkNewPipeline({ name, stages }: NewPipeline, path: string[]): UserError[] {
  const at = [...path, 'stages']
  const missing = (['OPEN', 'WON', 'LOST'] as const).filter(
    (kind) => !stages.some((s) => s.kind === kind),
  )
  const names = stages.map((stage) => stage.name.trim().toLowerCase())
  return [
    ...checkName(name, [...path, 'name']),
    ...(stages.length <= maxStages
      ? []
      : [invalid(`A pipeline has at most ${maxStages} stages.`, at)]),
    ...missing.map((kind) => invalid(`A pipeline needs at least one stage of kind ${kind}.`, at)),
    ...stages.flatMap((stage, index) => checkStage(stage, [...at, String(index)])),
    ...(new Set(names).size === names.length
      ? []
      : [invalid('Two stages have the same name.', at)]),
  ]
}

export interface PipelineChange {
  name?: string | null
  position?: number | null
  rules?: GivenRules | null
}

/** Why a pipeline, one of so many, cannot have these values; empty when it can. */
export function checkPipelineChange(
  change: PipelineChange,
  count: number,
  path: string[],
): UserError[] {
  const { name, position } = change
  return [
    ...alwaysSet('A pipeline', change, ['name', 'position', 'rules'], path),
    ...checkName(name, [...path, 'name']),
    ...(position == null ? [] : checkPosition(position, count - 1, [...path, 'position'])),
  ]
}

export function checkPosition(position: number, last: number, path: string[]): UserError[] {
  if (position >= 0 && position <= last) return []
  return [invalid(`The position is 0 to ${last}, not ${position}.`, path)]
}

/**
 * Winning is certain and losing is not worth anything, whatever the input says; an open stage
 * counts half by default.
 */
export function stageProbability(kind: StageKind, probability: number | null | undefined): number {
  if (kind !== 'OPEN') return kind === 'WON' ? 100 : 0
  return probability ?? 50
}

/** Why a stage cannot have these values; what it requires is looked at elsewhere. */
export function checkStage(
  { name, kind, probability, rottingDays }: NewStage,
  path: string[],
): UserError[] {
  const fits = probability == null || (probability >= 0 && probability <= 100)
  const certain = stageProbability(kind, probability)
  const agrees = kind === 'OPEN' || probability == null || probability === certain
  return [
    ...checkName(name, [...path, 'name']),
    ...(fits ? [] : [invalid('A probability is 0 to 100.', [...path, 'probability'])]),
    ...(agrees
      ? []
      : [invalid(`A stage of kind ${kind} has probability ${certain}.`, [...path, 'probability'])]),
    ...(rottingDays == null || (rottingDays >= 1 && rottingDays <= maxRottingDays)
      ? []
      : [invalid(`rottingDays is 1 to ${maxRottingDays}.`, [...path, 'rottingDays'])]),
  ]
}
