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
    const chunks: Uint8Array[] = []
    let size = 0
    try {
      for await (const chunk of chunksOf(body)) {
        size += chunk.length
        this.#held += chunk.length
        if (size > most) throw new BodyTooLarge()
        if (size > alwaysReadBytes && this.#held > this.#mostHeld) throw new Overloaded()
        chunks.push(chunk)
      }
    } finally {
      this.#held -= size
    }
    return new Uint8Array(Buffer.concat(chunks))
  }
}

async function* chunksOf(body: Request['body']): AsyncGenerator<Uint8Array> {
  const reader = body?.getReader()
  const next = () =>
    reader?.read().catch((cause) => Promise.reject(new BodyIncomplete('', { cause })))
  for (let read = await next(); read && !read.done; read = await next()) yield read.value
}
