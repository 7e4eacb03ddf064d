import { queryFromInfo } from '@pothos/plugin-prisma'
import type { GraphQLResolveInfo } from 'graphql'
import { codedError } from './errors.ts'

export interface PageArgs {
  first?: number | null
  after?: string | null
  last?: number | null
  before?: string | null
}

/** What a list is ordered by. With the id behind it, it gives every row its one place. */
export interface Keyset {
  /** The order's name in the API; a cursor made under one order is refused under another. */
  name: string
  column: string
  kind: 'text' | 'integer' | 'bigint' | 'instant'
  direction: 'asc' | 'desc'
  /** Whether no two rows have the same value. */
  unique?: boolean
}

/** For lists that have no other order. */
export const newestFirst: Keyset = {
  name: 'CREATED_AT',
  column: 'createdAt',
  kind: 'instant',
  direction: 'desc',
}

type SortValue = string | number | bigint | Date
export type Row = Record<string, unknown>

export interface Page {
  /** How many rows were asked for. */
  size: number
  /** The columns that a row needs for its cursor. */
  cursorColumns: { tenantId: true; id: true }
  /** The bounds of the page as one condition, for a list that comes with its parent. */
  where: object
  orderBy: Record<string, 'asc' | 'desc'>[]
  take: number
  /** Between what the page lies, each of which it begins or ends strictly behind. */
  bounds: readonly Bound[]
  /** Whether its rows are read from its end on. */
  isBackward: boolean
  /**
   * The rows of the page. Behind a cursor these are first those that sort equal to its row, then
   * those beyond: read apart, each begins in the index where the cursor stands, however many are
   * equal.
   */
  find<R>(read: (bounds: object) => Promise<R[]>): Promise<R[]>
  /** Turns the rows found into the page that was asked for. */
  toConnection<R>(rows: R[], totalCount: () => Promise<number>): Connection<R>
}

export interface Connection<R> {
  edges: { cursor: string; node: R }[]
  pageInfo: {
    hasNextPage: boolean
    hasPreviousPage: boolean
    startCursor: string | null
    endCursor: string | null
  }
  totalCount: () => Promise<number>
}

export const maxPageSize = 100
export const defaultPageSize = 20

/**
 * Prisma compiles a statement for each `take`, so that pages of any size share these few. Below one
 * another what is read in vain multiplies, so that small pages have a close one.
 */
const takes = [1, 2, 3, 4, 6, 11, 21, 51, maxPageSize + 1]

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const opposite = { asc: 'desc', desc: 'asc' } as const

/**
 * A keyset page: what lies behind a cursor is found by comparing with the values that it carries,
 * so that a deleted row never empties a page and a far page costs what the first one costs.
 */
export function keysetPage(args: PageArgs, keyset: Keyset): Page {
  const size = pageSize(args)
  const backward = args.last != null
  const direction = backward ? opposite[keyset.direction] : keyset.direction
  const after = args.after ? boundOf(args.after, 'after', keyset, keyset.direction) : null
  const before = args.before
    ? boundOf(args.before, 'before', keyset, opposite[keyset.direction])
    : null
  const [start, end] = backward ? [before, after] : [after, before]
  const take = takes.find((most) => most > size) ?? size + 1
  return {
    size,
    cursorColumns: { tenantId: true, id: true, ...{ [keyset.column]: true } },
    where: { AND: [start, end].map((bound) => (bound ? within(bound) : {})) },
    orderBy: [{ [keyset.column]: direction }, ...(keyset.unique ? [] : [{ id: direction }])],
    take,
    bounds: [start, end].filter((bound) => bound !== null),
    isBackward: backward,
    async find(read) {
      const rows = []
      for (const part of start ? partsBeyond(start) : [{}]) {
        if (rows.length < take) rows.push(...(await read({ AND: [part, end ? within(end) : {}] })))
      }
      return rows.slice(0, take)
    },
    toConnection(rows, totalCount) {
      const more = rows.length > size
      const page = rows.slice(0, size)
      if (backward) page.reverse()
      const edges = page.map((node) => ({ node, cursor: cursorOf(node as Row, keyset) }))
      return {
        edges,
        pageInfo: {
          hasNextPage: backward ? Boolean(args.before) : more,
          hasPreviousPage: backward ? more : Boolean(args.after),
          startCursor: edges[0]?.cursor ?? null,
          endCursor: edges.at(-1)?.cursor ?? null,
        },
        totalCount,
      }
    },
  }
}

