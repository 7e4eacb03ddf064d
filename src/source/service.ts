import * as catalogues from '../catalogue/service.ts'
import type { Transaction } from '../database/transaction.ts'

const sources: catalogues.Catalogue = { table: 'source', noun: 'source', idName: 'sourceId' }

/**
 * The id of the source with this name, in any case. A name that nothing had before joins the
 * catalogue; one that is blank means no source. An archived one is refused unless it is `present`,
 * the one that the deal has.
 */
export async function sourceIdOf(
  tx: Transaction,
  name: string,
  { path, present }: { path: string[]; present: string | null },
): Promise<string | null> {
  if (name.trim() === '') return null
  return catalogues.entryIdOf(tx, sources, { name, path, present })
}

export interface ChangedSource {
  sourceId: string
}

export async function createSource(
  tx: Transaction,
  input: { name: string },
): Promise<ChangedSource> {
  return { sourceId: await catalogues.createEntry(tx, sources, input) }
}

export async function updateSource(
  tx: Transaction,
  { sourceId, name }: ChangedSource & { name: string },
): Promise<ChangedSource> {
  await catalogues.renameEntry(tx, sources, { id: sourceId, name })
  return { sourceId }
}

export async function archiveSource(
  tx: Transaction,
  { sourceId }: ChangedSource,
): Promise<ChangedSource> {
  await catalogues.archiveEntry(tx, sources, sourceId)
  return { sourceId }
}

export async function restoreSource(
  tx: Transaction,
  { sourceId }: ChangedSource,
): Promise<ChangedSource> {
  await catalogues.restoreEntry(tx, sources, sourceId)
  return { sourceId }
}
