import { readFile } from 'node:fs/promises'
import { type Command, InvalidArgumentError } from 'commander'
import { parse } from 'graphql'
import type { Config } from '../config.ts'
import { readManifest } from '../manifest/rules.ts'
import {
  activateClientRelease,
  checkOperations,
  pushOperations,
  retireClientRelease,
} from '../persisted/own-operations.ts'
import { type Check, checkActive, checkHere, printChecks } from './operations-check.ts'
import { listOperations, listReleases, listStale } from './operations-list.ts'
import { print } from './output.ts'
import { type Ask, type Place, withRegistry } from './registry.ts'
import type { WithDatabase } from './with-database.ts'

interface Options extends Place {
  client: string
  version: string
  days: number
  maxAge?: Record<string, number>
  json?: boolean
}

interface Operation {
  id: string
  text: string
  maxAgeSeconds?: number
}

interface Changed {
  release: { client: string; version: string; status: string; operationCount: number } | null
  userErrors: { message: string }[]
}

export function registerOperations(
  program: Command,
  config: () => Config,
  withDatabase: WithDatabase,
): void {
  const operations = program
    .command('operations')
    .description('Manage the operations that apps register, in a database or at a gateway')
  const at = (place: Place, work: (ask: Ask) => Promise<void>) =>
    withRegistry(place, { config: config(), withDatabase }, work)
  const command = (name: string, description: string) =>
    operations
      .command(name)
      .description(description)
      .option('--tenant <slug>', 'in the database that is configured: the tenant')
      .option('--url <url>', 'at a gateway, with the key in DEALGRAPH_KEY (default: DEALGRAPH_URL)')
      .option('--json', 'print the result as JSON')
  const ofRelease = (name: string, description: string) =>
    command(name, description)
      .requiredOption('--client <name>', 'the app, as it names itself')
      .requiredOption('--version <version>', 'its version, as it names it')

  command(
    'check',
    'Say what operations cost and what is wrong with them, to a gateway, a database or this build',
  )
    .argument('[manifest]', 'a manifest (default: all active operations of the database)')
    .option('--client <name>', 'the app whose ids they are', 'app')
    .action(async (manifest: string | undefined, options: Options) => {
      if (!manifest && (options.tenant || options.url)) {
        throw new Error('Name a manifest: without one the whole database is checked.')
      }
      if (!manifest)
        return withDatabase('dealgraph operations check', checkActive(options, config()))
      const given = await operationsIn(manifest)
      const isHere = !options.tenant && !options.url && !config().gateway.url
      if (isHere) return printChecks(await checkHere(given, config()), options)
      await at(options, async (ask) => printChecks(await check(ask, given, options), options))
    })
  ofRelease('push', 'Register the operations of a version of an app, all or none')
    .argument('<manifest>', 'the manifest that the app’s build has made')
    .option('--max-age <name=seconds>', 'a query whose answers any cache may keep', maxAge)
    .action(async (manifest: string, options: Options) => {
      const given = withMaxAge(await operationsIn(manifest), options.maxAge ?? {})
      await at(options, (ask) => change(ask, 'pushOperations', options, { operations: given }))
    })
  ofRelease('activate', 'Have a release served from now on').action((options: Options) =>
    at(options, (ask) => change(ask, 'activateClientRelease', options)),
  )
  ofRelease('retire', 'Have a release served no more').action((options: Options) =>
    at(options, (ask) => change(ask, 'retireClientRelease', options)),
  )
  command('list', 'List releases, or the operations of one')
    .option('--client <name>', 'only those of this app')
    .option('--version <version>', 'the operations of this version of it')
    .action((options: Options) =>
      at(options, (ask) =>
        options.version ? listOperations(ask, options) : listReleases(ask, options),
      ),
    )
  command('stale', 'List active operations and releases that nobody has sent for some days')
    .requiredOption('--days <days>', 'for how many days', days)
    .action((options: Options) => at(options, (ask) => listStale(ask, options)))
}

async function operationsIn(path: string): Promise<Operation[]> {
  const manifest = readManifest(await jsonIn(path))
  if (manifest.problem !== undefined) throw new Error(`${path}: ${manifest.problem}`)
  return manifest.operations
}

async function jsonIn(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8').catch(({ message }: Error) => {
    throw new Error(`The manifest cannot be read: ${message}`)
  })
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new Error(`${path} is no JSON: ${(error as Error).message}`)
  }
}

function withMaxAge(operations: Operation[], ages: Record<string, number>): Operation[] {
  const left = new Set(Object.keys(ages))
  const marked = operations.map((operation) => {
    const name = nameIn(operation.text)
    if (name === null || !left.delete(name)) return operation
    return { ...operation, maxAgeSeconds: ages[name] as number }
  })
  if (left.size === 0) return marked
  throw new Error(`--max-age names what the manifest does not have: ${[...left].join(', ')}.`)
}

/** The name of the operation in a document; what is none is told when it is pushed. */
function nameIn(text: string): string | null {
  try {
    const names = parse(text).definitions.map((definition) =>
      definition.kind === 'OperationDefinition' ? definition.name?.value : undefined,
    )
    return names.find(Boolean) ?? null
  } catch {
    return null
  }
}

async function check(ask: Ask, operations: Operation[], { client }: Options): Promise<Check[]> {
  const variables = { client, operations }
  const answer = await ask<{ checkOperations: Omit<Check, 'id'>[] }>(checkOperations, variables)
  return answer.checkOperations.map((one, index) => ({ ...one, id: operations[index]?.id ?? '' }))
}

const mutations = { pushOperations, activateClientRelease, retireClientRelease }

async function change(
  ask: Ask,
  mutation: keyof typeof mutations,
  { client, version, json }: Options,
  more: object = {},
): Promise<void> {
  const input = { client, version, ...more }
  const answer = await ask<Record<string, Changed>>(mutations[mutation], { input })
  const { release, userErrors } = answer[mutation] as Changed
  if (userErrors.length > 0) throw new Error(userErrors.map(({ message }) => message).join('\n'))
  const count = release?.operationCount
  print(json, release, `${client} ${version} is ${release?.status}, with ${count} operations.`)
}

function maxAge(value: string, ages: Record<string, number> = {}): Record<string, number> {
  const [, name, seconds] = /^(\w+)=(\d{1,8})$/.exec(value) ?? []
  if (name && seconds) return { ...ages, [name]: Number(seconds) }
  throw new InvalidArgumentError('It must be the name of a query and seconds, like Labels=300.')
}

function days(value: string): number {
  const number = Number(value)
  if (Number.isInteger(number) && number > 0 && number <= 36_500) return number
  throw new InvalidArgumentError('It must be a whole number of days, 1 to 36500.')
}
