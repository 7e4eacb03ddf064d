import DataLoader from 'dataloader'
import type { Logger } from 'pino'
import type { Recalled } from './auth/authenticate.ts'
import type { Viewer } from './auth/viewer.ts'
import type { Database, Db } from './database/database.ts'
import type { Retryable } from './database/idempotency.ts'
import { openSession } from './database/session.ts'
import type { Actor, Work, Written } from './database/transaction.ts'
import type { Deadline } from './deadline.ts'
import { codedError } from './errors.ts'
import type { Feed } from './feed.ts'
import type { Inspect } from './persisted/inspection.ts'
import type { OperationMode } from './persisted/mode.ts'
import type { RateLimit } from './throttle/bucket.ts'

/** Looks up many keys in one statement; the answer has one entry for each key, in their order. */
export type Batch<Value> = (source: BatchSource, keys: readonly string[]) => Promise<Value[]>

export interface BatchSource {
  db: Db
  tenantId: string
}

/** The rows of a batch in the order of its ids, each of which a row of the same snapshot has named. */
export function inOrder<Row extends { id: string }>(ids: readonly string[], rows: Row[]): Row[] {
  const byId = new Map(rows.map((row) => [row.id, row]))
  return ids.map((id) => {
    const row = byId.get(id)
    if (!row) throw new Error(`nothing has the id ${id}, which the same snapshot has named`)
    return row
  })
}

/** What a resolver works with; one for each request. */
export interface Context {
  readonly viewer: Viewer
  /** Reads in the operation's one read-only transaction of the viewer's tenant. */
  readonly db: Db
  readonly requestId: string
  readonly log: Logger
  readonly deadline: Deadline
  /** What this process commits, for those who wait for it. */
  readonly feed: Feed
  readonly registry: Registry
  /** What was left in the viewer's bucket as the operation began; null where there is none. */
  readonly rateLimit: RateLimit | null
  /** What was asked for, where it was no document. */
  readonly asked: readonly string[] | undefined
  now(): Date
  /**
   * The request's dataloader of a batch function, found again by that function or by the key given
   * for one that is made anew each time. A write forgets what was loaded before it.
   */
  loader<Value>(batch: Batch<Value>, key?: string): DataLoader<string, Value>
  /** One write transaction, at the tenant's next revision; done once however often it is sent. */
  write<T>(work: Work<T>, retryable?: Retryable): Promise<Written<T>>
  close(): Promise<void>
}

/** Events as a subscription has them, and who may be told which of them. */
export interface EventSource<Event> extends AsyncIterable<Event> {
  isSeen(event: Event, context: Context): Promise<boolean>
}

/** What those who register operations ask of the gateway that serves them. */
export interface Registry {
  inspect: Inspect
  /** Why an operation is not compiled; null where it is. */
  executionNote(text: string): string | null
  /** What a client may send. */
  modeOf(client: string): OperationMode
}

export interface RequestScope {
  database: Database
  viewer: Viewer | null
  requestId: string
  log: Logger
  clock: () => Date
  deadline: Deadline
  feed: Feed
  registry: Registry
  rateLimit?: RateLimit | null
  /** The tags of answers that the client has, null for none; left out where answers have no tags. */
  ifNoneMatch?: string | null
  /**
   * Whether this operation is all that the viewer was let in for, so that none before it has written
   * and their revision is that of now.
   */
  isAlone?: true
  /** Whom the credential meant before, who is the viewer if it still does. */
  recalled?: Recalled
  /** Is told which engine has answered, and why not the compiler. */
  engine?: { ran: string | null }
  /**
   * What was asked for, where a transport makes documents of it that may depend on more: a retry is
   * known by this.
   */
  asked?: readonly string[]
}

export function createContext(request: RequestScope): Context {
  const { requestId, log, deadline, feed } = request
  const { inspect, modeOf, executionNote } = request.registry
  const viewer = () => {
    if (!request.viewer) throw codedError('UNAUTHENTICATED', 'This needs an API key or a token.')
    return request.viewer
  }
  const view = () => {
    const { tenantId, dealsOf } = viewer()
    return { tenantId, dealsOf, deadline }
  }
  const session = openSession(request.database, view)
  const loaders = new Map<unknown, unknown>()
  // One instant for the whole request, so that two computed fields of one answer agree.
  const now = request.clock()

  return {
    get viewer() {
      return viewer()
    },
    db: session.db,
    requestId,
    log,
    deadline,
    feed,
    registry: {
      inspect: (texts) => inspect(texts, deadline.signal),
      modeOf,
      executionNote,
    },
    get rateLimit() {
      return request.rateLimit ?? null
    },
    asked: request.asked,
    now: () => now,
    loader<Value>(batch: Batch<Value>, key?: string) {
      const known = loaders.get(key ?? batch)
      if (known) return known as DataLoader<string, Value>
      const source = { db: session.db, tenantId: viewer().tenantId }
      const loader = new DataLoader<string, Value>((keys) => batch(source, keys))
      loaders.set(key ?? batch, loader)
      return loader
    },
    async write(work, retryable) {
      loaders.clear()
      const scope = { ...view(), actor: actorOf(viewer()), now, requestId }
      const written = await session.write(scope, work, retryable)
      feed.publish(scope.tenantId, written.events)
      return written
    },
    close: session.close,
  }
}

/** Who is neither a member nor a key has no credential at all: it is whoever runs the gateway. */
export function actorOf({ memberId, memberRole, apiKeyId, role, scopes }: Viewer): Actor {
  const kind = apiKeyId ? 'API_KEY' : memberId ? 'MEMBER' : 'OPERATOR'
  return { kind, memberId, memberRole, apiKeyId, isAdmin: role === 'ADMIN', scopes }
}
