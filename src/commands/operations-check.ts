import type { Config } from '../config.ts'
import type { Database } from '../database/database.ts'
import { activeOperations } from '../persisted-operation/service.ts'
import { print, table } from './output.ts'

export interface Check {
  id: string
  name: string | null
  type: string
  cost: number
  problems: string[]
}

interface Broken {
  tenant: string
  client: string
  versions: string[]
  operationId: string
  name: string | null
  problems: string[]
}

/** What this build's schema says of operations, without any database. */
export async function checkHere(
  operations: { id: string; text: string }[],
  config: Config,
): Promise<Check[]> {
  const inspect = await inspector(config)
  const inspections = await inspect(operations.map(({ text }) => text))
  return inspections.map(({ name, type, cost, problems }, index) => {
    return { id: operations[index]?.id ?? '', name, type, cost, problems }
  })
}

/** Prints what each costs and what is wrong with it, which then is the failure of the command. */
export function printChecks(checks: Check[], { json }: { json?: boolean }): void {
  const rows = checks.map(({ id, name, type, cost }) => [name ?? '-', type, String(cost), id])
  print(json, checks, table([['NAME', 'TYPE', 'COST', 'ID'], ...rows]))
  const bad = checks.filter(({ problems }) => problems.length > 0)
  if (bad.length === 0) return
  const lines = bad.flatMap(({ id, name, problems }) =>
    problems.map((problem) => `${name ?? id}: ${problem}`),
  )
  throw new Error(
    [...lines, `${bad.length} of ${checks.length} operations cannot be served.`].join('\n'),
  )
}

/** Looks whether this build's schema serves what apps of any tenant may send. */
export function checkActive(
  { json }: { json?: boolean },
  config: Config,
): (database: Database) => Promise<void> {
  return async (database) => {
    const inspect = await inspector(config)
    const broken: Broken[] = []
    let count = 0
    for await (const operation of activeOperations(database)) {
      const { tenantSlug: tenant, client, versions, operationId, name, text } = operation
      const [inspection] = await inspect([text])
      const problems = inspection?.problems ?? []
      if (problems.length > 0) {
        broken.push({ tenant, client, versions, operationId, name, problems })
      }
      count++
    }
    print(json, { operations: count, broken }, `${count} active operations were checked.`)
    if (broken.length > 0) throw new Error(broken.map(titleOf).join('\n'))
  }
}

function titleOf({ tenant, client, versions, operationId, name, problems }: Broken): string {
  const versionList = versions.join(', ')
  return `${name ?? operationId} of ${client} ${versionList}, tenant ${tenant}: ${problems.join(' ')}`
}

/** The schema takes most of a second to build, which other commands do without. */
async function inspector({ costLimit }: Config) {
  const [{ schema }, { createInspect }] = await Promise.all([
    import('../schema.ts'),
    import('../operations/inspect.ts'),
  ])
  return createInspect(schema, costLimit)
}
