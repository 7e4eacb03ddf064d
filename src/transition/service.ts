import type { Transaction } from '../database/transaction.ts'
import { rulesOf } from '../pipeline/rules.ts'
import type { Stage } from '../stage/service.ts'
import { invalid, refuse } from '../user-errors.ts'
import { judge, type RequirableValues, type TransitionStage } from './rules.ts'

export interface Entering {
  deal: RequirableValues & { lastOpenStageId?: string | null }
  /** Null for a new deal. */
  from: Stage | null
  to: Stage
  /** Whether an administrator sets the rules of the pipeline aside. */
  override?: boolean | null
  /** Whether there is a reason for its closing. */
  hasReason?: boolean
}

/** How a deal enters a stage: whether it needs a reason, and whether a rule was set aside. */
export interface Entry {
  reasonRequired: boolean
  override: boolean
}

/** Judges whether the deal may enter the stage, and refuses where it may not. */
export async function enterStage(tx: Transaction, entering: Entering): Promise<Entry> {
  const { deal, from, to, override, hasReason = false } = entering
  const { db, tenantId, actor } = tx
  if (override && !actor.isAdmin)
    refuse(invalid('Only an administrator sets rules aside.', ['input', 'override']))
  const pipeline = await db.pipeline.findUniqueOrThrow({
    where: { tenantId_id: { tenantId, id: to.pipelineId } },
    select: { rules: true, stages: { where: { archivedAt: null }, orderBy: { position: 'asc' } } },
  })
  const { refusals, reasonRequired } = judge({
    to,
    from,
    lastOpen: await lastOpenStage(tx, entering),
    deal,
    rules: rulesOf(pipeline.rules),
    stages: pipeline.stages as Stage[],
    mayReopen: await mayReopen(tx, entering),
  })
  if (refusals.length > 0 && !override) refuse(...refusals)
  return {
    reasonRequired: reasonRequired && !override,
    override: refusals.length > 0 || (Boolean(override) && reasonRequired && !hasReason),
  }
}

async function lastOpenStage(
  { db, tenantId }: Transaction,
  { deal, from }: Entering,
): Promise<TransitionStage | null> {
  if (!from || from.kind === 'OPEN' || !deal.lastOpenStageId) return null
  const where = { tenantId_id: { tenantId, id: deal.lastOpenStageId } }
  return (await db.stage.findUnique({ where })) as Stage | null
}

async function mayReopen({ db, tenantId, actor }: Transaction, { from }: Entering) {
  if (actor.isAdmin || !from || from.kind === 'OPEN') return true
  const tenant = await db.tenant.findUniqueOrThrow({ where: { id: tenantId } })
  return tenant.membersMayReopen
}
