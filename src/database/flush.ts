import { LRUCache } from 'lru-cache'
import pg from 'pg'
import { serialize } from 'pg-protocol'

/** A statement that a connection prepares when it first runs it. */
export interface Statement {
  text: string
  values: readonly unknown[]
}

/** How many prepared statements a connection keeps; each holds its plan in PostgreSQL’s memory. */
const mostPrepared = 250

interface Connection {
  stream: { write(bytes: Buffer): boolean }
}

/** The names by which a connection knows statements, by their texts. */
interface Prepared {
  names: LRUCache<string, string>
  count: number
  /** Those that it no longer needs. */
  left: string[]
}

const preparedOn = new WeakMap<Connection, Prepared>()

function preparedOf(connection: Connection): Prepared {
  const known = preparedOn.get(connection)
  if (known) return known
  const left: string[] = []
  const names = new LRUCache<string, string>({
    max: mostPrepared,
    dispose: (name) => void left.push(name),
  })
  const prepared = { names, count: 0, left }
  preparedOn.set(connection, prepared)
  return prepared
}

/** What node-postgres lets into a pipeline. Its types know nothing of its messages. */
const Query = pg.Query as unknown as new (
  config: object,
  values?: undefined,
  done?: object,
) => object

/** The last row of a statement, each column as text; null where there is none. */
export type FlushRow = readonly (string | null)[] | null

type Callback = (error: Error | null, rows?: FlushRow[]) => void

/**
 * Statements that leave in one packet and are one transaction: there is one Sync behind all of them,
 * and what one of them sets for the transaction holds for the next. Each answers with its last row.
 * After a failure the connection has to be closed, since what it has prepared is then not known.
 */
export class Flush extends Query {
  readonly #statements: readonly Statement[]
  readonly #callback: Callback
  readonly #rows: FlushRow[] = []
  #row: FlushRow = null

  constructor(statements: readonly Statement[], callback: Callback) {
    super({ text: statements.at(-1)?.text ?? '' }, undefined, () => {})
    this.#statements = statements
    this.#callback = callback
  }

  /** All messages are one packet, and one system call. */
  submit(connection: Connection): null {
    const messages: Buffer[] = []
    const prepared = preparedOf(connection)
    for (const { text, values } of this.#statements) {
      const statement = prepare(prepared, text, messages)
      messages.push(serialize.bind({ statement, values: values.map(textOf) }))
      messages.push(serialize.execute())
    }
    for (const name of prepared.left.splice(0)) messages.push(serialize.close({ type: 'S', name }))
    connection.stream.write(Buffer.concat([...messages, serialize.sync()]))
    return null
  }

  handleRowDescription(): void {}

  handleDataRow({ fields }: { fields: (string | null)[] }): void {
    this.#row = fields
  }

  handleCommandComplete(): void {
    this.#rows.push(this.#row)
    this.#row = null
  }

  handleError(error: Error): void {
    this.#callback(error)
  }

  handleReadyForQuery(): void {
    this.#callback(null, this.#rows)
  }
}

/** A value as PostgreSQL reads it from text. */
function textOf(value: unknown): string | Buffer | null {
  if (value === null || value === undefined) return null
  if (Buffer.isBuffer(value)) return value
  return Array.isArray(value) ? `{${value.map(elementOf).join(',')}}` : String(value)
}

function elementOf(value: unknown): string {
  return value === null ? 'NULL' : `"${String(value).replace(/[\\"]/g, '\\$&')}"`
}

/** The name of a statement on a connection, which is told of it when it is not known there. */
function prepare(prepared: Prepared, text: string, messages: Buffer[]): string {
  const known = prepared.names.get(text)
  if (known) return known
  const name = `flushed_${prepared.count++}`
  messages.push(serialize.parse({ name, text }))
  prepared.names.set(text, name)
  return name
}
