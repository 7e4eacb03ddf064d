import type { Done, EventInput, Transaction, Write } from '../database/transaction.ts'
import { newId } from '../ids.ts'
import { NotCompilable, type Written } from '../rows.ts'
import { type Mover, mayBeUsual, moveStatement, movesStatement, type WantedMove } from './rules.ts'

export interface UsualMove {
  dealId: string
  stageChangeId: string
}

/** What the database says of a move: what its event says. */
interface MovedRow {
  moved: Record<'stageChangeId' | 'fromStageId' | 'toStageId', string>
}

/**
 * Moves a deal by one statement, which is all of the write, where nothing is unusual about the move;
 * otherwise nothing is done and the answer is null.
 */
export async function moveAtOnce(write: Write, move: WantedMove): Promise<Done<UsualMove> | null> {
  if (!mayBeUsual(move)) return null
  const [row] = await write.db.$queryRaw<MovedRow[]>(moveStatement(write, move, newId()))
  return row ? { result: resultOf(move, row), events: [eventOf(move, row)] } : null
}

/** Moves deals by one statement, in their order up to the first that is not usual. */
export async function moveWhileUsual(
  tx: Transaction,
  moves: readonly WantedMove[],
): Promise<UsualMove[]> {
  const unusual = moves.findIndex((move) => !mayBeUsual(move))
  const asked = unusual < 0 ? moves : moves.slice(0, unusual)
  if (asked.length === 0) return []
  const ids = asked.map(newId)
  const rows = await tx.db.$queryRaw<MovedRow[]>(movesStatement(tx, asked, ids))
  return rows.map((row, index) => {
    const move = asked[index] as WantedMove
    tx.emit(eventOf(move, row))
    return resultOf(move, row)
  })
}

/** The whole move as one statement, which answers with no row where it is not usual. */
export function usualMove(mover: Mover, move: WantedMove): Written {
  if (!mayBeUsual(move)) throw new NotCompilable('the move is not the usual one')
  const stageChangeId = newId()
  return {
    statement: moveStatement(mover, move, stageChangeId),
    ids: { deal: move.dealId, stageChange: stageChangeId },
    eventsOf: ([, moved]) => [eventOf(move, { moved: JSON.parse(moved ?? '{}') })],
  }
}

function resultOf({ dealId }: WantedMove, { moved }: MovedRow): UsualMove {
  return { dealId, stageChangeId: moved.stageChangeId }
}

function eventOf({ dealId }: WantedMove, { moved }: MovedRow): EventInput {
  return { type: 'deal.moved', dealId, payload: moved }
}
