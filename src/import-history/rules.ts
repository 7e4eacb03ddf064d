import type { Prisma } from '../generated/prisma/client.ts'
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

/** A stage of any pipeline, live or archived. */
export interface PastStage extends ImportStage {
  pipelineName: string
}

/** The stage that a row tells, and since when. */
export interface DatedStage {
  stage: ImportStage
  createdAt?: Date
  closedAt?: Date
  /** Why it was closed. */
  reason?: string
  /** The whole way of the deal, from its creation to the stage. */
  history?: PastEntry[]
}

/** What the audit keeps of an entry beside its stages. What is left out is the deal's own. */
export interface EntryFacts {
  amount?: Prisma.Decimal | null
  currency?: string
  probability?: number
  expectedCloseDate?: Date | null
  reason?: string | null
  note?: string | null
  override?: boolean
  actorKind?: 'MEMBER' | 'API_KEY' | 'IMPORT'
  /** The member who did it, by name or email. */
  actor?: string
  /** What the stages were called then, if otherwise than today. */
  fromStageName?: string
  toStageName?: string
}

/** An entry that the file tells. */
export interface PastEntry {
  to: ImportStage
  occurredAt: Date
  direction?: Direction
  facts: EntryFacts
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
  facts?: EntryFacts
}

/** A deal's history as it begins. */
export type NewEntries = [StageEntry, ...StageEntry[]]

/**
 * How a new deal came to its stage: as its row tells, else by its dates: an open deal entered its
 * stage when it was created; a closed one entered the entry stage then, and its own when it was
 * closed. What no date tells happened now.
 */
export function firstEntries(row: DatedStage, entryStage: ImportStage, now: Date): NewEntries {
  const { stage, closedAt = now, reason } = row
  const [first, ...others] = row.history ?? []
  if (first) return toldEntries([first, ...others])
  if (stage.kind === 'OPEN') return [entered(stage, row.createdAt ?? now)]
  const createdAt = row.createdAt ?? earlier(closedAt, now)
  const occurredAt = later(closedAt, createdAt)
  return [
    entered(entryStage, createdAt),
    {
      seq: 2,
      from: entryStage,
      to: stage,
      direction: stage.kind,
      occurredAt,
      ...(reason && { facts: { reason } }),
    },
  ]
}

function toldEntries(history: [PastEntry, ...PastEntry[]]): NewEntries {
  const entries = history.map(({ to, occurredAt, direction, facts }, index): StageEntry => {
    const from = history[index - 1]?.to ?? null
    const told = direction === 'CREATED' ? undefined : direction
    const named = from ? (told ?? directionOf(from, to)) : 'CREATED'
    return { seq: index + 1, from, to, direction: named, occurredAt, facts }
  })
  return entries as NewEntries
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
    ...(row.reason && { facts: { reason: row.reason } }),
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
