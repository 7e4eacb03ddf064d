import { type Command, InvalidArgumentError } from 'commander'
import type { Database } from '../database/database.ts'
import { isCurrency } from '../scalars.ts'
import { checkTenant } from '../tenant/rules.ts'
import { createTenant, findTenantBySlug } from '../tenant/service.ts'
import { print } from './output.ts'
import type { WithDatabase } from './with-database.ts'

interface Options {
  name?: string
  currency: string
  timeZone: string
  json?: boolean
}

export function registerTenant(program: Command, withDatabase: WithDatabase): void {
  const tenant = program.command('tenant').description('Manage tenants')
  tenant
    .command('create')
    .description('Create a tenant')
    .argument('<slug>', 'its short name: small letters, digits, hyphens')
    .option('--name <name>', 'its display name (default: the slug)')
    .option('--currency <code>', 'the currency of deals that name none', currencyCode, 'USD')
    .option('--time-zone <zone>', 'its IANA time zone', 'UTC')
    .option('--json', 'print the result as JSON')
    .action((slug: string, options: Options) =>
      withDatabase('dealgraph tenant create', async (database) => {
        const tenantId = await create(database, slug, options)
        print(
          options.json,
          { slug, tenantId },
          `Created the tenant ${slug}. Make it a key: dealgraph key create --tenant ${slug}`,
        )
      }),
    )
}

async function create(database: Database, slug: string, options: Options): Promise<string> {
  const values = { slug, name: options.name ?? slug, timeZone: options.timeZone }
  const problems = checkTenant(values)
  if (problems.length > 0) throw new Error(problems.join(' '))
  if (await findTenantBySlug(database, slug)) throw new Error(`There is a tenant ${slug} already.`)
  return createTenant(database, { ...values, defaultCurrency: options.currency, now: new Date() })
}

function currencyCode(value: string): string {
  if (isCurrency(value)) return value
  throw new InvalidArgumentError('It must be an ISO 4217 code in capitals, like USD.')
}
