import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { deployMigrations } from '../../src/database/migrations.ts'
import { equalityCampaign } from '../equality/campaign.ts'
import { enginesBefore } from '../equality/engines.ts'
import { equalityWorld } from '../equality/world.ts'
import { scratchDatabase } from '../scratch-database.ts'
import { overGraphql } from './graphql.ts'
import { overRest } from './rest.ts'
import { type Campaign, campaign } from './run.ts'
import { createWorld, databaseFor } from './world.ts'

const ways = { operations: overGraphql, rest: overRest }

interface Asked {
  seed: number
  from: number
  runs: number
}

const say = (text: string) => void process.stdout.write(`${text}\n`)
const onProblem = (problem: string) => say(`\n${problem}\n`)

/**
 * Tries random operations and REST requests on a database of its own, and whether both engines
 * answer alike; the exit code tells whether all went well.
 */
async function main(): Promise<void> {
  const text = { type: 'string' } as const
  const { values } = parseArgs({ options: { runs: text, seed: text, from: text, kind: text } })
  const asked = {
    seed: Number(values.seed ?? randomInt(1_000_000)),
    from: Number(values.from ?? 0),
    runs: Number(values.runs ?? 2_000),
  }
  say(`seed ${asked.seed}, ${asked.runs} runs`)
  const place = await scratchDatabase(process.env.DATABASE_URL, 10)
  await deployMigrations(place.owner)
  const where = databaseFor(place.owner)
  const isWanted = (kind: string) => (values.kind ?? kind) === kind
  try {
    for (const [kind, over] of Object.entries(ways)) {
      if (isWanted(kind)) await tryOver(where, { kind, over, ...asked })
    }
    if (isWanted('equality')) await tryEquality(where, asked)
  } finally {
    await where.database.close()
    await place.close()
  }
}

type Where = ReturnType<typeof databaseFor>

async function tryOver(
  where: Where,
  { kind, ...options }: Asked & Pick<Campaign, 'over'> & { kind: string },
): Promise<void> {
  const report = await campaign({ ...options, newWorld: () => createWorld(where), onProblem })
  say(`${kind}: executed ${share(report.executed, options.runs)}`)
  say(`slowest ${Math.round(report.slowestMs)} ms`)
  say(`codes ${JSON.stringify(report.codes)}`)
  tellOf(report)
}

async function tryEquality(where: Where, asked: Asked): Promise<void> {
  const world = await equalityWorld(where)
  const engines = enginesBefore(where.database, world.now)
  const report = await equalityCampaign({ ...asked, world, engines, onProblem })
  const { whole, failed, compiled, reasons } = report
  say(`equality: ${share(whole, asked.runs)} without errors, ${share(failed, asked.runs)} with`)
  say(`codes ${JSON.stringify(report.codes)}`)
  say(`compiled ${share(compiled, asked.runs)}; interpreted because`)
  const most = Object.entries(reasons).sort(([, one], [, other]) => other - one)
  for (const [reason, count] of most.slice(0, 30)) say(`${String(count).padStart(6)}  ${reason}`)
  tellOf(report)
}

function share(count: number, runs: number): string {
  return `${Math.round((count / runs) * 100)} %`
}

function tellOf({ problems }: { problems: string[] }): void {
  say(`problems ${problems.length}`)
  if (problems.length > 0) process.exitCode = 1
}

await main()
