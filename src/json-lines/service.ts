import { isUtf8 } from 'node:buffer'
import { createReadStream } from 'node:fs'
import { appendFile, rm } from 'node:fs/promises'
import { type FileReject, type FileRow, maxRowLength, readable } from '../csv/service.ts'

/**
 * Reads a file with one JSON object a line, however large. Its columns are the keys of all of them,
 * for which it is read once before its rows are.
 */
export async function openJsonLines(
  path: string,
  { decimal = '.' }: { decimal?: string } = {},
): Promise<{ columns: string[]; rows: AsyncIterable<FileRow> }> {
  const keys = new Set<string>()
  for await (const { object } of readObjects(path)) {
    for (const key of Object.keys(object ?? {})) keys.add(key)
  }
  const columns = [...keys]
  return { columns, rows: rowsOf(path, columns, decimal) }
}

async function* rowsOf(path: string, columns: string[], decimal: string): AsyncGenerator<FileRow> {
  for await (const { line, text, object, fault } of readObjects(path)) {
    const cells = columns.map((key) => (object ? cellOf(object[key], decimal) : ''))
    yield { line, cells, text, ...(fault && { fault }) }
  }
}

/** A value as a cell says it. A number of JSON has a point, whatever mark the texts have. */
function cellOf(value: unknown, decimal: string): string {
  if (value === null || value === undefined) return ''
  if (typeof value === 'number') return String(value).replace('.', decimal)
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

interface JsonLine {
  line: number
  text: string
  object?: Record<string, unknown>
  fault?: string
}

async function* readObjects(path: string): AsyncGenerator<JsonLine> {
  let line = 0
  for await (const bytes of readLines(path)) {
    line += 1
    const text = bytes?.toString().replace(/^\ufeff/, '') ?? ''
    if (!bytes) yield { line, text, fault: `the line has more than ${maxRowLength} bytes` }
    else if (!isUtf8(bytes))
      yield { line, text, fault: 'the line contains bytes that are not UTF-8' }
    else if (text.trim() !== '') yield { line, text, ...parsed(text) }
  }
}

function parsed(text: string): Pick<JsonLine, 'object' | 'fault'> {
  try {
    const value: unknown = JSON.parse(text)
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    if (isObject) return { object: value as Record<string, unknown> }
  } catch {
    // What is no JSON is no object either.
  }
  return { fault: 'the line is no JSON object' }
}

/**
 * Lines end with a line feed and nothing else, as texts of JSON may contain other separators. Of a
 * line that is too long nothing is kept, and null stands for it.
 */
async function* readLines(path: string): AsyncGenerator<Buffer | null> {
  let parts: Buffer[] = []
  let length = 0
  const add = (part: Buffer) => {
    length += part.length
    if (length > maxRowLength) parts = []
    else parts.push(part)
  }
  const take = () => {
    const bytes = length > maxRowLength ? null : Buffer.concat(parts)
    parts = []
    length = 0
    return bytes
  }
  try {
    for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
      let start = 0
      for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
        add(chunk.subarray(start, end))
        yield take()
        start = end + 1
      }
      add(chunk.subarray(start))
    }
  } catch (error) {
    throw readable(path, error)
  }
  if (length > 0) yield take()
}

/**
 * The same as `startRejects` of CSV: each rejected object gets its line and why it was rejected. A
 * line that is no object becomes a text in one.
 */
export async function startJsonRejects(
  path: string,
): Promise<(rejects: FileReject[]) => Promise<void>> {
  await rm(path, { force: true })
  return async (rejects) => {
    if (rejects.length === 0) return
    const lines = rejects.map(({ line, text = '', reasons }) => {
      const told = parsed(text).object ?? { text }
      return `${JSON.stringify({ ...told, line, rejection: reasons.join('; ') })}\n`
    })
    await appendFile(path, lines.join(''))
  }
}
