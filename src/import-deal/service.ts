import { bulkInsert } from '../database/bulk-insert.ts'
import type { Transaction } from '../database/transaction.ts'
import { recordDealChanges } from '../deal-change/service.ts'
import type { Prisma } from '../generated/prisma/client.ts'
import type { StageEntry } from '../import-history/rules.ts'
import type { Link, Links } from '../import-link/rules.ts'
import { takeNumbers } from '../tenant/service.ts'
import {
  changedFields,
  type DealChanges,
  type ExistingDeal,
  type ImportRow,
  type NewDealFacts,
} from './rules.ts'

export interface NewDeal {
  id: string
  row: ImportRow
  links: Links
  facts: NewDealFacts
  rank: string
}

export interface ChangedDeal {
  deal: ExistingDeal
  changes: DealChanges
  /** Its place in the stage it enters. */
  rank?: string
}

interface Defaults {
  pipelineId: string
  currency: string
}

/** Creates deals with their tags and assignees. What their links name is there. */
export async function createDeals(
  tx: Transaction,
  defaults: Defaults,
  created: NewDeal[],
): Promise<void> {
  if (created.length === 0) return
  const firstNumber = await takeNumbers(tx, 'deal', created.length)
  const rows = created.map((deal, index) => toRow(tx, defaults, deal, firstNumber + index))
  await bulkInsert(tx.db, 'deal', rows)
  await insertTags(
    tx,
    lists(created, ({ links }) => links.tags),
  )
  await insertAssignees(
    tx,
    lists(created, ({ links }) => links.assignees),
  )
  for (const { id, row } of created) {
    tx.emit({ type: 'deal.imported', dealId: id, payload: { stageId: row.stage.id } })
  }
}

function toRow(
  { tenantId }: Transaction,
  { pipelineId, currency }: Defaults,
  { id, row, links, facts, rank }: NewDeal,
  number: number,
) {
  const { stage, values, history, deletedAt = null } = row
  const { entries, customFields = {} } = facts
  const [first, last] = [entries[0], entries.at(-1) ?? entries[0]]
  const lastOpen = entries.findLast(({ to }) => to.kind === 'OPEN')
  const closedAt = (history && row.closedAt) ?? last.occurredAt
  return {
    valuePeriod: 'ONE_TIME',
    metadata: {},
    currency,
    ...values,
    customFields,
    tenantId,
    id,
    number,
    pipelineId,
    stageId: stage.id,
    status: stage.kind,
    rank,
    stageEnteredAt: last.occurredAt,
    lastOpenStageId: lastOpen?.to.id ?? null,
    organizationId: idOf(links.organization),
    ownerId: idOf(links.owner),
    sourceId: idOf(links.source),
    closeReasonId: idOf(links.reason),
    closedAt: stage.kind === 'OPEN' ? null : closedAt,
    version: 1,
    createdAt: (history && row.createdAt) ?? first.occurredAt,
    updatedAt: last.occurredAt,
    deletedAt,
  } satisfies Partial<Record<keyof Prisma.DealCreateManyInput, unknown>>
}

/** Writes what changes of deals, apart from their contacts, and adds it to their audit. */
export async function updateDeals(tx: Transaction, changed: ChangedDeal[]): Promise<void> {
  const written = changed.map((deal) => ({ ...deal, values: toValues(deal.changes) }))
  for (const { deal, changes, rank, values } of written) {
    await tx.db.deal.updateMany({
      where: { tenantId: tx.tenantId, id: deal.id },
      data: {
        ...(changes.entry && rank && movedValues(changes.entry, rank)),
        ...values,
        version: { increment: 1 },
        updatedAt: tx.now,
      },
    })
  }
  await replaceLists(tx, changed)
  await recordDealChanges(
    tx,
    written.map(({ deal, values }) => ({ before: deal, values })),
  )
  for (const { deal, changes } of changed) {
    const { entry } = changes
    const move = entry && { fromStageId: deal.stage.id, stageId: entry.to.id }
    const type = entry ? 'deal.moved' : 'deal.updated'
    tx.emit({ type, dealId: deal.id, payload: { fields: changedFields(changes), ...move } })
  }
}

function toValues({ values, organization, owner, source, reason, ...others }: DealChanges) {
  const { metadata, ...plain } = values
  const { closedAt, customFields } = others
  return {
    ...plain,
    ...(metadata !== undefined && { metadata: metadata as Prisma.InputJsonValue }),
    ...(customFields && { customFields: customFields as Prisma.InputJsonObject }),
    ...(organization && { organizationId: idOf(organization) }),
    ...(owner && { ownerId: idOf(owner) }),
    ...(source && { sourceId: idOf(source) }),
    ...(reason && { closeReasonId: idOf(reason) }),
    ...(closedAt && { closedAt }),
  }
}

function movedValues({ from, to, occurredAt }: StageEntry, rank: string) {
  const isOpen = to.kind === 'OPEN'
  const lastOpenStage = isOpen ? to : from?.kind === 'OPEN' ? from : null
  return {
    stageId: to.id,
    status: to.kind,
    rank,
    stageEnteredAt: occurredAt,
    closedAt: isOpen ? null : occurredAt,
    closeReasonId: null,
    ...(lastOpenStage && { lastOpenStageId: lastOpenStage.id }),
  }
}

/** Gives deals the lists of tags and assignees that their rows tell. */
async function replaceLists(tx: Transaction, changed: ChangedDeal[]): Promise<void> {
  const { db, tenantId } = tx
  const tagged = changed.flatMap(({ deal: { id, tagIds: present }, changes: { tags } }) =>
    tags ? [{ id, present, links: tags }] : [],
  )
  const assigned = changed.flatMap(
    ({ deal: { id, assigneeIds: present }, changes: { assignees } }) =>
      assignees ? [{ id, present, links: assignees }] : [],
  )
  const of = (deals: { id: string }[]) => ({
    where: { tenantId, dealId: { in: deals.map(({ id }) => id) } },
  })
  if (tagged.length > 0) await db.dealTag.deleteMany(of(tagged))
  await insertTags(
    tx,
    lists(tagged, ({ links }) => links),
  )
  if (assigned.length > 0) await db.dealAssignee.deleteMany(of(assigned))
  await insertAssignees(
    tx,
    lists(assigned, ({ links }) => links),
  )
}

interface Item {
  dealId: string
  id: string | null
}

/** Two names may stand for one thing; where one stands for several, a deal keeps what it has. */
function lists<Deal extends { id: string; present?: string[] }>(
  deals: Deal[],
  linksOf: (deal: Deal) => Link[] | undefined,
): Item[] {
  return deals.flatMap((deal) => {
    const { id: dealId, present = [] } = deal
    const kept = ({ ids }: Link) => ids.find((id) => present.includes(id))
    const ids = (linksOf(deal) ?? []).map((link) => kept(link) ?? idOf(link))
    return [...new Set(ids)].map((id) => ({ dealId, id }))
  })
}

async function insertTags({ db, tenantId }: Transaction, items: Item[]): Promise<void> {
  const rows = items.map(({ dealId, id: tagId }) => ({ tenantId, dealId, tagId }))
  await bulkInsert(db, 'deal_tag', rows)
}

async function insertAssignees({ db, tenantId }: Transaction, items: Item[]): Promise<void> {
  const rows = items.map(({ dealId, id: memberId }) => ({ tenantId, dealId, memberId }))
  await bulkInsert(db, 'deal_assignee', rows)
}

function idOf(link: Link | undefined): string | null {
  return link?.ids[0] ?? null
}
