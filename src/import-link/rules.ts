/**
 * What a name of a file stands for: whatever of the tenant has it, the lowest number first. Nothing
 * has a new name yet.
 */
export interface Link {
  name: string
  ids: string[]
}

export interface Names {
  organization?: string
  owner?: string
  source?: string
}

export interface Links {
  organization?: Link
  owner?: Link
  source?: Link
}

/** A deal keeps its organization or owner where several have the name that the row tells. */
export function isLinked({ ids }: Link, id: string | null): boolean {
  return id !== null && ids.includes(id)
}

/** An owner is told by name or by email address. */
export function isEmail(owner: string): boolean {
  return owner.includes('@')
}

/** The links, each once, that stand for nothing yet. */
export function missing(links: (Link | undefined)[]): Link[] {
  const distinct = [...new Set(links)].filter((link) => link !== undefined)
  return distinct.filter(({ ids }) => ids.length === 0)
}
