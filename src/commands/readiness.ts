import { setTimeout } from 'node:timers/promises'
import type { App } from '../app.ts'
import type { Database } from '../database/database.ts'
import { pendingMigrations } from '../database/migrations.ts'

const againMs = 1_000

/**
 * Waits until everything is served that apps in the field may send. A database that cannot be read
 * is waited for by who asks whether the process is ready, and not here.
 */
export async function untilWarm({ warmUp }: Pick<App, 'warmUp'>): Promise<void> {
  const isBroken = () =>
    warmUp().then(
      ({ length }) => length > 0,
      () => false,
    )
  while (await isBroken()) await setTimeout(againMs)
}

/** What stands in the way of serving: a silent database, or one with tables older than the code. */
export async function unreadyDatabase(database: Database): Promise<string[]> {
  try {
    const pending = await pendingMigrations((text) => database.ask(text))
    return pending.length === 0
      ? []
      : [`Migrations are not applied: ${pending.join(', ')}. Run dealgraph migrate.`]
  } catch {
    return ['The database does not answer.']
  }
}
