import { escapeLike } from './conditions.ts'
import type { Db } from './database/database.ts'
import { Prisma } from './generated/prisma/client.ts'

/** Above this many matches a list reads on in its own order, which soon finds a page of them. */
export const mostIds = 1_000

/** A call of one of the search functions, for a LIKE pattern and the most ids to give. */
export type SearchCall = (pattern: string, most: number) => Prisma.Sql

/**
 * The ids of the rows that meet a condition which no index serves under row level security: a
 * function finds them that names the tenant itself. Where it finds too many the condition is put as
 * it is.
 */
export class Search {
  readonly call: Prisma.Sql
  readonly most = mostIds
  readonly otherwise: object

  /** A call that gives one id more than that is too many. */
  constructor(call: Prisma.Sql, otherwise: object) {
    this.call = call
    this.otherwise = otherwise
  }
}

/** The search for the rows that contain the text in one of the columns, in any case. */
export function searchFor(call: SearchCall, columns: readonly string[], text: string): Search {
  const contains = escapeLike(text)
  const within = columns.map((column) => ({ [column]: { contains, mode: 'insensitive' } }))
  return new Search(call(`%${contains}%`, mostIds + 1), { OR: within })
}

/** The condition that a search comes to. */
export async function found(db: Db, { call, most, otherwise }: Search): Promise<object> {
  const rows = await db.$queryRaw<{ id: string }[]>(Prisma.sql`SELECT id FROM ${call} AS id`)
  return rows.length > most ? otherwise : { id: { in: rows.map(({ id }) => id) } }
}
