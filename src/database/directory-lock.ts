import { createHash, randomBytes } from 'node:crypto'
import { mkdir, readdir, realpath, rename, rm } from 'node:fs/promises'
import { connect, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

export class DirectoryInUseError extends Error {
  override name = 'DirectoryInUseError'
  readonly directory: string
  readonly holder: string

  constructor(directory: string, holder: string) {
    super(`The directory ${directory} is in use by ${holder}.`)
    this.directory = directory
    this.holder = holder
  }
}

interface Contender {
  name: string
  state: 'candidate' | 'held'
  holder: string
}

type Release = () => Promise<void>

/** What systems allow as the path of a socket: macOS 103 bytes, Linux 107. */
const maxSocketPathBytes = 100
const answerTimeoutMs = 2_000
const retryMs = 25

/**
 * Locks a directory until it is released or this process ends, however it ends, and tells whoever
 * comes second who holds it. The lock does not keep the process alive.
 *
 * Each contender listens on a socket with a name of its own and then looks at the others' sockets.
 * Of two contenders at least the later one therefore sees the other, and to remove a dead one's
 * socket can never remove a living one's.
 */
export async function lockDirectory(directory: string, holder: string): Promise<Release> {
  await mkdir(directory, { recursive: true })
  const self: Contender = {
    name: `lock-${process.pid}-${randomBytes(4).toString('hex')}`,
    state: 'candidate',
    holder: `process ${process.pid} (${holder})`,
  }
  if (process.platform === 'win32') return lockByPipe(directory, self)
  const sockets = await socketDirectory(directory, self)
  for (;;) {
    const withdraw = await publish(sockets, self)
    const rival = await contend(sockets, self)
    if (!rival) return withdraw
    await withdraw()
    if (rival.state === 'held') throw new DirectoryInUseError(directory, rival.holder)
    await delay(retryMs)
  }
}

/** A named pipe goes with its process and has one owner, so there is nothing to contend for. */
async function lockByPipe(directory: string, self: Contender): Promise<Release> {
  const pipe = `\\\\.\\pipe\\dealgraph-${await hashOf(directory)}`
  self.state = 'held'
  try {
    return await listen(pipe, self)
  } catch (error) {
    if (errorCode(error) !== 'EADDRINUSE') throw error
    const rival = await ask(pipe, { ...self, holder: 'another process' })
    throw new DirectoryInUseError(directory, rival?.holder ?? 'another process')
  }
}

/**
 * Beside the data, where every container that mounts it sees the sockets, unless they cannot be
 * made there.
 */
async function socketDirectory(directory: string, self: Contender): Promise<string> {
  const beside = await realpath(directory)
  const probe = unpublished(beside, self)
  if (Buffer.byteLength(probe) <= maxSocketPathBytes) {
    const close = await listen(probe, self).catch(() => undefined)
    await close?.()
    if (close) return beside
  }
  const elsewhere = join(tmpdir(), `dealgraph-${await hashOf(directory)}`)
  await mkdir(elsewhere, { recursive: true })
  return elsewhere
}

async function hashOf(directory: string): Promise<string> {
  const path = await realpath(directory)
  return createHash('sha256').update(path).digest('hex').slice(0, 24)
}

function unpublished(sockets: string, { name }: Contender): string {
  return join(sockets, `${name}.new`)
}

/** The socket gets its name only once it answers, so that nobody takes it for a dead one. */
async function publish(sockets: string, self: Contender): Promise<Release> {
  const path = join(sockets, `${self.name}.sock`)
  const close = await listen(unpublished(sockets, self), self)
  await rename(unpublished(sockets, self), path)
  return async () => {
    await rm(path, { force: true })
    await close()
  }
}

/**
 * Makes this contender the holder, or returns the rival to yield to. Of several candidates the
 * first by name stays.
 */
async function contend(sockets: string, self: Contender): Promise<Contender | undefined> {
  for (;;) {
    const rivals = await livingRivals(sockets, self)
    if (rivals.length === 0) {
      self.state = 'held'
      return undefined
    }
    const stronger =
      rivals.find((rival) => rival.state === 'held') ??
      rivals.find((rival) => rival.name < self.name)
    if (stronger) return stronger
    await delay(retryMs)
  }
}

async function livingRivals(sockets: string, self: Contender): Promise<Contender[]> {
  const files = await readdir(sockets)
  const rivals = files.map(async (file) => {
    const [, name, pid] = /^(lock-(\d+)-.+)\.sock$/.exec(file) ?? []
    if (!name || name === self.name) return []
    const path = join(sockets, file)
    const rival = await ask(path, { name, state: 'held', holder: `process ${pid}` })
    if (!rival) await rm(path, { force: true })
    return rival ?? []
  })
  return (await Promise.all(rivals)).flat()
}

/**
 * What the contender behind a socket says of itself, `silent` if it lives and says nothing,
 * undefined if it is dead.
 */
async function ask(path: string, silent: Contender): Promise<Contender | undefined> {
  const deadline = Date.now() + answerTimeoutMs
  while (Date.now() < deadline) {
    const answer = await answerOf(path)
    if (answer === undefined) return undefined
    const [state, holder] = answer.split('\n')
    if (holder) return { ...silent, state: state === 'candidate' ? 'candidate' : 'held', holder }
    // It may have ended between accepting and answering; then the next attempt is refused.
    await delay(retryMs)
  }
  return silent
}

function answerOf(path: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    let answer = ''
    const socket = connect(path)
    socket.setEncoding('utf8').setTimeout(answerTimeoutMs, () => socket.destroy())
    socket.on('data', (chunk: string) => {
      answer += chunk
    })
    socket.on('error', (error) => {
      if (['ECONNREFUSED', 'ENOENT'].includes(errorCode(error) ?? '')) resolve(undefined)
    })
    socket.on('close', () => resolve(answer))
  })
}

function listen(path: string, self: Contender): Promise<Release> {
  const server: Server = createServer((socket) => {
    socket.on('error', () => {}).end(`${self.state}\n${self.holder}`)
  })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, () => {
      server.unref()
      resolve(() => new Promise((closed) => server.close(() => closed())))
    })
  })
}

function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined
}
