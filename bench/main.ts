import { execFileSync } from 'node:child_process'
import { rm, writeFile } from 'node:fs/promises'
import pg from 'pg'
import { afterUpdates } from './after-updates.ts'
import { expectAgreement } from './agree.ts'
import { candidatesOf, prepare } from './candidates.ts'
import { sourcesOf, warmUp } from './driver.ts'
import { load } from './load.ts'
import { type Contestant, countStatements, type Measured, measure } from './measure.ts'
import { help, type Options, readOptions } from './options.ts'
import { openDatabase, openServer } from './postgres.ts'
import { recentNode } from './processes.ts'
import { comparedAt, machine, ratiosOf, report } from './report.ts'
import { readWorld, type World } from './world.ts'

const stops: (() => Promise<void>)[] = []

function tell(progress: string): void {
  process.stderr.write(`${progress}\n`)
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2))
  if (!options) {
    process.stdout.write(help)
    return
  }
  const server = await openServer()
  stops.push(server.stop)
  const url = await openDatabase(server.url, `dealgraph_bench_${options.scale}`, options.fresh)
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  stops.push(() => client.end())
  tell('loading')
  await load(client, url, options)
  await client.query('VACUUM ANALYZE')
  const world = await readWorld(client, options.scale)
  const contestants = await start(client, url, world, options)
  if (options.afterUpdates) {
    process.stdout.write(`${await afterUpdates(contestants, client, world, options)}\n`)
    return
  }
  const timed = await measure(contestants, client, options, tell)
  const statements: Measured['statements'] = {}
  for (const { candidate } of contestants) {
    tell(`counting the statements of ${candidate.name}`)
    statements[candidate.name] = await countStatements(candidate, url, world, options)
  }
  await print({ ...timed, statements }, contestants, client, options)
}

/** Starts the candidates, lets them agree and warms them up. */
async function start(
  client: pg.Client,
  url: string,
  world: World,
  options: Options,
): Promise<Contestant[]> {
  const place = await prepare(client, url, world.tenants)
  // Of a run that failed the logs stay.
  stops.push(async () => {
    if (!process.exitCode) await rm(place.directory, { recursive: true, force: true })
  })
  const contestants: Contestant[] = []
  for (const candidate of candidatesOf(place, options.candidates)) {
    tell(`starting ${candidate.name}`)
    const running = await candidate.start(url)
    stops.push(running.stop)
    const sources = await sourcesOf(candidate, running.port, world, options.seed)
    contestants.push({ candidate, running, sources })
  }
  const started = contestants.map(({ candidate, running }) => ({ candidate, port: running.port }))
  tell(`all agree in ${await expectAgreement(started, world)} answers`)
  for (const { candidate, running, sources } of contestants) {
    tell(`warming up ${candidate.name}`)
    for (const operation of options.only) {
      await warmUp(running.port, sources[operation], options.warmUp)
    }
  }
  return contestants
}

async function print(
  measured: Measured,
  contestants: Contestant[],
  client: pg.Client,
  options: Options,
): Promise<void> {
  const titles = Object.fromEntries(
    contestants.map(({ candidate: { name, title } }) => [name, title]),
  )
  const { rows } = await client.query('SHOW server_version')
  const newer = execFileSync(recentNode(), ['--version'], { encoding: 'utf8' }).trim()
  const on = machine(newer, rows[0].server_version)
  process.stdout.write(`${report(measured, titles, options, on)}\n`)
  if (!options.json) return
  const comparedConnections = comparedAt(options.connections)
  const ratios = ratiosOf(measured.series, comparedConnections)
  const all = { ratios, comparedConnections, machine: on, settings: options, ...measured }
  await writeFile(options.json, `${JSON.stringify(all, null, 2)}\n`)
}

// What was started ends with this process, which it does not where a signal ends it unheard.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
try {
  await main()
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
} finally {
  for (const stop of stops.reverse()) await stop().catch(() => {})
}
