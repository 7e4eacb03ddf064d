import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { handleProtocols } from 'graphql-ws'
import { type ServerOptions, type WebSocket, WebSocketServer } from 'ws'
import { maxBodyBytes } from './operations/body.ts'
import type { Connection, OpenConnection } from './operations/websocket.ts'

export interface Sockets {
  /** Closes those that wait for no answer, and begins no more operations on the others. */
  closeIdle(): void
  closeAll(): void
}

interface Settings {
  open: OpenConnection
  path: string
  /** How often a client is asked whether it is still there. */
  pingIntervalMs: number
}

interface Open {
  connection: Connection
  /** Whether anything came of it since it was last asked. */
  isHeard: boolean
  /** How much was waiting to be sent to it when it was last asked. */
  buffered: number
}

const tellsWho =
  /^(authorization|x-api-key|x-break-glass|(apollographql|graphql)-client-(name|version))$/
const goingAway = 1001
const maxFragments = 256
/** How long a client may take to answer that its connection is closed. */
const closeTimeoutMs = 2_000
/** A close frame has no room for more. */
const maxReasonLength = 120
/** Who asks for more than it reads is cut off when so much is waiting for it. */
const mostBufferedBytes = 16 * 1024 * 1024

/** Takes WebSocket connections on the port of a server; all else goes on to be a request to it. */
export function serveSockets(server: Server, settings: Settings): Sockets {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: maxBodyBytes,
    // Each holds far more than the byte that it may bring.
    maxFragments,
    closeTimeout: closeTimeoutMs,
    handleProtocols,
    perMessageDeflate: false,
  } as ServerOptions)
  const open = new Map<WebSocket, Open>()
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (request.headers.upgrade?.toLowerCase() !== 'websocket') {
      return serveAsRequest(server, { request, socket, head })
    }
    socket.on('error', () => {})
    if (pathOf(request) !== settings.path) return refuse(socket)
    sockets.handleUpgrade(request, socket, head, (client) => {
      const connection = accept(client, request, settings.open)
      const state = { connection, isHeard: true, buffered: 0 }
      open.set(client, state)
      const heard = () => {
        state.isHeard = true
      }
      client.on('message', heard)
      client.on('pong', heard)
      client.once('close', () => open.delete(client))
    })
  })
  // Answers that came while the process was busy are heard first.
  const asking = setInterval(() => setImmediate(ask, open), settings.pingIntervalMs).unref()
  server.once('close', () => clearInterval(asking))
  return {
    closeIdle() {
      for (const [client, { connection }] of open) {
        connection.leave()
        if (!connection.isBusy()) client.close(goingAway, 'Going away')
      }
    },
    closeAll() {
      for (const client of open.keys()) client.terminate()
    },
  }
}

function accept(client: WebSocket, request: IncomingMessage, open: OpenConnection): Connection {
  const connection = open({
    protocol: client.protocol,
    headers: headersOf(request),
    send: (text) => new Promise((resolve) => client.send(text, () => resolve())),
    close: (code, reason) => client.close(code, cut(reason)),
  })
  client.on('message', (message) => {
    // What comes after it was closed is not answered, and so not done either.
    if (client.readyState !== client.OPEN) return
    if (client.bufferedAmount > mostBufferedBytes) client.terminate()
    else void connection.hear(String(message))
  })
  // The connection is closed with the code that tells what was wrong.
  client.on('error', () => {})
  client.once('close', (code, reason) => void connection.closed(code, String(reason)))
  return connection
}

/** Cuts off who has not answered, unless they are still reading what was sent before the question. */
function ask(open: ReadonlyMap<WebSocket, Open>): void {
  for (const [client, state] of open) {
    const isReading = client.bufferedAmount < state.buffered
    if (!state.isHeard && !isReading) client.terminate()
    state.isHeard = false
    state.buffered = client.bufferedAmount
    client.ping()
  }
}

function pathOf({ url = '' }: IncomingMessage): string {
  return url.split('?', 1)[0] ?? ''
}

/** What says who connects. */
function headersOf({ headers }: IncomingMessage): Headers {
  const given = new Headers()
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value === 'string' && tellsWho.test(name)) given.set(name, value)
  }
  return given
}

/** The beginning of a reason, which is in ASCII but for what a client has said. */
function cut(reason: string): string {
  return reason.replace(/[^ -~]/g, '?').slice(0, maxReasonLength)
}

function refuse(socket: Duplex): void {
  // Without this its client could keep it for as long as it likes.
  socket.once('finish', () => socket.destroy())
  const lines = ['HTTP/1.1 404 Not Found', 'Connection: close', 'Content-Length: 0']
  socket.end(`${lines.join('\r\n')}\r\n\r\n`)
}

interface Upgrade {
  request: IncomingMessage
  socket: Duplex
  head: Buffer
}

/**
 * A client may offer another protocol with any request, as those for HTTP/2 do, and take the usual
 * answer: the request is read once more, without the offer.
 */
function serveAsRequest(server: Server, { request, socket, head }: Upgrade): void {
  const { method, url, httpVersion, rawHeaders } = request
  const lines = [`${method} ${url} HTTP/${httpVersion}`]
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? ''
    if (!/^(connection|upgrade|http2-settings)$/i.test(name)) {
      lines.push(`${name}: ${rawHeaders[at + 1]}`)
    }
  }
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head]))
  server.emit('connection', socket)
}
