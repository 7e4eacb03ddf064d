import { randomUUID } from 'node:crypto'
import type { Command } from 'commander'
import { openCsv, startRejects } from '../csv/service.ts'
import { parseList, parseMap } from '../import/rules.ts'
import { type Counts, importDeals } from '../import/service.ts'
import { importFields } from '../import-row/rules.ts'
import { print } from './output.ts'
import { tenantBySlug, type WithDatabase } from './with-database.ts'

interface Flags {
  tenant: string
  pipeline: string
  map: string
  currency?: string
  stages?: string
  won?: string
  lost?: string
  entry?: string
  json?: boolean
}

export function registerImport(program: Command, withDatabase: WithDatabase): void {
  program
    .command('import')
    .description('Create or update deals from a CSV file; a file imported twice changes nothing.')
    .argument('<file>', 'the CSV file, in UTF-8, its first line naming the columns')
    .requiredOption('--tenant <slug>', 'whose deals they are')
    .requiredOption('--pipeline <name>', 'the pipeline; created if there is none, with --stages')
    .requiredOption(
      '--map <field=column,...>',
      `which column tells a field: ${importFields.join(', ')}`,
    )
    .option('--currency <code>', 'of new deals whose row tells none (default: the tenant’s)')
    .option(
      '--stages <names>',
      'the stages in their order; those that the pipeline lacks are created',
    )
    .option('--won <names>', 'which of the new stages mean won')
    .option('--lost <names>', 'which of the new stages mean lost')
    .option(
      '--entry <name>',
      'the stage in which closed deals started (default: the first open one)',
    )
    .option('--json', 'print nothing but the counts, as JSON')
    .action((path: string, flags: Flags) => importFile(path, flags, withDatabase))
}

async function importFile(path: string, flags: Flags, withDatabase: WithDatabase): Promise<void> {
  const { tenant, pipeline, currency, entry } = flags
  const map = parseMap(flags.map)
  const file = await openCsv(path)
  const rejectsPath = path.replace(/(\.csv)?$/i, '.rejects.csv')
  const [stages, won, lost] = [flags.stages, flags.won, flags.lost].map((names) =>
    names === undefined ? undefined : parseList(names),
  )
  const options = { map, pipeline, currency, entry, stages, won, lost }
  await withDatabase('dealgraph import', async (database) => {
    const tenantId = await tenantBySlug(database, tenant)
    const onRejects = await startRejects(rejectsPath, file.columns)
    const clock = () => new Date()
    const job = { database, tenantId, clock, requestId: randomUUID(), file, options }
    const counts = await importDeals({ ...job, onRejects, onProgress: showProgress })
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')
    print(flags.json, counts, summary(counts, rejectsPath))
  })
}

/** One line on a terminal that is written over, and gone in the end. */
function showProgress({ read, rejected }: Counts): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${read} rows read, ${rejected} rejected`)
}

function summary(counts: Counts, rejectsPath: string): string {
  const { read, created, updated, unchanged, rejected } = counts
  const outcomes = `${created} created, ${updated} updated, ${unchanged} unchanged, ${rejected} rejected`
  const hint = `The rejected rows are in ${rejectsPath}, each with its line and the reason.`
  return [`${read} rows read: ${outcomes}.`, ...(rejected > 0 ? [hint] : [])].join('\n')
}
