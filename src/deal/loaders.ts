import {
  allOf,
  anyOf,
  type Containing,
  compare,
  compareIds,
  compareKey,
  compareName,
  compareRequired,
  compareText,
  joining,
  type Named,
} from '../conditions.ts'
import type { BatchSource } from '../context.ts'
import {
  compareCustomFields,
  hasValue,
  isCustomField,
  scanningValues,
} from '../custom-field-filter.ts'
import { codedError } from '../errors.ts'
import { Prisma } from '../generated/prisma/client.ts'
import { NotCompilable } from '../rows.ts'
import { found, Search, searchFor } from '../search.ts'
import type { DealFilterInput, IdComparison } from './filters.ts'
import { filterSizeProblem } from './rules.ts'

const maxDepth = 4

const dayMs = 86_400_000

/** What the conditions of a filter are put with. */
export interface FilterScope {
  /** The instant at which deals rot or do not. */
  now(): Date
  containing: Containing
  named: Named
}

/** The live deals that a filter lets through; the tenant is the caller's to add. */
export function dealWhere(
  filter: DealFilterInput | null | undefined,
  {
    now,
    containing = scanningValues,
    named = joining,
  }: Partial<FilterScope> & Pick<FilterScope, 'now'>,
): object {
  if (!filter) return { deletedAt: null }
  const problem = filterSizeProblem(filter)
  if (problem) throw codedError('BAD_USER_INPUT', problem)
  return { deletedAt: null, AND: conditions(filter, { now, containing, named }, 0) }
}

function conditions(filter: DealFilterInput, scope: FilterScope, depth: number): object[] {
  if (depth > maxDepth) {
    throw codedError('BAD_USER_INPUT', `\`filter\` nests deeper than ${maxDepth} levels.`)
  }
  const nested = (inner: DealFilterInput) => allOf(conditions(inner, scope, depth + 1))
  return [
    ...columnConditions(filter, scope),
    ...askedOnMonday(filter, scope),
    ...(filter.and?.map(nested) ?? []),
    ...(filter.or ? [anyOf(filter.or.map(nested))] : []),
    ...(filter.not ? [{ NOT: nested(filter.not) }] : []),
  ]
}

function columnConditions(filter: DealFilterInput, { containing, named }: FilterScope): object[] {
  return [
    ...compareIds('pipelineId', 'Pipeline', filter.pipelineId, { required: true }),
    ...compareIds('stageId', 'Stage', filter.stageId, { required: true }),
    ...compareRequired('status', filter.status),
    ...compare('priority', filter.priority),
    ...compareIds('ownerId', 'Member', filter.ownerId),
    ...compareIds('organizationId', 'Organization', filter.organizationId),
    ...related('assignees', 'memberId', 'Member', filter.assigneeId),
    ...related('contacts', 'contactId', 'Contact', filter.contactId),
    ...related('tags', 'tagId', 'Tag', filter.tagId),
    ...(filter.source ? compareName('source', filter.source, named) : []),
    ...(filter.reason ? compareName('closeReason', filter.reason, named) : []),
    ...compare('externalId', filter.externalId),
    ...compare('leadRef', filter.leadRef),
    ...compareText('name', filter.name, containing, { required: true }),
    ...compareText('description', filter.description, containing),
    ...compareKey('amountKey', 'amount', amountKey, filter.amount),
    ...compareRequired('currency', filter.currency),
    ...compareRequired('valuePeriod', filter.valuePeriod),
    ...compare('confidence', filter.confidence),
    ...compareKey('expectedCloseKey', 'expectedCloseDate', dayNumber, filter.expectedCloseDate),
    ...compareRequired('createdAt', filter.createdAt),
    ...compareRequired('updatedAt', filter.updatedAt),
    ...compare('closedAt', filter.closedAt),
    ...compareCustomFields(filter.customFields, containing),
  ]
}

function askedOnMonday(filter: DealFilterInput, { now }: FilterScope): object[] {
  const { rotting, closingBefore, stageEnteredBefore, hasNoNextStep } = filter
  const rots = () => allOf(compare('rottingAt', { lte: now() }))
  const noNextStep = { OR: [{ nextStep: null }, { nextStep: '' }] }
  return [
    ...(rotting == null ? [] : [rotting ? rots() : { NOT: rots() }]),
    ...(closingBefore == null
      ? []
      : [{ status: 'OPEN' }, { expectedCloseKey: { lt: dayNumber(closingBefore) } }]),
    ...compareRequired('stageEnteredAt', { lt: stageEnteredBefore }),
    ...(hasNoNextStep == null ? [] : [hasNoNextStep ? noNextStep : { NOT: noNextStep }]),
  ]
}

