import { schema } from '../../src/schema.ts'
import { Random } from '../fuzz/random.ts'
import { type Asked, type Compared, compareEngines } from './compare.ts'
import type { Engines } from './engines.ts'
import { type GeneratedQuery, generateQuery } from './operation.ts'
import type { Asker, EqualityWorld } from './world.ts'

export interface EqualityCampaign {
  seed: number
  from?: number
  runs: number
  world: EqualityWorld
  engines: Engines
  /** Hears of each problem as it is found. */
  onProblem?: (problem: string) => void
}

export interface EqualityReport {
  runs: number
  /** How many answers had data, and no errors. */
  whole: number
  /** How many had errors. */
  failed: number
  compiled: number
  /** How often an answer had an error with the code. */
  codes: Record<string, number>
  /** How often each reason was given not to compile. */
  reasons: Record<string, number>
  problems: string[]
}

/** So many are asked at the same time. */
const atOnce = 6

/** Asks both engines random queries, and tells what they do not answer alike. */
export async function equalityCampaign(options: EqualityCampaign): Promise<EqualityReport> {
  const { seed, from = 0, runs } = options
  const report: EqualityReport = {
    ...{ runs, whole: 0, failed: 0, compiled: 0 },
    ...{ codes: {}, reasons: {}, problems: [] },
  }
  let next = from
  const worker = async () => {
    while (next < from + runs) {
      const run = next
      next += 1
      await oneRun(options, { seed, run }, report)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  return report
}

type Which = { seed: number; run: number }

async function oneRun(
  { world, engines, onProblem }: EqualityCampaign,
  { seed, run }: Which,
  report: EqualityReport,
): Promise<void> {
  const random = new Random(seed, run)
  const by = random.pick([0, 0, 1] as const)
  const [own, other] = [world.tenants[by], world.tenants[by ? 0 : 1]]
  const asker = random.pick(weighted(own.askers))
  const generated = generateQuery(schema, random, { own, other })
  const asked = askedOf(generated, asker, `equality-${seed}-${run}`)
  const compared = await compareEngines(engines, asked)
  count(report, compared)
  const problem = compared.difference ?? faultIn(compared)
  if (!problem) return
  const shrunk = compared.difference ? await shrink(engines, generated, asked) : generated
  const told = described({ seed, run }, { tenant: by, asker, generated: shrunk, problem })
  report.problems.push(told)
  onProblem?.(told)
}

/** Administrators see most, and who may read nothing is told so soon. */
function weighted(askers: Asker[]): Asker[] {
  const [admin, reader, member, general, few, ...refused] = askers as [Asker, ...Asker[]]
  const often = [admin, admin, admin, admin, admin, reader, member, member, member, general, few]
  return [...often, ...often, ...refused].filter((asker) => asker !== undefined)
}

function askedOf(generated: GeneratedQuery, { key }: Asker, requestId: string): Asked {
  const { roots: _, ...body } = generated
  return { ...body, key, requestId }
}

interface Told {
  data?: unknown
  errors?: { extensions?: { code?: string } }[]
  extensions?: unknown
}

function count(report: EqualityReport, { interpreted, compiled }: Compared): void {
  const { data, errors } = JSON.parse(interpreted.text) as Told
  if (data && !errors) report.whole += 1
  if (errors) report.failed += 1
  for (const { extensions } of errors ?? []) add(report.codes, String(extensions?.code))
  if (compiled.engine === 'compiled') report.compiled += 1
  else add(report.reasons, compiled.engine?.replace(/^interpreted; */, '') ?? 'nothing is said')
}

function add(counts: Record<string, number>, what: string): void {
  counts[what] = (counts[what] ?? 0) + 1
}

/** What is wrong with both answers alike. */
function faultIn({ interpreted }: Compared): string | null {
  const { errors } = JSON.parse(interpreted.text) as Told
  const isFault = errors?.some(({ extensions }) => extensions?.code === 'INTERNAL')
  return isFault ? `both fail: ${interpreted.text.slice(0, 1_000)}` : null
}

/** The same query with fewer root fields, as long as the difference is still there. */
async function shrink(
  engines: Engines,
  generated: GeneratedQuery,
  asked: Asked,
): Promise<GeneratedQuery> {
  for (const root of generated.roots) {
    if (generated.roots.length === 1) break
    const roots = generated.roots.filter((one) => one !== root)
    const all = `{ ${generated.roots.join(' ')} }`
    const query = generated.query.replace(all, () => `{ ${roots.join(' ')} }`)
    const smaller = { ...generated, query: unusedRemoved(query), roots }
    const compared = await compareEngines(engines, { ...asked, query: smaller.query })
    if (compared.difference) return shrink(engines, smaller, asked)
  }
  return generated
}

/** Without the variables and fragments that nothing names any more, which would be refused. */
function unusedRemoved(query: string): string {
  const isNamed = (name: string) => query.split(name).length > 2
  const lines = query.split('\n').filter((line) => {
    const [, name] = /^fragment (\w+) /.exec(line) ?? []
    return !name || isNamed(`${name} `)
  })
  return lines.join('\n')
}

function described(
  { seed, run }: Which,
  told: { tenant: number; asker: Asker; generated: GeneratedQuery; problem: string },
): string {
  const again = `npm run fuzz -- --kind equality --seed ${seed} --from ${run} --runs 1`
  return [
    `run ${run} of seed ${seed} (${again}), asked by ${told.asker.name} of tenant ${told.tenant}:`,
    told.problem,
    told.generated.query,
    JSON.stringify(told.generated.variables),
  ].join('\n')
}
