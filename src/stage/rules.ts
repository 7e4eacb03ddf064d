import { maxStages, type NewStage, type StageKind } from '../pipeline/rules.ts'
import { alwaysSet, invalid, notFound, type UserError } from '../user-errors.ts'

/** The fields of a deal that a stage can require, by their names in the API. */
export const requirableFields = [
  'amount',
  'expectedCloseDate',
  'organization',
  'owner',
  'primaryContact',
  'source',
  'nextStep',
  'description',
  'priority',
  'confidence',
  'leadRef',
] as const

/** Why a stage cannot require these; `keys` are those of the custom fields that its deals have. */
export function checkRequiredFields(
  fields: readonly string[],
  keys: readonly string[],
  path: string[],
): UserError[] {
  const known = new Set<string>([...requirableFields, ...keys])
  return fields.flatMap((field, index) => {
    if (known.has(field)) return []
    const message = `"${field}" is nothing that a stage can require: name ${requirableFields.join(', ')} or the key of a live custom field.`
    return [invalid(message, [...path, 'requiredFields', String(index)])]
  })
}

/** What can be written of a stage. What is left out stays; null clears `rottingDays` alone. */
export type StageChange = { [Key in keyof NewStage]?: NewStage[Key] | null }

/** The values of a stage after a change. The probability of another kind is its usual one. */
export function changedStage(
  stage: Required<NewStage>,
  { name, kind, probability, rottingDays, reasonRequired, requiredFields }: StageChange,
): Required<NewStage> {
  const kept = (kind ?? stage.kind) === stage.kind ? stage.probability : null
  return {
    name: (name ?? stage.name).trim(),
    kind: kind ?? stage.kind,
    probability: probability ?? kept,
    rottingDays: rottingDays === undefined ? stage.rottingDays : rottingDays,
    reasonRequired: reasonRequired ?? stage.reasonRequired,
    requiredFields: requiredFields ? [...new Set(requiredFields)] : stage.requiredFields,
  }
}

export function checkCleared(change: StageChange, path: string[]): UserError[] {
  const always = ['name', 'kind', 'probability', 'reasonRequired', 'requiredFields'] as const
  return alwaysSet('A stage', change, always, path)
}

/** Where a new stage stands among the live ones: an open one before the first that is closed. */
export function usualPosition(kind: StageKind, stages: readonly { kind: StageKind }[]): number {
  const firstClosed = stages.findIndex((stage) => stage.kind !== 'OPEN')
  return kind === 'OPEN' && firstClosed >= 0 ? firstClosed : stages.length
}

export function checkRoom(count: number, path: string[]): UserError[] {
  if (count < maxStages) return []
  return [invalid(`A pipeline has at most ${maxStages} live stages: archive one first.`, path)]
}

interface KnownStage {
  id: string
  name: string
  pipelineId: string
  archivedAt: Date | null
}

interface Order {
  pipelineId: string
  /** The stages of the pipeline, and those of others that the ids name. */
  known: readonly KnownStage[]
}

/**
 * Why these ids are not the live stages of the pipeline, each once; empty when they are. While some
 * are of no stage at all, those are all that is told.
 */
export function checkOrder(ids: readonly string[], order: Order, path: string[]): UserError[] {
  const byId = new Map(order.known.map((stage) => [stage.id, stage]))
  const placed = ids.map((id, index) => ({ id, index, stage: byId.get(id) }))
  const unknown = placed.filter(({ stage }) => !stage)
  if (unknown.length > 0) {
    return unknown.map(({ index }) => notFound('stage', [...path, String(index)]))
  }
  const given = new Set(ids)
  const missing = order.known.filter(
    ({ id, pipelineId, archivedAt }) =>
      pipelineId === order.pipelineId && !archivedAt && !given.has(id),
  )
  const names = missing.map(({ name }) => `"${name}"`).join(', ')
  return [
    ...placed.flatMap(({ id, index, stage }) => {
      const isFirst = ids.indexOf(id) === index
      return checkPlaced(stage as KnownStage, isFirst, order, [...path, String(index)])
    }),
    ...(missing.length === 0
      ? []
      : [invalid(`Name every live stage of the pipeline: ${names} missing.`, path)]),
  ]
}

function checkPlaced(
  { name, pipelineId, archivedAt }: KnownStage,
  isFirst: boolean,
  order: Order,
  path: string[],
): UserError[] {
  if (pipelineId !== order.pipelineId) {
    const message = `The stage "${name}" is in another pipeline.`
    return [{ code: 'STAGE_NOT_IN_PIPELINE', message, path }]
  }
  if (archivedAt) {
    const message = `The stage "${name}" is archived: restore it or leave it out.`
    return [{ code: 'STAGE_ARCHIVED', message, path }]
  }
  return isFirst ? [] : [invalid(`The stage "${name}" is there twice.`, path)]
}
