import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline as pipe } from 'node:stream/promises'
import { type Command, Option } from 'commander'
import { type Export, exportDeals } from '../export/service.ts'
import { print } from './output.ts'
import { tenantBySlug, type WithDatabase } from './with-database.ts'

interface Flags {
  tenant: string
  pipeline?: string
  format?: Export['format']
  output?: string
  deleted?: boolean
  json?: boolean
}

export function registerExport(program: Command, withDatabase: WithDatabase): void {
  program
    .command('export')
    .description('Write deals with their contacts and history as a file that can be imported')
    .requiredOption('--tenant <slug>', 'whose deals they are')
    .option('--pipeline <name>', 'only those of the pipeline')
    .addOption(
      new Option('--format <format>', 'of the file (default: by its name, else csv)').choices([
        'csv',
        'jsonl',
      ]),
    )
    .option('--output <file>', 'where to write (default: standard output)')
    .option('--deleted', 'deleted deals as well')
    .option('--json', 'with --output, print nothing but the count, as JSON')
    .action((flags: Flags) => exportFile(flags, withDatabase))
}

async function exportFile(flags: Flags, withDatabase: WithDatabase): Promise<void> {
  const { tenant, pipeline, output, deleted = false } = flags
  const format = flags.format ?? (/\.(jsonl|ndjson)$/i.test(output ?? '') ? 'jsonl' : 'csv')
  await withDatabase('dealgraph export', async (database) => {
    const tenantId = await tenantBySlug(database, tenant)
    let deals = 0
    const onProgress = (written: number) => {
      deals = written
      showProgress(written)
    }
    const job = { database, tenantId, format, deleted, onProgress }
    await write(exportDeals({ ...job, ...(pipeline !== undefined && { pipeline }) }), output)
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')
    if (output) print(flags.json, { deals }, `${deals} deals written to ${output}.`)
  })
}

/** Who reads standard output may have enough before the end, as `head` does. */
async function write(pieces: AsyncGenerator<string>, output: string | undefined): Promise<void> {
  const source = Readable.from(pieces, { highWaterMark: 1 })
  try {
    await (output
      ? pipe(source, createWriteStream(output))
      : pipe(source, process.stdout, { end: false }))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EPIPE' && !output) return
    if (code === 'ENOENT') throw new Error(`${output} cannot be written: there is no such folder.`)
    if (code === 'EISDIR') throw new Error(`${output} is a directory, not a file.`)
    if (code === 'EACCES') throw new Error(`${output} may not be written.`)
    throw error
  }
}

/** One line on a terminal that is written over, and gone in the end. */
function showProgress(deals: number): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${deals} deals written`)
}
