import { createRoute, z } from '@hono/zod-openapi'
import type { Operations } from '../../operations/operations.ts'
import { answers, createApi, type RestApp, refusals, type Told, withoutOthers } from '../api.ts'
import { type Problem, Refused, sentenceOf } from '../problem.ts'
import {
  dealHeaders,
  doneOrRefused,
  type Run,
  refuseMissing,
  retryHeaders,
  writeHeaders,
  writeVersioned,
  writtenHeaders,
} from '../runner.ts'
import { numberText } from '../values.ts'
import * as documents from './documents.ts'
import {
  fieldNames,
  toCreateInput,
  toDeal,
  toEditInput,
  toListedDeal,
  toListVariables,
} from './mapping.ts'
import { areKnown, unknownNumbers, variablesOfFilters, variablesOfInput } from './references.ts'
import { Created, DealInput, Deleted, Found, ListQuery, Page, Refusal, Updated } from './schemas.ts'

const errors = refusals(Refusal, {
  400: 'The body is not JSON, there is no such deal, or it cannot be changed so.',
  401: 'There is no credential, or it is not valid.',
  403: 'The credential may not do this.',
  422: 'A field is not what it must be.',
  429: 'The credential has used up its points.',
})

const conditional = { ...errors, ...refusals(Refusal, { 412: 'If-Match names another version.' }) }

const params = z.object({ id: numberText.openapi({ description: 'The deal_id' }) })
const body = { required: true, content: { 'application/json': { schema: DealInput } } }

const listDeals = createRoute({
  operationId: 'listDeals',
  tags: ['Deals'],
  method: 'get',
  path: '/v1/deals',
  summary: 'List deals',
  request: { query: ListQuery },
  responses: { 200: answers('A page of deals', Page), ...errors },
})

const getDeal = createRoute({
  operationId: 'getDeal',
  tags: ['Deals'],
  method: 'get',
  path: '/v1/deals/{id}',
  summary: 'Get a deal',
  request: { params },
  responses: { 200: answers('The deal', Found, 'ETag'), ...errors },
})

const createDeal = createRoute({
  operationId: 'createDeal',
  tags: ['Deals'],
  method: 'post',
  path: '/v1/deals',
  summary: 'Create a deal',
  request: { headers: retryHeaders, body },
  responses: { 200: answers('Deal created', Created, 'ETag', 'Idempotent-Replayed'), ...errors },
})

const updateDeal = createRoute({
  operationId: 'updateDeal',
  tags: ['Deals'],
  method: 'put',
  path: '/v1/deals/{id}',
  summary: 'Update a deal',
  description:
    'deal_name, pipeline_id, and cstid are required even on updates. All other fields are optional: what is left out stays, and null clears.',
  request: { params, headers: writeHeaders, body },
  responses: {
    200: answers('Deal updated', Updated, 'ETag', 'Idempotent-Replayed'),
    ...conditional,
  },
})

const deleteDeal = createRoute({
  operationId: 'deleteDeal',
  tags: ['Deals'],
  method: 'delete',
  path: '/v1/deals/{id}',
  summary: 'Delete a deal',
  request: { params, headers: writeHeaders },
  responses: { 200: answers('Deal deleted', Deleted, 'Idempotent-Replayed'), ...conditional },
})

/** YSuite’s `/v1/deals`. */
export function createYsuite(operations: Operations): RestApp {
  const app = createApi(operations, {
    title: 'Deals, as YSuite has them',
    description:
      'Everything is named by its `number` in the GraphQL API: deals, pipelines, stages, companies (cstid), contacts, users, tags and currencies. A deal shows its owner, so that reading deals needs the scope members:read beside deals:read. The access key and the secret key are the two halves of a key.',
    routes: '/v1/*',
    credentialsOf,
    credentials: [
      { apiKey: { type: 'apiKey', in: 'header', name: 'x-api-key' } },
      {
        accessKey: { type: 'apiKey', in: 'header', name: 'x-ysuite-access-key' },
        secretKey: { type: 'apiKey', in: 'header', name: 'x-ysuite-secret-key' },
      },
      { bearer: { type: 'http', scheme: 'bearer' } },
    ],
    tell,
  })
  addReads(app)
  addWrites(app)
  return withoutOthers(app)
}

function addReads(app: RestApp): void {
  app.openapi(listDeals, async (c) => {
    const query = c.req.valid('query')
    const { pageIndex = 0 } = query
    const { nodes, totalCount, pageCount } = await pageOf(c.var.run, query)
    const data = {
      data: nodes.map(toListedDeal),
      current_page: pageIndex + 1,
      total_records: totalCount,
      total_pages: pageCount,
    }
    return c.json({ success: true as const, data }, 200)
  })
  app.openapi(getDeal, async (c) => {
    const { id: number } = c.req.valid('param')
    const data = await c.var.run<documents.DealData>(documents.dealDocument, { number })
    const { dealByNumber: deal } = data
    if (!deal || deal.deletedAt !== null) return refuseMissing()
    return c.json({ success: true as const, data: toDeal(deal, data) }, 200, dealHeaders(deal))
  })
}

