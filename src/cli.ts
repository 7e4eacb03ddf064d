#!/usr/bin/env node
import { Command } from 'commander'
import { registerExport } from './commands/export.ts'
import { registerImport } from './commands/import.ts'
import { registerKey } from './commands/key.ts'
import { registerMigrate } from './commands/migrate.ts'
import { registerOperations } from './commands/operations.ts'
import { registerSeed } from './commands/seed.ts'
import { registerServe } from './commands/serve.ts'
import { registerTenant } from './commands/tenant.ts'
import { withDatabaseOf } from './commands/with-database.ts'
import { type Config, readConfig } from './config.ts'

const program = new Command('dealgraph').description(
  'A multi-tenant GraphQL gateway over CRM deal pipelines',
)
const config = (): Config => readConfig()
const withDatabase = withDatabaseOf(config)

registerServe(program, config)
registerMigrate(program, config)
registerSeed(program, withDatabase)
registerTenant(program, withDatabase)
registerKey(program, withDatabase)
registerOperations(program, config, withDatabase)
registerImport(program, withDatabase)
registerExport(program, withDatabase)

try {
  await program.parseAsync()
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
