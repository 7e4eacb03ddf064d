import { generateKeyBetween } from 'fractional-indexing'
import type { FieldDefinition } from '../custom-field/rules.ts'
import type { Transaction } from '../database/transaction.ts'
import { newId } from '../ids.ts'
import { findContacts, organizationsOfNew, writeDealContacts } from '../import-contact/service.ts'
import type { CustomValues } from '../import-custom-field/rules.ts'
import {
  type Decision,
  decide,
  type ExistingDeal,
  entersStage,
  type ImportRow,
  type Known,
} from '../import-deal/rules.ts'
import { type ChangedDeal, createDeals, type NewDeal, updateDeals } from '../import-deal/service.ts'
import { type ImportStage, needsHistory } from '../import-history/rules.ts'
import { findHistory, recordEntries } from '../import-history/service.ts'
import { createMissing, findLinks, type Lookup } from '../import-link/service.ts'

export interface Batch {
  pipelineId: string
  /** Where closed deals started. */
  entryStage: ImportStage
  /** Of a new deal whose row names none. */
  currency: string
  definitions: FieldDefinition[]
  rows: ImportRow[]
  /** The deals of rows before; those of these rows join them. */
  seen: Set<string>
}

/**
 * Creates and updates the deals of the rows in one transaction, and says what it decided for each
 * row, in their order. The number of statements does not grow with the rows, but for one update per
 * changed deal.
 */
export async function writeBatch(tx: Transaction, batch: Batch): Promise<Decision[]> {
  const { decided, lookup } = await decideRows(tx, batch)
  const created = decided.flatMap(({ row, known, decision, rank }): NewDeal[] => {
    if (decision.outcome !== 'created' || !rank) return []
    return [{ id: row.id ?? newId(), row, links: known, facts: decision.facts, rank }]
  })
  const changed = decided.flatMap(({ known: { deal }, decision, rank }): ChangedDeal[] =>
    decision.outcome === 'updated' && deal ? [{ deal, changes: decision.changes, rank }] : [],
  )
  const contacts = [
    ...created.map(({ id, facts }) => ({ dealId: id, changes: facts.contacts })),
    ...changed.map(({ deal, changes }) => ({ dealId: deal.id, changes: changes.contacts })),
  ].flatMap(({ dealId, changes }) => (changes ? [{ dealId, changes }] : []))
  const actors = created.flatMap(({ row }) => actorsOf(row, lookup))
  await createMissing(tx, [
    ...created.map(({ links }) => links),
    ...changed.map((deal) => deal.changes),
    ...organizationsOfNew(contacts.map(({ changes }) => changes)).map((organization) => ({
      organization,
    })),
    { assignees: actors },
  ])
  await createDeals(tx, batch, created)
  await updateDeals(tx, changed)
  await recordEntries(tx, [
    ...created.flatMap((deal) => entriesOfNew(batch, deal, lookup)),
    ...changed.flatMap(entriesOfChanged),
  ])
  await writeDealContacts(tx, contacts)
  return decided.map(({ decision }) => decision)
}

/** A row that enters a stage gets its place there, so that places are in the order of the file. */
async function decideRows(tx: Transaction, batch: Batch) {
  const { rows, pipelineId, entryStage, definitions, seen } = batch
  const dealOf = await findDeals(tx, rows)
  const found = rows.flatMap((row) => dealOf(row).deal ?? [])
  const history = await findHistory(tx, dealsInNeedOfHistory(rows, dealOf))
  const lookup = await findLinks(tx, rows)
  const { contactsOf } = await findContacts(tx, rows, {
    dealIds: found.map(({ id }) => id),
    linkOf: lookup.organization,
  })
  const nextRank = await ranksBehind(tx, pipelineId)
  const decided = rows.map((row) => {
    const { deal, isTaken } = dealOf(row)
    const links = lookup.linksOf(row)
    const known: Known = {
      ...links,
      ...{ pipelineId, entryStage, definitions, now: tx.now, deal, isTaken },
      isRepeated: deal && seen.has(deal.id),
      history: history.get(deal?.id ?? ''),
      contacts: contactsOf(row, { id: deal?.id, organization: links.organization }),
    }
    const decision = decide(row, known)
    if (deal && decision.outcome !== 'rejected') seen.add(deal.id)
    const rank = entersStage(decision) ? nextRank(row.stage.id) : undefined
    return { row, known, decision, rank }
  })
  return { decided, lookup }
}

