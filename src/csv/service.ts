import { createReadStream } from 'node:fs'
import { appendFile, rm } from 'node:fs/promises'
import { pipeline } from 'node:stream'
import { type CsvError, type Info, type Options, parse } from 'csv-parse'
import { parse as parseText } from 'csv-parse/sync'
import { stringify } from 'csv-stringify/sync'

/** A row of a CSV file, or of JSON Lines with a cell for each key. */
export interface FileRow {
  /** The line of the file on which the row starts; the header is on line 1. */
  line: number
  cells: string[]
  /** Why the cells cannot be trusted. */
  fault?: string
  /** The line itself, of JSON Lines: its bytes are known to be UTF-8. */
  text?: string
}

export interface FileReject extends FileRow {
  reasons: string[]
}

/** A quote that is never closed would else take the rest of the file into memory as one cell. */
export const maxRowLength = 4_000_000
const notClosed = 'a quoted cell is not closed'
const faults: Partial<Record<CsvError['code'], string>> = {
  CSV_QUOTE_NOT_CLOSED: notClosed,
  CSV_INVALID_CLOSING_QUOTE: notClosed,
  CSV_MAX_RECORD_SIZE: `${notClosed} within ${maxRowLength} characters`,
}

/**
 * Reads the header of a CSV file and then its rows, one at a time, however large the file.
 *
 * A row of the wrong length comes as it is. A quote that is never closed costs the line it stands
 * on, as a row with a fault, and reading goes on with the next line.
 */
export async function openCsv(
  path: string,
): Promise<{ columns: string[]; rows: AsyncIterable<FileRow> }> {
  const rows = readRows(path)
  const header = await rows.next()
  if (header.done) throw new Error(`${path} is empty: its first line must name the columns.`)
  if (header.value.fault)
    throw new Error(`${path}: the header cannot be read: ${header.value.fault}.`)
  return { columns: header.value.cells.map((cell) => cell.trim()), rows }
}

async function* readRows(path: string): AsyncGenerator<FileRow, void> {
  const position = { bytes: 0, lines: 0 }
  while (true) {
    try {
      yield* readFrom(path, position, { max_record_size: maxRowLength })
      return
    } catch (error) {
      const fault = faults[(error as CsvError).code]
      if (!fault) throw readable(path, error)
      for await (const row of readFrom(path, position, { quote: false, to: 1 })) {
        yield { ...row, fault }
      }
    }
  }
}

/** Moves the position behind each row it yields, so that another reader can go on from there. */
async function* readFrom(
  path: string,
  position: { bytes: number; lines: number },
  options: Options,
): AsyncGenerator<FileRow> {
  const start = position.bytes
  let emptyLines = 0
  const parser = parse({
    bom: start === 0,
    info: true,
    raw: true,
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    ...options,
  })
  pipeline(createReadStream(path, { start }), parser, () => {})
  for await (const { record, raw, info } of parser as AsyncIterable<Parsed>) {
    const line = position.lines + info.empty_lines - emptyLines + 1
    const lineBreaks = record.join().match(/\r\n|\n|\r/g)?.length ?? 0
    if (lineBreaks > 0) checkQuotes(raw)
    position.bytes = start + info.bytes
    position.lines = line + lineBreaks
    emptyLines = info.empty_lines
    yield { line, cells: record }
  }
}

interface Parsed {
  record: string[]
  raw: string
  info: Info
}

/**
 * Quotes are read leniently, as within a line nothing can go wrong; but a row over several lines
 * must be one beyond doubt.
 */
function checkQuotes(raw: string): void {
  try {
    parseText(raw, { relax_column_count: true })
  } catch (error) {
    if ((error as CsvError).code === 'CSV_INVALID_CLOSING_QUOTE') throw error
  }
}

/**
 * Starts a file of rejected rows and returns what appends to it. The file of an earlier run is gone
 * at once; a new one is there only if a row is rejected. Cells beyond the columns follow the
 * reasons, so that the columns stay aligned.
 */
export async function startRejects(
  path: string,
  columns: string[],
): Promise<(rejects: FileReject[]) => Promise<void>> {
  await rm(path, { force: true })
  let started = false
  return async (rejects) => {
    if (rejects.length === 0) return
    const rows = rejects.map(({ line, cells, reasons }) => [
      ...columns.map((_, index) => cells[index] ?? ''),
      line,
      reasons.join('; '),
      ...cells.slice(columns.length),
    ])
    const header = started ? [] : [[...columns, 'line', 'rejection']]
    await appendFile(path, stringify([...header, ...rows]))
    started = true
  }
}

export function readable(path: string, error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException
  if (code === 'ENOENT') return new Error(`There is no file ${path}.`)
  if (code === 'EISDIR') return new Error(`${path} is a directory, not a file.`)
  if (code === 'EACCES') return new Error(`${path} may not be read.`)
  return error
}
