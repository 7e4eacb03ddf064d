import { createRequire } from 'node:module'
import { extname } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { Bytes, Request, Storage } from './embedded-worker.ts'

interface Waiting {
  resolve(bytes: Bytes): void
  reject(error: Error): void
}

/** The thread that an embedded database runs in. It answers one request after another. */
export class EmbeddedThread {
  /** Resolves when the database is open, and rejects with what prevents that. */
  readonly opened: Promise<unknown>
  /** Resolves when the thread ends, with why it did. */
  readonly ended: Promise<Error>
  readonly #worker: Worker
  readonly #waiting: Waiting[] = []
  #end: Error | undefined

  constructor(storage: Storage) {
    this.#worker = createWorker(storage)
    this.#worker.on('message', (answer: Bytes) => this.#waiting.shift()?.resolve(answer))
    this.ended = new Promise((resolve) => {
      this.#worker.once('error', resolve)
      this.#worker.once('exit', () => resolve(new Error('the embedded database has ended')))
    })
    this.ended.then((error) => this.#abandon(error))
    this.opened = this.#answer()
  }

  ask(request: Request): Promise<Bytes> {
    if (this.#end) return Promise.reject(this.#end)
    this.#worker.postMessage(request, request.kind === 'execute' ? [request.bytes.buffer] : [])
    return this.#answer()
  }

  async stop(): Promise<void> {
    await this.#worker.terminate()
  }

  #answer(): Promise<Bytes> {
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }))
  }

  #abandon(error: Error): void {
    this.#end = error
    for (const { reject } of this.#waiting.splice(0)) reject(error)
  }
}

/**
 * From dist/ the worker is JavaScript. From the sources it is TypeScript, and what loads that in
 * this thread does not in another.
 */
function createWorker(workerData: Storage): Worker {
  const extension = extname(import.meta.url)
  const url = new URL(`./embedded-worker${extension}`, import.meta.url)
  if (extension !== '.ts') return new Worker(url, { workerData, execArgv: [] })
  const tsxPackage = pathToFileURL(createRequire(import.meta.url).resolve('tsx/package.json'))
  const tsx = new URL('./dist/esm/api/index.mjs', tsxPackage)
  const source = `import('${tsx}').then((tsx) => tsx.tsImport('${url}', '${url}'))`
  return new Worker(source, { workerData, execArgv: [], eval: true })
}
