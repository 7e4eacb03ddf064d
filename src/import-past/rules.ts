import { z } from 'zod'
import {
  currency,
  decimal,
  defined,
  isoDay,
  isoInstant,
  longText,
  percent,
  text,
} from '../import-format/rules.ts'
import type { EntryFacts, ImportStage, PastEntry, PastStage } from '../import-history/rules.ts'
import { cellAs, jsonOf } from '../import-json/rules.ts'
import { maxNameLength } from '../texts.ts'

const name = cellAs(text(maxNameLength))
const long = cellAs(longText)
const directions = ['CREATED', 'FORWARD', 'BACKWARD', 'WON', 'LOST', 'REOPENED', 'TRANSFERRED']

const toldChange = z.strictObject({
  pipeline: name.optional(),
  stage: name,
  direction: z.enum(directions as [PastEntry['direction'] & string]).optional(),
  occurredAt: cellAs(isoInstant),
  amount: cellAs(decimal({})).nullish(),
  currency: cellAs(currency).optional(),
  probability: cellAs(percent).optional(),
  expectedCloseDate: cellAs(isoDay).nullish(),
  reason: long.nullish(),
  note: long.nullish(),
  override: z.boolean().optional(),
  actorKind: z.enum(['MEMBER', 'API_KEY', 'IMPORT']).optional(),
  actor: name.optional(),
  fromStageName: name.optional(),
  toStageName: name.optional(),
})

/** A stage change as the file tells it. */
export type ToldChange = z.infer<typeof toldChange>

export const toldHistory = jsonOf<ToldChange[]>('list of stage changes', z.array(toldChange))

export interface HistoryContext {
  /** Those of the tenant, live ones first. */
  stages: PastStage[]
  /** Where the changes happened that name no pipeline. */
  pipeline: string
  /** Where the deal is. */
  stage: ImportStage
}

/** The history with the stages that its names stand for, or why it cannot be the deal's. */
export function readHistory(
  changes: ToldChange[],
  { stages, pipeline, stage }: HistoryContext,
): PastEntry[] | { reason: string } {
  const entries: PastEntry[] = []
  for (const { pipeline: named = pipeline, stage: wanted, ...change } of changes) {
    const { occurredAt, direction, ...facts } = change
    const to = stages.find(
      ({ name, pipelineName }) => isSameName(name, wanted) && isSameName(pipelineName, named),
    )
    if (!to) return { reason: `history names "${wanted}", no stage of a pipeline "${named}"` }
    const last = entries.at(-1)?.occurredAt ?? occurredAt
    if (occurredAt < last) return { reason: 'history is not in the order of its dates' }
    entries.push(defined({ to, occurredAt, direction, facts: defined(facts) as EntryFacts }))
  }
  const last = entries.at(-1)?.to ?? stage
  if (last.id === stage.id) return entries
  return { reason: `history ends in "${last.name}" and not in "${stage.name}"` }
}

export function isSameName(one: string, other: string): boolean {
  return one.trim().toLowerCase() === other.trim().toLowerCase()
}
