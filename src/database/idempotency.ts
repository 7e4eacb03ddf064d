import { refuse } from '../user-errors.ts'
import type { Db } from './database.ts'

/** A request as its sender may send it again. */
export interface Retryable {
  key: string
  /** The SHA-256 of who asks for what: another request with the same key has another one. */
  fingerprint: Uint8Array<ArrayBuffer>
  /** Fields of the result that a retry is not answered with, as they must not be stored. */
  unkept?: readonly string[]
}

interface Owner {
  db: Db
  tenantId: string
  now: Date
}

const keptMs = 24 * 3_600_000
const path = ['input', 'idempotencyKey']

/**
 * Claims the key until the transaction ends. Who finds it claimed is told to come back, instead of
 * being kept waiting.
 */
export async function claimKey({ db, tenantId }: Owner, { key }: Retryable): Promise<void> {
  const [row] = await db.$queryRaw<{ claimed: boolean }[]>`
    SELECT pg_try_advisory_xact_lock(hashtextextended(${`${tenantId} ${key}`}, 0)) AS claimed`
  if (row?.claimed) return
  const message = 'A request with this key is being worked on: send it again in a moment.'
  refuse({ code: 'IDEMPOTENCY_KEY_IN_FLIGHT', message, path })
}

/**
 * What the first request with the key came to; null when this one is the first. It is looked for
 * once the key is claimed, in a statement of its own: who had the key before has committed by then.
 */
export async function firstResult<T>(
  { db, tenantId, now }: Owner,
  { key, fingerprint }: Retryable,
): Promise<{ result: T } | null> {
  const kept = { gt: new Date(now.getTime() - keptMs) }
  const first = await db.idempotencyKey.findFirst({ where: { tenantId, key, createdAt: kept } })
  if (!first) return null
  if (Buffer.compare(first.fingerprint, fingerprint) === 0) return { result: first.result as T }
  const message = 'Another request had this key: make a new one for each request.'
  return refuse({ code: 'IDEMPOTENCY_KEY_REUSED', message, path })
}

/** Keeps the result, but for what must not be stored, for a day, and forgets what is older. */
export async function keepResult(
  { db, tenantId, now }: Owner,
  { key, fingerprint, unkept = [] }: Retryable,
  result: unknown,
): Promise<void> {
  const createdAt = { lte: new Date(now.getTime() - keptMs) }
  await db.idempotencyKey.deleteMany({ where: { tenantId, createdAt } })
  const kept = JSON.stringify(result, (name, value) => (unkept.includes(name) ? undefined : value))
  const data = { tenantId, key, fingerprint, result: JSON.parse(kept) }
  await db.idempotencyKey.create({ data: { ...data, createdAt: now } })
}
