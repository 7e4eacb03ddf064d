import type { Transaction } from '../database/transaction.ts'
import type { Stage } from '../stage/service.ts'
import { checkTexts } from '../texts.ts'
import { type ReasonRequired, refuse } from '../user-errors.ts'
import { type Closing, closing } from './rules.ts'

const mostKnownReasons = 20

/** What entering the stage writes of the closing; refuses where a needed reason is missing. */
export async function closeOrReopen(
  tx: Transaction,
  stage: Stage,
  reason: string | null | undefined,
): Promise<Closing['values']> {
  const errors = checkTexts({ reason }, ['reason'], ['input'])
  if (errors.length > 0) refuse(...errors)
  const { values, missing } = closing(stage, reason, tx.now)
  if (missing) refuse({ ...missing, knownReasons: await knownReasons(tx, stage) } as ReasonRequired)
  return values
}

async function knownReasons({ db, tenantId }: Transaction, stage: Stage): Promise<string[]> {
  const rows = await db.$queryRaw<{ reason: string }[]>`
    SELECT coalesce(won_reason, lost_reason) AS reason FROM deal
    WHERE tenant_id = ${tenantId}::uuid AND pipeline_id = ${stage.pipelineId}::uuid AND status = ${stage.kind}
      AND deleted_at IS NULL AND coalesce(won_reason, lost_reason) IS NOT NULL
    GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT ${mostKnownReasons}`
  return rows.map(({ reason }) => reason)
}
