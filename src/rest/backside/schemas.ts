import { z } from '@hono/zod-openapi'
import { day, instant, json, money, uuid } from '../values.ts'

export const Contact = z
  .object({
    id: uuid.openapi({ description: 'Of the contact on this deal.' }),
    tenant_id: uuid,
    deal_id: uuid,
    contact_id: uuid,
    role: z.string().nullable(),
    is_primary: z.boolean(),
    introduced_by: uuid.nullable().openapi({ description: 'Another contact.' }),
    metadata: json,
    created_at: instant,
    updated_at: instant,
  })
  .openapi('DealContact')

export const Deal = z
  .object({
    id: uuid,
    tenant_id: uuid,
    name: z.string(),
    pipeline_id: uuid,
    stage_id: uuid,
    amount: money.nullable(),
    currency: z.string().nullable().openapi({ description: 'ISO 4217.' }),
    value_period: z.string().nullable().openapi({
      description: 'For how long the amount is paid: one_time, monthly, quarterly or annual.',
    }),
    confidence: z.int32().nullable().openapi({ description: '0 to 100.' }),
    contact_id: uuid.nullable().openapi({ description: 'The primary contact.' }),
    organization_id: uuid.nullable(),
    description: z.string().nullable(),
    next_step: z.string().nullable(),
    source: z.string().nullable(),
    expected_close_date: day.nullable(),
    closed_at: instant.nullable(),
    won_reason: z.string().nullable(),
    lost_reason: z.string().nullable(),
    metadata: json,
    created_at: instant,
    updated_at: instant,
    deleted_at: instant.nullable(),
  })
  .openapi('Deal')

export const DealDetails = Deal.extend({
  pipeline_name: z.string(),
  stage_name: z.string(),
  contacts: z.array(Contact),
}).openapi('DealDetails')

export const Refusal = z
  .object({ error: z.object({ code: z.string(), message: z.string() }) })
  .openapi('Error')

export const Move = z
  .strictObject({ stage_id: uuid.openapi({ description: 'A stage of its pipeline.' }) })
  .openapi('Move')
