import { errorStatus } from '../../src/errors.ts'
import { schema } from '../../src/schema.ts'
import { type Generated, generateDocument } from './document.ts'
import { Random } from './random.ts'
import { infinity } from './texts.ts'
import { Values } from './values.ts'
import type { World } from './world.ts'

const deadlineMs = 10_000

/** So many runs share a world; then there is a new one, with deals that nobody has changed. */
const runsPerWorld = 2_000

export interface Campaign {
  seed: number
  from?: number
  runs: number
  newWorld(): Promise<World>
  /** Hears of each problem as it is found; without it they are only counted. */
  onProblem?(problem: string): void
}

export interface Report {
  executed: number
  /** How many answers had an error with the code. */
  codes: Record<string, number>
  slowestMs: number
  /** What went wrong, each with all that is needed to see it again. */
  problems: string[]
}

/** Sends random operations, one after the other, and looks at every answer. */
export async function campaign(options: Campaign): Promise<Report> {
  const { seed, from = 0, runs, newWorld, onProblem } = options
  const report: Report = { executed: 0, codes: {}, slowestMs: 0, problems: [] }
  let watch: Watch | undefined
  for (let run = from; run < from + runs; run += 1) {
    if (!watch || run % runsPerWorld === 0) watch = new Watch(await newWorld())
    const { request, answer, objections } = await one(watch, seed, run)
    report.executed += answer.executed ? 1 : 0
    report.slowestMs = Math.max(report.slowestMs, answer.ms)
    for (const code of answer.codes) report.codes[code] = (report.codes[code] ?? 0) + 1
    if (objections.length === 0) continue
    const problem = described({ seed, run, objections, request, answer })
    report.problems.push(problem)
    onProblem?.(problem)
  }
  return report
}

interface Request extends Generated {
  /** The place of the asking tenant, and of its key. */
  by: 0 | 1
  key: number
  byGet: boolean
}

interface Answer {
  status: number
  text: string
  executed: boolean
  codes: string[]
  ms: number
}

interface Outcome {
  request: Request
  answer: Answer
  objections: string[]
}

async function one(watch: Watch, seed: number, run: number): Promise<Outcome> {
  const request = generate(watch.world, new Random(seed, run))
  const { t, keys } = watch.world.tenants[request.by]
  t.logged.length = 0
  const sent = toHttp(request, keys[request.key] as string)
  const answer = await answerTo(t.app.fetch(sent.request))
  return { request, answer, objections: watch.objections(request, sent.text, answer) }
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

async function answerTo(response: Promise<Response>): Promise<Answer> {
  const started = performance.now()
  const given = await Promise.race([response, later(2 * deadlineMs)])
  const text = given ? await given.text() : ''
  const ms = performance.now() - started
  const body = parsed(text)
  const codes = (body?.errors ?? []).map(({ extensions }) => String(extensions?.code))
  return { status: given?.status ?? 0, text, executed: Boolean(body && 'data' in body), codes, ms }
}

function parsed(text: string): { errors?: { extensions?: { code?: unknown } }[] } | null {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function later(ms: number): Promise<null> {
  return new Promise((resolve) => setTimeout(resolve, ms, null).unref())
}

const uuids = /[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g

/** Knows whose everything is, and so what must not be in an answer. */
class Watch {
  readonly world: World
  #ownerOf = new Map<string, number>()
  /** What each tenant has sent: its answers may have it, whoever else has it too. */
  #sent = [new Set<string>(), new Set<string>()]

  constructor(world: World) {
    this.world = world
    for (const [by, { ids }] of world.tenants.entries()) {
      for (const [uuid] of JSON.stringify(ids).matchAll(uuids)) this.#ownerOf.set(uuid, by)
    }
  }

  /** What is wrong with an answer; empty when nothing is. */
  objections(request: Request, sent: string, answer: Answer): string[] {
    const { text, codes, ms, status } = answer
    const unknown = codes.filter((code) => !Object.hasOwn(errorStatus, code))
    return [
      ...(status === 0 || ms > deadlineMs ? [`it took ${Math.round(ms)} ms`] : []),
      ...(status > 0 && parsed(text) === null ? ['it is no JSON'] : []),
      ...(codes.includes('INTERNAL') || status === 500 ? ['it is a fault'] : []),
      ...unknown.map((code) => `the code ${code} is none of ours`),
      ...this.#strangers(request.by, sent, text).map((what) => `${what} is of the other tenant`),
    ]
  }

  #strangers(by: 0 | 1, sent: string, answered: string): string[] {
    for (const [uuid] of sent.matchAll(uuids)) this.#sent[by]?.add(uuid)
    const found = new Set([...answered.matchAll(uuids)].map(([uuid]) => uuid))
    const strangers: string[] = []
    for (const uuid of found) {
      const owner = this.#ownerOf.get(uuid) ?? by
      if (this.#sent[by]?.has(uuid)) continue
      if (owner !== by) strangers.push(uuid)
      this.#ownerOf.set(uuid, owner)
    }
    const { slug } = this.world.tenants[by ? 0 : 1].t
    return answered.includes(slug) ? [...strangers, slug] : strangers
  }

  /** What the gateway has logged of a fault. */
  logOf({ by }: Request): unknown[] {
    return this.world.tenants[by].t.logged.filter(({ err }) => err)
  }
}

interface Described extends Outcome {
  seed: number
  run: number
}

function described({ seed, run, objections, request, answer }: Described): string {
  const { query, variables, operationName, byGet, by, key } = request
  const who = `tenant ${by}, key ${key}${byGet ? ', by GET' : ''}`
  const short = (text: string) => (text.length > 3_000 ? `${text.slice(0, 3_000)}…` : text)
  return [
    `run ${run} of seed ${seed} (npm run fuzz -- --seed ${seed} --from ${run} --runs 1): ${objections.join(', ')}`,
    `${who}${operationName ? `, operation ${operationName}` : ''}`,
    short(query),
    short(JSON.stringify(variables)),
    `${answer.status} ${short(answer.text)}`,
  ].join('\n')
}
