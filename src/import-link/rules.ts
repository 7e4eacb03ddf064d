import type { StageKind } from '../pipeline/rules.ts'

/**
 * What a name of a file stands for: whatever of the tenant has it, the lowest number first. Nothing
 * has a new name yet.
 */
export interface Link {
  name: string
  ids: string[]
}

/** What a row names beside its deal. */
export interface Names {
  stage: { kind: StageKind }
  organization?: string
  owner?: string
  source?: string
  /** Why the deal was closed. */
  reason?: string
  tags?: string[]
  assignees?: string[]
  contacts?: NamedPerson[]
  history?: { facts: { actor?: string } }[]
}

interface NamedPerson {
  organization?: string | null
  introducedBy?: NamedPerson | null
}

export interface Links {
  organization?: Link
  owner?: Link
  source?: Link
  reason?: Link & { kind: 'WON' | 'LOST' }
  /** The whole list of them. */
  tags?: Link[]
  assignees?: Link[]
}

/** The names of organizations that a row tells, of its own and of its contacts. */
export function organizationNames({ organization, contacts = [] }: Names): string[] {
  const people = contacts.flatMap((contact) => [contact, contact.introducedBy])
  return [organization, ...people.map((person) => person?.organization)].flatMap(
    (name) => name || [],
  )
}

/** The members that a row names. */
export function memberNames({ owner, assignees = [], history = [] }: Names): string[] {
  const actors = history.map(({ facts }) => facts.actor)
  return [owner, ...assignees, ...actors].flatMap((name) => name || [])
}

/** A deal keeps its organization or owner where several have the name that the row tells. */
export function isLinked({ ids }: Link, id: string | null): boolean {
  return id !== null && ids.includes(id)
}

/** Whether the links stand for exactly these. */
export function areLinked(links: Link[], ids: string[]): boolean {
  const isNamed = (id: string) => links.some((link) => isLinked(link, id))
  return links.every((link) => ids.some((id) => isLinked(link, id))) && ids.every(isNamed)
}

/** A member is told by name or by email address. */
export function isEmail(member: string): boolean {
  return member.includes('@')
}

/** The links, each once, that stand for nothing yet. */
export function missing<Named extends Link>(links: (Named | undefined)[]): Named[] {
  const distinct = [...new Set(links)].filter((link) => link !== undefined)
  return distinct.filter(({ ids }) => ids.length === 0)
}
