export const maxBodyBytes = 256 * 1024

/** A body of more than `maxBodyBytes`. */
export class BodyTooLarge extends Error {
  override name = 'BodyTooLarge'
}

/** A body whose client stopped sending. */
export class BodyIncomplete extends Error {
  override name = 'BodyIncomplete'
}

/**
 * Reads a body as far as it may go: what says that it is larger is not read at all, and what turns
 * out to be is read no further.
 */
export async function readBody({ headers, body }: Request): Promise<Uint8Array<ArrayBuffer>> {
  if (Number(headers.get('content-length')) > maxBodyBytes) throw new BodyTooLarge()
  const chunks: Uint8Array[] = []
  let size = 0
  const reader = body?.getReader()
  const next = () =>
    reader?.read().catch((cause) => Promise.reject(new BodyIncomplete('', { cause })))
  for (let read = await next(); read && !read.done; read = await next()) {
    size += read.value.length
    if (size > maxBodyBytes) throw new BodyTooLarge()
    chunks.push(read.value)
  }
  return new Uint8Array(Buffer.concat(chunks))
}
