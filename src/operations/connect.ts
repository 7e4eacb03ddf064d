import { randomUUID } from 'node:crypto'
import { CloseCode, type ConnectionInitMessage } from 'graphql-ws'
import { codedError, type ErrorCode, errorStatus } from '../errors.ts'
import { errorOf, maskError } from './mask.ts'
import type { Operations } from './operations.ts'
import type { Peer } from './peer.ts'

export type Params = ConnectionInitMessage['payload']

const tryAgainLater = 1013
const path = '/graphql'

/** Finds out who connects, so that they learn at once that they are nobody. */
export async function connect(
  operations: Operations,
  peer: Peer,
  params: Params,
): Promise<boolean> {
  const { surroundings, turnsOf } = operations
  const [requestId, started] = [randomUUID(), performance.now()]
  try {
    peer.credential = credentialIn(params) ?? peer.credential
    await turnsOf(peer.credential)(peer.gone.signal, async () => {})
    return true
  } catch (error) {
    const { log } = surroundings
    const { message, extensions } = maskError(errorOf(error), { log, requestId })
    const code = extensions.code as ErrorCode
    logRequest(operations, { requestId, started, status: errorStatus[code] })
    if (code === 'UNAUTHENTICATED') peer.close(CloseCode.Forbidden, `Forbidden: ${message}`)
    else peer.close(tryAgainLater, 'Try again later')
    return false
  }
}

/** What the first message says of a credential, which goes before what the handshake says. */
function credentialIn(params: Params): Headers | null {
  const given = Object.entries(params ?? {}).filter(
    ([name, value]) => /^(authorization|x-api-key)$/i.test(name) && typeof value === 'string',
  ) as [string, string][]
  if (given.length === 0) return null
  // No credential has other characters, and as a header they would be refused with a fault.
  if (given.every(([, value]) => /^[ -~]*$/.test(value))) return new Headers(given)
  throw codedError('UNAUTHENTICATED', 'The credential is not valid.')
}

interface Logged {
  requestId: string
  started: number
  status: number
}

/** Logs an operation, or a connection that is refused, as a request over HTTP is logged. */
export function logRequest(
  { surroundings: { log } }: Operations,
  { started, ...logged }: Logged,
): void {
  const ms = Math.round(performance.now() - started)
  log.info({ ...logged, method: 'WS', path, ms }, 'request')
}
