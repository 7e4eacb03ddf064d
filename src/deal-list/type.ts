import { builder } from '../builder.ts'
import { keysetPage, nestedPageSelection, type PageArgs } from '../connection.ts'
import { Contact } from '../contact/type.ts'
import type { Context } from '../context.ts'
import { customFieldsOfTenant } from '../custom-field/loaders.ts'
import { filterProblem } from '../custom-field/rules.ts'
import { customComparisons } from '../custom-field-filter.ts'
import { DealFilter, type DealFilterInput } from '../deal/filters.ts'
import { dealSearch, dealWhere, matchingDeals, soughtDeals } from '../deal/loaders.ts'
import { Deal } from '../deal/type.ts'
import { codedError } from '../errors.ts'
import { Member } from '../member/type.ts'
import { Organization } from '../organization/type.ts'
import { cutPage } from '../page-field.ts'
import { Pipeline } from '../pipeline/type.ts'
import { type ListScope, NotCompilable, type PageOf } from '../rows.ts'
import { found, type Search } from '../search.ts'
import { Stage } from '../stage/type.ts'
import { boardOrder, DealOrder, dealKeyset, newestFirst } from './filters.ts'
import { countDeals, type DealParent, ownDeals } from './loaders.ts'

interface DealArgs {
  filter?: DealFilterInput | null
  orderBy?: typeof DealOrder.$inferInput | null
}

interface DealKey {
  tenantId: string
  id: string
}

const DealConnection = builder.connectionObject(
  { type: Deal, name: 'DealConnection', description: 'A page of deals.' },
  { name: 'DealEdge', description: 'A deal and its cursor.' },
)

/** Refuses what the definitions of the fields do not allow; one lookup a request, where it is asked. */
async function checkCustomFields(ctx: Context, filter: DealArgs['filter']): Promise<void> {
  const comparisons = customComparisons(filter)
  if (comparisons.length === 0) return
  const definitions = await ctx.loader(customFieldsOfTenant).load(ctx.viewer.tenantId)
  const problem = filterProblem(definitions, comparisons)
  if (problem) throw codedError('BAD_USER_INPUT', problem)
}

/** Whether values can be compared so is known from the definitions of their fields alone. */
function withoutCustomFields(filter: DealArgs['filter']): DealArgs['filter'] {
  if (customComparisons(filter).length === 0) return filter
  throw new NotCompilable('the filter compares custom fields')
}

type ListArgs = Pick<DealArgs, 'filter'> & { search?: string | null }

/** The condition of the live deals that the viewer sees and asks for, whichever way they are read. */
export async function listedDeals(
  ctx: Context,
  { filter, search }: ListArgs,
): Promise<{ AND: object[] }> {
  const { tenantId, dealsOf } = ctx.viewer
  const { db } = ctx
  const filtered = await matchingDeals({ db, tenantId }, filter, ctx.now)
  await checkCustomFields(ctx, filter)
  const conditions = [{ tenantId }, filtered]
  for (const sought of searchesOf(search, dealsOf)) conditions.push(await found(db, sought))
  return { AND: conditions }
}

function searchesOf(search: ListArgs['search'], dealsOf: string | null): Search[] {
  return [...ownDeals(dealsOf), ...(search ? [dealSearch(search)] : [])]
}

/** The same condition as one statement puts it. */
export function soughtConditions(
  { filter, search }: ListArgs,
  { viewer, now }: ListScope,
): (object | Search)[] {
  const sought = soughtDeals(withoutCustomFields(filter), now)
  return [sought, ...searchesOf(search, viewer.dealsOf)]
}

const dealsOfTenant: PageOf = {
  keyset: ({ orderBy }: DealArgs) => dealKeyset(orderBy ?? newestFirst),
  where: soughtConditions,
}

builder.queryField('deals', (t) =>
  t.connection(
    {
      type: Deal,
      authScopes: { scope: 'deals:read' },
      extensions: { page: dealsOfTenant },
      description: 'The live deals of the tenant.',
      args: {
        filter: t.arg({ type: DealFilter, description: 'Which deals.' }),
        search: t.arg.string({
          description:
            'A part of the name or the description, at most 255 characters, in any case.',
        }),
        orderBy: t.arg({ type: DealOrder, description: 'Default: CREATED_AT DESC.' }),
      },
      resolve: async (_root, args, ctx, info) => {
        const page = keysetPage(args, dealsOfTenant.keyset(args))
        return cutPage(ctx.db.deal, page, await listedDeals(ctx, args), { ctx, info })
      },
    },
    DealConnection,
  ),
)

const nestedArgs = builder.args((t) => ({
  filter: t.field({ type: DealFilter, description: 'Which deals.' }),
  orderBy: t.field({ type: DealOrder, description: 'How to order them.' }),
}))

type NestedArgs = PageArgs & DealArgs