function addWrites(app: RestApp): void {
  app.openapi(createDeal, async (c) => {
    const body = c.req.valid('json')
    const { idempotencyKey } = c.req.valid('header')
    const references = await referencesOf(c.var.run, body)
    const input = { ...toCreateInput(body, references), idempotencyKey }
    const { createDeal } = await c.var.run<documents.CreateData>(documents.createDocument, {
      input,
    })
    const { deal, replayed } = doneOrRefused(createDeal, fieldNames)
    const data = { deal_id: deal.number, deal_name: deal.name }
    const message = 'Deal created successfully!'
    return c.json(
      { success: true as const, message, data } as const,
      200,
      dealHeaders(deal, replayed),
    )
  })
  app.openapi(updateDeal, async (c) => {
    const body = c.req.valid('json')
    const { idempotencyKey, ifMatch } = c.req.valid('header')
    const { id: number } = c.req.valid('param')
    const withAssignees = body.deal_assignedto != null
    const written = await writeVersioned({
      ifMatch,
      read: () => readTarget(c.var.run, { number, withAssignees }),
      async write({ id: dealId, assignees }, expectedVersion) {
        const references = await referencesOf(c.var.run, body)
        const change = toEditInput(body, references, assignees)
        const input = { ...change, dealId, expectedVersion, idempotencyKey }
        return (await c.var.run<documents.EditData>(documents.editDocument, { input })).editDeal
      },
    })
    const { deal, replayed } = doneOrRefused(written, fieldNames)
    const message = 'Deal updated successfully!'
    return c.json({ success: true, message } as const, 200, dealHeaders(deal, replayed))
  })
  app.openapi(deleteDeal, async (c) => {
    const { idempotencyKey, ifMatch } = c.req.valid('header')
    const { id: number } = c.req.valid('param')
    const written = await writeVersioned({
      ifMatch,
      read: () => readTarget(c.var.run, { number, withAssignees: false }),
      async write({ id: dealId }, expectedVersion) {
        const input = { dealId, expectedVersion, idempotencyKey }
        return (await c.var.run<documents.DeleteData>(documents.deleteDocument, { input }))
          .deleteDeal
      },
    })
    const { replayed } = doneOrRefused(written, fieldNames)
    const message = 'Deal deleted successfully'
    return c.json({ success: true, message } as const, 200, writtenHeaders(replayed))
  })
}

async function pageOf(
  run: Run,
  query: z.infer<typeof ListQuery>,
): Promise<documents.ListData['dealPage']> {
  const asked = variablesOfFilters(query)
  const references = asked
    ? await run<documents.ReferencesData>(documents.referencesDocument, asked)
    : {}
  if (!areKnown(query, references)) return { nodes: [], totalCount: 0, pageCount: 0 }
  const variables = toListVariables(query, references)
  return (await run<documents.ListData>(documents.listDocument, variables)).dealPage
}

async function readTarget(run: Run, variables: { number: number; withAssignees: boolean }) {
  return (await run<documents.TargetData>(documents.targetDocument, variables)).dealByNumber
}

/** What the numbers of a deal stand for; it is refused where one stands for nothing. */
async function referencesOf(
  run: Run,
  input: z.infer<typeof DealInput>,
): Promise<documents.ReferencesData> {
  const variables = variablesOfInput(input)
  const data = await run<documents.ReferencesData>(documents.referencesDocument, variables)
  const details = unknownNumbers(input, data)
  if (details.length === 0) return data
  throw new Refused({ status: 400, code: 'NOT_FOUND', details })
}

/** YSuite has one status for all that cannot be done, and one for fields that are not right. */
function tell(problem: Problem): Told {
  const { status, details } = problem
  const fields = details.filter(({ field }) => field !== null)
  const isAboutFields = status === 400 && fields.length > 0
  const names = [...new Set(fields.map(({ field }) => field as string))]
  const messagesOf = (name: string) =>
    fields.filter(({ field }) => field === name).map(({ message }) => message)
  const errors = Object.fromEntries(names.map((name) => [name, messagesOf(name)]))
  return {
    status: isAboutFields ? 422 : [404, 409].includes(status) ? 400 : status,
    body: { success: false, message: sentenceOf(problem), errors },
  }
}

/** The two halves of a key, wherever it is cut, make the key. */
function credentialsOf(headers: Headers): Headers {
  const halves = ['x-ysuite-access-key', 'x-ysuite-secret-key'].map((name) => headers.get(name))
  if (halves.every((half) => half === null)) return headers
  const whole = new Headers(headers)
  whole.set('authorization', `Bearer ${halves.map((half) => half ?? '').join('')}`)
  return whole
}
