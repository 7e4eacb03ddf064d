import type { Chance } from './company.ts'

/** What a made-up deal says by name that its row refers to. */
export interface Named {
  source: string | null
  reason: string | null
  status: string
  createdAt: Date
}

/** The catalogues that the deals grew, and each deal with the ids of what it names. */
export function catalogued<Deal extends Named>(chance: Chance, deals: Deal[], foundedOn: Date) {
  const sources = new Map<string, { id: string; name: string; createdAt: Date }>()
  const reasons = new Map<string, { id: string; kind: string; name: string; createdAt: Date }>()
  const rows = deals.map(({ source, reason, ...deal }) => {
    const { status: kind, createdAt } = deal
    const reasonKey = `${kind} ${reason}`
    if (source && !sources.has(source))
      sources.set(source, { id: chance.id(), name: source, createdAt })
    if (reason && !reasons.has(reasonKey))
      reasons.set(reasonKey, { id: chance.id(), kind, name: reason, createdAt })
    const sourceId = sources.get(source ?? '')?.id ?? null
    return { ...deal, sourceId, closeReasonId: reasons.get(reasonKey)?.id ?? null }
  })
  const region = {
    id: chance.id(),
    ...{ key: 'cf_region', label: 'Region', description: 'Where the site is.' },
    ...{ type: 'SELECT', required: false, options: ['AMER', 'EMEA', 'APAC'], position: 0 },
    ...{ createdAt: foundedOn, updatedAt: foundedOn },
  }
  return {
    deals: rows,
    sources: [...sources.values()],
    closeReasons: [...reasons.values()],
    customFields: [region],
  }
}
