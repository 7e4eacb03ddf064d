import type { GraphQLResolveInfo } from 'graphql'
import {
  type Connection,
  keysetPage,
  type Page,
  type PageArgs,
  pageSelection,
} from './connection.ts'
import type { Context } from './context.ts'
import type { PageOf } from './rows.ts'
import { found, Search } from './search.ts'

interface Key {
  tenantId: string
  id: string
}

/** What is asked of a table, whichever it is. */
interface Table {
  findMany(find: object): Promise<Key[]>
  count(find: object): Promise<number>
}

interface Asked {
  ctx: Context
  info: GraphQLResolveInfo
}

/** Reads a page of the tenant’s rows, as a resolver answers with it. */
export async function readPage(
  table: unknown,
  { keyset, where: conditionsOf }: PageOf,
  args: PageArgs,
  asked: Asked,
): Promise<Connection<Key>> {
  const page = keysetPage(args, keyset(args))
  const { ctx } = asked
  const conditions: object[] = [{ tenantId: ctx.viewer.tenantId }]
  for (const condition of conditionsOf(args, ctx)) {
    conditions.push(condition instanceof Search ? await found(ctx.db, condition) : condition)
  }
  return cutPage(table, page, { AND: conditions }, asked)
}

/** The same where the condition is known already. */
export async function cutPage(
  table: unknown,
  page: Page,
  where: object,
  { ctx, info }: Asked,
): Promise<Connection<Key>> {
  const { findMany, count } = table as Table
  const { orderBy, take } = page
  const selection = pageSelection(ctx, info, page)
  const rows = await page.find((bounds) =>
    findMany({ ...selection, where: { AND: [where, bounds] }, orderBy, take }),
  )
  return page.toConnection(rows, () => count({ where }))
}
