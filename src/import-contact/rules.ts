import { z } from 'zod'
import { isSame } from '../changes.ts'
import { id, longText, text } from '../import-format/rules.ts'
import { cellAs, jsonOf } from '../import-json/rules.ts'
import { isLinked, type Link } from '../import-link/rules.ts'
import { maxNameLength } from '../texts.ts'

const long = cellAs(longText)
const person = z.strictObject({
  id: cellAs(id('contact')).optional(),
  name: cellAs(text(maxNameLength)).optional(),
  email: long.nullish(),
  phone: long.nullish(),
  jobTitle: long.nullish(),
  /** Of a new contact. Default: the deal's. */
  organization: cellAs(text(maxNameLength)).nullish(),
})
const nameOrEmail = cellAs(text(maxNameLength)).transform(
  (told): Person => (told.includes('@') ? { email: told } : { name: told }),
)
const told = person
  .extend({
    role: long.nullish(),
    isPrimary: z.boolean().optional(),
    introducedBy: z.union([nameOrEmail, person.refine(isNamed, 'has no name')]).nullish(),
    metadata: z.unknown().optional(),
  })
  .refine(isNamed, 'has neither name nor email')

export type Person = z.infer<typeof person>

/** A contact on a deal, as the file tells it. */
export type ToldContact = z.infer<typeof told>

export const toldContacts = jsonOf<ToldContact[]>(
  'list of contacts',
  z
    .array(told)
    .refine(
      (contacts) => contacts.filter(({ isPrimary }) => isPrimary).length <= 1,
      'has two primary contacts',
    ),
)

function isNamed({ name, email }: { name?: string; email?: string | null }): boolean {
  return Boolean(name?.trim() || email?.trim())
}

/** A contact of the tenant, or one to be: that has the id only where the file tells one. */
export interface ContactLink {
  id?: string
  isNew: boolean
  name: string
  email: string | null
  /** The email that a row tells of somebody who had none. */
  toldEmail?: string
  phone: string | null
  jobTitle: string | null
  organization?: Link
  organizationId: string | null
}

/** Texts in small letters, as PostgreSQL folds them. */
export type Fold = (text: string) => string

/** What is known of the tenant's contacts, and of those that the rows before have named. */
export interface ContactBook {
  fold: Fold
  byId: Map<string, ContactLink>
  byEmail: Map<string, ContactLink[]>
  byName: Map<string, ContactLink[]>
}

export function enter(book: ContactBook, contact: ContactLink): void {
  const { fold, byId, byEmail, byName } = book
  if (contact.id) byId.set(contact.id, contact)
  if (contact.email) addTo(byEmail, fold(contact.email), contact)
  addTo(byName, fold(contact.name), contact)
}

function addTo(map: Map<string, ContactLink[]>, key: string, contact: ContactLink): void {
  map.set(key, [...(map.get(key) ?? []), contact])
}

export interface Surroundings {
  /** The deal's, after the row. */
  organization: Link | undefined
  linkOf: (organization: string) => Link | undefined
  /** Who is on the deal already. */
  onDeal: string[]
}

/**
 * Whom the file means: by id, else by email, else by name, those on the deal and then those of its
 * organization first. By name alone, nobody of another organization or with another email is meant,
 * and with an id nobody; then the contact is a new one.
 */
export function findContact(
  book: ContactBook,
  told: Person,
  { organization, linkOf, onDeal }: Surroundings,
): ContactLink {
  const isOnDeal = ({ id }: ContactLink) => id !== undefined && onDeal.includes(id)
  const own = told.organization === undefined ? organization : linkOf(told.organization ?? '')
  const email = told.email?.trim() || null
  const name = told.name || email || ''
  const known = told.id ? book.byId.get(told.id) : undefined
  if (known) return known
  const sameEmail = email ? (book.byEmail.get(book.fold(email)) ?? []) : []
  const sameName = told.id ? [] : (book.byName.get(book.fold(name)) ?? [])
  const namesakes = sameName.filter((contact) => !email || !(contact.email ?? contact.toldEmail))
  const found =
    sameEmail.find(isOnDeal) ??
    sameEmail[0] ??
    namesakes.find(isOnDeal) ??
    namesakes.find((contact) => own && isOf(contact, own)) ??
    namesakes.find((contact) => !own || !hasOrganization(contact))
  if (found && email && !found.email && !found.toldEmail) {
    found.toldEmail = email
    addTo(book.byEmail, book.fold(email), found)
  }
  if (found) return found
  const created: ContactLink = {
    ...(told.id && { id: told.id }),
    ...(own && { organization: own }),
    isNew: true,
    name,
    email,
    phone: told.phone ?? null,
    jobTitle: told.jobTitle ?? null,
    organizationId: null,
  }
  enter(book, created)
  return created
}

