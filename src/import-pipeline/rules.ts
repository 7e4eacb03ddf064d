import type { NewStage, StageKind } from '../pipeline/rules.ts'

/** Names of stages, in any case. */
export interface StageOptions {
  stages?: string[]
  won?: string[]
  lost?: string[]
}

/**
 * The stages that the pipeline needs and does not have. One it has keeps its kind, whatever the
 * options say.
 */
export function planStages(
  { stages = [], won = [], lost = [] }: StageOptions,
  existing: { name: string; kind: StageKind }[],
): NewStage[] {
  const kindOf = (name: string) =>
    isAmong(name, won) ? 'WON' : isAmong(name, lost) ? 'LOST' : ('OPEN' as StageKind)
  const existingNames = existing.map(({ name }) => name)
  const known = [...stages, ...existingNames]
  for (const [option, names] of Object.entries({ won, lost })) {
    const unknown = names.find((name) => !isAmong(name, known))
    if (unknown) throw new Error(`--${option} names "${unknown}", which is not among the stages.`)
  }
  const both = won.find((name) => isAmong(name, lost))
  if (both) throw new Error(`"${both}" cannot be won and lost.`)
  const missing = stages.filter((name) => !isAmong(name, existingNames))
  const twice = missing.find((name, index) => isAmong(name, missing.slice(0, index)))
  if (twice) throw new Error(`--stages names "${twice}" twice.`)
  const planned = missing.map((name) => ({ name, kind: kindOf(name) }))
  const open = [...existing, ...planned].filter(({ kind }) => kind === 'OPEN')
  return planned.map((stage) => {
    if (stage.kind !== 'OPEN') return stage
    const place = open.findIndex(({ name }) => name === stage.name) + 1
    return { ...stage, probability: Math.round((place / (open.length + 1)) * 100) }
  })
}

/** The stage in which closed deals started: the one named, else the first open one. */
export function findEntryStage<Stage extends { name: string; kind: StageKind }>(
  stages: Stage[],
  entry: string | undefined,
): Stage {
  const found = stages.find(({ name, kind }) => (entry ? isAmong(name, [entry]) : kind === 'OPEN'))
  if (found?.kind === 'OPEN') return found
  const open = stages.filter(({ kind }) => kind === 'OPEN').map(({ name }) => name)
  throw new Error(`The entry stage must be an open stage of the pipeline: ${open.join(', ')}.`)
}

function isAmong(name: string, names: string[]): boolean {
  return names.some((other) => other.toLowerCase() === name.toLowerCase())
}
