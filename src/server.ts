import {
  createServer,
  type ServerOptions as HttpOptions,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream } from 'node:stream/web'
import { setImmediate, setTimeout } from 'node:timers/promises'
import { getRequestListener } from '@hono/node-server'
import type { App } from './app.ts'
import { type Sockets, serveSockets } from './sockets.ts'

export interface RunningServer {
  /** Where it listens, such as `http://localhost:4000`. */
  url: string
  /** Stops accepting, waits for requests in flight, at most for the grace period, and resolves. */
  stop(graceMs: number): Promise<void>
}

export interface ServerOptions extends Partial<ConnectionLimits> {
  host: string
  port: number
}

export interface ConnectionLimits {
  /** More are closed as they come: each takes a file descriptor and some memory. */
  maxConnections: number
  /**
   * How long a connection may be without a request. A balancer must be the first to close, or it
   * sends a request on a connection that is just being closed: most of them do so after 60 s.
   */
  keepAliveTimeoutMs: number
  /** For the headers of a request to arrive: who sends them by the byte is cut off with 408. */
  headersTimeoutMs: number
  /** For all of a request to arrive, which has at most 256 KB, over a poor mobile network. */
  arrivalTimeoutMs: number
  /** Without a byte either way, as of a client that does not read its answer. */
  silenceTimeoutMs: number
  /** How often the client of a WebSocket is asked whether it is still there; who is not is cut off. */
  pingIntervalMs: number
}

const defaultLimits: ConnectionLimits = {
  maxConnections: 5_000,
  keepAliveTimeoutMs: 65_000,
  headersTimeoutMs: 10_000,
  arrivalTimeoutMs: 30_000,
  silenceTimeoutMs: 120_000,
  pingIntervalMs: 25_000,
}

const maxHeaderBytes = 16 * 1024
/** How often connections are looked through for those that are too slow. */
const checkEveryMs = 1_000

export function startServer(
  app: Pick<App, 'fetch'> & Partial<App>,
  { host, port, ...given }: ServerOptions,
): Promise<RunningServer> {
  const limits = { ...defaultLimits, ...given }
  const streams = new Set<ServerResponse>()
  const { openConnection: open } = app
  return new Promise((resolve, reject) => {
    const server = createServer(serverOptions(limits), listenerOf(app, { hostname: host, streams }))
    const { pingIntervalMs } = limits
    const sockets = open && serveSockets(server, { open, path: '/graphql', pingIntervalMs })
    server.maxConnections = limits.maxConnections
    server.timeout = limits.silenceTimeoutMs
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE'
          ? new Error(`Port ${port} of ${host} is taken: set PORT to another.`)
          : error,
      ),
    )
    server.once('listening', () => {
      const { port: bound } = server.address() as AddressInfo
      resolve({
        url: `http://${displayHost(host)}:${bound}`,
        stop: (graceMs) => stop(server, { graceMs, streams, sockets }),
      })
    })
    server.listen(port, host)
  })
}

/** Has the application answer in node what it can, and sends the Responses that it has for all else. */
function listenerOf(
  app: Pick<App, 'fetch'> & Partial<App>,
  { hostname, streams }: { hostname: string; streams: Set<ServerResponse> },
): RequestListener {
  const fetching = getRequestListener((request) => app.fetch(request), {
    hostname,
    overrideGlobalObjects: false,
  })
  return async (incoming, outgoing) => {
    const answered = app.answer?.(incoming, outgoing)
    if (!answered) return fetching(incoming, outgoing)
    try {
      const response = await answered
      if (!response) return
      if (isStream(response)) keepWhileOpen(streams, outgoing)
      await send(response, outgoing)
    } catch {
      // Faults are answered; where that cannot be done any more, nobody is there to read it.
      outgoing.destroy()
    }
  }
}

/** Sends what comes bit by bit, until its reader goes. */
async function send({ status, headers, body }: Response, outgoing: ServerResponse): Promise<void> {
  outgoing.writeHead(status, Object.fromEntries(headers))
  outgoing.flushHeaders()
  if (body) await pipeline(Readable.fromWeb(body as ReadableStream<Uint8Array>), outgoing)
  else outgoing.end()
}

function serverOptions(limits: ConnectionLimits): HttpOptions {
  return {
    maxHeaderSize: maxHeaderBytes,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.arrivalTimeoutMs,
    connectionsCheckingInterval: checkEveryMs,
  }
}

/**
 * How long a stopping server still takes requests: those on the wire, and those of a balancer that
 * has not noticed yet.
 */
const lingerMs = 500

interface Stopping {
  graceMs: number
  streams: ReadonlySet<ServerResponse>
  sockets: Sockets | undefined
}

async function stop(server: Server, { graceMs, streams, sockets }: Stopping): Promise<void> {
  await setTimeout(lingerMs)
  // Once around the event loop, so that what arrived while it was busy is read before the listener
  // closes.
  await setImmediate()
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  // A connection that has had its answer would be kept for its next request, and a stream, which
  // never has all of it, is cut: its client comes back, to another process.
  const idle = setInterval(() => {
    server.closeIdleConnections()
    sockets?.closeIdle()
    for (const stream of streams) stream.destroy()
  }, 50)
  const forced = setTimeout(graceMs, undefined, { ref: false }).then(() => {
    server.closeAllConnections()
    sockets?.closeAll()
  })
  await Promise.race([closed, forced])
  clearInterval(idle)
}

function isStream({ headers }: Response): boolean {
  return Boolean(headers.get('content-type')?.startsWith('text/event-stream'))
}

function keepWhileOpen(streams: Set<ServerResponse>, stream: ServerResponse): void {
  streams.add(stream)
  stream.once('close', () => streams.delete(stream))
}

function displayHost(host: string): string {
  return ['127.0.0.1', '0.0.0.0', '::', '::1'].includes(host) ? 'localhost' : host
}
