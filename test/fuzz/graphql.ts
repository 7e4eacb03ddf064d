import { errorStatus } from '../../src/errors.ts'
import { schema } from '../../src/schema.ts'
import { type Generated, generateDocument } from './document.ts'
import type { Random } from './random.ts'
import type { Outcome, Try } from './run.ts'
import { infinity } from './texts.ts'
import { Values } from './values.ts'
import { type Answered, answerTo, parsed, Watch } from './watch.ts'
import type { World } from './world.ts'

interface Request extends Generated {
  /** The place of the asking tenant, and of its key. */
  by: 0 | 1
  key: number
  byGet: boolean
}

/** Tries random operations. */
export async function overGraphql(world: World): Promise<Try> {
  const watch = new Watch(world)
  return (random) => one(watch, random)
}

async function one(watch: Watch, random: Random): Promise<Outcome> {
  const request = generate(watch.world, random)
  const { t, keys } = watch.world.tenants[request.by]
  t.logged.length = 0
  const sent = toHttp(request, keys[request.key] as string)
  const answer = await answerTo(t.app.fetch(sent.request))
  const body = parsed(answer.text) as { errors?: { extensions?: { code?: unknown } }[] } | null
  const codes = (body?.errors ?? []).map(({ extensions }) => String(extensions?.code))
  const objections = [
    ...watch.objections(request.by, sent.text, answer),
    ...objectionsTo(answer, codes),
  ]
  const executed = Boolean(body && 'data' in body)
  return { answer, executed, codes, objections, told: toldOf(request) }
}

function generate({ tenants }: World, random: Random): Request {
  const by = random.pick([0, 1])
  const values = new Values(random, { schema, own: tenants[by], other: tenants[by ? 0 : 1] })
  const generated = generateDocument(schema, random, values)
  const { variables } = generated
  if (random.chance(0.05)) {
    for (const name of Object.keys(variables)) {
      if (random.chance(0.4)) variables[name] = values.garbage()
    }
  }
  const key = random.pick([0, 0, 0, 0, 1, 2, 3])
  return { ...generated, by, key, byGet: random.chance(generated.isMutation ? 0.01 : 0.1) }
}

function toHttp(request: Request, key: string): { request: globalThis.Request; text: string } {
  const { query, operationName, byGet } = request
  const variables = JSON.stringify(request.variables).replaceAll(`"${infinity}"`, '1e999')
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
  const name: Record<string, string> = operationName ? { operationName } : {}
  if (byGet) {
    const { 'content-type': _, ...others } = headers
    const url = `http://localhost/graphql?${new URLSearchParams({ query, variables, ...name })}`
    return { request: new Request(url, { headers: others }), text: query + variables }
  }
  const body = `${JSON.stringify({ query, ...name }).slice(0, -1)},"variables":${variables}}`
  const post = { method: 'POST', headers, body }
  return { request: new Request('http://localhost/graphql', post), text: body }
}

function objectionsTo({ status, text }: Answered, codes: string[]): string[] {
  const unknown = codes.filter((code) => !Object.hasOwn(errorStatus, code))
  return [
    ...(status > 0 && parsed(text) === null ? ['it is no JSON'] : []),
    ...(codes.includes('INTERNAL') || status === 500 ? ['it is a fault'] : []),
    ...unknown.map((code) => `the code ${code} is none of ours`),
  ]
}

function toldOf({ query, variables, operationName, byGet, by, key }: Request): string[] {
  const who = `tenant ${by}, key ${key}${byGet ? ', by GET' : ''}`
  const which = operationName ? `, operation ${operationName}` : ''
  return [`${who}${which}`, query, JSON.stringify(variables)]
}
