import { Random } from './random.ts'
import type { Answered } from './watch.ts'
import type { World } from './world.ts'

/** So many runs share a world; then there is a new one, with deals that nobody has changed. */
const runsPerWorld = 2_000

export interface Campaign {
  seed: number
  from?: number
  runs: number
  newWorld(): Promise<World>
  /** What is tried in a world: operations, or the requests of other CRMs. */
  over(world: World): Promise<Try>
  /** Hears of each problem as it is found; without it they are only counted. */
  onProblem?(problem: string): void
}

/** Sends one random request and looks at the answer. */
export type Try = (random: Random) => Promise<Outcome>

export interface Outcome {
  answer: Answered
  executed: boolean
  codes: string[]
  /** What is wrong with the answer. */
  objections: string[]
  /** What was sent by whom, in lines. */
  told: string[]
}

export interface Report {
  executed: number
  /** How many answers had an error with the code. */
  codes: Record<string, number>
  slowestMs: number
  /** What went wrong, each with all that is needed to see it again. */
  problems: string[]
}

/** Sends random requests, one after the other, and looks at every answer. */
export async function campaign(options: Campaign): Promise<Report> {
  const { seed, from = 0, runs, newWorld, over, onProblem } = options
  const report: Report = { executed: 0, codes: {}, slowestMs: 0, problems: [] }
  let tryOne: Try | undefined
  for (let run = from; run < from + runs; run += 1) {
    if (!tryOne || run % runsPerWorld === 0) tryOne = await over(await newWorld())
    const outcome = await tryOne(new Random(seed, run))
    report.executed += outcome.executed ? 1 : 0
    report.slowestMs = Math.max(report.slowestMs, outcome.answer.ms)
    for (const code of outcome.codes) report.codes[code] = (report.codes[code] ?? 0) + 1
    if (outcome.objections.length === 0) continue
    const problem = described(seed, run, outcome)
    report.problems.push(problem)
    onProblem?.(problem)
  }
  return report
}

function described(seed: number, run: number, { objections, told, answer }: Outcome): string {
  const short = (text: string) => (text.length > 3_000 ? `${text.slice(0, 3_000)}…` : text)
  return [
    `run ${run} of seed ${seed} (npm run fuzz -- --seed ${seed} --from ${run} --runs 1): ${objections.join(', ')}`,
    ...told.map(short),
    `${answer.status} ${short(answer.text)}`,
  ].join('\n')
}
