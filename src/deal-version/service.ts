import type { Transaction } from '../database/transaction.ts'
import type { Deal, Prisma } from '../generated/prisma/client.ts'
import { notFound, refuse, type VersionConflict } from '../user-errors.ts'

/** A deal as its sender has seen it. */
export interface Versioned {
  dealId: string
  expectedVersion: number
}

/** The deal that a mutation is about, at the version that its sender has seen. */
export async function dealToChange(
  { db, tenantId }: Transaction,
  { dealId, expectedVersion }: Versioned,
  { deleted = false } = {},
): Promise<Deal> {
  const deal = await db.deal.findUnique({ where: { tenantId_id: { tenantId, id: dealId } } })
  if (!deal) return refuse(notFound('deal', ['input', 'dealId']))
  if (deal.version !== expectedVersion) refuse(versionConflict(deal))
  if (deal.deletedAt && !deleted) {
    refuse({
      code: 'DEAL_DELETED',
      message: 'The deal is deleted: restore it first.',
      path: ['input', 'dealId'],
    })
  }
  return deal
}

/** The deal at the version to which the write itself has brought it by now. */
export async function versionNow(
  { db, tenantId }: Transaction,
  dealId: string,
): Promise<Versioned> {
  const where = { tenantId_id: { tenantId, id: dealId } }
  const { version } = await db.deal.findUniqueOrThrow({ where, select: { version: true } })
  return { dealId, expectedVersion: version }
}

/**
 * Writes values and the next version. The tenant's revision is held, so the version checked before
 * still is the deal's.
 */
export async function saveDeal(
  { db, tenantId, now }: Transaction,
  { dealId, expectedVersion }: Versioned,
  values: Prisma.DealUncheckedUpdateInput,
): Promise<void> {
  await db.deal.update({
    where: { tenantId_id: { tenantId, id: dealId }, version: expectedVersion },
    data: { ...values, version: expectedVersion + 1, updatedAt: now },
  })
}

/** The same values for many deals at the versions that they have. */
export async function saveDeals(
  { db, tenantId, now }: Transaction,
  deals: { id: string }[],
  values: Prisma.DealUncheckedUpdateManyInput = {},
): Promise<void> {
  if (deals.length === 0) return
  await db.deal.updateMany({
    where: { tenantId, id: { in: deals.map(({ id }) => id) } },
    data: { ...values, version: { increment: 1 }, updatedAt: now },
  })
}

function versionConflict(deal: Deal): VersionConflict {
  return {
    code: 'VERSION_CONFLICT',
    message: `The deal is at version ${deal.version}: read it again and decide anew.`,
    path: ['input', 'expectedVersion'],
    currentVersion: deal.version,
    dealId: deal.id,
  }
}
