import { readFile } from 'node:fs/promises'
import { Validator } from '@seriousme/openapi-schema-validator'
import { beforeAll, describe, expect, it } from 'vitest'
import { restApis } from '../../src/rest/rest.ts'
import { testTenant } from '../harness.ts'

interface Operation {
  operationId?: string
  summary?: string
  responses: Record<string, { description: string; content?: object }>
}

interface Document {
  openapi: string
  servers: { url: string }[]
  security: Record<string, string[]>[]
  paths: Record<string, Record<string, Operation>>
}

/** The operations of each API, by which the client that is generated calls them. */
const operations: Record<string, string[]> = {
  Backside: ['getDeal GET /api/v1/deals/{id}', 'moveDeal POST /api/v1/deals/{id}/move'],
  YSuite: [
    'listDeals GET /v1/deals',
    'createDeal POST /v1/deals',
    'getDeal GET /v1/deals/{id}',
    'updateDeal PUT /v1/deals/{id}',
    'deleteDeal DELETE /v1/deals/{id}',
  ],
  Heffl: ['updateDeal PATCH /api/v1/deals/{id}'],
}

let get: (path: string) => Promise<Response>

beforeAll(async () => {
  const { app } = await testTenant()
  get = async (path) => app.fetch(new Request(`http://localhost${path}`))
})

/** Everything that a client can call, with its method and path. */
function operationsOf({ paths }: Document): (Operation & { method: string; path: string })[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      ...operation,
      method: method.toUpperCase(),
      path,
    })),
  )
}

describe.each(restApis)('the OpenAPI document of $name', ({ name, base }) => {
  let document: Document

  beforeAll(async () => {
    document = (await (await get(`${base}/openapi.json`)).json()) as Document
  })

  it('is the one in openapi/: run `npm run schema` and review the difference', async () => {
    const printed = `${JSON.stringify(document, null, 2)}\n`
    await expect(printed).toMatchFileSnapshot(`../../openapi${base}.json`)
  })

  it('is of OpenAPI 3.1, and where its routes are', async () => {
    const validator = new Validator()
    expect(await validator.validate({ ...structuredClone(document) })).toEqual({ valid: true })
    expect(validator.version).toBe('3.1')
    expect(document.servers).toEqual([{ url: base }])
  })

  it('has each operation by its name, and a summary of it', () => {
    const found = operationsOf(document)
    const outline = found.map(({ operationId, method, path }) => `${operationId} ${method} ${path}`)
    expect(outline).toEqual(operations[name])
    expect(found.filter(({ summary }) => !summary?.trim())).toEqual([])
  })

  it('says of each operation with what it is answered, and when it is refused', () => {
    for (const { operationId, responses } of operationsOf(document)) {
      const refusals = Object.keys(responses).filter((status) => status !== '200')
      expect(refusals, operationId).toEqual(expect.arrayContaining(['400', '401', '403', '429']))
      for (const { description, content } of Object.values(responses)) {
        expect(description.trim()).not.toBe('')
        expect(content).toHaveProperty(['application/json', 'schema', '$ref'])
      }
    }
  })
})

it('names every API and the page about them to whoever asks', async () => {
  const answer = await get('/openapi.json')
  const { apis, reference } = (await answer.json()) as {
    apis: { name: string; url: string }[]
    reference: string
  }
  expect(apis.map(({ name }) => name)).toEqual(['Backside', 'YSuite', 'Heffl'])
  for (const { url } of apis) {
    const document = await get(url)
    expect(document.headers.get('content-type')).toMatch(/^application\/json/)
    expect(await document.json()).toHaveProperty('openapi', '3.1.0')
  }
  expect((await get(reference)).status).toBe(200)
})

/** What is loaded from another host than the one that the page is on. */
const elsewhere = /(?:\b(?:src|href|action)\s*=\s*|url\(\s*)["']?(?:https?:)?\/\/[^"'\s)]*/gi

describe('the reference page', () => {
  it('may load nothing but what is here', async () => {
    const page = await get('/reference')
    expect(page.headers.get('content-type')).toMatch(/^text\/html/)
    const policy = page.headers.get('content-security-policy')?.split('; ') ?? []
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("script-src 'self'")
    expect(policy).toContain("connect-src 'self'")
    expect(policy.join(' ')).not.toMatch(/https?:|\*/)
  })

  it('is made of files that name no other host', async () => {
    const html = await (await get('/reference')).text()
    const paths = [...html.matchAll(/(?:src|href)="(\/[^"]*)"/g)].map(([, path]) => path ?? '')
    expect(paths).toHaveLength(5)
    for (const path of paths) {
      const file = await get(path)
      const type = path.endsWith('.css') ? 'text/css' : 'text/javascript'
      expect(file.headers.get('content-type'), path).toBe(`${type}; charset=utf-8`)
      expect((await file.text()).match(elsewhere), path).toBeNull()
    }
    expect(html.match(elsewhere)).toBeNull()
    expect('<a href="https://example.com">'.match(elsewhere)).not.toBeNull()
  })

  it.each([
    'swagger-ui.css',
    'index.css',
    'swagger-ui-bundle.js',
    'swagger-ui-standalone-preset.js',
  ])('has %s as the package has it', async (name) => {
    const served = await (await get(`/reference/${name}`)).text()
    expect(served).toBe(await readFile(`node_modules/swagger-ui-dist/${name}`, 'utf8'))
  })
})
