import { escapeLike } from './conditions.ts'
import type { Db } from './database/database.ts'
import { Prisma } from './generated/prisma/client.ts'

/** Above this many matches a list reads on in its own order, which soon finds a page of them. */
const mostIds = 1_000

/** A call of one of the search functions, for a LIKE pattern and the most ids to give. */
export type SearchCall = (pattern: string, most: number) => Prisma.Sql

/**
 * The condition that a row contains the text in one of the columns, in any case. Under row level
 * security no index serves a substring, so the ids come from a search function that names the
 * tenant itself.
 */
export async function containing(
  db: Db,
  call: SearchCall,
  columns: readonly string[],
  text: string,
): Promise<object> {
  const contains = escapeLike(text)
  const search = call(`%${contains}%`, mostIds + 1)
  const rows = await db.$queryRaw<{ id: string }[]>(Prisma.sql`SELECT id FROM ${search} AS id`)
  if (rows.length <= mostIds) return { id: { in: rows.map(({ id }) => id) } }
  return { OR: columns.map((column) => ({ [column]: { contains, mode: 'insensitive' } })) }
}
