import { builder, textEnum } from '../builder.ts'
import type { Comparison, TextComparison } from '../conditions.ts'
import { type CustomFieldComparison, CustomFieldFilter } from '../custom-field-filter.ts'
import type { Prisma } from '../generated/prisma/client.ts'
import {
  DateFilter,
  DateTimeFilter,
  DecimalFilter,
  ExternalIdFilter,
  IdFilter,
  IntFilter,
  NameFilter,
  StringFilter,
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

export const ValuePeriod = textEnum('ValuePeriod', 'For how long a deal’s amount is paid.', {
  ONE_TIME: 'Once.',
  MONTHLY: 'Every month.',
  QUARTERLY: 'Every three months.',
  ANNUAL: 'Every year.',
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

const ValuePeriodFilter = builder.inputType('ValuePeriodFilter', {
  description: 'Compares a value period. Every condition given must hold.',
  fields: (t) => ({
    eq: t.field({ type: ValuePeriod, description: 'This one.' }),
    in: t.field({ type: [ValuePeriod], description: 'One of these.' }),
  }),
})

const CurrencyFilter = builder.inputType('CurrencyFilter', {
  description: 'Compares a currency. Every condition given must hold.',
  fields: (t) => ({
    eq: t.field({ type: 'CurrencyCode', description: 'This one.' }),
    in: t.field({ type: ['CurrencyCode'], description: 'One of these.' }),
  }),
})

export interface DealFilterInput {
  pipelineId?: IdComparison
  stageId?: IdComparison
  status?: Comparison<string> | null
  priority?: Comparison<string> | null
  ownerId?: IdComparison
  organizationId?: IdComparison
  assigneeId?: IdComparison
  contactId?: IdComparison
  tagId?: IdComparison
  source?: TextComparison | null
  reason?: TextComparison | null
  externalId?: IdComparison
  leadRef?: IdComparison
  name?: TextComparison | null
  description?: TextComparison | null
  amount?: Comparison<Prisma.Decimal> | null
  currency?: Comparison<string> | null
  valuePeriod?: Comparison<string> | null
  confidence?: Comparison<number> | null
  expectedCloseDate?: Comparison<Date> | null
  createdAt?: Comparison<Date> | null
  updatedAt?: Comparison<Date> | null
  closedAt?: Comparison<Date> | null
  customFields?: CustomFieldComparison[] | null
  rotting?: boolean | null
  closingBefore?: Date | null
  stageEnteredBefore?: Date | null
  hasNoNextStep?: boolean | null
  and?: DealFilterInput[] | null
  or?: DealFilterInput[] | null
  not?: DealFilterInput | null
}

export type IdComparison = Pick<Comparison<string>, 'eq' | 'in' | 'isNull'> | null

export const DealFilter = builder.inputRef<DealFilterInput>('DealFilter')
DealFilter.implement({
  description:
    'Which deals. Every condition given must hold; `and`, `or` and `not` nest 4 deep, with at most 50 filters and 1 000 values in all.',
  fields: (t) => ({
    pipelineId: t.field({ type: IdFilter, description: 'The pipeline.' }),
    stageId: t.field({ type: IdFilter, description: 'The stage.' }),
    status: t.field({ type: DealStatusFilter, description: 'The status.' }),
    priority: t.field({ type: DealPriorityFilter, description: 'The priority.' }),
    ownerId: t.field({ type: IdFilter, description: 'The member who owns it.' }),
    organizationId: t.field({ type: IdFilter, description: 'The organization.' }),
    assigneeId: t.field({
      type: IdFilter,
      description: 'A member who works on it beside its owner; `isNull`: none at all.',
    }),
    contactId: t.field({ type: IdFilter, description: 'A contact on it; `isNull`: none at all.' }),
    tagId: t.field({ type: IdFilter, description: 'A tag on it; `isNull`: none at all.' }),
    source: t.field({ type: NameFilter, description: 'The name of where it came from.' }),
    reason: t.field({ type: NameFilter, description: 'Why it was won or lost.' }),
    externalId: t.field({
      type: ExternalIdFilter,
      description: 'The id that another system knows it by.',
    }),
    leadRef: t.field({
      type: ExternalIdFilter,
      description: 'The lead that it came from, elsewhere.',
    }),
    name: t.field({ type: StringFilter, description: 'The name.' }),
    description: t.field({ type: StringFilter, description: 'The description.' }),
    amount: t.field({ type: DecimalFilter, description: 'The amount, whatever its currency.' }),
    currency: t.field({ type: CurrencyFilter, description: 'The currency of the amount.' }),
    valuePeriod: t.field({
      type: ValuePeriodFilter,
      description: 'For how long the amount is paid.',
    }),
    confidence: t.field({ type: IntFilter, description: 'The user’s own probability.' }),
    expectedCloseDate: t.field({ type: DateFilter, description: 'When it is expected to close.' }),
    createdAt: t.field({ type: DateTimeFilter, description: 'When it was created.' }),
    updatedAt: t.field({ type: DateTimeFilter, description: 'When it last changed.' }),
    closedAt: t.field({ type: DateTimeFilter, description: 'When it was won or lost.' }),
    customFields: t.field({
      type: [CustomFieldFilter],
      description: 'The tenant’s own fields: all of these, at most 20.',
    }),
    rotting: t.boolean({
      description: 'Whether it has stayed in its stage for longer than the stage’s `rottingDays`.',
    }),
    closingBefore: t.field({
      type: 'Date',
      description: 'It is open and expected to close before this day, overdue or not.',
    }),
    stageEnteredBefore: t.field({
      type: 'DateTime',
      description: 'It has been in its stage since before this instant.',
    }),
    hasNoNextStep: t.boolean({ description: 'Whether nothing is written as its `nextStep`.' }),
    and: t.field({ type: [DealFilter], description: 'All of these.' }),
    or: t.field({ type: [DealFilter], description: 'At least one of these.' }),
    not: t.field({ type: DealFilter, description: 'Not this.' }),
  }),
})