function isOf(contact: ContactLink, organization: Link): boolean {
  return contact.organization === organization || isLinked(organization, contact.organizationId)
}

function hasOrganization({ organization, organizationId }: ContactLink): boolean {
  return Boolean(organization ?? organizationId)
}

export interface ExistingDealContact {
  id: string
  contactId: string
  role: string | null
  isPrimary: boolean
  introducedById: string | null
  metadata: unknown
}

/** A contact on a deal as it shall be. */
export interface DealContactState {
  /** The row of the contact that is on the deal already. */
  id?: string
  contact: ContactLink
  role: string | null
  isPrimary: boolean
  introducedBy: { contact: ContactLink } | { id: string } | null
  metadata: unknown
}

export interface DealContactChanges {
  /** Whom the file told, who are new or otherwise on the deal. */
  states: DealContactState[]
  /** The rows of those who are on it no longer. */
  removed: string[]
  /** Who gets the email that they lacked. */
  emails: { contact: ContactLink; email: string }[]
}

export interface MatchedContact {
  told: ToldContact
  contact: ContactLink
  introducedBy?: ContactLink | null
}

/** Contacts of a row that are found, beside those that its deal has. */
export interface MatchedContacts {
  matched: MatchedContact[]
  existing: ExistingDealContact[]
  /** Whether nobody else is on the deal. */
  whole: boolean
}

/** What becomes other than it is; undefined if nothing does. */
export function dealContactChanges(contacts: MatchedContacts): DealContactChanges | undefined {
  const { matched, existing, whole } = contacts
  const primary = primaryOf(contacts)
  const states = matched.map(({ told, contact, introducedBy }): DealContactState => {
    const before = existing.find(({ contactId }) => contactId === contact.id)
    const introducer = before?.introducedById ? { id: before.introducedById } : null
    return {
      ...(before && { id: before.id }),
      contact,
      role: told.role === undefined ? (before?.role ?? null) : told.role,
      isPrimary: contact === primary,
      introducedBy:
        introducedBy === undefined ? introducer : introducedBy && { contact: introducedBy },
      metadata: told.metadata === undefined ? (before?.metadata ?? {}) : (told.metadata ?? {}),
    }
  })
  const others = existing.filter(
    ({ contactId }) => !matched.some(({ contact }) => contact.id === contactId),
  )
  const emails = matched.flatMap(({ told: { email }, contact }) =>
    email && !contact.email ? [{ contact, email: email.trim() }] : [],
  )
  const changed = states.filter(
    (state) => !existing.some((before) => before.id === state.id && isAsBefore(before, state)),
  )
  const removed = whole ? others.map(({ id }) => id) : []
  if (changed.length + removed.length + emails.length === 0) return undefined
  return { states: changed, removed, emails }
}

/** The one whom the file makes primary, else the one who is, else the first on the deal. */
function primaryOf({ matched, existing, whole }: MatchedContacts): ContactLink | undefined {
  const named = matched.find(({ told }) => told.isPrimary)
  if (named) return named.contact
  const before = existing.find(({ isPrimary }) => isPrimary)
  const same = matched.find(({ contact }) => before && contact.id === before.contactId)
  if (same) return same.told.isPrimary === false ? undefined : same.contact
  if (before && !whole) return undefined
  const first = existing.length === 0 || before ? matched[0] : undefined
  return first?.told.isPrimary === undefined ? first?.contact : undefined
}

function isAsBefore(before: ExistingDealContact, state: DealContactState): boolean {
  const introducer = state.introducedBy
  const introducedById = introducer && ('id' in introducer ? introducer.id : introducer.contact.id)
  return (
    before.role === state.role &&
    before.isPrimary === state.isPrimary &&
    before.introducedById === (introducedById ?? null) &&
    isSame(before.metadata, state.metadata)
  )
}

/** The name of somebody whom the row names twice. */
export function namedTwice({ matched }: MatchedContacts): string | undefined {
  const contacts = matched.map(({ contact }) => contact)
  return contacts.find((contact, index) => contacts.indexOf(contact) < index)?.name
}
