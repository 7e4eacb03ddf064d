import type { Transaction } from '../database/transaction.ts'
import { newId } from '../ids.ts'
import type { Stage } from '../stage/service.ts'
import { checkName } from '../texts.ts'
import { invalid, type ReasonRequired, refuse } from '../user-errors.ts'

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
  const closeReasonId = given ? await closeReasonIdOf(tx, stage.kind, given) : null
  return { closedAt: tx.now, closeReasonId }
}

async function closeReasonIdOf(
  { db, tenantId, now, emit }: Transaction,
  kind: 'WON' | 'LOST',
  name: string,
): Promise<string> {
  const errors = checkName(name, path)
  if (errors.length > 0) refuse(...errors)
  const [known] = await db.$queryRaw<{ id: string; name: string; archived: boolean }[]>`
    SELECT id::text, name, archived_at IS NOT NULL AS archived FROM close_reason
    WHERE tenant_id = ${tenantId}::uuid AND kind = ${kind} AND lower(name) = lower(${name})`
  if (known?.archived) refuse(invalid(`The reason "${known.name}" is archived.`, path))
  if (known) return known.id
  const id = newId()
  await db.closeReason.create({ data: { tenantId, id, kind, name, createdAt: now } })
  emit({ type: 'close_reason.created', payload: { closeReasonId: id } })
  return id
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
