import type { StageKind } from '../pipeline/rules.ts'

export type Direction =
  | 'CREATED'
  | 'FORWARD'
  | 'BACKWARD'
  | 'WON'
  | 'LOST'
  | 'REOPENED'
  | 'TRANSFERRED'

export interface StagePlace {
  pipelineId: string
  kind: StageKind
  position: number
}

/** What the change from one stage to another is called. */
export function directionOf(from: StagePlace | null, to: StagePlace): Direction {
  if (!from) return 'CREATED'
  if (to.kind !== 'OPEN') return to.kind
  if (from.kind !== 'OPEN') return 'REOPENED'
  if (to.pipelineId !== from.pipelineId) return 'TRANSFERRED'
  return to.position >= from.position ? 'FORWARD' : 'BACKWARD'
}
