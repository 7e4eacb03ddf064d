import type { Hono } from 'hono'
import type { Operations } from '../operations/operations.ts'
import type { RestApp } from './api.ts'
import * as backside from './backside/documents.ts'
import { createBackside } from './backside/routes.ts'
import * as heffl from './heffl/documents.ts'
import { createHeffl } from './heffl/routes.ts'
import { createReference, referencePath } from './reference.ts'
import * as ysuite from './ysuite/documents.ts'
import { createYsuite } from './ysuite/routes.ts'

interface NamedApi {
  name: string
  /** Where its routes begin. */
  base: string
  create: (operations: Operations) => RestApp
}

/** The REST APIs of other CRMs that this gateway answers. */
export const restApis: readonly NamedApi[] = [
  { name: 'Backside', base: '/backside', create: createBackside },
  { name: 'YSuite', base: '/ysuite', create: createYsuite },
  { name: 'Heffl', base: '/heffl', create: createHeffl },
]

/** Every document behind a route. */
export const restDocuments: readonly string[] = [backside, ysuite, heffl].flatMap(
  (documents): string[] => Object.values(documents),
)

/** Answers each API below its base, what there is of them, and a page to read about them. */
export function addRest(
  app: Hono<{ Variables: { requestId: string } }>,
  operations: Operations,
): void {
  const documents = restApis.map(({ name, base }) => ({ name, url: `${base}/openapi.json` }))
  for (const { base, create } of restApis) app.route(base, create(operations))
  app.get('/openapi.json', (c) => c.json({ apis: documents, reference: referencePath }))
  app.route(referencePath, createReference(documents))
}
