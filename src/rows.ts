import type { Viewer } from './auth/viewer.ts'
import type { Keyset } from './connection.ts'
import type { EventInput } from './database/transaction.ts'
import type { Prisma } from './generated/prisma/client.ts'
import { idOf } from './ids.ts'
import type { Search } from './search.ts'

/** What the rows of a list may depend on besides its arguments. */
export interface ListScope {
  readonly viewer: Viewer
  /** What a statement before it has written, where it reads what a write answers with. */
  readonly written?: Written
  /** The request’s one instant. What asks for it is right for that instant alone. */
  now(): Date
}

/** Which rows a field is about, and in which order, as Prisma has it. */
export interface Rows {
  where: object
  orderBy?: object | object[]
}

/** Finds the rows of a field by its arguments, for both engines. It reads nothing itself. */
// biome-ignore lint/suspicious/noExplicitAny: the arguments are those of the field that declares it.
export type RowsOf = (args: any, scope: ListScope) => Rows

/** The one row with an id of the type. */
export function byId(typename: string) {
  return (args: { id: string }, { viewer: { tenantId } }: ListScope) => ({
    where: { tenantId_id: { tenantId, id: idOf(typename, args.id) } },
  })
}

/** The one row with the number, which no two of its type in a tenant have. */
export function byNumber({ number }: { number: number }, { viewer: { tenantId } }: ListScope) {
  return { where: { tenantId_number: { tenantId, number } } }
}

/** The same for a connection, whose order is a keyset and whose page is cut from its rows. */
export interface PageOf {
  // biome-ignore lint/suspicious/noExplicitAny: the arguments are those of the field that declares it.
  keyset(args: any): Keyset
  /** All of these must hold. */
  // biome-ignore lint/suspicious/noExplicitAny: the arguments are those of the field that declares it.
  where(args: any, scope: ListScope): (object | Search)[]
  /** The path of relations from the parent’s row to the rows; none for a list of the tenant. */
  path?: readonly string[]
}

/** The same for a numbered page, after what is wrong with its number is refused. */
export interface NumberedOf {
  model: string
  rows(
    // biome-ignore lint/suspicious/noExplicitAny: the arguments are those of the field that declares it.
    args: any,
    scope: ListScope,
  ): { where: (object | Search)[]; orderBy: object[]; page: number; pageSize: number }
}

/** A write that is one statement. */
export interface Written {
  /** Answers with one row, or with none where the write is not the usual one, which does nothing. */
  statement: Prisma.Sql
  /** The rows that the fields of its payload are, by their ids. */
  ids: Record<string, string>
  /** What its row says of what it has put into the outbox. */
  eventsOf(row: readonly (string | null)[]): EventInput[]
}

/** Throws for what is not the usual. */
export type WriteOf = (
  // biome-ignore lint/suspicious/noExplicitAny: the arguments are those of the field that declares it.
  args: any,
  scope: { viewer: Viewer; requestId: string; now: Date },
) => Written

/** A row as an expression sees it. */
export interface RowSql {
  /** A column by its Prisma name. */
  column(name: string): string
  /** The row that it refers to; all its columns are null where it refers to none. */
  relation(name: string): RowSql
  /** The request’s instant. An operation that asks for it is never taken for unchanged. */
  now(): string
}

export type Expression = (row: RowSql) => string

/** How the compiler reads a field; declared where the field is, as `extensions`. */
export interface Declaration {
  /** A value as an SQL expression of the type that its column would have. */
  sql?: Expression
  /** A value that only depends on who asks. */
  viewerValue?: (viewer: Viewer) => unknown
  /** The rows of a field that returns rows of a model, one or a list. */
  rows?: RowsOf
  write?: WriteOf
  /** Whether it changes without a write of the tenant, such as when something was last used. */
  unversioned?: true
  page?: PageOf
  numbered?: NumberedOf
  /** The relations from a row to what the field lists. */
  through?: readonly string[]
  /** What a row refers to, where the field is not that relation itself. */
  relation?: string
  /** An object that is a part of the row itself. */
  embedded?: true
  /** Rows that a statement makes, which are ordered by it. */
  // biome-ignore lint/suspicious/noExplicitAny: the arguments are those of the field that declares it.
  table?: (row: RowSql, args: any, scope: ListScope) => Prisma.Sql
}

/** Why an operation, or one request for it, is left to the interpreter. */
export class NotCompilable extends Error {
  override name = 'NotCompilable'
}