function actorsOf({ history = [] }: ImportRow, { member }: Lookup) {
  return history.flatMap(({ facts }) => (facts.actor ? (member(facts.actor) ?? []) : []))
}

function entriesOfNew({ currency }: Batch, { id, row, facts }: NewDeal, { member }: Lookup) {
  return facts.entries.map((entry) => {
    const actorId = entry.facts?.actor ? member(entry.facts.actor)?.ids[0] : undefined
    return { entry, deal: { currency, ...row.values, id }, ...(actorId && { actorId }) }
  })
}

function entriesOfChanged({ deal, changes: { entry, values } }: ChangedDeal) {
  return entry ? [{ entry, deal: { ...deal, ...values } }] : []
}

/** The deal that a row is about, and whether its externalId is that of another one. */
type DealOf = (row: ImportRow) => { deal?: ExistingDeal; isTaken: boolean }

async function findDeals({ db, tenantId }: Transaction, rows: ImportRow[]): Promise<DealOf> {
  const ids = rows.flatMap(({ id }) => id ?? [])
  const externalIds = rows.flatMap(({ values }) => values.externalId ?? [])
  const include = {
    stage: true,
    ...(rows.some(({ tags }) => tags) && { tags: { select: { tagId: true } } }),
    ...(rows.some(({ assignees }) => assignees) && { assignees: { select: { memberId: true } } }),
  }
  const found = [
    ...(ids.length > 0
      ? await db.deal.findMany({ where: { tenantId, id: { in: ids } }, include })
      : []),
    ...(externalIds.length > 0
      ? await db.deal.findMany({ where: { tenantId, externalId: { in: externalIds } }, include })
      : []),
  ]
  const deals = found.map((deal): ExistingDeal => {
    const { tags = [], assignees = [] } = deal as Partial<Lists>
    return {
      ...deal,
      stage: deal.stage as ImportStage,
      customFields: deal.customFields as CustomValues,
      tagIds: tags.map(({ tagId }) => tagId),
      assigneeIds: assignees.map(({ memberId }) => memberId),
    }
  })
  const byId = new Map(deals.map((deal) => [deal.id, deal]))
  const byExternalId = new Map(deals.map((deal) => [deal.externalId, deal]))
  return ({ id = '', values: { externalId } }) => {
    const [own, other] = [byId.get(id), externalId ? byExternalId.get(externalId) : undefined]
    return { deal: own ?? other, isTaken: Boolean(own && other && own.id !== other.id) }
  }
}

interface Lists {
  tags: { tagId: string }[]
  assignees: { memberId: string }[]
}

function dealsInNeedOfHistory(rows: ImportRow[], dealOf: DealOf): string[] {
  return rows.flatMap((row) => {
    const { deal } = dealOf(row)
    return deal && needsHistory(row, deal) ? [deal.id] : []
  })
}

/**
 * Gives one place after the other behind the last live deal of a stage; a deal that is restored
 * takes a new place itself.
 */
async function ranksBehind({ db, tenantId }: Transaction, pipelineId: string) {
  const stages = await db.$queryRaw<{ id: string; rank: string | null }[]>`
    SELECT s.id::text, (
      SELECT d.rank FROM deal d
      WHERE d.tenant_id = s.tenant_id AND d.stage_id = s.id AND d.deleted_at IS NULL
      ORDER BY d.rank DESC LIMIT 1
    ) AS rank
    FROM stage s WHERE s.tenant_id = ${tenantId}::uuid AND s.pipeline_id = ${pipelineId}::uuid`
  const last = new Map(stages.map(({ id, rank }) => [id, rank]))
  return (stageId: string): string => {
    const rank = generateKeyBetween(last.get(stageId), null)
    last.set(stageId, rank)
    return rank
  }
}
