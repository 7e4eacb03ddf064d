import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { deployMigrations } from '../../src/database/migrations.ts'
import { scratchDatabase } from '../scratch-database.ts'
import { overGraphql } from './graphql.ts'
import { overRest } from './rest.ts'
import { campaign } from './run.ts'
import { createWorld, databaseFor } from './world.ts'

const ways = { operations: overGraphql, 'REST requests': overRest }

/** Tries random operations and REST requests on a database of its own; the exit code tells whether all went well. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { runs: { type: 'string' }, seed: { type: 'string' }, from: { type: 'string' } },
  })
  const seed = Number(values.seed ?? randomInt(1_000_000))
  const runs = Number(values.runs ?? 2_000)
  const say = (text: string) => void process.stdout.write(`${text}\n`)
  say(`seed ${seed}, ${runs} runs`)
  const place = await scratchDatabase(process.env.DATABASE_URL, 5)
  await deployMigrations(place.owner)
  const where = databaseFor(place.owner)
  try {
    const newWorld = () => createWorld(where)
    const onProblem = (problem: string) => say(`\n${problem}\n`)
    const from = Number(values.from ?? 0)
    for (const [what, over] of Object.entries(ways)) {
      const report = await campaign({ seed, from, runs, newWorld, over, onProblem })
      say(`${what}: executed ${Math.round((report.executed / runs) * 100)} %`)
      say(`slowest ${Math.round(report.slowestMs)} ms`)
      say(`codes ${JSON.stringify(report.codes)}`)
      say(`problems ${report.problems.length}`)
      if (report.problems.length > 0) process.exitCode = 1
    }
  } finally {
    await where.database.close()
    await place.close()
  }
}

await main()
