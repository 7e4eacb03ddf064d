import type { IncomingMessage } from 'node:http'
import { Overloaded } from './admission.ts'

export const maxBodyBytes = 256 * 1024
/** Of who may push the operations of an app, which can be hundreds. */
export const maxPushBytes = 4 * 1024 * 1024

/** A body of more than it may have. */
export class BodyTooLarge extends Error {
  override name = 'BodyTooLarge'
}

/** A body whose client stopped sending. */
export class BodyIncomplete extends Error {
  override name = 'BodyIncomplete'
}

/** What all bodies that are still on their way may take of the memory. */
const mostHeldBytes = 64 * 1024 * 1024
/** So much of each is read in any case: a client that sends slowly keeps out nobody who sends little. */
const alwaysReadBytes = 16 * 1024

/**
 * Reads bodies as far as they may go: what says that it is larger is not read at all, and what turns
 * out to be is read no further. Of many at a time the large ones are refused, as nothing is known yet
 * of who sends them.
 */
export class BodyReader {
  readonly #mostHeld: number
  #held = 0

  constructor(mostHeld = mostHeldBytes) {
    this.#mostHeld = mostHeld
  }

  async read(
    { headers, body }: Request,
    most: number = maxBodyBytes,
  ): Promise<Uint8Array<ArrayBuffer>> {
    if (Number(headers.get('content-length')) > most) throw new BodyTooLarge()
    const arriving = new Arriving()
    try {
      for await (const chunk of chunksOf(body)) this.#take(arriving, chunk, most)
      return arriving.whole()
    } finally {
      this.#held -= arriving.size
    }
  }

  /** The same from node itself; what is left unread is for the server to get rid of. */
  async readIncoming(
    incoming: IncomingMessage,
    most: number = maxBodyBytes,
  ): Promise<Uint8Array<ArrayBuffer>> {
    if (Number(incoming.headers['content-length']) > most) throw new BodyTooLarge()
    const arriving = new Arriving()
    return new Promise<Uint8Array<ArrayBuffer>>((resolve, reject) => {
      const fail = (error: Error) => {
        incoming.off('data', take)
        incoming.pause()
        reject(error)
      }
      const take = (chunk: Buffer) => {
        try {
          this.#take(arriving, chunk, most)
        } catch (error) {
          fail(error as Error)
        }
      }
      const lost = () => {
        if (!incoming.readableEnded) reject(new BodyIncomplete())
      }
      incoming.on('data', take)
      incoming.once('end', () => resolve(arriving.whole()))
      incoming.once('error', lost)
      incoming.once('close', lost)
      if (incoming.destroyed) lost()
    }).finally(() => {
      this.#held -= arriving.size
    })
  }

  #take(arriving: Arriving, chunk: Uint8Array, most: number): void {
    arriving.add(chunk)
    this.#held += chunk.length
    if (arriving.size > most) throw new BodyTooLarge()
    const isLarge = arriving.size > alwaysReadBytes
    if (isLarge && this.#held > this.#mostHeld) throw new Overloaded()
  }
}

/** As much of a body as has come. */
class Arriving {
  readonly #chunks: Uint8Array[] = []
  size = 0

  add(chunk: Uint8Array): void {
    this.#chunks.push(chunk)
    this.size += chunk.length
  }

  whole(): Uint8Array<ArrayBuffer> {
    const [only] = this.#chunks
    const whole = only && this.#chunks.length === 1 ? only : Buffer.concat(this.#chunks)
    // What comes from a socket or a stream is never in memory that threads share.
    return whole as Uint8Array<ArrayBuffer>
  }
}

async function* chunksOf(body: Request['body']): AsyncGenerator<Uint8Array> {
  const reader = body?.getReader()
  const next = () =>
    reader?.read().catch((cause) => Promise.reject(new BodyIncomplete('', { cause })))
  for (let read = await next(); read && !read.done; read = await next()) yield read.value
}
