import { changedValues, isSame } from '../changes.ts'
import { type FieldDefinition, mergeCustomValues } from '../custom-field/rules.ts'
import type { Prisma } from '../generated/prisma/client.ts'
import {
  type DealContactChanges,
  dealContactChanges,
  type MatchedContacts,
  namedTwice,
  type ToldContact,
} from '../import-contact/rules.ts'
import { type CustomValues, forCopies } from '../import-custom-field/rules.ts'
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
import { areLinked, isLinked, type Links, type Names } from '../import-link/rules.ts'

/** Values of a deal that a row sets as they are. */
export interface RowValues {
  name: string
  externalId?: string
  amount?: Prisma.Decimal
  currency?: string
  valuePeriod?: string
  description?: string
  nextStep?: string
  expectedCloseDate?: Date
  confidence?: number
  priority?: string
  leadRef?: string
  metadata?: unknown
}

/** A row of the file. What its cells leave empty is left out and says nothing about the deal. */
export interface ImportRow extends DatedStage, Omit<Names, 'stage' | 'history' | 'contacts'> {
  /** A deal is found by its id, else by its externalId. */
  id?: string
  values: RowValues
  /** When a deal of an export was deleted. */
  deletedAt?: Date
  contacts?: ToldContact[]
  /** Whether its contacts are all that the deal has. */
  wholeContacts?: boolean
  customFields?: CustomValues
}

type Nullable<T> = { [K in keyof T]-?: Exclude<T[K], undefined> | null }

export interface ExistingDeal extends PlacedDeal, Nullable<Omit<RowValues, 'name' | 'currency'>> {
  id: string
  name: string
  pipelineId: string
  currency: string
  organizationId: string | null
  ownerId: string | null
  sourceId: string | null
  closeReasonId: string | null
  customFields: CustomValues
  deletedAt: Date | null
  /** Where a row tells of them. */
  tagIds: string[]
  assigneeIds: string[]
}

/** What of a deal becomes other than it is. */
export interface DealChanges extends Links {
  values: Partial<RowValues>
  closedAt?: Date
  customFields?: CustomValues
  contacts?: DealContactChanges
  /** The move to the row's stage, if the deal is not there. */
  entry?: StageEntry
}

export interface NewDealFacts {
  entries: NewEntries
  customFields?: CustomValues
  contacts?: DealContactChanges
}

export type Decision =
  | { outcome: 'created'; facts: NewDealFacts }
  | { outcome: 'updated'; changes: DealChanges }
  | { outcome: 'unchanged' }
  | { outcome: 'rejected'; reasons: string[] }

export interface Known extends Links {
  pipelineId: string
  /** Where closed deals started. */
  entryStage: ImportStage
  now: Date
  deal?: ExistingDeal
  /** Whether another deal than this has the externalId. */
  isTaken?: boolean
  /** Whether an earlier row told of the same deal. */
  isRepeated?: boolean
  /** The deal's stage changes in their order, where `needsHistory` says that they are needed. */
  history?: PastChange[]
  contacts?: MatchedContacts
  definitions?: FieldDefinition[]
}

/**
 * What the row means for the tenant. Only what the row says is compared, so a row imported twice
 * changes nothing.
 */
export function decide(row: ImportRow, known: Known): Decision {
  const { deal } = known
  const custom = customValuesOf(row, known)
  const reasons = [...objections(row, known), ...custom.errors.map(({ message }) => message)]
  if (reasons.length > 0) return { outcome: 'rejected', reasons }
  if (deal?.deletedAt) return { outcome: 'unchanged' }
  const contacts = known.contacts && dealContactChanges(known.contacts)
  const customFields = isSame(custom.values, deal?.customFields ?? {}) ? undefined : custom.values
  const others = { ...(customFields && { customFields }), ...(contacts && { contacts }) }
  if (!deal) {
    const entries = firstEntries(row, known.entryStage, known.now)
    return { outcome: 'created', facts: { entries, ...others } }
  }
  const changes = { ...changesOf(row, deal, known), ...others }
  return changedFields(changes).length > 0
    ? { outcome: 'updated', changes }
    : { outcome: 'unchanged' }
}

/** A row that tells a deal's history is a copy of it, as it was. */
function customValuesOf(row: ImportRow, { deal, pipelineId, definitions = [] }: Known) {
  const { customFields: given, history } = row
  const stored = deal?.customFields ?? {}
  return mergeCustomValues(history ? forCopies(definitions) : definitions, {
    ...{ pipelineId, stored, given, entering: !deal },
  })
}

function objections(row: ImportRow, known: Known): string[] {
  const { deal } = known
  const key = deal && deal.id === row.id ? 'id' : 'externalId'
  const twice = known.contacts && namedTwice(known.contacts)
  return [
    ...(deal?.deletedAt && !row.deletedAt ? [`the deal with this ${key} is deleted`] : []),
    ...(deal && !deal.deletedAt && row.deletedAt
      ? [`the deal with this ${key} is not deleted`]
      : []),
    ...(deal && deal.pipelineId !== known.pipelineId
      ? [`the deal with this ${key} is in another pipeline`]
      : []),
    ...(known.isTaken ? ['externalId is that of another deal'] : []),
    ...(known.isRepeated ? ['an earlier row tells of the same deal'] : []),
    ...(twice ? [`contacts names "${twice}" twice`] : []),
  ]
}

function changesOf(row: ImportRow, deal: ExistingDeal, known: Known): DealChanges {
  const { organization, owner, source, reason, tags, assignees, history = [], now } = known
  const closedAt = correctedClosedAt(row, deal, history)
  const moves = row.stage.id !== deal.stage.id
  return {
    values: changedValues(deal, row.values),
    ...(organization && !isLinked(organization, deal.organizationId) && { organization }),
    ...(owner && !isLinked(owner, deal.ownerId) && { owner }),
    ...(source && !isLinked(source, deal.sourceId) && { source }),
    ...(reason && (moves || !isLinked(reason, deal.closeReasonId)) && { reason }),
    ...(tags && !areLinked(tags, deal.tagIds) && { tags }),
    ...(assignees && !areLinked(assignees, deal.assigneeIds) && { assignees }),
    ...(closedAt && { closedAt }),
    ...(moves && { entry: nextEntry(row, deal, { history, now }) }),
  }
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