function related(
  relation: string,
  column: string,
  typename: string,
  comparison: IdComparison | undefined,
) {
  if (!comparison) return []
  const { isNull, ...ids } = comparison
  return [
    ...compareIds(column, typename, ids, { required: true }).map((condition) => ({
      [relation]: { some: condition },
    })),
    ...(isNull != null ? [{ [relation]: isNull ? { none: {} } : { some: {} } }] : []),
  ]
}

function amountKey(amount: Prisma.Decimal): bigint {
  return BigInt(amount.mul(10_000).toFixed(0))
}

function dayNumber(day: Date): number {
  return Math.round(day.getTime() / dayMs)
}

/** The search for the deals that contain the text in their name or description. */
export function dealSearch(text: string): Search {
  const call = (pattern: string, most: number) =>
    Prisma.sql`search_deals(${pattern}, true, true, ${most})`
  return searchFor(call, ['name', 'description'], text)
}

/** Each is a statement of its own, and so many ids are named by one. */
const mostLookups = 10
const mostIds = 500

/**
 * The live deals that a filter lets through, with searches in it for what its texts match: for one
 * statement that does all of it.
 */
export function soughtDeals(
  filter: DealFilterInput | null | undefined,
  now: FilterScope['now'],
): object {
  const searches = new Map<string, object>()
  let uses = 0
  const where = dealWhere(filter, {
    now,
    containing(column, text) {
      uses += 1
      const key = textKey(column, text)
      const search = searches.get(key) ?? { id: textSearch(column, text) }
      searches.set(key, search)
      return search
    },
    // What the names match has to be known for the planner to choose the index of these deals.
    named(relation) {
      throw new NotCompilable(`the filter compares the name of a ${relation}`)
    },
  })
  checkLookups(uses)
  return where
}

/**
 * The same for a list that is read by itself: what its texts and names match is looked up first, so
 * that an index finds the deals.
 */
export async function matchingDeals(
  { db, tenantId }: BatchSource,
  filter: DealFilterInput | null | undefined,
  now: FilterScope['now'],
): Promise<object> {
  const lookups = new Map<string, () => Promise<object>>()
  let uses = 0
  const later = (key: string, look: () => Promise<object>) => {
    uses += 1
    lookups.set(key, look)
    return {}
  }
  const nameKey = (relation: string, names: object) => `${relation} ${JSON.stringify(names)}`
  dealWhere(filter, {
    now,
    containing: (column, text) =>
      later(textKey(column, text), () => found(db, textSearch(column, text))),
    named: (relation, names) =>
      later(nameKey(relation, names), () => nameMatch({ db, tenantId }, relation, names)),
  })
  checkLookups(uses)
  const conditions = new Map<string, object>()
  for (const [key, look] of lookups) conditions.set(key, await look())
  return dealWhere(filter, {
    now,
    containing: (column, text) => conditions.get(textKey(column, text)) ?? {},
    named: (relation, names) => conditions.get(nameKey(relation, names)) ?? {},
  })
}

function textKey(column: string, text: string): string {
  return `${column} ${text}`
}

function checkLookups(uses: number): void {
  if (uses <= mostLookups) return
  const message = `\`filter\` takes at most ${mostLookups} \`contains\`, sources and reasons.`
  throw codedError('BAD_USER_INPUT', message)
}

async function nameMatch(
  { db, tenantId }: BatchSource,
  relation: string,
  names: object,
): Promise<object> {
  const find = { where: { AND: [{ tenantId }, names] }, select: { id: true }, take: mostIds + 1 }
  const rows = await (relation === 'source'
    ? db.source.findMany(find)
    : db.closeReason.findMany(find))
  if (rows.length > mostIds) return joining(relation, names)
  return { [`${relation}Id`]: { in: rows.map(({ id }) => id) } }
}

function textSearch(column: string, text: string): Search {
  const inName = column === 'name'
  if (!isCustomField(column)) {
    const call = (pattern: string, most: number) =>
      Prisma.sql`search_deals(${pattern}, ${inName}, ${!inName}, ${most})`
    return searchFor(call, [column], text)
  }
  const call = (pattern: string, most: number) =>
    Prisma.sql`search_custom_values(${column}, ${pattern}, ${most})`
  const search = searchFor(call, ['textValue'], text)
  return new Search(search.call, hasValue(column, search.otherwise))
}
