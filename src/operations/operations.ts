import { type DocumentNode, getOperationAST, parse } from 'graphql'
import type { Logger } from 'pino'
import type { Authenticate } from '../auth/authenticate.ts'
import { type CompilerOptions, createCompiler } from '../compiler/compiler.ts'
import type { RequestScope } from '../context.ts'
import type { Database } from '../database/database.ts'
import { Deadline } from '../deadline.ts'
import { Feed } from '../feed.ts'
import { allOpen, modeOf, type OperationModes } from '../persisted/mode.ts'
import { createResolveOperation, type ResolveOperation } from '../persisted/resolve.ts'
import type { HeaderReader } from '../request-head.ts'
import { schema } from '../schema.ts'
import { defaultCostLimit } from '../throttle/bucket.ts'
import { createThrottle, type Throttle } from '../throttle/throttle.ts'
import { Admission, type AdmissionLimits } from './admission.ts'
import { AnswerCache } from './answer-cache.ts'
import { BodyReader } from './body.ts'
import { createExecution, type Execution, type TakeTurn } from './execute.ts'
import { createInspect } from './inspect.ts'
import { maxTokens } from './limits.ts'
import { createPreparation, type Preparation, type PrepareOptions } from './prepare.ts'
import { Subscribers } from './subscribers.ts'

export interface OperationsOptions extends Partial<PrepareOptions> {
  database: Database
  authenticate: Authenticate
  clock: () => Date
  log: Logger
  /** What clients may send; by default anything. */
  operationModes?: OperationModes
  /** The tenant whose registered operations every tenant may send; by default there is none. */
  sharedTenantId?: string | null
  /** What tells of this process’s writes; one of its own if none is given. */
  feed?: Feed
  /** What operations are charged to; null for nothing, by default to buckets in memory. */
  throttle?: Throttle | null
  /** How long a request may take from its last byte on, waiting included. */
  requestTimeoutMs?: number
  admission?: AdmissionLimits
  /** How queries are compiled; null for not at all. */
  compiler?: CompilerOptions | null
  /** How many bytes of compiled answers are kept; by default none. */
  answerCacheBytes?: number
  /** How many subscriptions are open at a time. */
  maxSubscriptions?: number
}

/** What all transports share, so that no limit is another one by another way in. */
export interface Operations extends Execution, Preparation {
  schema: typeof schema
  resolve: ResolveOperation
  places: Admission
  bodies: BodyReader
  requestTimeoutMs: number
  /** What every operation works with, whoever asks. */
  surroundings: Omit<RequestScope, 'viewer' | 'requestId' | 'deadline' | 'rateLimit'>
  /** Takes turns for whoever has these headers: each with a deadline, a place and the viewer of now. */
  turnsOf(headers: HeaderReader): TakeTurn
  /**
   * The same for events, of which many come at once: they stand in a line of their own, and no more
   * of them than half of the places at a time in that of requests.
   */
  eventTurnsOf(headers: HeaderReader): TakeTurn
}

export function createOperations(options: OperationsOptions): Operations {
  const { requestTimeoutMs = 10_000, admission = { maxInFlight: 20, maxQueued: 200 } } = options
  const { database, clock, log, feed = new Feed(), authenticate } = options
  const { introspection = 'authenticated', suggestions = false, onCheck } = options
  const { operationModes: modes = allOpen, sharedTenantId = null } = options
  const compiler = options.compiler === null ? null : createCompiler(schema, options.compiler)
  const { answerCacheBytes: cacheBytes = 0 } = options
  const cache = cacheBytes > 0 ? new AnswerCache(cacheBytes) : null
  const { throttle = createThrottle(), costLimit: most = defaultCostLimit } = options
  const compiling = compiler && { compiler, cache }
  // What the bucket can never hold could never run.
  const costLimit = Math.min(most, throttle?.size.maximum ?? Number.POSITIVE_INFINITY)
  const places = new Admission(admission)
  const subscribers = new Subscribers(options.maxSubscriptions ?? 10_000)
  const events = new Admission({
    maxInFlight: Math.ceil(admission.maxInFlight / 2),
    // Each subscription has one event in it at most.
    maxQueued: Number.POSITIVE_INFINITY,
  })
  const preparation = createPreparation(schema, { introspection, suggestions, costLimit, onCheck })
  const noteOn = (document: DocumentNode) => {
    const operation = getOperationAST(document)
    if (!compiler || !operation) return 'The compiler is off.'
    return compiler.check(document, operation)
  }
  const registry = {
    executionNote: (text: string) => noteOn(preparation.warm(text)),
    inspect: createInspect(schema, costLimit),
    modeOf: (client: string) => modeOf(modes, client),
  }
  const turnsOf: Operations['turnsOf'] = (headers) => async (client, work) => {
    const deadline = new Deadline(requestTimeoutMs, client)
    const turn = async () => work({ viewer: await deadline.race(authenticate(headers)), deadline })
    return places.run(deadline.end, turn).finally(() => deadline.clear())
  }
  return {
    ...createExecution({ throttle, suggestions, subscribers, compiling }),
    schema,
    ...preparation,
    warm(text) {
      const document = preparation.warm(text)
      noteOn(document)
      return document
    },
    resolve: createResolveOperation(database, {
      ...{ modes, sharedTenantId },
      parse(text) {
        onCheck?.(text)
        return parse(text, { maxTokens, noLocation: true })
      },
    }),
    places,
    bodies: new BodyReader(),
    requestTimeoutMs,
    surroundings: { database, clock, log, feed, registry },
    turnsOf,
    eventTurnsOf(headers) {
      const takeTurn = turnsOf(headers)
      return (client, work) => events.run(client, () => takeTurn(client, work))
    },
  }
}
