import type { StageKind } from '../pipeline/rules.ts'
import { invalid, type UserError } from '../user-errors.ts'

interface StageAsked {
  name: string
  kind: StageKind
  pipelineId: string
}

/**
 * Why a deal cannot be in the stage and also in the pipeline and of the status asked for; empty
 * when it can.
 */
export function checkStage(
  { name, kind, pipelineId }: StageAsked,
  asked: { pipelineId: string; status?: StageKind | null },
): UserError[] {
  const { status } = asked
  if (pipelineId !== asked.pipelineId) {
    const message = `The stage "${name}" is in another pipeline: name that one as \`pipelineId\`.`
    return [{ code: 'STAGE_NOT_IN_PIPELINE', message, path: ['input', 'stageId'] }]
  }
  if (!status || kind === status) return []
  const message = `The stage "${name}" is of kind ${kind}, not ${status}: leave one of the two out.`
  return [invalid(message, ['input', 'status'])]
}

interface Shared<Values> {
  values: Values
  reason?: string | null
  note?: string | null
  override?: boolean | null
}

/**
 * What of an edit is written with the values, and what with the move: one to another stage is given
 * the reason, and one to another pipeline, which has fields of its own, the custom fields.
 */
export function shareOut<Values extends { customFields?: unknown }>(
  { values, reason, note, override }: Shared<Values>,
  { moves, transfers }: { moves: boolean; transfers: boolean },
) {
  const { customFields, ...others } = values
  return {
    ofValues: { ...(transfers ? others : values), ...(!moves && { reason }) },
    ofMove: { reason, note, override, ...(transfers && { customFields }) },
  }
}
