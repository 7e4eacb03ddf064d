import { Prisma } from '../generated/prisma/client.ts'

/** Where a deal shall go, as `moveDeal` is asked. */
export interface WantedMove {
  dealId: string
  expectedVersion: number
  stageId: string
  before?: string | null
  after?: string | null
  reason?: string | null
  note?: string | null
  override?: boolean | null
}

/** Who moves deals, when, and by which request. */
export interface Mover {
  actor: {
    kind: string
    memberId: string | null
    memberRole: string | null
    apiKeyId: string | null
    isAdmin: boolean
  }
  requestId: string
  now: Date
}

/**
 * Whether the database may be asked for the move: to the end of the stage, by the rules of the
 * pipeline. It finds out the rest.
 */
export function mayBeUsual({ before, after, override }: WantedMove): boolean {
  return !before && !after && !override
}

/**
 * One move as the whole write of a transaction, at READ COMMITTED: one row with its revision and
 * what its event says, or none and nothing was done. The change has an id of its own before.
 */
export function moveStatement(
  mover: Mover,
  { dealId, expectedVersion, stageId, reason, note }: WantedMove,
  stageChangeId: string,
): Prisma.Sql {
  return Prisma.sql`
    SELECT at_revision AS "revision", moved FROM move_deal(
      ${dealId}::uuid, ${expectedVersion}::integer, ${stageId}::uuid, ${stageChangeId}::uuid, ${keptReason(reason)}::text,
      ${note ?? null}::text, ${moverSql(mover)}, ${mover.actor.memberRole}::text)`
}

/**
 * Moves within a write that holds the revision, in their order up to the first that is not usual:
 * what the events of those say.
 */
export function movesStatement(
  mover: Mover,
  moves: readonly WantedMove[],
  stageChangeIds: readonly string[],
): Prisma.Sql {
  const wanted = moves.map(({ dealId, expectedVersion, stageId, reason, note }, index) => ({
    ...{ dealId, expectedVersion, stageId, stageChangeId: stageChangeIds[index] },
    ...{ reason: keptReason(reason), note: note ?? null },
  }))
  return Prisma.sql`
    SELECT moved FROM move_deals(${JSON.stringify(wanted)}::jsonb, ${moverSql(mover)}) AS moved`
}

function moverSql({ actor, requestId, now }: Mover): Prisma.Sql {
  const { kind, memberId, apiKeyId, isAdmin } = actor
  return Prisma.sql`${kind}::text, ${memberId}::uuid, ${apiKeyId}::uuid, ${isAdmin}::boolean, ${requestId}::text,
      ${now.toISOString()}::timestamptz`
}

/** Blanks are what JavaScript takes for them, so that the database is told what is left. */
function keptReason(reason: string | null | undefined): string | null {
  return reason?.trim() || null
}
