import type { Command } from 'commander'
import type { Config } from '../config.ts'
import { connectDatabase } from '../database/connect.ts'
import { deployMigrations } from '../database/migrations.ts'
import { print } from './output.ts'

export function registerMigrate(program: Command, config: () => Config): void {
  program
    .command('migrate')
    .description('Bring the tables of the database up to date')
    .option('--json', 'print the names of the applied migrations as JSON')
    .action(async ({ json }) => {
      const applied = await migrate(config())
      const text = applied.length > 0 ? `applied ${applied.join(', ')}` : 'nothing to apply'
      print(json, { applied }, text)
    })
}

async function migrate({ database: location }: Config): Promise<string[]> {
  if ('url' in location) {
    return deployMigrations({ connectionString: location.url }, { onApplied: showProgress })
  }
  // The embedded database is brought up to date whenever it is opened.
  const connection = await connectDatabase(location, 'dealgraph migrate')
  await connection.close()
  return []
}

/** One line on a terminal for each migration as it is applied. */
function showProgress(migration: string): void {
  if (process.stderr.isTTY) process.stderr.write(`${migration}\n`)
}
