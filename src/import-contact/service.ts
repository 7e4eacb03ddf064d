import { bulkInsert } from '../database/bulk-insert.ts'
import type { Transaction } from '../database/transaction.ts'
import { newId } from '../ids.ts'
import type { Link } from '../import-link/rules.ts'
import { takeNumbers } from '../tenant/service.ts'
import {
  type ContactBook,
  type ContactLink,
  type DealContactChanges,
  type DealContactState,
  type ExistingDealContact,
  enter,
  type Fold,
  findContact,
  type MatchedContacts,
  type Person,
  type ToldContact,
} from './rules.ts'

interface ContactsRow {
  contacts?: ToldContact[]
  /** Whether its contacts are all that the deal has. */
  wholeContacts?: boolean
}

export interface ContactLookup {
  /** Whom a row means; undefined where it names nobody. */
  contactsOf(
    row: ContactsRow,
    deal: { id?: string; organization: Link | undefined },
  ): MatchedContacts | undefined
}

/** Looks up the contacts that rows name, in any case. What a row makes new, a later one finds. */
export async function findContacts(
  tx: Transaction,
  rows: ContactsRow[],
  { dealIds, linkOf }: { dealIds: string[]; linkOf: (name: string) => Link | undefined },
): Promise<ContactLookup> {
  const told = rows.flatMap(({ contacts = [] }) => contacts)
  if (told.length === 0 && !rows.some(({ contacts }) => contacts)) {
    return { contactsOf: () => undefined }
  }
  const people = told.flatMap((contact) => [
    contact,
    ...(contact.introducedBy ? [contact.introducedBy] : []),
  ])
  const existing = await findDealContacts(tx, dealIds)
  const book = await readBook(tx, people, existing)
  return {
    contactsOf({ contacts, wholeContacts: whole = false }, { id, organization }) {
      if (!contacts) return undefined
      const present = existing.filter(({ dealId }) => dealId === id)
      const onDeal = present.map(({ contactId }) => contactId)
      const surroundings = { organization, linkOf, onDeal }
      const matched = contacts.map((told) => ({
        told,
        contact: findContact(book, told, surroundings),
        ...(told.introducedBy !== undefined && {
          introducedBy: told.introducedBy && findContact(book, told.introducedBy, surroundings),
        }),
      }))
      return { matched, existing: present, whole }
    },
  }
}

type DealContactRow = ExistingDealContact & { dealId: string }

function findDealContacts(
  { db, tenantId }: Transaction,
  dealIds: string[],
): Promise<DealContactRow[]> | DealContactRow[] {
  if (dealIds.length === 0) return []
  return db.dealContact.findMany({
    where: { tenantId, dealId: { in: dealIds } },
    orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
  })
}

/** The tenant's contacts that have one of the ids, emails or names, lowest numbers first. */
async function readBook(
  { db, tenantId }: Transaction,
  people: Person[],
  existing: ExistingDealContact[],
): Promise<ContactBook> {
  const texts = people.flatMap(({ name, email }) => [name ?? '', email?.trim() ?? ''])
  const folded = await db.$queryRaw<{ text: string; folded: string }[]>`
    SELECT text, lower(text) AS folded FROM unnest(${[...new Set(texts)]}::text[]) AS text`
  const keys = folded.flatMap(({ text, folded }) => (text ? [folded] : []))
  const ids = [
    ...people.flatMap(({ id }) => id ?? []),
    ...existing.flatMap(({ introducedById }) => introducedById ?? []),
  ]
  const rows = await db.$queryRaw<(Candidate & { nameKey: string; emailKey: string | null })[]>`
    SELECT id::text, name, email, phone, job_title AS "jobTitle", organization_id::text AS "organizationId",
      lower(name) AS "nameKey", email_key AS "emailKey"
    FROM contact
    WHERE tenant_id = ${tenantId}::uuid AND (email_key = ANY(${keys}::text[]) OR lower(name) = ANY(${keys}::text[])
      OR id = ANY(${ids}::uuid[]))
    ORDER BY number`
  const foldedBy = new Map(folded.map(({ text, folded }) => [text, folded]))
  for (const { name, nameKey, email, emailKey } of rows) {
    foldedBy.set(name, nameKey)
    if (email && emailKey) foldedBy.set(email, emailKey)
  }
  const fold: Fold = (text) => foldedBy.get(text) ?? text
  const book: ContactBook = { fold, byId: new Map(), byEmail: new Map(), byName: new Map() }
  for (const { nameKey: _, emailKey: __, ...row } of rows) enter(book, { ...row, isNew: false })
  return book
}

type Candidate = Omit<ContactLink, 'isNew' | 'organization'> & { id: string }

