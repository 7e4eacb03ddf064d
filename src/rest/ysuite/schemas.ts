import { z } from '@hono/zod-openapi'
import { day, integerText, money, number, numberText, text } from '../values.ts'

const dealFields = {
  deal_id: number,
  deal_name: z.string(),
  deal_amount: money.nullable(),
  deal_source: z.string().nullable(),
  deal_expected_close_date: day.nullable(),
  pipeline_id: number,
  cstid: number.nullable().openapi({ description: 'The company that it is made with.' }),
  owner: z.string().nullable().openapi({ description: 'The name of its owner.' }),
}

export const sortFields = Object.keys(dealFields) as (keyof typeof dealFields)[]

export const ListedDeal = z.object(dealFields).openapi('ListedDeal')

export const Deal = z
  .object({
    ...dealFields,
    deal_current_stage: number,
    deal_amount_currency: number.openapi({ description: 'Its org_currency_id.' }),
    deal_owner_id: number.nullable(),
    deal_contact_id: number.nullable().openapi({ description: 'The primary contact.' }),
    deal_description: z.string().nullable(),
    deal_assignedto: number
      .nullable()
      .openapi({ description: 'Of several assigned users the first one by name.' }),
    tag_ids: z.array(number),
  })
  .openapi('Deal')

export const DealInput = z
  .strictObject({
    deal_name: text.openapi({ minLength: 1, maxLength: 255 }),
    pipeline_id: number.openapi({ description: 'CRM pipeline ID' }),
    cstid: number.openapi({ description: 'Company contact cstid' }),
    deal_amount: money.nullish().openapi({ description: 'Deal value' }),
    deal_amount_currency: number
      .nullish()
      .openapi({ description: 'org_currency_id. It cannot be cleared.' }),
    deal_owner_id: number.nullish().openapi({ description: 'Assigned owner user ID' }),
    deal_contact_id: number
      .nullish()
      .openapi({ description: 'Individual contact within the company' }),
    deal_expected_close_date: day
      .nullish()
      .openapi({ description: 'Expected close date (YYYY-MM-DD)' }),
    deal_source: text
      .nullish()
      .openapi({ description: 'e.g. "Referral", "Cold call"', maxLength: 255 }),
    deal_description: text.nullish().openapi({ description: 'Deal description' }),
    deal_assignedto: number.nullish().openapi({
      description:
        'Assigned user ID. One who is assigned already changes nothing; another one takes the place of all that are; null leaves nobody.',
    }),
    tag_ids: z
      .array(number)
      .max(100)
      .nullish()
      .openapi({ description: 'Array of tag IDs: all that it shall have.' }),
  })
  .openapi('DealInput')

const mostPassedOver = 100_000

export const ListQuery = z
  .strictObject({
    pageSize: integerText(1, 100)
      .optional()
      .openapi({ description: 'Results per page', default: 10 }),
    pageIndex: integerText(0, 100_000)
      .optional()
      .openapi({ description: 'Zero-based page index', default: 0 }),
    search: text
      .max(255)
      .optional()
      .openapi({ description: 'Search by deal name or description', maxLength: 255 }),
    pipeline_id: numberText.optional().openapi({ description: 'Filter by pipeline' }),
    deal_current_stage: numberText
      .optional()
      .openapi({ description: 'Filter by pipeline stage ID' }),
    cstid: numberText.optional().openapi({ description: 'Filter by contact (company)' }),
    deal_owner_id: numberText.optional().openapi({ description: 'Filter by owner user ID' }),
    sortBy: z
      .enum(sortFields)
      .optional()
      .openapi({ description: 'Field to sort by. Default: the newest deals first.' }),
    sortOrder: z
      .enum(['asc', 'desc'])
      .optional()
      .openapi({ description: 'Default: asc, and desc where there is no sortBy.' }),
  })
  .refine(({ pageIndex = 0, pageSize = 10 }) => pageIndex * pageSize <= mostPassedOver, {
    path: ['pageIndex'],
    message: 'At most 100 000 deals can be passed over: filter the list.',
  })

const success = z.literal(true)

export const Page = z
  .object({
    success,
    data: z.object({
      data: z.array(ListedDeal),
      current_page: z.int().openapi({ description: 'From 1.' }),
      total_records: z.int(),
      total_pages: z.int(),
    }),
  })
  .openapi('Page')

export const Found = z.object({ success, data: Deal }).openapi('Found')

export const Created = z
  .object({
    success,
    message: z.literal('Deal created successfully!'),
    data: z.object({ deal_id: number, deal_name: z.string() }),
  })
  .openapi('Created')

export const Updated = z
  .object({ success, message: z.literal('Deal updated successfully!') })
  .openapi('Updated')

export const Deleted = z
  .object({ success, message: z.literal('Deal deleted successfully') })
  .openapi('Deleted')

export const Refusal = z
  .object({
    success: z.literal(false),
    message: z.string(),
    errors: z
      .record(z.string(), z.array(z.string()))
      .openapi({ description: 'What is wrong with each field; empty where it is no field.' }),
  })
  .openapi('Error')
