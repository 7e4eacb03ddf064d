import type { z } from '@hono/zod-openapi'
import { toDecimal, toMoney } from '../values.ts'
import type { DealData } from './documents.ts'
import type { Change, Deal } from './schemas.ts'

const open = 'ACTIVE'

/** The fields of the body, by what the input of `editDeal` calls them. */
export const fieldNames = {
  name: 'title',
  amount: 'price',
  stageId: 'stageId',
  status: 'status',
  priority: 'priority',
  expectedCloseDate: 'expectedCloseDate',
}

/** The input of `editDeal`, but for the deal and its version. */
export function toInput(change: z.infer<typeof Change>, stageId: string | undefined): object {
  const { title, price, stageId: _, status, priority, expectedCloseDate, ...custom } = change
  return {
    name: title,
    amount: price == null ? price : toDecimal(price),
    stageId,
    status: status === open ? 'OPEN' : status,
    priority,
    expectedCloseDate: expectedCloseDate == null ? expectedCloseDate : dayOf(expectedCloseDate),
    ...(Object.keys(custom).length > 0 && { customFields: custom }),
  }
}

export function toDeal(deal: DealData): z.infer<typeof Deal> {
  return {
    id: deal.id,
    title: deal.name,
    createdAt: deal.createdAt,
    number: String(deal.number),
    price: toMoney(deal.amount),
    status: deal.status === 'OPEN' ? open : deal.status,
    priority: deal.priority,
    expectedCloseDate: deal.expectedCloseDate && `${deal.expectedCloseDate}T00:00:00.000Z`,
    clientId: deal.organization?.id ?? null,
    clientName: deal.organization?.name ?? null,
    pipelineId: deal.pipeline.number,
    stageName: deal.stageName,
    source: deal.source,
    leadId: leadNumber(deal.leadRef),
    customFields: Object.fromEntries(deal.customFields.map(({ key, value }) => [key, value])),
  }
}

function dayOf(instant: string): string {
  return new Date(instant).toISOString().slice(0, 10)
}

function leadNumber(leadRef: string | null): number | null {
  return leadRef !== null && /^\d{1,15}$/.test(leadRef) ? Number(leadRef) : null
}
