import {
  archiveEntry,
  type Catalogue,
  createEntry,
  entryIdOf,
  renameEntry,
  restoreEntry,
} from '../catalogue/service.ts'
import type { Transaction } from '../database/transaction.ts'
import type { Deal } from '../generated/prisma/client.ts'
import { rulesOf, type StageKind } from '../pipeline/rules.ts'
import type { Stage } from '../stage/service.ts'
import { invalid, notFound, type ReasonRequired, refuse } from '../user-errors.ts'

export type ClosedKind = Exclude<StageKind, 'OPEN'>

const catalogue: Catalogue = { table: 'close_reason', noun: 'reason', idName: 'closeReasonId' }
const mostKnownReasons = 20
const path = ['input', 'reason']

/** What entering a stage writes of a deal's closing. */
export interface Closing {
  closedAt: Date | null
  closeReasonId: string | null
}

/**
 * What entering the stage writes: into a closed one the date and the reason, into an open one
 * neither. A reason that nothing had before joins the catalogue, in which names are one in any
 * case. Refuses where a reason is required and missing.
 */
export async function closeOrReopen(
  tx: Transaction,
  stage: Pick<Stage, 'kind' | 'name' | 'pipelineId'>,
  { reason, required }: { reason: string | null | undefined; required: boolean },
): Promise<Closing> {
  const given = reason?.trim() || null
  if (required && !given) {
    const message = `The stage "${stage.name}" takes a deal only with a reason.`
    const knownReasons = await mostFrequent(tx, stage)
    refuse({ code: 'REASON_REQUIRED', message, path, knownReasons } as ReasonRequired)
  }
  if (stage.kind === 'OPEN') return { closedAt: null, closeReasonId: null }
  const reasons = { ...catalogue, kind: stage.kind }
  const closeReasonId = given ? await entryIdOf(tx, reasons, { name: given, path }) : null
  return { closedAt: tx.now, closeReasonId }
}

/**
 * The reason that a closed deal has instead. An open deal has none, and one that the stage or the
 * pipeline requires is not taken away.
 */
export async function correctedReason(
  tx: Transaction,
  deal: Pick<Deal, 'status' | 'stageId' | 'closeReasonId'>,
  reason: string | null,
): Promise<{ closeReasonId: string | null }> {
  const name = reason?.trim()
  const kind = deal.status as StageKind
  if (kind === 'OPEN') {
    if (name) refuse(invalid('An open deal has no reason: give it when the deal is closed.', path))
    return { closeReasonId: null }
  }
  if (name) {
    const given = { name, path, present: deal.closeReasonId }
    return { closeReasonId: await entryIdOf(tx, { ...catalogue, kind }, given) }
  }
  const stage = await tx.db.stage.findUniqueOrThrow({
    where: { tenantId_id: { tenantId: tx.tenantId, id: deal.stageId } },
    include: { pipeline: { select: { rules: true } } },
  })
  const required = stage.reasonRequired || rulesOf(stage.pipeline.rules).reasonToClose
  if (required) await closeOrReopen(tx, { ...stage, kind }, { reason, required })
  return { closeReasonId: null }
}

/** The live reasons of the catalogue, those that the pipeline's deals have most often first. */
async function mostFrequent(
  { db, tenantId }: Transaction,
  { kind, pipelineId }: Pick<Stage, 'kind' | 'pipelineId'>,
): Promise<string[]> {
  const rows = await db.$queryRaw<{ name: string }[]>`
    SELECT r.name FROM close_reason r
    LEFT JOIN deal d ON d.tenant_id = r.tenant_id AND d.close_reason_id = r.id
      AND d.pipeline_id = ${pipelineId}::uuid AND d.deleted_at IS NULL
    WHERE r.tenant_id = ${tenantId}::uuid AND r.kind = ${kind} AND r.archived_at IS NULL
    GROUP BY r.id, r.name ORDER BY count(d.id) DESC, r.name LIMIT ${mostKnownReasons}`
  return rows.map(({ name }) => name)
}

export interface ChangedCloseReason {
  closeReasonId: string
}

export async function createCloseReason(
  tx: Transaction,
  { kind, name }: { kind: ClosedKind; name: string },
): Promise<ChangedCloseReason> {
  return { closeReasonId: await createEntry(tx, { ...catalogue, kind }, { name }) }
}

/** Renames a reason, on all its deals at once; among those of its kind the name must be free. */
export async function updateCloseReason(
  tx: Transaction,
  { closeReasonId: id, name }: ChangedCloseReason & { name: string },
): Promise<ChangedCloseReason> {
  const where = { tenantId_id: { tenantId: tx.tenantId, id } }
  const reason = await tx.db.closeReason.findUnique({ where, select: { kind: true } })
  if (!reason) return refuse(notFound('reason', ['input', 'closeReasonId']))
  const reasons = { ...catalogue, kind: reason.kind as ClosedKind }
  await renameEntry(tx, reasons, { id, name })
  return { closeReasonId: id }
}

export async function archiveCloseReason(
  tx: Transaction,
  { closeReasonId }: ChangedCloseReason,
): Promise<ChangedCloseReason> {
  await archiveEntry(tx, catalogue, closeReasonId)
  return { closeReasonId }
}

export async function restoreCloseReason(
  tx: Transaction,
  { closeReasonId }: ChangedCloseReason,
): Promise<ChangedCloseReason> {
  await restoreEntry(tx, catalogue, closeReasonId)
  return { closeReasonId }
}
