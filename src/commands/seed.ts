import type { Command } from 'commander'
import { seedDemo } from '../demo/service.ts'
import { print } from './output.ts'
import type { WithDatabase } from './with-database.ts'

export function registerSeed(program: Command, withDatabase: WithDatabase): void {
  program
    .command('seed')
    .description('Create the tenant "demo" with 300 deals and print a key for it')
    .option('--json', 'print the result as JSON')
    .action(({ json }: { json?: boolean }) =>
      withDatabase('dealgraph seed', async (database) => {
        const { tenantId, secret } = await seedDemo(database, { now: new Date() })
        print(json, { slug: 'demo', tenantId, key: secret }, `Demo key  ${secret}`)
      }),
    )
}
