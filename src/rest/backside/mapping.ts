import type { z } from '@hono/zod-openapi'
import { toMoney, uuidOf } from '../values.ts'
import type { ContactData, DealData, DetailsData, Ref, ViewerData } from './documents.ts'
import type { Contact, Deal, DealDetails } from './schemas.ts'

/** The page’s deal: everything has its own name, and each id is the uuid in ours. */
export function toDeal(deal: DealData, { viewer }: ViewerData): z.infer<typeof Deal> {
  return {
    id: uuidOf(deal),
    tenant_id: uuidOf(viewer.tenant),
    name: deal.name,
    pipeline_id: uuidOf(deal.pipeline),
    stage_id: uuidOf(deal.stage),
    amount: toMoney(deal.amount),
    currency: deal.currency,
    value_period: deal.valuePeriod.toLowerCase(),
    confidence: deal.confidence,
    contact_id: uuidOf(deal.primaryContact),
    organization_id: uuidOf(deal.organization),
    description: deal.description,
    next_step: deal.nextStep,
    source: deal.source,
    expected_close_date: deal.expectedCloseDate,
    closed_at: deal.closedAt,
    won_reason: deal.wonReason,
    lost_reason: deal.lostReason,
    metadata: deal.metadata,
    created_at: deal.createdAt,
    updated_at: deal.updatedAt,
    deleted_at: deal.deletedAt,
  }
}

function toContact(link: ContactData, deal: Ref, { viewer }: ViewerData): z.infer<typeof Contact> {
  return {
    id: uuidOf(link),
    tenant_id: uuidOf(viewer.tenant),
    deal_id: uuidOf(deal),
    contact_id: uuidOf(link.contact),
    role: link.role,
    is_primary: link.isPrimary,
    introduced_by: uuidOf(link.introducedBy),
    metadata: link.metadata,
    created_at: link.createdAt,
    updated_at: link.updatedAt,
  }
}

/** The same with the names of where it is, and the contacts on it. */
export function toDetails(deal: DetailsData, data: ViewerData): z.infer<typeof DealDetails> {
  return {
    ...toDeal(deal, data),
    pipeline_name: deal.pipelineName,
    stage_name: deal.stageName,
    contacts: deal.contacts.map((link) => toContact(link, deal, data)),
  }
}
