import { Duplex } from 'node:stream'
import type { EmbeddedThread } from './embedded-thread.ts'

type Done = (error?: Error | null) => void

/** How long a client waits for another one's end before it is refused. */
const sessionWaitMs = 10_000
const terminate = Buffer.of('X'.charCodeAt(0), 0, 0, 0, 4)

/**
 * The one session of an embedded database, given to one client after another.
 *
 * A second client's connection waits until the first one's is closed: on one session their
 * statements and transactions would mix.
 */
export class EmbeddedSession {
  readonly #thread: EmbeddedThread
  readonly #streams = new Set<Duplex>()
  #free: Promise<void> = Promise.resolve()

  constructor(thread: EmbeddedThread) {
    this.#thread = thread
    thread.ended.then((error) => this.end(error))
  }

  /** What node-postgres takes for the socket of a connection. */
  stream(): Duplex {
    const stream = new SessionStream(this.#thread, (self) => this.#enter(self))
    this.#streams.add(stream)
    stream.once('close', () => this.#streams.delete(stream))
    return stream
  }

  /** Ends every connection, as a server does that stops. */
  end(error?: Error): void {
    for (const stream of this.#streams) stream.destroy(error)
  }

  async #enter(stream: Duplex): Promise<void> {
    const free = this.#free
    const closed = new Promise<void>((resolve) => stream.once('close', resolve))
    this.#free = free.then(() => closed)
    const busy = new Error('the embedded database has one session, and another client is using it')
    const timer = setTimeout(() => stream.destroy(busy), sessionWaitMs).unref()
    await free
    clearTimeout(timer)
    if (!stream.destroyed) await this.#thread.ask({ kind: 'reset' })
  }
}

class SessionStream extends Duplex {
  readonly #thread: EmbeddedThread
  readonly #enter: (stream: Duplex) => Promise<void>

  constructor(thread: EmbeddedThread, enter: (stream: Duplex) => Promise<void>) {
    super()
    this.#thread = thread
    this.#enter = enter
  }

  connect(): this {
    this.#enter(this).then(
      () => this.emit('connect'),
      (error) => this.destroy(error),
    )
    return this
  }

  // node-postgres calls these of a socket; here there is nothing to set, and the worker keeps the
  // process alive.
  setNoDelay(): void {}
  setKeepAlive(): void {}
  ref(): void {}
  unref(): void {}

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    this.#execute([chunk], done)
  }

  /** Messages written while an answer is awaited go out together, as they would in one packet. */
  override _writev(chunks: { chunk: Buffer }[], done: Done): void {
    this.#execute(
      chunks.map(({ chunk }) => chunk),
      done,
    )
  }

  override _final(done: Done): void {
    this.push(null)
    done()
  }

  /** The message that ends a client is held back: the session goes on for the next one. */
  async #execute(chunks: Buffer[], done: Done): Promise<void> {
    const messages = Buffer.concat(chunks.filter((chunk) => !chunk.equals(terminate)))
    try {
      if (messages.length > 0) {
        const answer = await this.#thread.ask({ kind: 'execute', bytes: new Uint8Array(messages) })
        if (!this.destroyed) this.push(Buffer.from(answer.buffer))
      }
      done()
    } catch (error) {
      done(error as Error)
    }
  }
}
