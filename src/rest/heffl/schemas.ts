import { z } from '@hono/zod-openapi'
import { instant, json, money, number, text } from '../values.ts'

/** What a deal is called outside: the id that the GraphQL API has for it. */
export const publicId = z
  .string()
  .regex(/^deal_[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'It is not the id of a deal.')
  .openapi({ example: 'deal_019b8d72-fd10-7755-8ed7-143f2face26c' })

const statuses = ['ACTIVE', 'WON', 'LOST'] as const
const priorities = ['LOW', 'MEDIUM', 'HIGH'] as const

export const Deal = z
  .object({
    id: z.string(),
    title: z.string(),
    createdAt: instant,
    number: z.string().nullable().openapi({ description: 'Counts from 1 within the tenant.' }),
    price: money.nullable(),
    status: z
      .string()
      .nullable()
      .openapi({ description: statuses.join(', ') }),
    priority: z
      .string()
      .nullable()
      .openapi({ description: priorities.join(', ') }),
    expectedCloseDate: instant
      .nullable()
      .openapi({ description: 'A day, as its first instant in UTC.' }),
    clientId: z.string().nullable().openapi({ description: 'The id of its organization.' }),
    clientName: z.string().nullable(),
    pipelineId: z.number().nullable(),
    stageName: z.string().nullable(),
    source: z.string().nullable(),
    leadId: z
      .number()
      .nullable()
      .openapi({ description: 'Null where it came from no lead, or from one that has no number.' }),
    customFields: json.openapi({ description: 'The values of its custom fields by their keys.' }),
  })
  .openapi('Deal')

const known = {
  title: text.openapi({ minLength: 1, maxLength: 255 }),
  price: money.nullable(),
  stageId: number.openapi({ description: 'The number of a stage of its pipeline.' }),
  status: z.enum(statuses).openapi({
    description:
      'Where it is another one, the deal moves to the stage of its pipeline that is of this kind.',
  }),
  priority: z.enum(priorities).nullable(),
  expectedCloseDate: instant
    .nullable()
    .openapi({ description: 'The day that it is in UTC; its time of day is not kept.' }),
}

/** How OpenAPI 3.1 says it; the types of its metadata know only what OpenAPI 3.0 has. */
const onlyCustomOthers = { patternProperties: { '^cf_': {} }, additionalProperties: false }

const fields = z
  .object(known)
  .partial()
  .catchall(z.unknown())
  .openapi('DealChange', {
    description:
      'What to change; what is left out stays, and null clears. Custom fields by their keys, which begin with `cf_`.',
    ...onlyCustomOthers,
  })

/**
 * A field of the body that is none of those known is a custom field, or a mistake. The body is
 * looked at as it was sent: an object that was validated has no `__proto__` any more.
 */
export const Change = z.preprocess((body, context) => {
  const isKnown = (key: string) => Object.hasOwn(known, key) || key.startsWith('cf_')
  const isObject = typeof body === 'object' && body !== null && !Array.isArray(body)
  const input = isObject ? (body as Record<string, unknown>) : {}
  const keys = Object.keys(input).filter((key) => !isKnown(key))
  if (keys.length > 0) context.addIssue({ code: 'unrecognized_keys', keys, input })
  return body
}, fields)

export const Refusal = z.object({ code: z.string(), message: z.string() }).openapi('Error')
