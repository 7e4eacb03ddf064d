import { randomUUID } from 'node:crypto'
import {
  type ExecutionArgs,
  type ExecutionResult,
  type GraphQLError,
  OperationTypeNode,
} from 'graphql'
import { CloseCode, MessageType, makeServer, type Server, type SubscribePayload } from 'graphql-ws'
import type { Logger } from 'pino'
import {
  clientClosedRequest,
  codedError,
  type ErrorCode,
  errorStatus,
  overloaded,
} from '../errors.ts'
import { senderOf } from '../persisted/resolve.ts'
import { resultOf, toldOf } from './answer.ts'
import { prepareAsked } from './asked.ts'
import { connect, logRequest, type Params } from './connect.ts'
import type { Results } from './execute.ts'
import { errorsOf, maskError, maskResult } from './mask.ts'
import type { Operations } from './operations.ts'
import { mostOperations, Peer, type Waiting } from './peer.ts'

/** What operations need of a socket. */
export interface Transport {
  /** The subprotocol that was agreed on. */
  protocol: string
  /** The headers of the handshake. */
  headers: Headers
  /** Resolves when the text is on its way, or can no longer be. */
  send(text: string): Promise<void>
  close(code: number, reason: string): void
}

/** What a socket tells operations, in turn. */
export interface Connection {
  hear(text: string): Promise<void>
  closed(code: number, reason: string): Promise<void>
  /** Begins no more operations: what is asked for is left to the process that the client finds next. */
  leave(): void
  isBusy(): boolean
}

export type OpenConnection = (transport: Transport) => Connection

type Outcome = Results | ExecutionResult

const initTimeoutMs = 5_000

/**
 * GraphQL over WebSocket, as the protocol graphql-transport-ws has it. Each operation passes through
 * what one over HTTP does, and is authenticated anew.
 */
export function createWebSocket(operations: Operations): OpenConnection {
  const { log } = operations.surroundings
  const protocol = createProtocol(operations)
  return ({ protocol: name, headers, send, close }) => {
    const peer = new Peer(headers, close)
    let listen = async (_message: unknown) => {}
    const onMessage = (listener: (text: string) => Promise<void>) => {
      // The library takes a message that is parsed already as it is.
      listen = listener as typeof listen
    }
    const closed = protocol.opened({ protocol: name, send, close, onMessage }, peer)
    return {
      async hear(text) {
        const message = messageIn(text)
        if (!message) return close(CloseCode.BadRequest, 'Invalid message received')
        const { type, id } = message
        if (type === MessageType.Complete) peer.abandon(String(id))
        try {
          if (type === MessageType.Subscribe) await peer.inTurn(String(id), () => listen(message))
          else await listen(message)
        } catch (error) {
          if (isUnexpected(error)) return close(CloseCode.BadRequest, 'Invalid message received')
          log.error({ err: error }, 'a message failed')
          close(CloseCode.InternalServerError, 'Internal server error')
        }
      },
      async closed(code, reason) {
        peer.hangUp()
        await closed(code, reason)
      },
      leave: () => peer.leave(),
      isBusy: () => peer.isBusy,
    }
  }
}

function createProtocol(operations: Operations): Server<Peer> {
  const { log } = operations.surroundings
  // What an operation came to is there when the library asks for it.
  const outcome = ({ contextValue }: ExecutionArgs) => contextValue as Outcome
  return makeServer<Params, Peer>({
    connectionInitWaitTimeout: initTimeoutMs,
    onConnect: ({ extra: peer, connectionParams }) => connect(operations, peer, connectionParams),
    onSubscribe: ({ extra: peer }, id, payload) => operate(operations, { peer, id, payload }),
    execute: outcome,
    subscribe: outcome,
    onNext: (_context, _id, _payload, _args, { errors, ...result }) => ({
      ...result,
      ...(errors && { errors: errors.map(toldOf) }),
    }),
    onError({ extra: peer }, _id, payload, errors) {
      const requestId = peer.end(payload)?.requestId ?? randomUUID()
      return errors.map((error) => toldOf(maskError(error, { log, requestId })))
    },
    onComplete: ({ extra: peer }, _id, payload) => void peer.end(payload),
  })
}

