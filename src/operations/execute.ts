import {
  createSourceEventStream,
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  GraphQLError,
  OperationTypeNode,
} from 'graphql'
import type { Recalled } from '../auth/authenticate.ts'
import { type Context, createContext, type EventSource, type RequestScope } from '../context.ts'
import { codedError } from '../errors.ts'
import type { Throttle } from '../throttle/throttle.ts'
import type { Answer } from './answer.ts'
import { executeCharged, tryCharged } from './charge.ts'
import { type Compiling, compiledAnswer } from './compiled.ts'
import { leastCost, type OperationCost } from './cost.ts'
import { resultsOf } from './events.ts'
import { tellExpiry } from './expiry.ts'
import { variablesProblem } from './inputs.ts'
import { errorOf, maskResult, maskVariables } from './mask.ts'
import type { PreparedOperation } from './prepare.ts'
import type { Subscribers } from './subscribers.ts'

export interface ExecutionSettings {
  /** What operations are charged to; null for nothing. */
  throttle: Throttle | null
  /** Whether errors guess what a misspelt name was meant to be. */
  suggestions: boolean
  subscribers: Subscribers
  /** What answers queries with one statement; null where all are interpreted. */
  compiling: Compiling | null
}

/** Who asks, and how long what they ask for may take. */
export type Turn = Pick<RequestScope, 'viewer' | 'deadline'>

/** Does the work when there is a place for it, as long as the client waits for it. */
export type TakeTurn = <T>(client: AbortSignal, work: (turn: Turn) => Promise<T>) => Promise<T>

export interface SubscriptionScope extends RequestScope {
  /** Aborted when the client has gone, or wants no more. */
  client: AbortSignal
  /** How an event gets what a request of its own would get. */
  takeTurn: TakeTurn
}

export type Results = AsyncGenerator<ExecutionResult, void, void>

type Prepared = PreparedOperation | undefined

/**
 * What every transport does with an operation that is prepared; one that is not cannot be executed.
 * Faults in the results of `execute` are still to be masked; those of events are.
 */
export interface Execution {
  execute(args: ExecutionArgs, scope: RequestScope, prepared: Prepared): Promise<Answer>
  /**
   * The same for whom a credential meant before, in one round trip with the proof that it still
   * does; null where that cannot be had, and then nothing was charged.
   */
  executeAtOnce(
    args: ExecutionArgs,
    scope: RequestScope & { recalled: Recalled },
    prepared: Prepared,
  ): Promise<Answer | null>
  /**
   * To begin costs the least; each event is a query of its own, with a turn, a transaction and a
   * charge. One that is refused is told so, and the next one may not be. It ends with an error when
   * the credential is no longer valid or the client reads too slowly.
   */
  subscribe(
    args: ExecutionArgs,
    scope: SubscriptionScope,
    prepared: Prepared,
  ): Promise<Results | ExecutionResult>
}

const startingCost: OperationCost = { requested: leastCost, actual: () => leastCost }

export function createExecution(settings: ExecutionSettings): Execution {
  const { throttle, suggestions, subscribers, compiling } = settings

  return {
    async execute(args, scope, prepared) {
      const cost = costOf(prepared)
      const problem = variablesProblem(args)
      if (problem) return refused(problem)
      const answer = await executeCharged(throttle, scope.viewer, cost, async (rateLimit) => {
        const compiled = compiling && (await compiledAnswer(compiling, args, scope, prepared))
        return (
          compiled ??
          inContext({ ...scope, rateLimit }, (contextValue) => execute({ ...args, contextValue }))
        )
      })
      const operation = prepared?.operation?.operation
      return maskVariables(tellExpiry(answer, operation, scope.deadline), suggestions)
    },

    async executeAtOnce(args, scope, prepared) {
      const type = prepared?.operation?.operation
      const isWhole = type && type !== OperationTypeNode.SUBSCRIPTION
      if (!compiling || !isWhole || variablesProblem(args)) return null
      const charged = await tryCharged(throttle, scope.viewer, costOf(prepared), () =>
        compiledAnswer(compiling, args, scope, prepared),
      )
      return charged && tellExpiry(charged, type, scope.deadline)
    },

    async subscribe(args, scope, prepared) {
      const cost = costOf(prepared)
      const problem = variablesProblem(args)
      if (problem) return refused(problem)
      const leave = subscribers.enter(scope.viewer)
      let source: EventSource<unknown> | undefined
      try {
        const started = await executeCharged(
          throttle,
          scope.viewer,
          startingCost,
          async (rateLimit) => {
            const begun = await begin(args, { ...scope, rateLimit })
            if ('isSeen' in begun) source = begun
            return 'isSeen' in begun ? {} : begun
          },
        )
        if (!source) {
          const told = tellExpiry(started, OperationTypeNode.SUBSCRIPTION, scope.deadline)
          return maskVariables(told, suggestions)
        }
      } finally {
        if (!source) leave()
      }
      const event = createEvent({ args, scope, cost, source, throttle })
      return resultsOf({ source, client: scope.client, toResult: event, onEnd: leave })
    },
  }
}

/** The events of a subscription, or why it cannot begin. */
async function begin(
  args: ExecutionArgs,
  scope: RequestScope,
): Promise<EventSource<unknown> | ExecutionResult> {
  const begun = await inContext(scope, (contextValue) =>
    createSourceEventStream({ ...args, contextValue }),
  )
  if (!(Symbol.asyncIterator in begun)) return begun
  if ('isSeen' in begun) return begun as EventSource<unknown>
  throw new Error('a subscription must say who sees its events')
}

interface Subscribed {
  args: ExecutionArgs
  scope: SubscriptionScope
  cost: OperationCost
  source: EventSource<unknown>
  throttle: Throttle | null
}

/** Executes one event after another; null for what the viewer does not see, which costs nothing. */
function createEvent({ args, scope, cost, source, throttle }: Subscribed) {
  async function executeEvent(rootValue: unknown, own: RequestScope) {
    return inContext(own, async (contextValue) => {
      if (!(await source.isSeen(rootValue, contextValue))) return null
      const result = await executeCharged(throttle, own.viewer, cost, async (rateLimit) => {
        own.rateLimit = rateLimit
        return execute({ ...args, rootValue, contextValue })
      })
      return maskResult(tellExpiry(result, OperationTypeNode.SUBSCRIPTION, own.deadline), own)
    })
  }

  return async (event: unknown, ended: AbortSignal): Promise<ExecutionResult | null> => {
    try {
      return await scope.takeTurn(ended, (turn) => executeEvent(event, { ...scope, ...turn }))
    } catch (error) {
      if (error instanceof GraphQLError && error.extensions.code === 'UNAUTHENTICATED') throw error
      return maskResult({ errors: [errorOf(error)] }, scope)
    }
  }
}

/** Works in a context that is closed when the work is done. */
async function inContext<T>(
  scope: RequestScope,
  work: (context: Context) => Promise<T> | T,
): Promise<T> {
  const context = createContext(scope)
  try {
    return await work(context)
  } finally {
    await context.close()
  }
}

function costOf(prepared: Prepared): OperationCost {
  if (!prepared?.cost) throw new Error('an operation that was not prepared cannot be executed')
  return prepared.cost
}

function refused(problem: string): ExecutionResult {
  return { errors: [codedError('BAD_USER_INPUT', problem, { http: { status: 400 } })] }
}
