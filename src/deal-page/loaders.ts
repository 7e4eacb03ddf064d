import type { Db } from '../database/database.ts'
import { type NumberedPage, windowOf } from './rules.ts'

export interface PageQuery extends NumberedPage {
  where: object
  orderBy: object[]
}

/**
 * The ids of a page in its order. The deals are read by them, since Prisma would read each of their
 * relations apart where rows are skipped.
 */
export async function idsOfPage(db: Db, { where, orderBy, ...page }: PageQuery): Promise<string[]> {
  const { skip, take, start } = windowOf(page)
  const rows = await db.deal.findMany({ where, orderBy, skip, take, select: { id: true } })
  return rows.slice(start, start + page.pageSize).map(({ id }) => id)
}
