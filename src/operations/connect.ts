import { randomUUID } from 'node:crypto'
import { CloseCode, type ConnectionInitMessage } from 'graphql-ws'
import { clientClosedRequest, codedError, type ErrorCode, errorStatus } from '../errors.ts'
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
    peer.headers = headersWith(params, peer.headers)
    await turnsOf(peer.headers)(peer.gone.signal, async () => {})
    return true
  } catch (error) {
    const { log } = surroundings
    const { message, extensions } = maskError(errorOf(error), { log, requestId })
    const code = extensions.code as ErrorCode
    const status = peer.gone.signal.aborted ? clientClosedRequest : errorStatus[code]
    logRequest(operations, { requestId, started, status })
    if (code === 'UNAUTHENTICATED') peer.close(CloseCode.Forbidden, `Forbidden: ${message}`)
    else peer.close(tryAgainLater, 'Try again later')
    return false
  }
}

const credentials = ['authorization', 'x-api-key']
/** What a browser cannot say in the headers of the handshake. */
const sayable =
  /^(authorization|x-api-key|x-break-glass|(apollographql|graphql)-client-(name|version))$/i

/** What the first message says of who connects goes before what the handshake says. */
function headersWith(params: Params, handshake: Headers): Headers {
  const given = Object.entries(params ?? {}).filter(
    ([name, value]) => sayable.test(name) && typeof value === 'string',
  ) as [string, string][]
  // Neither a credential nor a name has other characters, and as a header they would be a fault.
  if (given.some(([, value]) => !/^[ -~]*$/.test(value))) {
    throw codedError('UNAUTHENTICATED', 'The credential is not valid.')
  }
  const headers = new Headers(handshake)
  const hasCredential = given.some(([name]) => credentials.includes(name.toLowerCase()))
  if (hasCredential) for (const name of credentials) headers.delete(name)
  for (const [name, value] of given) headers.set(name, value)
  return headers
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
