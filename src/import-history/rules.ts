import type { StageKind } from '../pipeline/rules.ts'
import { type Direction, directionOf } from '../stage-change/rules.ts'

export interface ImportStage {
  id: string
  pipelineId: string
  name: string
  kind: StageKind
  position: number
  probability: number
}

/** The stage that a row tells, and since when. */
export interface DatedStage {
  stage: ImportStage
  createdAt?: Date
  closedAt?: Date
}

/** Where a deal is. */
export interface PlacedDeal {
  stage: ImportStage
  closedAt: Date | null
  createdAt: Date
}

export interface PastChange {
  seq: number
  occurredAt: Date
}

export interface StageEntry {
  seq: number
  from: ImportStage | null
  to: ImportStage
  direction: Direction
  occurredAt: Date
}

/** A deal's history as it begins. */
export type NewEntries = [StageEntry, ...StageEntry[]]

/**
 * How a new deal came to its stage, by the dates of its row: an open deal entered its stage when it
 * was created; a closed one entered the entry stage then, and its own when it was closed. What no
 * date tells happened now.
 */
export function firstEntries(row: DatedStage, entryStage: ImportStage, now: Date): NewEntries {
  const { stage, closedAt = now } = row
  if (stage.kind === 'OPEN') return [entered(stage, row.createdAt ?? now)]
  const createdAt = row.createdAt ?? earlier(closedAt, now)
  const occurredAt = later(closedAt, createdAt)
  return [
    entered(entryStage, createdAt),
    { seq: 2, from: entryStage, to: stage, direction: stage.kind, occurredAt },
  ]
}

/**
 * The next entry of a deal that is in another stage than its row tells; never before the entry it
 * follows.
 */
export function nextEntry(
  row: DatedStage,
  deal: PlacedDeal,
  { history, now }: { history: PastChange[]; now: Date },
): StageEntry {
  const last = history.at(-1)
  if (!last) throw new Error('a deal that moves needs its history')
  const told = row.stage.kind === 'OPEN' ? undefined : row.closedAt
  return {
    seq: last.seq + 1,
    from: deal.stage,
    to: row.stage,
    direction: directionOf(deal.stage, row.stage),
    occurredAt: later(told ?? now, last.occurredAt),
  }
}

/**
 * Whether deciding about a deal takes its history: it moves, or its row tells another time of its
 * closing.
 */
export function needsHistory(row: DatedStage, deal: PlacedDeal): boolean {
  return row.stage.id !== deal.stage.id || tellsOtherClosing(row, deal)
}

/**
 * When a deal that stays closed was closed, if other than it says. History is never rewritten, so
 * the correction is the deal's alone; it is not before the deal entered the stage that it was
 * closed from.
 */
export function correctedClosedAt(
  row: DatedStage,
  deal: PlacedDeal,
  history: PastChange[],
): Date | undefined {
  if (!row.closedAt || !tellsOtherClosing(row, deal)) return undefined
  const closedAt = later(row.closedAt, history.at(-2)?.occurredAt ?? deal.createdAt)
  return closedAt.getTime() === deal.closedAt?.getTime() ? undefined : closedAt
}

function tellsOtherClosing({ stage, closedAt }: DatedStage, deal: PlacedDeal): boolean {
  if (!closedAt || !deal.closedAt || stage.id !== deal.stage.id) return false
  return closedAt.getTime() !== deal.closedAt.getTime()
}

function entered(stage: ImportStage, occurredAt: Date): StageEntry {
  return { seq: 1, from: null, to: stage, direction: 'CREATED', occurredAt }
}

function later(one: Date, other: Date): Date {
  return one < other ? other : one
}

function earlier(one: Date, other: Date): Date {
  return one < other ? one : other
}
