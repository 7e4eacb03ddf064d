import { createRoute, z } from '@hono/zod-openapi'
import type { Operations } from '../../operations/operations.ts'
import { answers, createApi, type RestApp, refusals, withoutOthers } from '../api.ts'
import { refuse, sentenceOf } from '../problem.ts'
import { dealHeaders, doneOrRefused, writeHeaders, writeVersioned } from '../runner.ts'
import { type EditData, editDocument, type TargetData, targetDocument } from './documents.ts'
import { fieldNames, toDeal, toInput } from './mapping.ts'
import { Change, Deal, publicId, Refusal } from './schemas.ts'

const updateDeal = createRoute({
  operationId: 'updateDeal',
  tags: ['Deals'],
  method: 'patch',
  path: '/api/v1/deals/{id}',
  summary: 'Update a deal',
  request: {
    params: z.object({ id: publicId }),
    headers: writeHeaders,
    body: { required: true, content: { 'application/json': { schema: Change } } },
  },
  responses: {
    200: answers('OK', Deal, 'ETag', 'Idempotent-Replayed'),
    ...refusals(Refusal, {
      400: 'The request is not what it must be, or the deal cannot be changed so.',
      401: 'There is no credential, or it is not valid.',
      403: 'The credential may not do this.',
      404: 'There is no such deal.',
      412: 'If-Match names another version.',
      429: 'The credential has used up its points.',
    }),
  },
})

/** Heffl has no status for what is refused for the state of a deal. */
const statuses: Record<number, number> = { 409: 400 }

/** Heffl’s `PATCH /deals/{id}`. */
export function createHeffl(operations: Operations): RestApp {
  const app = createApi(operations, {
    title: 'Deals, as Heffl has them',
    description:
      'Ids of deals and clients are those of the GraphQL API; pipelines and stages are named by their `number`.',
    routes: '/api/*',
    credentials: [{ apiKey: { type: 'apiKey', in: 'header', name: 'x-api-key' } }],
    tell: (problem) => ({
      status: statuses[problem.status] ?? problem.status,
      body: { code: problem.code, message: sentenceOf(problem) },
    }),
  })
  app.openapi(updateDeal, async (c) => {
    const { id } = c.req.valid('param')
    const change = c.req.valid('json')
    const { ifMatch, idempotencyKey } = c.req.valid('header')
    const { stageId: stage = 0 } = change
    const withStage = stage !== 0
    const written = await writeVersioned({
      ifMatch,
      async read() {
        const target = await c.var.run<TargetData>(targetDocument, { id, stage, withStage })
        const stageId = target.stageByNumber?.id
        return target.deal && { ...target.deal, stageId }
      },
      async write({ stageId }, expectedVersion) {
        if (withStage && !stageId) refuse(400, 'NOT_FOUND', 'There is no such stage.', 'stageId')
        const input = { ...toInput(change, stageId), dealId: id, expectedVersion, idempotencyKey }
        const { editDeal } = await c.var.run<EditData>(editDocument, { input })
        return editDeal
      },
    })
    const { deal, replayed } = doneOrRefused(written, fieldNames)
    return c.json(toDeal(deal), 200, dealHeaders(deal, replayed))
  })
  return withoutOthers(app)
}
