import type { TestTenant } from '../harness.ts'
import type { Api } from '../rest/fixtures.ts'

/** As much of JSON Schema as the documents have of it. */
export interface JsonSchema {
  $ref?: string
  allOf?: JsonSchema[]
  type?: string | string[]
  enum?: unknown[]
  format?: string
  pattern?: string
  minimum?: number
  maximum?: number
  properties?: Record<string, JsonSchema>
  patternProperties?: Record<string, JsonSchema>
  required?: string[]
  additionalProperties?: boolean | JsonSchema
  items?: JsonSchema
}

export interface Parameter {
  in: 'path' | 'query' | 'header'
  name: string
  schema: JsonSchema
}

interface Content {
  content: { 'application/json': { schema: JsonSchema } }
}

interface Operation {
  parameters?: Parameter[]
  requestBody?: Content
  responses: Record<string, Content>
}

interface Document {
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, JsonSchema> }
}

export interface Route {
  api: Api
  method: string
  /** With `{id}` where something is named. */
  path: string
  parameters: Parameter[]
  body: JsonSchema | null
  /** What it answers, by the status. */
  answers: Record<string, JsonSchema>
  schemas: Record<string, JsonSchema>
}

/** The routes of every API, as its document has them. */
export async function routesOf({ app }: TestTenant): Promise<Route[]> {
  const read = async (url: string) =>
    (await app.fetch(new Request(`http://localhost${url}`))).json()
  const { apis } = (await read('/openapi.json')) as { apis: { url: string }[] }
  const routes: Route[] = []
  for (const { url } of apis) {
    const { paths, components }: Document = await read(url)
    const api = url.split('/')[1] as Api
    for (const [path, operations] of Object.entries(paths))
      for (const [method, { parameters = [], requestBody, responses }] of Object.entries(
        operations,
      )) {
        const named = Object.entries(responses).map(([status, { content }]) => [
          status,
          content['application/json'].schema,
        ])
        routes.push({
          ...{ api, method: method.toUpperCase(), path: `/${api}${path}`, parameters },
          ...{ body: requestBody?.content['application/json'].schema ?? null },
          ...{ answers: Object.fromEntries(named), schemas: components.schemas },
        })
      }
  }
  return routes
}

/** The schema itself, where it is one by reference or one of several parts. */
export function resolved(schema: JsonSchema, schemas: Route['schemas']): JsonSchema {
  if (schema.$ref) return resolved(schemas[schema.$ref.split('/').at(-1) ?? ''] ?? {}, schemas)
  if (!schema.allOf) return schema
  const { allOf, ...rest } = schema
  const parts = [...allOf, rest].map((part) => resolved(part, schemas))
  return {
    ...Object.assign({}, ...parts),
    properties: Object.assign({}, ...parts.map(({ properties }) => properties)),
    required: parts.flatMap(({ required = [] }) => required),
  }
}

const formats: Record<string, RegExp> = {
  uuid: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  date: /^\d{4}-\d\d-\d\d$/,
  'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/,
}

/** Where a value is not what its schema says; a field that the schema does not name is none of it. */
export function misfits(
  value: unknown,
  given: JsonSchema,
  schemas: Route['schemas'],
  at = 'the body',
): string[] {
  const schema = resolved(given, schemas)
  const { type, items, format, enum: values, minimum = -Infinity, maximum = Infinity } = schema
  const types = type === undefined ? [] : [type].flat()
  if (types.length > 0 && !types.includes(typeOf(value, types))) return [`${at} is no ${types}`]
  if (values && !values.includes(value)) return [`${at} is none of ${values.join(', ')}`]
  if (typeof value === 'string' && format && formats[format]?.test(value) === false)
    return [`${at} is no ${format}`]
  if (typeof value === 'number' && (value < minimum || value > maximum))
    return [`${at} is beyond its bounds`]
  if (Array.isArray(value))
    return items ? value.flatMap((item) => misfits(item, items, schemas, `${at}[]`)) : []
  if (typeof value !== 'object' || value === null || types.length === 0) return []
  return misfitsInside(value as Record<string, unknown>, schema, schemas, at)
}

function misfitsInside(
  value: Record<string, unknown>,
  { properties = {}, required = [], additionalProperties = false }: JsonSchema,
  schemas: Route['schemas'],
  at: string,
): string[] {
  const missing = required.filter((name) => !Object.hasOwn(value, name))
  const found = Object.entries(value).flatMap(([name, item]) => {
    const own = Object.hasOwn(properties, name) ? properties[name] : additionalProperties
    if (!own) return [`${at} has an unknown ${name}`]
    return own === true ? [] : misfits(item, own, schemas, `${at}.${name}`)
  })
  return [...missing.map((name) => `${at} has no ${name}`), ...found]
}

/** The type of a value, as one of those that it may have. */
function typeOf(value: unknown, types: string[]): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (Number.isInteger(value) && types.includes('integer')) return 'integer'
  return typeof value
}
