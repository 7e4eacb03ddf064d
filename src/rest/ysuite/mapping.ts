import type { z } from '@hono/zod-openapi'
import { toDecimal, toMoney } from '../values.ts'
import type { DealData, FoundData, ListedData, Ref, ReferencesData } from './documents.ts'
import { codeOf } from './references.ts'
import type { Deal, DealInput, ListedDeal, ListQuery, sortFields } from './schemas.ts'

type Input = z.infer<typeof DealInput>

const orderFields: Record<(typeof sortFields)[number], string> = {
  deal_id: 'NUMBER',
  deal_name: 'NAME',
  deal_amount: 'AMOUNT',
  deal_source: 'SOURCE',
  deal_expected_close_date: 'EXPECTED_CLOSE_DATE',
  pipeline_id: 'PIPELINE',
  cstid: 'ORGANIZATION',
  owner: 'OWNER',
}

/** The fields of a deal, by what the inputs of mutations call them. */
export const fieldNames = {
  name: 'deal_name',
  pipelineId: 'pipeline_id',
  organizationId: 'cstid',
  amount: 'deal_amount',
  currency: 'deal_amount_currency',
  ownerId: 'deal_owner_id',
  contactIds: 'deal_contact_id',
  primaryContactId: 'deal_contact_id',
  expectedCloseDate: 'deal_expected_close_date',
  source: 'deal_source',
  description: 'deal_description',
  assigneeIds: 'deal_assignedto',
  tagIds: 'tag_ids',
}

/** The variables of a page of deals. */
export function toListVariables(query: z.infer<typeof ListQuery>, data: ReferencesData) {
  const { pageSize = 10, pageIndex = 0, search, sortBy, sortOrder } = query
  const direction = sortOrder ?? (sortBy === undefined ? 'desc' : 'asc')
  const is = (node: Ref | null | undefined) => node && { eq: node.id }
  const { pipeline, stage, organization, owner } = data
  return {
    page: pageIndex + 1,
    pageSize,
    search,
    filter: {
      pipelineId: is(pipeline),
      stageId: is(stage),
      organizationId: is(organization),
      ownerId: is(owner),
    },
    orderBy: { field: orderFields[sortBy ?? 'deal_id'], direction: direction.toUpperCase() },
  }
}

/** The input of `createDeal`. */
export function toCreateInput(input: Input, data: ReferencesData): object {
  const { contact, assignee } = data
  return {
    ...toValues(input, data),
    contactIds: contact ? [contact.id] : [],
    assigneeIds: assignee ? [assignee.id] : [],
  }
}

/** The input of `editDeal`, but for the deal and its version; `assignees` are those of now. */
export function toEditInput(
  input: Input,
  data: ReferencesData,
  assignees: readonly Ref[] = [],
): object {
  const { contact, assignee } = data
  const isAssigned = assignees.some(({ id }) => id === assignee?.id)
  const only = assignee ? [assignee.id] : []
  return {
    ...toValues(input, data),
    primaryContactId: input.deal_contact_id === null ? null : contact?.id,
    ...(input.tag_ids === null && { tagIds: [] }),
    ...(input.deal_assignedto !== undefined && {
      assigneeIds: isAssigned ? assignees.map(({ id }) => id) : only,
    }),
  }
}

function toValues(input: Input, data: ReferencesData): object {
  const { deal_amount: amount, deal_amount_currency: currency, tag_ids: tags } = input
  return {
    name: input.deal_name,
    pipelineId: data.pipeline?.id,
    organizationId: data.organization?.id,
    amount: amount == null ? amount : toDecimal(amount),
    currency: currency == null ? currency : codeOf(currency, data),
    ownerId: input.deal_owner_id === null ? null : data.owner?.id,
    expectedCloseDate: input.deal_expected_close_date,
    source: input.deal_source,
    description: input.deal_description,
    tagIds: tags?.map((tag) => data.tags?.find(({ number }) => number === tag)?.id),
  }
}

export function toListedDeal(deal: ListedData): z.infer<typeof ListedDeal> {
  return {
    deal_id: deal.number,
    deal_name: deal.name,
    deal_amount: toMoney(deal.amount),
    deal_source: deal.source,
    deal_expected_close_date: deal.expectedCloseDate,
    pipeline_id: deal.pipeline.number,
    cstid: deal.organization?.number ?? null,
    owner: deal.owner?.name ?? null,
  }
}

export function toDeal(deal: FoundData, { currencies }: DealData): z.infer<typeof Deal> {
  const currency = currencies.find(({ code }) => code === deal.currency)
  if (!currency) throw new Error(`the tenant has no number for ${deal.currency}`)
  return {
    ...toListedDeal(deal),
    deal_current_stage: deal.stage.number,
    deal_amount_currency: currency.number,
    deal_owner_id: deal.member?.number ?? null,
    deal_contact_id: deal.primaryContact?.number ?? null,
    deal_description: deal.description,
    deal_assignedto: deal.assignees[0]?.number ?? null,
    tag_ids: deal.tags.map(({ number }) => number),
  }
}
