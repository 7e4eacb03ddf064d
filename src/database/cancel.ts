import { isIP } from 'node:net'
import pg from 'pg'

/** What node-postgres knows of a connection beside what its types tell. */
interface Session {
  host: string
  port: number
  processID: number
  secretKey: number
  connectionParameters: { ssl: object | boolean; sslnegotiation?: string }
  connection: { stream: { remoteAddress?: string; destroy(): void } }
}

interface CancelConnection extends NodeJS.EventEmitter {
  stream: { destroy(error: Error): void }
  connect(portOrPath: number | string, host?: string): void
  requestSsl(): void
  cancel(processID: number, secretKey: number): void
}

/** Ends a connection without a word to the server; what was sent on it fails. */
export function dropConnection(client: pg.Client): void {
  sessionOf(client).connection.stream.destroy()
}

/**
 * Asks PostgreSQL to cancel the statement that a connection is running: over a connection of its
 * own, to the same server, and encrypted as that one is. It resolves when the server has ended that
 * connection, which it does once the statement is signalled, so that the signal cannot meet a
 * statement that is sent afterwards.
 */
export function cancelStatement(client: pg.Client, timeoutMs: number): Promise<void> {
  const session = sessionOf(client)
  const { processID, secretKey, host, port } = session
  const { ssl, sslnegotiation: sslNegotiation } = session.connectionParameters
  const Connection = pg.Connection as unknown as new (options: object) => CancelConnection
  const connection = new Connection({ ssl: ssl && verifying(ssl, host), sslNegotiation })
  return new Promise((resolve, reject) => {
    let sent = false
    let failure: Error | undefined
    const send = () => {
      connection.cancel(processID, secretKey)
      sent = true
    }
    const timer = setTimeout(() => {
      sent = false
      connection.stream.destroy(new Error('the server did not answer a cancel request'))
    }, timeoutMs)
    connection.on('connect', () => {
      if (!ssl) send()
      else if (sslNegotiation !== 'direct') connection.requestSsl()
    })
    connection.on('sslconnect', send)
    connection.on('error', (error: Error) => {
      failure ??= error
    })
    connection.once('end', () => {
      clearTimeout(timer)
      // How the server ends the connection does not matter once it has read the request.
      if (sent) resolve()
      else reject(failure ?? new Error('the server took no cancel request'))
    })
    // A host name can have several addresses; the statement runs at one of them.
    const address = session.connection.stream.remoteAddress ?? host
    if (address.startsWith('/')) connection.connect(`${address}/.s.PGSQL.${port}`)
    else connection.connect(port, address)
  })
}

/** The same settings, under which the certificate is still that of the host's name. */
function verifying(ssl: object | boolean, host: string): object {
  const settings = typeof ssl === 'object' ? ssl : {}
  // node-postgres hides the key from being listed.
  const key = 'key' in settings ? { key: settings.key } : {}
  return { ...(isIP(host) ? { host } : { host, servername: host }), ...settings, ...key }
}

function sessionOf(client: pg.Client): Session {
  return client as unknown as Session
}
