import { once } from 'node:events'
import WebSocket, { type ClientOptions } from 'ws'
import type { App } from '../src/app.ts'
import { type RunningServer, type ServerOptions, startServer } from '../src/server.ts'
import { rememberSaid } from './log-audit.ts'

const running: RunningServer[] = []

/** For after each test: a hook that stood here would be that of whichever file comes first. */
export async function closeServers(): Promise<void> {
  for (const server of running.splice(0)) await server.stop(100)
}

/** A gateway on a port of its own until the test ends. */
export async function serve(app: App, limits: Partial<ServerOptions> = {}): Promise<RunningServer> {
  const server = await startServer(app, { host: '127.0.0.1', port: 0, ...limits })
  running.push(server)
  return server
}

export function urlOf({ url }: RunningServer): string {
  return `${url.replace('http', 'ws').replace('localhost', '127.0.0.1')}/graphql`
}

export interface Message {
  type: string
  id?: string
  // biome-ignore lint/suspicious/noExplicitAny: a payload has the shape of whatever was asked for.
  payload?: any
}

/** A client that sends what it likes. */
export interface RawClient {
  socket: WebSocket
  send(message: object | string): void
  subscribe(id: string, payload: object): void
  /** The next message that has not been read. */
  next(): Promise<Message>
  /** The code and reason with which the connection is closed. */
  closed: Promise<[code: number, reason: string]>
}

export async function connect(
  server: RunningServer,
  options: ClientOptions & { protocol?: string } = {},
): Promise<RawClient> {
  const { protocol = 'graphql-transport-ws', ...others } = options
  const socket = new WebSocket(urlOf(server), protocol, others)
  const received: Message[] = []
  const wanted: ((message: Message) => void)[] = []
  socket.on('message', (data) => {
    const message = JSON.parse(String(data))
    const next = wanted.shift()
    if (next) next(message)
    else received.push(message)
  })
  const closed = once(socket, 'close').then(([code, reason]): [number, string] => [
    code,
    String(reason),
  ])
  await once(socket, 'open')
  const send = (message: object | string) =>
    socket.send(typeof message === 'string' ? message : JSON.stringify(message))
  return {
    socket,
    send,
    subscribe: (id, payload) => send({ type: 'subscribe', id, payload }),
    async next() {
      const message = received.shift()
      return message ?? new Promise((resolve) => wanted.push(resolve))
    },
    closed,
  }
}

/** One that has said who it is, and was taken. */
export async function connectAs(
  server: RunningServer,
  key: string | null,
  options: ClientOptions = {},
): Promise<RawClient> {
  const client = await connect(server, options)
  const headers: Record<string, string> = key ? { authorization: `Bearer ${key}` } : {}
  rememberSaid(headers, {})
  client.send({ type: 'connection_init', payload: headers })
  const { type } = await client.next()
  if (type !== 'connection_ack') throw new Error(`the connection was answered with ${type}`)
  return client
}