interface SomeMessage {
  type?: unknown
  id?: unknown
  payload?: { query?: unknown } | null
}

/**
 * The message in a text, if it is one. One that names an operation in another way than by its text
 * gets a text all the same, which the library wants.
 */
function messageIn(text: string): SomeMessage | null {
  try {
    const message = JSON.parse(text)
    if (typeof message !== 'object' || message === null) return null
    const { type, payload } = message as SomeMessage
    const isNamed = type === MessageType.Subscribe && typeof payload === 'object' && payload
    if (isNamed) payload.query ??= ''
    return message
  } catch {
    return null
  }
}

/** Why a message cannot be taken that is well formed, but is for clients. */
function isUnexpected(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('Unexpected message of type ')
}

interface Asked {
  peer: Peer
  id: string
  payload: SubscribePayload
}

/** An operation with what it came to, which the library then sends, or why it was refused. */
async function operate(
  operations: Operations,
  { peer, id, payload }: Asked,
): Promise<ExecutionArgs | GraphQLError[]> {
  if (peer.isLeft) {
    await peer.whenGone
    return [codedError('OVERLOADED', overloaded)]
  }
  const waiting = peer.begin(id, payload)
  if (!waiting) {
    const message = `A connection waits for at most ${mostOperations} operations at a time.`
    return [codedError('OVERLOADED', message)]
  }
  const { requestId, client } = waiting
  const [started, { log }] = [performance.now(), operations.surroundings]
  const args = await answer(operations, { peer, payload, waiting }).catch((error) => ({
    contextValue: { errors: errorsOf(error) },
  }))
  const outcome = maskOutcome(args.contextValue as Outcome, { log, requestId })
  const errors = refusalIn(outcome)
  const status = client.signal.aborted ? clientClosedRequest : statusOf(errors?.[0])
  logRequest(operations, { requestId, started, status })
  return errors ?? ({ ...args, contextValue: outcome } as ExecutionArgs)
}

function answer(
  operations: Operations,
  { peer, payload, waiting }: { peer: Peer; payload: SubscribePayload; waiting: Waiting },
): Promise<ExecutionArgs> {
  const { schema, execute, subscribe, surroundings } = operations
  const { requestId, client } = waiting
  return operations.turnsOf(peer.headers)(client.signal, async (turn) => {
    const { operationName, variables } = payload
    const sender = senderOf(peer.headers, { ...turn, log: surroundings.log, requestId })
    const prepared = await prepareAsked(operations, { ...payload }, sender)
    const operation = prepared.operation?.operation
    if (!operation) throw codedError('BAD_REQUEST', 'Name one operation of the document.')
    const args = { schema, document: prepared.document, operationName, variableValues: variables }
    const takeTurn = operations.eventTurnsOf(peer.headers)
    const scope = { ...surroundings, ...turn, requestId, client: client.signal, takeTurn }
    const isSubscription = operation === OperationTypeNode.SUBSCRIPTION
    const outcome = isSubscription
      ? await subscribe(args, scope, prepared)
      : resultOf(await execute(args, scope, prepared))
    waiting.isSubscription = isStream(outcome)
    return { ...args, contextValue: outcome }
  })
}

function isStream(outcome: Outcome): outcome is Results {
  return Symbol.asyncIterator in outcome
}

function maskOutcome(outcome: Outcome, request: { log: Logger; requestId: string }): Outcome {
  return isStream(outcome) ? outcome : maskResult(outcome, request)
}

/** The errors of an operation that was not executed. */
function refusalIn(outcome: Outcome): GraphQLError[] | undefined {
  if (isStream(outcome) || outcome.data !== undefined) return undefined
  return outcome.errors as GraphQLError[] | undefined
}

/** What HTTP would have answered with. */
function statusOf(error: GraphQLError | undefined): number {
  if (!error) return 200
  const { code, http } = error.extensions as { code: ErrorCode; http?: { status?: number } }
  return http?.status ?? errorStatus[code]
}
