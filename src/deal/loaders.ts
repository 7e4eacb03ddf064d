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
import type { Db } from '../database/database.ts'
import { codedError } from '../errors.ts'
import { Prisma } from '../generated/prisma/client.ts'
import { containing } from '../search.ts'
import type { DealFilterInput, IdComparison } from './filters.ts'

const maxDepth = 4

/** What is compared becomes parameters of one statement, and how it is nested its text. */
const mostNested = 50
const mostCompared = 1_000

const dayMs = 86_400_000

/** What the conditions of a filter are put with. */
export interface FilterScope {
  /** The instant at which deals rot or do not. */
  now: Date
  containing: Containing
  named: Named
}

/** The live deals that a filter lets through; the tenant is the caller's to add. */
export function dealWhere(
  filter: DealFilterInput | null | undefined,
  { now, containing = scanningValues, named = joining }: Partial<FilterScope> & { now: Date },
): object {
  if (!filter) return { deletedAt: null }
  checkSize(filter)
  return { deletedAt: null, AND: conditions(filter, { now, containing, named }, 0) }
}

function checkSize(filter: DealFilterInput): void {
  const all = withNested(filter)
  if (all.length - 1 > mostNested) {
    throw codedError('BAD_USER_INPUT', `\`filter\` takes at most ${mostNested} filters in it.`)
  }
  const compared = all.flatMap(({ and: _, or: __, not: ___, ...columns }) => leaves(columns))
  if (compared.length > mostCompared) {
    throw codedError('BAD_USER_INPUT', `\`filter\` compares to at most ${mostCompared} values.`)
  }
}

function withNested(filter: DealFilterInput): DealFilterInput[] {
  const { and, or, not } = filter
  return [filter, ...[...(and ?? []), ...(or ?? []), ...(not ? [not] : [])].flatMap(withNested)]
}

/** The values that a comparison names, however it is nested. */
function leaves(value: unknown): unknown[] {
  if (value == null) return []
  const isPlain = [Array.prototype, Object.prototype, null].includes(Object.getPrototypeOf(value))
  return isPlain ? Object.values(value).flatMap(leaves) : [value]
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
  const rots = allOf(compare('rottingAt', { lte: now }))
  const noNextStep = { OR: [{ nextStep: null }, { nextStep: '' }] }
  return [
    ...(rotting == null ? [] : [rotting ? rots : { NOT: rots }]),
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

/** The deals that contain the text in their name or description. */
export function dealsContaining(db: Db, text: string): Promise<object> {
  return containing(
    db,
    (pattern, most) => Prisma.sql`search_deals(${pattern}, true, true, ${most})`,
    ['name', 'description'],
    text,
  )
}

/** Each is a statement of its own, and so many ids are named by one. */
const mostLookups = 10
const mostIds = 500

/**
 * The live deals that a filter lets through, for a list that is read by itself: what its texts and
 * names match is looked up first, so that an index finds the deals.
 */
export async function matchingDeals(
  { db, tenantId }: BatchSource,
  filter: DealFilterInput | null | undefined,
  now: Date,
): Promise<object> {
  const lookups = new Map<string, () => Promise<object>>()
  let uses = 0
  const later = (key: string, look: () => Promise<object>) => {
    uses += 1
    lookups.set(key, look)
    return {}
  }
  const textKey = (column: string, text: string) => `${column} ${text}`
  const nameKey = (relation: string, names: object) => `${relation} ${JSON.stringify(names)}`
  dealWhere(filter, {
    now,
    containing: (column, text) => later(textKey(column, text), () => textMatch(db, column, text)),
    named: (relation, names) =>
      later(nameKey(relation, names), () => nameMatch({ db, tenantId }, relation, names)),
  })
  if (uses > mostLookups) {
    const message = `\`filter\` takes at most ${mostLookups} \`contains\`, sources and reasons.`
    throw codedError('BAD_USER_INPUT', message)
  }
  const found = new Map<string, object>()
  for (const [key, look] of lookups) found.set(key, await look())
  return dealWhere(filter, {
    now,
    containing: (column, text) => found.get(textKey(column, text)) ?? {},
    named: (relation, names) => found.get(nameKey(relation, names)) ?? {},
  })
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

async function textMatch(db: Db, column: string, text: string): Promise<object> {
  if (isCustomField(column)) {
    const call = (pattern: string, most: number) =>
      Prisma.sql`search_custom_values(${column}, ${pattern}, ${most})`
    const found = await containing(db, call, ['textValue'], text)
    return 'id' in found ? found : hasValue(column, found)
  }
  const inName = column === 'name'
  const call = (pattern: string, most: number) =>
    Prisma.sql`search_deals(${pattern}, ${inName}, ${!inName}, ${most})`
  return containing(db, call, [column], text)
}
