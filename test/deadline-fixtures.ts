import pg from 'pg'
import { inject } from 'vitest'
import type { App, createApp } from '../src/app.ts'
import type { Database, Db } from '../src/database/database.ts'
import type { Deadline } from '../src/deadline.ts'
import { appFor, createApiKeyAuthenticate, type TestTenant, testDatabase } from './harness.ts'
import { auditedLog } from './log-audit.ts'

/** Whether the tests run on a server, where a statement can be cancelled and looked at meanwhile. */
export const onServer = 'url' in inject('template')

/** What a statement for ever looks like; it is told from others by its number. */
export async function sleepForever(db: Db, mark = 0): Promise<void> {
  await db.$queryRawUnsafe(`SELECT pg_sleep(1000)::text AS sleeper_${mark}`)
}

/** What is done in a transaction before its work; it may end the request's time. */
export type Before = (db: Db, deadline: Deadline) => unknown

/** Ends the request's time, as its clock would. */
export const late: Before = (_, deadline) => void deadline.expire()

/** A server whose database does something before the work of a transaction. */
export function slowed(
  t: TestTenant,
  { read, write }: Partial<Record<'read' | 'write', Before>>,
  options: Partial<Parameters<typeof createApp>[0]> = {},
): App {
  const before =
    (kind: 'read' | 'write', slow?: Before): Database['read'] =>
    (view, work) =>
      t.database[kind](view, async (db) => {
        if (view.deadline) await slow?.(db, view.deadline)
        return work(db)
      })
  const database = { ...t.database, read: before('read', read), write: before('write', write) }
  return appFor(
    { database },
    {
      authenticate: createApiKeyAuthenticate(t.database),
      log: auditedLog((line) => t.logged.push(line)),
      requestTimeoutMs: 60_000,
      // What is compiled reads and writes by statements of its own.
      compiler: null,
      ...options,
    },
  )
}

export interface Sent {
  answer: Promise<{ status: number; headers: Headers; text: string }>
  hangUp(): void
}

/** Sends a request that can hang up. */
export async function send(
  t: TestTenant,
  app: App,
  query: string,
  given: Record<string, string> = {},
): Promise<Sent> {
  const client = new AbortController()
  const authorization = `Bearer ${await t.keyFor('ADMIN')}`
  const request = new Request('http://localhost/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization, ...given },
    body: JSON.stringify({ query }),
    signal: client.signal,
  })
  const answer = app.fetch(request).then(async (response) => {
    const { status, headers } = response
    return { status, headers, text: await response.text() }
  })
  return { answer, hangUp: () => client.abort() }
}

/** The owner of the tables, who sees what the gateway's connections do. */
export async function withOwner<T>(work: (owner: pg.Client) => Promise<T>): Promise<T> {
  const { owner } = await testDatabase()
  const client = new pg.Client(owner)
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/** Waits until so many statements like the pattern are asleep, or wait for a lock. */
export async function untilHeld(pattern: string, count: number): Promise<void> {
  await withOwner(async (owner) => {
    const until = Date.now() + 20_000
    for (;;) {
      const { rows } = await owner.query(
        `SELECT count(*)::int AS held FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()
          AND wait_event_type IN ('Timeout', 'Lock') AND query LIKE $1`,
        [pattern],
      )
      if (rows[0].held === count) return
      if (Date.now() > until) throw new Error(`${rows[0].held} statements are held, not ${count}`)
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  })
}

export const untilAsleep = (mark = 0) => untilHeld(`%sleeper_${mark}`, 1)
export const untilAwake = (mark = 0) => untilHeld(`%sleeper_${mark}`, 0)