/** Where the items of a connection are selected. */
const itemPaths = [['nodes'], ['edges', 'node']]

/**
 * What to load of each row: the fields that the operation asks for, and what the cursor needs. For
 * an empty page a row tells whether there are any, and nothing below it is read.
 */
export function pageSelection(
  context: object,
  info: GraphQLResolveInfo,
  { size, cursorColumns: select }: Page,
): { select: { tenantId: true; id: true } } {
  return size === 0 ? { select } : queryFromInfo({ context, info, paths: itemPaths, select })
}

/** The same for a connection below an object, whose rows come with it in one statement. */
export function nestedPageSelection(
  nestedSelection: unknown,
  typename: string,
  { size, cursorColumns: select }: Page,
): { select: { tenantId: true; id: true } } {
  if (size === 0) return { select }
  const nested = nestedSelection as (selection: object, items: object) => never
  const paths = itemPaths.map((path) => path.map((name) => ({ name })))
  return nested({ select }, { getType: () => typename, paths })
}

function pageSize({ first, last }: PageArgs): number {
  if (first != null && last != null) {
    throw codedError('BAD_USER_INPUT', 'Give `first` or `last`, not both.')
  }
  const size = first ?? last ?? defaultPageSize
  if (size < 0 || size > maxPageSize) {
    const name = first == null ? 'last' : 'first'
    throw codedError(
      'BAD_USER_INPUT',
      `\`${name}\` must be between 0 and ${maxPageSize}, not ${size}.`,
    )
  }
  return size
}

export interface Bound {
  column: string
  unique: boolean
  than: 'gt' | 'lt'
  value: SortValue
  id: string
}

function boundOf(
  cursor: string,
  argument: string,
  keyset: Keyset,
  direction: 'asc' | 'desc',
): Bound {
  const { column, unique = false } = keyset
  const than = direction === 'asc' ? 'gt' : 'lt'
  return { column, unique, than, ...decodeCursor(cursor, argument, keyset) }
}

/**
 * The rows strictly behind a cursor. The comparison with the first column alone is implied, yet
 * only it bounds the index.
 */
function within(bound: Bound): object {
  const parts = partsBeyond(bound)
  return parts[1]
    ? { [bound.column]: { [`${bound.than}e`]: bound.value }, OR: parts }
    : (parts[0] as object)
}

/** The same rows in parts, one after the other in the order. */
function partsBeyond({ column, unique, than, value, id }: Bound): object[] {
  const beyond = { [column]: { [than]: value } }
  return unique ? [beyond] : [{ [column]: value, id: { [than]: id } }, beyond]
}

function cursorOf(row: Row, { name, column }: Keyset): string {
  const value = row[column] as SortValue
  const plain =
    value instanceof Date ? value.toISOString() : typeof value === 'bigint' ? `${value}` : value
  return Buffer.from(JSON.stringify([name, plain, row.id])).toString('base64url')
}

function decodeCursor(
  cursor: string,
  argument: string,
  keyset: Keyset,
): { value: SortValue; id: string } {
  try {
    const [name, plain, id] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown[]
    const value = name === keyset.name ? sortValue(plain, keyset.kind) : undefined
    if (value !== undefined && typeof id === 'string' && uuid.test(id)) return { value, id }
  } catch {
    // What is not base64url of JSON is refused below, like any other cursor that is not ours.
  }
  throw codedError(
    'INVALID_CURSOR',
    `\`${argument}\` is not a cursor of this list in this order: pass one that the same list returned.`,
  )
}

/**
 * The value that a cursor carries, if its column can hold it: PostgreSQL would answer any other
 * with a fault.
 */
function sortValue(plain: unknown, kind: Keyset['kind']): SortValue | undefined {
  if (kind === 'integer') return plain === Number(plain) >> 0 ? (plain as number) : undefined
  if (typeof plain !== 'string' || plain.includes('\0')) return undefined
  if (kind === 'text') return plain
  if (kind === 'bigint') {
    const value = /^-?\d{1,19}$/.test(plain) ? BigInt(plain) : undefined
    return value === undefined || BigInt.asIntN(64, value) !== value ? undefined : value
  }
  const instant = new Date(plain)
  return /^(?!0000)\d{4}-/.test(plain) && !Number.isNaN(instant.getTime()) ? instant : undefined
}