/** The organizations of contacts that have to be created. */
export function organizationsOfNew(changes: DealContactChanges[]): Link[] {
  return newContacts(changes).flatMap(({ organization }) => organization ?? [])
}

/** Writes what changes of the contacts of deals, and the contacts that are new. */
export async function writeDealContacts(
  tx: Transaction,
  deals: { dealId: string; changes: DealContactChanges }[],
): Promise<void> {
  if (deals.length === 0) return
  const { db, tenantId, now } = tx
  const all = deals.map(({ changes }) => changes)
  await createContacts(tx, newContacts(all))
  await addEmails(
    tx,
    all.flatMap(({ emails }) => emails),
  )
  const removed = all.flatMap((changes) => changes.removed)
  if (removed.length > 0)
    await db.dealContact.deleteMany({ where: { tenantId, id: { in: removed } } })
  const rows = deals.flatMap(({ dealId, changes }) =>
    changes.states.map((state) => ({ dealId, isOld: Boolean(state.id), ...toRow(state) })),
  )
  const old = rows.filter(({ isOld }) => isOld)
  const repeated = rows.filter(({ isPrimary }) => isPrimary).map(({ dealId }) => dealId)
  const changed = { OR: [{ dealId: { in: repeated } }, { id: { in: old.map(({ id }) => id) } }] }
  await db.dealContact.updateMany({
    where: { tenantId, isPrimary: true, ...changed },
    data: { isPrimary: false, updatedAt: now },
  })
  await updateRows(tx, old)
  const created = rows.filter(({ isOld }) => !isOld)
  await bulkInsert(
    db,
    'deal_contact',
    created.map(({ isOld: _, ...row }) => ({ ...row, tenantId, createdAt: now, updatedAt: now })),
  )
}

type Row = ReturnType<typeof toRow>

function toRow(state: DealContactState) {
  const { contact, role, isPrimary, introducedBy, metadata } = state
  const introducer =
    introducedBy && ('id' in introducedBy ? introducedBy.id : introducedBy.contact.id)
  return {
    id: state.id ?? newId(),
    contactId: contact.id ?? '',
    role,
    isPrimary,
    introducedById: introducer ?? null,
    metadata,
  }
}

async function updateRows({ db, tenantId, now }: Transaction, rows: Row[]): Promise<void> {
  if (rows.length === 0) return
  await db.$executeRaw`
    UPDATE deal_contact AS c SET role = n.role, is_primary = n."isPrimary", introduced_by_id = n."introducedById",
      metadata = n.metadata, updated_at = ${now}::timestamptz
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      AS n(id uuid, role text, "isPrimary" boolean, "introducedById" uuid, metadata jsonb)
    WHERE c.tenant_id = ${tenantId}::uuid AND c.id = n.id`
}

function newContacts(changes: DealContactChanges[]): ContactLink[] {
  const contacts = changes.flatMap(({ states }) =>
    states.flatMap(({ contact, introducedBy }) =>
      introducedBy && 'contact' in introducedBy ? [contact, introducedBy.contact] : [contact],
    ),
  )
  return [...new Set(contacts)].filter(({ isNew }) => isNew)
}

async function createContacts(tx: Transaction, contacts: ContactLink[]): Promise<void> {
  if (contacts.length === 0) return
  const { tenantId, now } = tx
  const firstNumber = await takeNumbers(tx, 'contact', contacts.length)
  const rows = contacts.map((contact, index) => {
    contact.id ??= newId()
    const { id, name, email, phone, jobTitle, organization } = contact
    tx.emit({ type: 'contact.created', payload: { contactId: id } })
    const organizationId = organization?.ids[0] ?? null
    const values = { name, email, phone, jobTitle, organizationId }
    return { ...values, tenantId, id, number: firstNumber + index, createdAt: now, updatedAt: now }
  })
  await bulkInsert(tx.db, 'contact', rows)
}

async function addEmails(tx: Transaction, emails: DealContactChanges['emails']): Promise<void> {
  const byId = new Map(emails.map(({ contact, email }) => [contact.id ?? '', email]))
  if (byId.size === 0) return
  const [ids, texts] = [[...byId.keys()], [...byId.values()]]
  await tx.db.$executeRaw`
    UPDATE contact AS c SET email = n.email, updated_at = ${tx.now}::timestamptz
    FROM unnest(${ids}::uuid[], ${texts}::text[]) AS n(id, email)
    WHERE c.tenant_id = ${tx.tenantId}::uuid AND c.id = n.id AND c.email IS NULL`
  for (const id of ids) tx.emit({ type: 'contact.updated', payload: { contactId: id } })
}
