import { builder, textEnum } from '../builder.ts'
import {
  type CustomFieldComparison,
  CustomFieldFilter,
  compareCustomFields,
  scanningValues,
} from '../custom-field-filter.ts'
import { codedError } from '../errors.ts'
import type { Prisma } from '../generated/prisma/client.ts'
import {
  allOf,
  anyOf,
  type Comparison,
  type Containing,
  compare,
  compareIds,
  compareKey,
  compareRequired,
  compareText,
  DateFilter,
  DateTimeFilter,
  DecimalFilter,
  ExternalIdFilter,
  IdFilter,
  StringFilter,
  type TextComparison,
} from '../list-inputs.ts'

export const DealStatus = textEnum('DealStatus', 'How a deal stands: the kind of its stage.', {
  OPEN: 'It is being worked on.',
  WON: 'It is won.',
  LOST: 'It is lost.',
})

export const DealPriority = textEnum('DealPriority', 'How urgent a deal is.', {
  LOW: 'Can wait.',
  MEDIUM: 'As it comes.',
  HIGH: 'First.',
})

const DealStatusFilter = builder.inputType('DealStatusFilter', {
  description: 'Compares a status. Every condition given must hold.',
  fields: (t) => ({
    eq: t.field({ type: DealStatus, description: 'This one.' }),
    in: t.field({ type: [DealStatus], description: 'One of these.' }),
  }),
})

const DealPriorityFilter = builder.inputType('DealPriorityFilter', {
  description: 'Compares a priority. Every condition given must hold.',
  fields: (t) => ({
    eq: t.field({ type: DealPriority, description: 'This one.' }),
    in: t.field({ type: [DealPriority], description: 'One of these.' }),
    isNull: t.boolean({ description: 'Whether there is no value.' }),
  }),
})

export interface DealFilterInput {
  pipelineId?: IdComparison
  stageId?: IdComparison
  status?: Comparison<string> | null
  priority?: Comparison<string> | null
  ownerId?: IdComparison
  organizationId?: IdComparison
  contactId?: IdComparison
  tagId?: IdComparison
  externalId?: IdComparison
  name?: TextComparison | null
  description?: TextComparison | null
  amount?: Comparison<Prisma.Decimal> | null
  expectedCloseDate?: Comparison<Date> | null
  createdAt?: Comparison<Date> | null
  closedAt?: Comparison<Date> | null
  customFields?: CustomFieldComparison[] | null
  and?: DealFilterInput[] | null
  or?: DealFilterInput[] | null
  not?: DealFilterInput | null
}

type IdComparison = Pick<Comparison<string>, 'eq' | 'in' | 'isNull'> | null

export const DealFilter = builder.inputRef<DealFilterInput>('DealFilter')
DealFilter.implement({
  description: 'Which deals. Every condition given must hold; `and`, `or` and `not` nest 4 deep.',
  fields: (t) => ({
    pipelineId: t.field({ type: IdFilter, description: 'The pipeline.' }),
    stageId: t.field({ type: IdFilter, description: 'The stage.' }),
    status: t.field({ type: DealStatusFilter, description: 'The status.' }),
    priority: t.field({ type: DealPriorityFilter, description: 'The priority.' }),
    ownerId: t.field({ type: IdFilter, description: 'The member who owns it.' }),
    organizationId: t.field({ type: IdFilter, description: 'The organization.' }),
    contactId: t.field({ type: IdFilter, description: 'A contact on it; `isNull`: none at all.' }),
    tagId: t.field({ type: IdFilter, description: 'A tag on it; `isNull`: none at all.' }),
    externalId: t.field({
      type: ExternalIdFilter,
      description: 'The id that another system knows it by.',
    }),
    name: t.field({ type: StringFilter, description: 'The name.' }),
    description: t.field({ type: StringFilter, description: 'The description.' }),
    amount: t.field({ type: DecimalFilter, description: 'The amount, whatever its currency.' }),
    expectedCloseDate: t.field({ type: DateFilter, description: 'When it is expected to close.' }),
    createdAt: t.field({ type: DateTimeFilter, description: 'When it was created.' }),
    closedAt: t.field({ type: DateTimeFilter, description: 'When it was won or lost.' }),
    customFields: t.field({
      type: [CustomFieldFilter],
      description: 'The tenant’s own fields: all of these, at most 20.',
    }),
    and: t.field({ type: [DealFilter], description: 'All of these.' }),
    or: t.field({ type: [DealFilter], description: 'At least one of these.' }),
    not: t.field({ type: DealFilter, description: 'Not this.' }),
  }),
})

const maxDepth = 4
const dayMs = 86_400_000

/** The live deals that a filter lets through; the tenant is the caller's to add. */
export function dealWhere(
  filter: DealFilterInput | null | undefined,
  containing = scanningValues,
): object {
  return { deletedAt: null, AND: filter ? conditions(filter, containing, 0) : [] }
}

function conditions(filter: DealFilterInput, containing: Containing, depth: number): object[] {
  if (depth > maxDepth) {
    throw codedError('BAD_USER_INPUT', `\`filter\` nests deeper than ${maxDepth} levels.`)
  }
  const nested = (inner: DealFilterInput) => allOf(conditions(inner, containing, depth + 1))
  return [
    ...columnConditions(filter, containing),
    ...(filter.and?.map(nested) ?? []),
    ...(filter.or ? [anyOf(filter.or.map(nested))] : []),
    ...(filter.not ? [{ NOT: nested(filter.not) }] : []),
  ]
}

function columnConditions(filter: DealFilterInput, containing: Containing): object[] {
  return [
    ...compareIds('pipelineId', 'Pipeline', filter.pipelineId, { required: true }),
    ...compareIds('stageId', 'Stage', filter.stageId, { required: true }),
    ...compareRequired('status', filter.status),
    ...compare('priority', filter.priority),
    ...compareIds('ownerId', 'Member', filter.ownerId),
    ...compareIds('organizationId', 'Organization', filter.organizationId),
    ...related('contacts', 'contactId', 'Contact', filter.contactId),
    ...related('tags', 'tagId', 'Tag', filter.tagId),
    ...compare('externalId', filter.externalId),
    ...compareText('name', filter.name, containing, { required: true }),
    ...compareText('description', filter.description, containing),
    ...compareKey('amountKey', 'amount', amountKey, filter.amount),
    ...compareKey('expectedCloseKey', 'expectedCloseDate', dayNumber, filter.expectedCloseDate),
    ...compareRequired('createdAt', filter.createdAt),
    ...compare('closedAt', filter.closedAt),
    ...compareCustomFields(filter.customFields, containing),
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
