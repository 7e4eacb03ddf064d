/** A contact on a deal, as it is before another takes their place. */
export interface PlacedContact {
  id: string
  dealId: string
  contactId: string
  isPrimary: boolean
  introducedById: string | null
}

/** What becomes of the contacts of deals. */
export interface Replacement {
  /** Go: the other contact is on the deal already. */
  dropped: PlacedContact[]
  /** Become primary in the place of a dropped one. */
  promoted: PlacedContact[]
  /** Are the other contact from now on. */
  replaced: PlacedContact[]
  /** Were introduced by the one, and now by the other. */
  introduced: PlacedContact[]
  /** Would be the other contact introduced by themselves. */
  unintroduced: PlacedContact[]
  /** For each deal the row that shows what changed. */
  rowOfDeal: Map<string, PlacedContact>
}

/** Puts one contact in the place of another, on the deals whose rows are given. */
export function replaceContact(rows: PlacedContact[], from: string, to: string): Replacement {
  const rowOfOther = new Map(
    rows.filter(({ contactId }) => contactId === to).map((row) => [row.dealId, row]),
  )
  const standIn = (row: PlacedContact) => rowOfOther.get(row.dealId) ?? row
  const leaving = rows.filter(({ contactId }) => contactId === from)
  const replaced = leaving.filter((row) => standIn(row) === row)
  const dropped = leaving.filter((row) => standIn(row) !== row)
  const others = new Set([...replaced, ...rowOfOther.values()])
  const introduced = rows.filter(
    (row) => row.introducedById === from && row.contactId !== from && row.contactId !== to,
  )
  const unintroduced = [...others].filter(({ introducedById: by }) => by === from || by === to)
  const shown = [...introduced, ...unintroduced, ...leaving.map(standIn)]
  return {
    dropped,
    promoted: dropped.filter(({ isPrimary }) => isPrimary).map(standIn),
    replaced,
    introduced,
    unintroduced,
    rowOfDeal: new Map(shown.map((row) => [row.dealId, row])),
  }
}
