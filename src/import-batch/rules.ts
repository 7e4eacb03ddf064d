import type { Prisma } from '../generated/prisma/client.ts'
import {
  correctedClosedAt,
  type DatedStage,
  firstEntries,
  type ImportStage,
  type NewEntries,
  nextEntry,
  type PastChange,
  type PlacedDeal,
  type StageEntry,
} from '../import-history/rules.ts'
import { isLinked, type Links, type Names } from '../import-link/rules.ts'

/** Values of a deal that a row sets as they are. */
export interface RowValues {
  name: string
  amount?: Prisma.Decimal
  currency?: string
  description?: string
  nextStep?: string
  expectedCloseDate?: Date
  confidence?: number
  priority?: string
  leadRef?: string
}

/** A row of the file. What its cells leave empty is left out and says nothing about the deal. */
export interface ImportRow extends DatedStage, Names {
  externalId: string
  values: RowValues
}

type Nullable<T> = { [K in keyof T]-?: Exclude<T[K], undefined> | null }

export interface ExistingDeal extends PlacedDeal, Nullable<Omit<RowValues, 'currency'>> {
  id: string
  pipelineId: string
  currency: string
  organizationId: string | null
  ownerId: string | null
  sourceId: string | null
  deletedAt: Date | null
}

/** What of a deal becomes other than it is. */
export interface DealChanges extends Links {
  values: Partial<RowValues>
  closedAt?: Date
  /** The move to the row's stage, if the deal is not there. */
  entry?: StageEntry
}

export type Decision =
  | { outcome: 'created'; entries: NewEntries }
  | { outcome: 'updated'; changes: DealChanges }
  | { outcome: 'unchanged' }
  | { outcome: 'rejected'; reason: string }

export interface Known extends Links {
  pipelineId: string
  /** Where closed deals started. */
  entryStage: ImportStage
  now: Date
  deal?: ExistingDeal
  /** The deal's stage changes in their order, where `needsHistory` says that they are needed. */
  history?: PastChange[]
}

/**
 * What the row means for the tenant. Only what the row says is compared, so a row imported twice
 * changes nothing.
 */
export function decide(row: ImportRow, known: Known): Decision {
  const { deal, history = [], now, organization, owner, source } = known
  if (!deal) return { outcome: 'created', entries: firstEntries(row, known.entryStage, now) }
  if (deal.deletedAt) return rejected('the deal with this externalId is deleted')
  if (deal.pipelineId !== known.pipelineId) {
    return rejected('the deal with this externalId is in another pipeline')
  }
  const closedAt = correctedClosedAt(row, deal, history)
  const changes: DealChanges = {
    values: changedValues(row.values, deal),
    ...(organization && !isLinked(organization, deal.organizationId) && { organization }),
    ...(owner && !isLinked(owner, deal.ownerId) && { owner }),
    ...(source && !isLinked(source, deal.sourceId) && { source }),
    ...(closedAt && { closedAt }),
    ...(row.stage.id !== deal.stage.id && { entry: nextEntry(row, deal, { history, now }) }),
  }
  return changedFields(changes).length > 0
    ? { outcome: 'updated', changes }
    : { outcome: 'unchanged' }
}

export function entersStage(decision: Decision): boolean {
  return (
    decision.outcome === 'created' ||
    (decision.outcome === 'updated' && Boolean(decision.changes.entry))
  )
}

export function changedFields({ values, entry, ...others }: DealChanges): string[] {
  return [...Object.keys(values), ...Object.keys(others), ...(entry ? ['stage'] : [])]
}

const valueKeys = [
  'name',
  'amount',
  'currency',
  'description',
  'nextStep',
  'expectedCloseDate',
  'confidence',
  'priority',
  'leadRef',
] as const satisfies (keyof RowValues)[]

function changedValues(row: RowValues, deal: ExistingDeal): Partial<RowValues> {
  const changed = valueKeys.filter((key) => row[key] !== undefined && !isSame(row[key], deal[key]))
  return Object.fromEntries(changed.map((key) => [key, row[key]]))
}

type Value = RowValues[keyof RowValues] | null

/** `valueOf` makes a date a number and a decimal its shortest text. */
function isSame(one: Value, other: Value): boolean {
  return one?.valueOf() === other?.valueOf()
}

function rejected(reason: string): Decision {
  return { outcome: 'rejected', reason }
}
