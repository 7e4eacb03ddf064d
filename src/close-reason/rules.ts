import type { StageKind } from '../pipeline/rules.ts'
import type { UserError } from '../user-errors.ts'

export interface Closing {
  values: { closedAt: Date | null; wonReason: string | null; lostReason: string | null }
  /** Set where the stage asks for a reason and none was given. */
  missing?: UserError
}

/** What entering a stage does to a deal's closing date and reason, or that it asks for one. */
export function closing(
  stage: { kind: StageKind; reasonRequired: boolean; name: string },
  reason: string | null | undefined,
  now: Date,
): Closing {
  const given = reason?.trim() || null
  const values = {
    closedAt: stage.kind === 'OPEN' ? null : now,
    wonReason: stage.kind === 'WON' ? given : null,
    lostReason: stage.kind === 'LOST' ? given : null,
  }
  if (!stage.reasonRequired || given) return { values }
  const message = `The stage "${stage.name}" takes a deal only with a reason.`
  return { values, missing: { code: 'REASON_REQUIRED', message, path: ['input', 'reason'] } }
}
