import { bulkInsert } from '../database/bulk-insert.ts'
import type { Transaction } from '../database/transaction.ts'
import { Prisma } from '../generated/prisma/client.ts'
import { newId } from '../ids.ts'
import { checkName } from '../texts.ts'
import { invalid, notFound, refuse } from '../user-errors.ts'

/** A list of names that grows from use. Names that differ only in case are one. */
export interface Catalogue {
  table: 'source' | 'close_reason'
  /** What an entry is called in messages. */
  noun: string
  /** What its id is called in inputs and events. */
  idName: 'sourceId' | 'closeReasonId'
  /** Where a table holds a catalogue for each kind. */
  kind?: 'WON' | 'LOST'
}

/**
 * The id of the entry with this name; a name that nothing had before joins the catalogue. A deal
 * keeps an archived entry, but no other deal comes to it: `present` is the one that it has.
 */
export async function entryIdOf(
  tx: Transaction,
  catalogue: Catalogue,
  given: { name: string; path: string[]; present?: string | null },
): Promise<string> {
  const name = checkedName(given.name, given.path)
  const known = await entryNamed(tx, catalogue, name)
  if (known?.archived && known.id !== given.present) {
    const message = `The ${catalogue.noun} "${known.name}" is archived: restore it or name another.`
    refuse(invalid(message, given.path))
  }
  return known?.id ?? insertEntry(tx, catalogue, name)
}

const namePath = ['input', 'name']

export async function createEntry(
  tx: Transaction,
  catalogue: Catalogue,
  input: { name: string },
): Promise<string> {
  const name = checkedName(input.name, namePath)
  refuseTaken(catalogue, await entryNamed(tx, catalogue, name))
  return insertEntry(tx, catalogue, name)
}

/** Renames an entry, on all its deals at once. It may take its own name in another case. */
export async function renameEntry(
  tx: Transaction,
  catalogue: Catalogue,
  input: { id: string; name: string },
): Promise<void> {
  const entry = await entryOf(tx, catalogue, input.id)
  const name = checkedName(input.name, namePath)
  if (name === entry.name) return
  const known = await entryNamed(tx, catalogue, name)
  if (known?.id !== entry.id) refuseTaken(catalogue, known)
  await saveEntry(tx, catalogue, entry, { values: Prisma.sql`name = ${name}`, event: 'updated' })
}

/** Takes an entry out of what new deals can have; the deals that have it keep it. */
export async function archiveEntry(
  tx: Transaction,
  catalogue: Catalogue,
  id: string,
): Promise<void> {
  const entry = await entryOf(tx, catalogue, id)
  if (entry.archived) return
  const values = Prisma.sql`archived_at = ${tx.now}`
  await saveEntry(tx, catalogue, entry, { values, event: 'archived' })
}

export async function restoreEntry(
  tx: Transaction,
  catalogue: Catalogue,
  id: string,
): Promise<void> {
  const entry = await entryOf(tx, catalogue, id)
  if (!entry.archived) return
  await saveEntry(tx, catalogue, entry, {
    values: Prisma.sql`archived_at = NULL`,
    event: 'restored',
  })
}

function checkedName(name: string, path: string[]): string {
  const errors = checkName(name, path)
  if (errors.length > 0) refuse(...errors)
  return name.trim()
}

interface Entry {
  id: string
  name: string
  archived: boolean
}

const columns = Prisma.sql`id::text, name, archived_at IS NOT NULL AS archived`

async function entryNamed(
  { db, tenantId }: Transaction,
  { table, kind }: Catalogue,
  name: string,
): Promise<Entry | undefined> {
  const ofKind = kind ? Prisma.sql`AND kind = ${kind}` : Prisma.empty
  const [entry] = await db.$queryRaw<Entry[]>`
    SELECT ${columns} FROM ${Prisma.raw(table)}
    WHERE tenant_id = ${tenantId}::uuid AND lower(name) = lower(${name}) ${ofKind}`
  return entry
}

async function entryOf(
  { db, tenantId }: Transaction,
  { table, noun, idName }: Catalogue,
  id: string,
): Promise<Entry> {
  const [entry] = await db.$queryRaw<Entry[]>`
    SELECT ${columns} FROM ${Prisma.raw(table)}
    WHERE tenant_id = ${tenantId}::uuid AND id = ${id}::uuid`
  return entry ?? refuse(notFound(noun, ['input', idName]))
}

function refuseTaken({ noun }: Catalogue, known: Entry | undefined): void {
  if (!known) return
  const mend = known.archived ? 'It is archived: restore it.' : 'Use that one.'
  const message = `There is a ${noun} named "${known.name}" already. ${mend}`
  refuse({ code: 'NAME_TAKEN', message, path: namePath })
}

async function insertEntry(
  { db, tenantId, now, emit }: Transaction,
  { table, idName, kind }: Catalogue,
  name: string,
): Promise<string> {
  const id = newId()
  await bulkInsert(db, table, [{ tenantId, id, name, createdAt: now, ...(kind && { kind }) }])
  emit({ type: `${table}.created`, payload: { [idName]: id } })
  return id
}

async function saveEntry(
  { db, tenantId, emit }: Transaction,
  { table, idName }: Catalogue,
  { id }: Entry,
  { values, event }: { values: Prisma.Sql; event: 'updated' | 'archived' | 'restored' },
): Promise<void> {
  await db.$executeRaw`
    UPDATE ${Prisma.raw(table)} SET ${values}
    WHERE tenant_id = ${tenantId}::uuid AND id = ${id}::uuid`
  emit({ type: `${table}.${event}`, payload: { [idName]: id } })
}
