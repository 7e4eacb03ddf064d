import { restApis } from '../../src/rest/rest.ts'
import { misfits, type Route, routesOf } from './openapi.ts'
import type { Random } from './random.ts'
import { RequestWriter, type RestRequest } from './rest-request.ts'
import type { Outcome, Try } from './run.ts'
import { type Answered, answerTo, parsed, Watch } from './watch.ts'
import type { World } from './world.ts'

/** What any request may be refused with, whatever its document says of its own route. */
const general = [413, 415]

/** Refusals are read by people; this one would have twenty long texts of the request in it. */
const longestRefusal = 20_000

/** Tries random requests as other CRMs are sent them. */
export async function overRest(world: World): Promise<Try> {
  const watch = new Watch(world)
  const routes = await routesOf(world.tenants[0].t)
  return (random) => one(watch, routes, random)
}

async function one(watch: Watch, routes: Route[], random: Random): Promise<Outcome> {
  const request = new RequestWriter(random, { routes, world: watch.world }).write()
  const { t } = watch.world.tenants[request.by]
  t.logged.length = 0
  const sent = toHttp(request)
  const answer = await answerTo(t.app.fetch(sent))
  const text = `${request.url} ${JSON.stringify(request.headers)} ${request.body}`
  const objections = [
    ...watch.objections(request.by, text, answer),
    ...objectionsTo({ request, url: sent.url, answer, routes }),
  ]
  const told = [...toldOf(request), ...watch.faultsOf(request.by)]
  return {
    ...{ answer, objections, told, executed: answer.status === 200 },
    codes: [String(answer.status)],
  }
}

function toHttp({ method, url, headers, body, isText }: RestRequest): Request {
  const bytes = body === null ? null : Buffer.from(body, isText ? 'utf8' : 'latin1')
  const given = headers.map(([name, value]): [string, string] => [name, headerOf(value)])
  return new Request(`http://localhost${url}`, { method, headers: given, body: bytes })
}

/** A header has no line breaks and no character beyond a byte. */
function headerOf(text: string): string {
  return text.replace(/[^\t\x20-\x7e\x80-\xff]/g, '?')
}

interface Seen {
  request: RestRequest
  /** As it came to be, without `..` and the like. */
  url: string
  answer: Answered
  routes: Route[]
}

function objectionsTo({ request, url, answer, routes }: Seen): string[] {
  const { status, text } = answer
  const { pathname } = new URL(url)
  const body = parsed(text)
  const isFault = status >= 500 || text.includes('"INTERNAL"')
  if (status === 0) return []
  if (isFault) return ['it is a fault']
  if (request.method === 'HEAD') return text === '' ? [] : ['it has a body']
  const base = restApis.find((api) => pathname.startsWith(`${api.base}/`))?.base
  // What is beside the APIs answers as it does.
  if (!base || pathname === `${base}/openapi.json`) return []
  if (body === null) return ['it is no JSON']
  const { schemas } = routes.find(({ api }) => base === `/${api}`) as Route
  const route = routes.find((one) => one.method === request.method && isAt(one, pathname))
  const told = [
    ...(status >= 400 && text.length > longestRefusal ? ['it is a very long refusal'] : []),
    ...(text.includes('Variable \\"$') ? ['it speaks of variables, which nobody sent'] : []),
  ]
  const error = { $ref: 'Error' }
  const schema = route ? (route.answers[status] ?? (general.includes(status) && error)) : error
  if (!schema || (!route && status < 400)) return [`the status ${status} is none of the route’s`]
  return [...told, ...misfits(body, schema, schemas)]
}

function isAt({ path }: Route, pathname: string): boolean {
  const parts = pathname.split('/')
  const own = path.split('/')
  return (
    own.length === parts.length &&
    own.every((part, at) => (part === '{id}' ? parts[at] !== '' : part === parts[at]))
  )
}

function toldOf({ by, method, url, headers, body }: RestRequest): string[] {
  const lines = headers.map(([name, value]) => `${name}: ${value}`)
  return [`tenant ${by}`, `${method} ${url}`, ...lines, body ?? '(no body)']
}