/** The deals below a parent come with it in one statement, however many parents there are. */
function dealsBelow(
  parentColumn: DealParent,
  path: string[],
  defaultOrder: DealArgs['orderBy'] = newestFirst,
) {
  const keyset = ({ orderBy }: NestedArgs) => dealKeyset(orderBy ?? defaultOrder ?? newestFirst)
  const pageOf = (args: NestedArgs) => keysetPage(args, keyset(args))
  const page: PageOf = {
    path,
    keyset,
    where: ({ filter }: NestedArgs, scope) => [dealWhere(withoutCustomFields(filter), scope)],
  }
  return {
    extensions: { page },
    /** What to read of the deals themselves. */
    find(args: NestedArgs, ctx: Context, nested: unknown) {
      const page = pageOf(args)
      const { where, orderBy, take } = page
      const selection = nestedPageSelection(nested, 'Deal', page)
      const filtered = { AND: [dealWhere(args.filter, ctx), where] }
      return { ...selection, where: filtered, orderBy, take }
    },
    async toConnection({ id }: { id: string }, deals: DealKey[], args: NestedArgs, ctx: Context) {
      await checkCustomFields(ctx, args.filter)
      return pageOf(args).toConnection(deals, () => {
        const where = dealWhere(args.filter, ctx)
        const { batch, key } = countDeals(parentColumn, where)
        return ctx.loader(batch, key).load(id)
      })
    },
  }
}

const dealsOfStage = dealsBelow('stageId', ['deals'], boardOrder)
const dealsOfPipeline = dealsBelow('pipelineId', ['deals'])
const dealsOfOrganization = dealsBelow('organizationId', ['deals'])
const dealsOfOwner = dealsBelow('ownerId', ['ownedDeals'])
const dealsOfContact = dealsBelow('contactId', ['deals', 'deal'])

const keys = { tenantId: true, id: true } as const

builder.prismaObjectField(Stage, 'deals', (t) =>
  t.connection(
    {
      type: Deal,
      extensions: dealsOfStage.extensions,
      description: 'The live deals in the stage; by default in their order on the board.',
      args: nestedArgs,
      select: (args, ctx, nested) => ({ ...keys, deals: dealsOfStage.find(args, ctx, nested) }),
      resolve: (stage, args, ctx) => dealsOfStage.toConnection(stage, stage.deals, args, ctx),
    },
    DealConnection,
  ),
)

builder.prismaObjectField(Pipeline, 'deals', (t) =>
  t.connection(
    {
      type: Deal,
      extensions: dealsOfPipeline.extensions,
      description: 'The live deals in the pipeline; by default the newest first.',
      args: nestedArgs,
      select: (args, ctx, nested) => ({ ...keys, deals: dealsOfPipeline.find(args, ctx, nested) }),
      resolve: (pipeline, args, ctx) =>
        dealsOfPipeline.toConnection(pipeline, pipeline.deals, args, ctx),
    },
    DealConnection,
  ),
)

builder.prismaObjectField(Organization, 'deals', (t) =>
  t.connection(
    {
      type: Deal,
      extensions: dealsOfOrganization.extensions,
      description: 'The live deals that are made with it; by default the newest first.',
      args: nestedArgs,
      select: (args, ctx, nested) => ({
        ...keys,
        deals: dealsOfOrganization.find(args, ctx, nested),
      }),
      resolve: (organization, args, ctx) =>
        dealsOfOrganization.toConnection(organization, organization.deals, args, ctx),
    },
    DealConnection,
  ),
)

builder.prismaObjectField(Member, 'deals', (t) =>
  t.connection(
    {
      type: Deal,
      authScopes: { scope: 'deals:read' },
      extensions: dealsOfOwner.extensions,
      description: 'The live deals that they own; by default the newest first.',
      args: nestedArgs,
      select: (args, ctx, nested) => ({
        ...keys,
        ownedDeals: dealsOfOwner.find(args, ctx, nested),
      }),
      resolve: (member, args, ctx) =>
        dealsOfOwner.toConnection(member, member.ownedDeals, args, ctx),
    },
    DealConnection,
  ),
)

builder.prismaObjectField(Contact, 'deals', (t) =>
  t.connection(
    {
      type: Deal,
      extensions: dealsOfContact.extensions,
      description: 'The live deals that they are a contact of; by default the newest first.',
      args: nestedArgs,
      select: (args, ctx, nested) => {
        const { where, orderBy, take, select } = dealsOfContact.find(args, ctx, nested)
        const byDeal = orderBy.map((deal) => ({ deal }))
        return {
          ...keys,
          deals: { select: { deal: { select } }, where: { deal: where }, orderBy: byDeal, take },
        }
      },
      resolve: (contact, args, ctx) => {
        const deals = contact.deals.map(({ deal }) => deal)
        return dealsOfContact.toConnection(contact, deals, args, ctx)
      },
    },
    DealConnection,
  ),
)
