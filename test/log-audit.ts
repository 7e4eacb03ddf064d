import { appendFileSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Logger, pino } from 'pino'
import { inject } from 'vitest'

/** A text this short stands in a log by chance. */
const shortest = 6

/** What is never in a log, whoever wrote it: an API key, and a token in three parts. */
const credential = /dg_[\w-]{43}|eyJ[\w-]+\.[\w-]+\.[\w-]*/

/** The SHA-256 of a document, by which a log names an operation, tells nothing of a tenant. */
const hash = /^[0-9a-f]{64}$/

const kept = new Set<string>()

/**
 * A logger whose lines go to the test as objects, and to the files of the run, which are read when
 * all tests are done.
 */
export function auditedLog(
  onLine: (line: Record<string, unknown>) => void = () => {},
  level: 'info' | 'debug' = 'info',
): Logger {
  const write = (line: string) => {
    keep('logged', [distinctPartOf(line)])
    onLine(JSON.parse(line))
  }
  return pino({ level }, { write })
}

/** Remembers what no log may repeat of a request: its credentials, and the texts of its variables. */
export function rememberSaid(headers: Record<string, string>, body: unknown): void {
  const credentials = [headers.authorization, headers['x-api-key']].map((value) =>
    value?.replace(/^bearer +/i, ''),
  )
  const { variables } = (typeof body === 'object' && body ? body : {}) as { variables?: unknown }
  const texts = [...credentials, ...textsIn(variables)]
  const isTold = (text: string | undefined): text is string =>
    text !== undefined && text.length >= shortest && !hash.test(text)
  keep('said', texts.filter(isTold).map(cut))
}

/** What the files of a run show to be both said and logged; empty as it should be. */
export function leaksIn(directory: string): string[] {
  const lines = (kind: string) =>
    readdirSync(directory)
      .filter((file) => file.startsWith(kind))
      .flatMap((file) => readFileSync(join(directory, file), 'utf8').split('\n').filter(Boolean))
  const logs = [...new Set(lines('logged'))].join('\n')
  const said = [...new Set(lines('said').map((line) => JSON.parse(line) as string))]
  const known = credential.exec(logs)?.[0]
  return [...(known ? [known] : []), ...said.filter((text) => logs.includes(inLog(text)))]
}

function keep(kind: 'logged' | 'said', texts: string[]): void {
  const fresh = texts.filter((text) => !kept.has(text))
  // Outside of a run of tests, as in `npm run fuzz`, nobody reads the files.
  if (fresh.length === 0 || !process.env.VITEST) return
  for (const text of fresh) kept.add(text)
  const lines = fresh.map((text) => (kind === 'said' ? JSON.stringify(text) : text))
  appendFileSync(join(inject('logAudit'), `${kind}-${process.pid}`), `${lines.join('\n')}\n`)
}

/**
 * A line without what is of the request as such, of our code, or said of itself by an app: equal
 * ones are read once.
 */
function distinctPartOf(line: string): string {
  const varying =
    /"(?:time|pid|ms|hostname|requestId|path|client|clientVersion)":(?:"[^"]*"|[\d.]+|\[[^\]]*\]),?|\\n +at [^"\\]*/g
  return line.trimEnd().replace(varying, '')
}

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value ? Object.values(value).flatMap(textsIn) : []
}

/** The beginning of a long text tells it as well. */
function cut(text: string): string {
  return text.slice(0, 200)
}

function inLog(text: string): string {
  return JSON.stringify(text).slice(1, -1)
}
