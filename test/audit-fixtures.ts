import { Command } from 'commander'
import { vi } from 'vitest'
import { registerImport } from '../src/commands/import.ts'
import { registerKey } from '../src/commands/key.ts'
import { registerOperations } from '../src/commands/operations.ts'
import { registerSeed } from '../src/commands/seed.ts'
import type { WithDatabase } from '../src/commands/with-database.ts'
import { readConfig } from '../src/config.ts'
import type { Database } from '../src/database/database.ts'
import { wholeTenant } from '../src/database/tenant-view.ts'
import { encodeId } from '../src/ids.ts'
import type { TestTenant } from './harness.ts'

export interface Entry {
  id: string
  type: string
  member: { id: string } | null
  apiKey: { id: string } | null
  details: Record<string, unknown>
  actor: { kind: string; name: string }
  requestId: string
  occurredAt: string
}

/** The audit in the order in which it happened. */
export async function auditOf(of: Pick<TestTenant, 'database' | 'tenantId'>): Promise<Entry[]> {
  const rows = await of.database.read(wholeTenant(of.tenantId), (db) =>
    db.auditEvent.findMany({
      where: { tenantId: of.tenantId },
      orderBy: [{ occurredAt: 'asc' }, { id: 'asc' }],
    }),
  )
  return rows.map(({ memberId, apiKeyId, actorKind, ...row }) => ({
    ...{ id: row.id, type: row.type, requestId: row.requestId },
    member: memberId ? { id: encodeId('Member', memberId) } : null,
    apiKey: apiKeyId ? { id: encodeId('ApiKey', apiKeyId) } : null,
    details: row.details as Entry['details'],
    actor: { kind: actorKind, name: '' },
    occurredAt: row.occurredAt.toISOString(),
  }))
}

/** Runs the `dealgraph` command on a database, and returns what it prints. */
export async function runCommand(database: Database, ...args: string[]): Promise<string> {
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  const program = new Command().exitOverride()
  const withDatabase: WithDatabase = (_holder, work) => work(database)
  for (const register of [registerKey, registerSeed, registerImport]) {
    register(program, withDatabase)
  }
  registerOperations(program, () => readConfig({}), withDatabase)
  try {
    await program.parseAsync(args, { from: 'user' })
    return write.mock.calls.map(([text]) => String(text)).join('')
  } finally {
    write.mockRestore()
  }
}
