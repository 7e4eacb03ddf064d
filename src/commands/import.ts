import { randomUUID } from 'node:crypto'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { openCsv, startRejects } from '../csv/service.ts'
import { type Counts, type ImportOptions, importDeals } from '../import/service.ts'
import {
  importFields,
  type Mapping,
  mapByName,
  parseList,
  parseMap,
} from '../import-field/rules.ts'
import { type DateOrder, type DecimalMark, dateOrderOf } from '../import-format/rules.ts'
import { openJsonLines, startJsonRejects } from '../json-lines/service.ts'
import { print } from './output.ts'
import { tenantBySlug, type WithDatabase } from './with-database.ts'

type FileFormat = 'csv' | 'jsonl'

interface Flags {
  tenant: string
  pipeline: string
  map?: string
  format?: FileFormat
  dates?: DateOrder
  decimal?: DecimalMark
  currency?: string
  stages?: string
  won?: string
  lost?: string
  entry?: string
  check?: boolean
  json?: boolean
}

export function registerImport(program: Command, withDatabase: WithDatabase): void {
  program
    .command('import')
    .description(
      'Create or update deals from a CSV or JSON Lines file; a file imported twice changes nothing.',
    )
    .argument('<file>', 'the file, in UTF-8; of CSV the first line names the columns')
    .requiredOption('--tenant <slug>', 'whose deals they are')
    .requiredOption('--pipeline <name>', 'the pipeline; created if there is none, with --stages')
    .option(
      '--map <field=column,...>',
      `which column tells a field (default: the one of the same name): ${importFields.join(', ')}, cf_… of custom fields`,
    )
    .addOption(
      new Option('--format <format>', 'of the file (default: by its name)').choices([
        'csv',
        'jsonl',
      ]),
    )
    .option('--dates <format>', 'DMY, MDY, YMD or a locale such as de-DE, beside ISO 8601', order)
    .addOption(
      new Option('--decimal <mark>', 'what parts decimals; the other may group digits').choices([
        '.',
        ',',
      ]),
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
    .option('--check', 'tell what would happen and change nothing')
    .option('--json', 'print nothing but the counts, as JSON')
    .action((path: string, flags: Flags) => importFile(path, flags, withDatabase))
}

async function importFile(path: string, flags: Flags, withDatabase: WithDatabase): Promise<void> {
  const { tenant, dates, decimal } = flags
  const told = flags.map === undefined ? undefined : parseMap(flags.map)
  const isJson = flags.format ? flags.format === 'jsonl' : /\.(jsonl|ndjson)$/i.test(path)
  const file = await (isJson ? openJsonLines(path, { decimal }) : openCsv(path))
  const map = told ?? mapByName(file.columns)
  if (!told) warnOfIgnored(file.columns, map)
  const rejectsPath = rejectsOf(path, isJson)
  await withDatabase('dealgraph import', async (database) => {
    const tenantId = await tenantBySlug(database, tenant)
    const onRejects = await (isJson
      ? startJsonRejects(rejectsPath)
      : startRejects(rejectsPath, file.columns))
    const clock = () => new Date()
    const options = {
      ...optionsOf(flags),
      map,
      ...(dates && { dates }),
      ...(decimal && { decimal }),
    }
    const job = { database, tenantId, clock, requestId: randomUUID(), file, options }
    const counts = await importDeals({ ...job, onRejects, onProgress: showProgress })
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')
    print(flags.json, counts, summary(counts, rejectsPath, flags.check))
  })
}

function optionsOf(flags: Flags): Omit<ImportOptions, 'map'> {
  const { pipeline, currency, entry, check } = flags
  const [stages, won, lost] = [flags.stages, flags.won, flags.lost].map((names) =>
    names === undefined ? undefined : parseList(names),
  )
  return { pipeline, currency, entry, check, stages, won, lost }
}

/** Beside the file, in its format and named for it. */
function rejectsOf(path: string, isJson: boolean): string {
  const [, stem = path, extension = isJson ? '.jsonl' : '.csv'] =
    /^(.*)(\.(?:csv|jsonl|ndjson))$/i.exec(path) ?? []
  return `${stem}.rejects${extension}`
}

function warnOfIgnored(columns: string[], map: Mapping): void {
  const used = Object.values(map)
  const ignored = columns.filter((column) => !used.includes(column))
  if (ignored.length === 0) return
  process.stderr.write(`Ignored, as no field has the name: ${ignored.join(', ')}\n`)
}

/** One line on a terminal that is written over, and gone in the end. */
function showProgress({ read, rejected }: Counts): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${read} rows read, ${rejected} rejected`)
}

function summary(counts: Counts, rejectsPath: string, check = false): string {
  const { read, created, updated, unchanged, rejected } = counts
  const outcomes = `${created} created, ${updated} updated, ${unchanged} unchanged, ${rejected} rejected`
  const hint = `The rejected rows are in ${rejectsPath}, each with its line and the reason.`
  return [
    `${read} rows read: ${outcomes}.`,
    ...(check ? ['That is what would happen: nothing was changed.'] : []),
    ...(rejected > 0 ? [hint] : []),
  ].join('\n')
}

function order(format: string): DateOrder {
  try {
    return dateOrderOf(format)
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message)
  }
}
