import { generateNKeysBetween } from 'fractional-indexing'
import type { Transaction } from '../src/database/transaction.ts'
import type { Prisma } from '../src/generated/prisma/client.ts'
import { decodeId, encodeId, newId } from '../src/ids.ts'
import { takeNumbers } from '../src/tenant/service.ts'
import type { PipelineFixture } from './fixtures.ts'
import type { TestTenant } from './harness.ts'

export interface DealRow
  extends Partial<Omit<Prisma.DealCreateManyInput, 'metadata' | 'customFields'>> {
  /** The name of its stage in the pipeline; Lead unless given. */
  stage?: string
}

/**
 * Writes deals as rows, however many in a few statements, each with two entries of history. Gives
 * their ids in the API.
 */
export async function dealRows(
  t: TestTenant,
  pipeline: PipelineFixture,
  rows: DealRow[],
): Promise<string[]> {
  return t.write(async (tx) => {
    const stages = await tx.db.stage.findMany({ where: { tenantId: t.tenantId } })
    const stageOf = ({ stage = 'Lead' }: DealRow) => {
      const id = decodeId(pipeline.stage(stage)).id
      return stages.find((found) => found.id === id) as (typeof stages)[number]
    }
    const number = await takeNumbers(tx, 'deal', rows.length)
    const ranks = generateNKeysBetween(null, null, rows.length)
    const deals = rows.map((row, index) => {
      const { stage: _, ...values } = row
      const { id: stageId, pipelineId, kind } = stageOf(row)
      const place = {
        tenantId: t.tenantId,
        id: newId(),
        number: number + index,
        stageId,
        pipelineId,
        status: kind,
      }
      const [closedAt, lastOpenStageId] = kind === 'OPEN' ? [null, stageId] : [tx.now, null]
      return {
        ...usual(tx),
        name: `Deal ${index + 1}`,
        rank: ranks[index] as string,
        closedAt,
        lastOpenStageId,
        ...place,
        ...values,
      }
    })
    await tx.db.deal.createMany({ data: deals })
    await tx.db.stageChange.createMany({
      data: deals.flatMap((deal, index) => history(tx, deal, stageOf(rows[index] as DealRow).name)),
    })
    tx.emit({ type: 'deal.imported' })
    return deals.map(({ id }) => encodeId('Deal', id))
  })
}

function usual({ now }: Transaction) {
  const times = { stageEnteredAt: now, createdAt: now, updatedAt: now }
  return { currency: 'USD', valuePeriod: 'ONE_TIME', version: 1, ...times }
}

function history(
  { tenantId, now }: Transaction,
  deal: Prisma.DealCreateManyInput,
  stageName: string,
): Prisma.StageChangeCreateManyInput[] {
  const change = {
    ...{ tenantId, dealId: deal.id, currency: deal.currency, probability: 50 },
    ...{ toPipelineId: deal.pipelineId, toStageId: deal.stageId, toStageName: stageName },
    ...{ actorKind: 'IMPORT', requestId: 'test', occurredAt: now },
  }
  const from = {
    fromPipelineId: deal.pipelineId,
    fromStageId: deal.stageId,
    fromStageName: stageName,
  }
  return [
    { ...change, id: newId(), seq: 1, direction: 'CREATED' },
    { ...change, ...from, id: newId(), seq: 2, direction: 'FORWARD' },
  ]
}

/**
 * Gives every deal of the tenant an organization, an owner, two contacts of whom one is primary,
 * two tags and an assignee. There are few of each, so that deals share them.
 */
export async function companyOfDeals(t: TestTenant): Promise<void> {
  await t.write(async (tx) => {
    const { db, tenantId, now } = tx
    const several = Array.from({ length: 7 }, (_, index) => ({
      tenantId,
      id: newId(),
      number: index + 1,
      name: `Name ${index}`,
      createdAt: now,
    }))
    const changed = several.map((row) => ({ ...row, updatedAt: now }))
    const pick = (index: number) => (several[index % several.length] as (typeof several)[number]).id
    await db.member.createMany({ data: several.map((row) => ({ ...row, role: 'MEMBER' })) })
    await db.organization.createMany({ data: changed })
    await db.contact.createMany({
      data: changed.map((row, index) => ({ ...row, organizationId: pick(index) })),
    })
    await db.tag.createMany({ data: several })
    const deals = await db.deal.findMany({
      where: { tenantId },
      select: { id: true },
      orderBy: { number: 'asc' },
    })
    const twice = deals.flatMap(({ id: dealId }, index) =>
      [0, 1].map((more) => ({ tenantId, dealId, more, other: pick(index + more) })),
    )
    await db.dealContact.createMany({
      data: twice.map(({ dealId, more, other }) => ({
        ...{ tenantId, id: newId(), dealId, contactId: other, introducedById: other },
        ...{ isPrimary: more === 0, createdAt: now, updatedAt: now },
      })),
    })
    await db.dealTag.createMany({
      data: twice.map(({ dealId, other }) => ({ tenantId, dealId, tagId: other })),
    })
    await db.dealAssignee.createMany({
      data: twice.map(({ dealId, other }) => ({ tenantId, dealId, memberId: other })),
    })
    for (const id of several.keys()) {
      const ids = deals.filter((_, index) => index % several.length === id).map((deal) => deal.id)
      await db.deal.updateMany({
        where: { tenantId, id: { in: ids } },
        data: { organizationId: pick(id), ownerId: pick(id) },
      })
    }
    tx.emit({ type: 'deal.imported' })
  })
}

/** The uuid inside an id of the API. */
export function rowId(id: string): string {
  return decodeId(id).id
}
