import { type Command, InvalidArgumentError, Option } from 'commander'
import * as apiKeys from '../api-key/service.ts'
import { type Role, roles, scopesOfKey } from '../auth/scopes.ts'
import type { Database } from '../database/database.ts'
import { wholeTenant } from '../database/tenant-view.ts'
import { writeTransaction } from '../database/transaction.ts'
import { print, table } from './output.ts'
import { operatorScope, tenantBySlug, type WithDatabase } from './with-database.ts'

interface CreateOptions {
  tenant: string
  name: string
  role: Role
  scope?: string[]
  expires?: number
  json?: boolean
}

export function registerKey(program: Command, withDatabase: WithDatabase): void {
  const key = program.command('key').description('Manage API keys')
  key
    .command('create')
    .description('Create an API key; it is shown once')
    .requiredOption('--tenant <slug>', 'the tenant that it opens')
    .option('--name <name>', 'what it is for', 'key')
    .addOption(new Option('--role <role>', 'what it may do').choices(roles).default('MEMBER'))
    .option(
      '--scope <scope>',
      'one that it is limited to; repeat it for more (default: all of its role)',
      also,
    )
    .option('--expires <days>', 'after how many days it ends (default: never)', days)
    .option('--json', 'print the result as JSON')
    .action((options: CreateOptions) =>
      withDatabase('dealgraph key create', (database) => create(database, options)),
    )
  key
    .command('list')
    .description('List the API keys of a tenant')
    .requiredOption('--tenant <slug>', 'the tenant')
    .option('--json', 'print the result as JSON')
    .action((options: { tenant: string; json?: boolean }) =>
      withDatabase('dealgraph key list', (database) => list(database, options)),
    )
  key
    .command('revoke')
    .description('Revoke an API key, at once and for good')
    .argument('<prefix>', 'its prefix, as listed')
    .requiredOption('--tenant <slug>', 'its tenant')
    .option('--json', 'print the result as JSON')
    .action((prefix: string, options: { tenant: string; json?: boolean }) =>
      withDatabase('dealgraph key revoke', (database) => revoke(database, prefix, options)),
    )
}

async function create(
  database: Database,
  { tenant, name, role, scope: scopes, expires, json }: CreateOptions,
): Promise<void> {
  const scope = operatorScope(await tenantBySlug(database, tenant))
  const expiresAt = expires ? new Date(scope.now.getTime() + expires * 86_400_000) : null
  const { secret } = await writeTransaction(database, scope, (tx) =>
    apiKeys.createApiKey(tx, { name, role, scopes: scopes ?? null, expiresAt }),
  )
  print(
    json,
    { key: secret, name, role, scopes: scopesOfKey(role, scopes ?? []), expiresAt },
    secret,
  )
}

async function list(
  database: Database,
  { tenant, json }: { tenant: string; json?: boolean },
): Promise<void> {
  const tenantId = await tenantBySlug(database, tenant)
  const keys = await database.read(wholeTenant(tenantId), (db) =>
    apiKeys.listApiKeys({ db, tenantId }),
  )
  const day = (date: Date | null) => date?.toISOString().slice(0, 10) ?? '-'
  const rows = keys.map((key) => [
    key.prefix,
    key.name,
    key.role,
    key.scopes.join(' ') || 'all',
    day(key.createdAt),
    day(key.lastUsedAt),
    day(key.expiresAt),
    day(key.revokedAt),
  ])
  print(
    json,
    keys,
    table([
      ['PREFIX', 'NAME', 'ROLE', 'SCOPES', 'CREATED', 'LAST USED', 'EXPIRES', 'REVOKED'],
      ...rows,
    ]),
  )
}

async function revoke(
  database: Database,
  prefix: string,
  { tenant, json }: { tenant: string; json?: boolean },
) {
  const scope = operatorScope(await tenantBySlug(database, tenant))
  const revoked = await writeTransaction(database, scope, (tx) =>
    apiKeys.revokeApiKeyByPrefix(tx, prefix),
  )
  if (!revoked)
    throw new Error(
      `The tenant ${tenant} has no live key ${prefix}: dealgraph key list shows them.`,
    )
  print(json, { prefix, revoked }, `Revoked ${prefix}`)
}

function also(scope: string, scopes: string[] = []): string[] {
  return [...scopes, scope]
}

function days(value: string): number {
  const number = Number(value)
  if (Number.isInteger(number) && number > 0 && number <= 36_500) return number
  throw new InvalidArgumentError('It must be a whole number of days, 1 to 36500.')
}
