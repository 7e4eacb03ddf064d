import { createRoute, z } from '@hono/zod-openapi'
import type { Operations } from '../../operations/operations.ts'
import { answers, createApi, type RestApp, refusals, withoutOthers } from '../api.ts'
import { sentenceOf } from '../problem.ts'
import {
  dealHeaders,
  doneOrRefused,
  refuseMissing,
  writeHeaders,
  writeVersioned,
} from '../runner.ts'
import { idWith, uuid } from '../values.ts'
import {
  type DetailsData,
  dealDocument,
  type MoveData,
  moveDocument,
  type ViewerData,
  versionDocument,
} from './documents.ts'
import { toDeal, toDetails } from './mapping.ts'
import { Deal, DealDetails, Move, Refusal } from './schemas.ts'

const errors = {
  400: 'The request is not what it must be.',
  401: 'There is no credential, or it is not valid.',
  403: 'The credential may not do this.',
  404: 'There is no such deal.',
}

const getDeal = createRoute({
  operationId: 'getDeal',
  tags: ['Deals'],
  method: 'get',
  path: '/api/v1/deals/{id}',
  summary: 'Get a deal by ID with pipeline, stage, and contact details.',
  request: { params: z.object({ id: uuid }) },
  responses: {
    200: answers('Deal details', DealDetails, 'ETag'),
    ...refusals(Refusal, { ...errors, 429: 'The credential has used up its points.' }),
  },
})

const moveDeal = createRoute({
  operationId: 'moveDeal',
  tags: ['Deals'],
  method: 'post',
  path: '/api/v1/deals/{id}/move',
  summary: 'Move a deal to a different stage. Records a stage change audit entry.',
  request: {
    params: z.object({ id: uuid }),
    headers: writeHeaders,
    body: {
      required: true,
      content: {
        'application/json': {
          schema: Move,
        },
      },
    },
  },
  responses: {
    200: answers('Deal moved', Deal, 'ETag', 'Idempotent-Replayed'),
    ...refusals(Refusal, {
      ...errors,
      409: 'The rules of the pipeline do not allow it, or others keep changing the deal.',
      412: 'If-Match names another version.',
      429: 'The credential has used up its points.',
    }),
  },
})

/** Backside’s `GET /deals/{id}` and `POST /deals/{id}/move`. */
export function createBackside(operations: Operations): RestApp {
  const app = createApi(operations, {
    title: 'Deals, as Backside has them',
    description: 'Ids are the uuids inside those of the GraphQL API.',
    routes: '/api/*',
    credentials: [{ bearer: { type: 'http', scheme: 'bearer' } }],
    tell: (problem) => ({
      status: problem.status,
      body: { error: { code: problem.code, message: sentenceOf(problem) } },
    }),
  })
  app.openapi(getDeal, async (c) => {
    const id = idWith('Deal', c.req.valid('param').id)
    const data = await c.var.run<ViewerData & { deal: DetailsData | null }>(dealDocument, { id })
    const deal = data.deal ?? refuseMissing()
    return c.json(toDetails(deal, data), 200, dealHeaders(deal))
  })
  app.openapi(moveDeal, async (c) => {
    const dealId = idWith('Deal', c.req.valid('param').id)
    const stageId = idWith('Stage', c.req.valid('json').stage_id)
    const { ifMatch, idempotencyKey } = c.req.valid('header')
    const read = async () => {
      const { deal, viewer } = await c.var.run<ViewerData & { deal: { version: number } | null }>(
        versionDocument,
        { id: dealId },
      )
      return deal && { ...deal, viewer }
    }
    const written = await writeVersioned({
      ifMatch,
      read,
      async write(deal, expectedVersion) {
        const input = { dealId, stageId, expectedVersion, idempotencyKey }
        const { moveDeal } = await c.var.run<MoveData>(moveDocument, { input })
        return { ...moveDeal, viewer: deal.viewer }
      },
    })
    const { deal, viewer, replayed } = doneOrRefused(written, { stageId: 'stage_id' })
    return c.json(toDeal(deal, { viewer }), 200, dealHeaders(deal, replayed))
  })
  return withoutOthers(app)
}
