import type { Viewer } from '../auth/viewer.ts'
import { builder } from '../builder.ts'
import { defaultPageSize, maxPageSize } from '../connection.ts'
import { inOrder } from '../context.ts'
import type { DealFilterInput } from '../deal/filters.ts'
import { DealFilter } from '../deal/filters.ts'
import { Deal } from '../deal/type.ts'
import { listedDeals, soughtConditions } from '../deal-list/type.ts'
import { codedError } from '../errors.ts'
import type { NumberedOf } from '../rows.ts'
import { DealPageOrder, type DealPageOrderInput, newestFirst, pageOrder } from './filters.ts'
import { idsOfPage } from './loaders.ts'
import { type NumberedPage, pageCountOf, pageProblem } from './rules.ts'

interface PageArgs {
  page?: number | null
  pageSize?: number | null
  filter?: DealFilterInput | null
  search?: string | null
  orderBy?: DealPageOrderInput | null
}

interface DealPageShape extends NumberedPage {
  ids(): Promise<string[]>
  totalCount(): Promise<number>
}

const DealPage = builder.objectRef<DealPageShape>('DealPage').implement({
  description: 'A numbered page of deals.',
  fields: (t) => ({
    nodes: t.prismaField({
      type: [Deal],
      description: 'The deals of this page in their order; none beyond the last page.',
      resolve: async (query, page, _args, ctx) => {
        const ids = await page.ids()
        const where = { tenantId: ctx.viewer.tenantId, id: { in: ids } }
        const find = { ...query, where }
        return ids.length > 0 ? inOrder(ids, await ctx.db.deal.findMany(find)) : []
      },
    }),
    totalCount: t.int({
      extensions: { cost: { fixed: 5 } },
      description: 'How many deals all pages have together. Counted only when asked for.',
      resolve: (page) => page.totalCount(),
    }),
    pageCount: t.int({
      extensions: { cost: { fixed: 5 } },
      description:
        'How many pages there are, 0 where there are no deals. Counted only when asked for.',
      resolve: async (page) => pageCountOf(await page.totalCount(), page),
    }),
    page: t.exposeInt('page', { description: 'Which page this is, from 1.' }),
    pageSize: t.exposeInt('pageSize', { description: 'How many deals a full page has.' }),
  }),
})

/** Reads once for all that is told of it, however often and by whatever names it is asked for. */
function once<T>(read: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | undefined
  return () => {
    answer ??= read()
    return answer
  }
}

function checkPage(viewer: Viewer, asked: NumberedPage, { field }: DealPageOrderInput): void {
  // The order tells something of the names of members.
  if (field === 'OWNER' && !viewer.scopes.has('members:read')) {
    const message = 'You may not use DealPageOrderField.OWNER: it needs the scope members:read.'
    throw codedError('FORBIDDEN', message)
  }
  const problem = pageProblem(asked, maxPageSize)
  if (problem) throw codedError('BAD_USER_INPUT', problem)
}

function askedOf(args: PageArgs, viewer: Viewer) {
  const asked = { page: args.page ?? 1, pageSize: args.pageSize ?? defaultPageSize }
  const order = args.orderBy ?? newestFirst
  checkPage(viewer, asked, order)
  return { ...asked, orderBy: pageOrder(order) }
}

const numberedDeals: NumberedOf = {
  model: 'Deal',
  rows: (args: PageArgs, scope) => ({
    ...askedOf(args, scope.viewer),
    where: soughtConditions(args, scope),
  }),
}

builder.queryField('dealPage', (t) =>
  t.field({
    type: DealPage,
    authScopes: { scope: 'deals:read' },
    extensions: { cost: { page: 'pageSize' }, numbered: numberedDeals },
    description:
      'The live deals of the tenant on numbered pages, for tables that are ordered by any of their columns. `deals` reads on from a cursor, which costs the same however far it is.',
    args: {
      page: t.arg.int({
        defaultValue: 1,
        description: 'Which page, from 1. At most 100,000 deals may lie before it.',
      }),
      pageSize: t.arg.int({
        defaultValue: defaultPageSize,
        description: `How many deals a page has: 1 to ${maxPageSize}.`,
      }),
      filter: t.arg({ type: DealFilter, description: 'Which deals.' }),
      search: t.arg.string({
        description: 'A part of the name or the description, at most 255 characters, in any case.',
      }),
      orderBy: t.arg({ type: DealPageOrder, description: 'Default: CREATED_AT DESC.' }),
    },
    resolve: async (_root, args, ctx) => {
      const asked = askedOf(args, ctx.viewer)
      const where = await listedDeals(ctx, args)
      const ids = once(() => idsOfPage(ctx.db, { ...asked, where }))
      return { ...asked, ids, totalCount: once(() => ctx.db.deal.count({ where })) }
    },
  }),
)
