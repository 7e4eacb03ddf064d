import { type Command, dealOf, isLive, type Picks, versioned } from './command.ts'
import { dealToChange, touch, type Versioned } from './rules.ts'
import { type Deal, type OnDeal, refuse, type State } from './state.ts'

interface Part {
  role?: string | null
  isPrimary?: boolean
  introducedById?: string | null
  metadata?: object
}

function part(state: State, pick: Picks): Part {
  return pick.some<Part>(
    {
      role: () => pick.from(['Buyer', 'User', null]),
      isPrimary: () => !pick.once(2),
      introducedById: () => (pick.once(4) ? null : pick.idOf('contact', state.contacts)),
      metadata: () => pick.from([{ a: 1 }, {}]),
    },
    3,
  )
}

function written({ introducedById, ...others }: Part): Partial<OnDeal> {
  return { ...others, ...(introducedById !== undefined && { introducedBy: introducedById }) }
}

function releasePrimary(deal: Deal): void {
  for (const one of deal.contacts) one.isPrimary = false
}

function refuseAbsent(state: State, id: string | null | undefined, path: string): void {
  if (id && !state.contacts.some((contact) => contact.id === id)) refuse(`NOT_FOUND ${path}`)
}

const addDealContact: Command<Versioned & Part & { contactId: string }> = {
  weight: 4,
  selection: 'deal { id } dealContact { id }',
  input: (state, pick) => ({
    ...versioned(state, pick),
    contactId: pick.idOf('contact', state.contacts),
    ...part(state, pick),
  }),
  apply(state, { contactId, dealId, expectedVersion, ...input }, { payload }) {
    const deal = dealToChange(state, { dealId, expectedVersion })
    refuseAbsent(state, contactId, 'contactId')
    refuseAbsent(state, input.introducedById, 'introducedById')
    if (deal.contacts.some(({ contact }) => contact === contactId))
      refuse('CONTACT_ALREADY_ADDED contactId')
    const isPrimary = input.isPrimary ?? deal.contacts.length === 0
    if (isPrimary) releasePrimary(deal)
    deal.contacts.push({
      ...{ id: payload.dealContact?.id, contact: contactId, role: null, introducedBy: null },
      ...{ metadata: {}, ...written(input), isPrimary },
    })
    touch(state, deal)
    return undefined
  },
}

const hasContacts = (deal: Deal) => isLive(deal) && deal.contacts.length > 0

/** A contact on the deal, rarely one on another or on none. */
function onDeal(state: State, pick: Picks, input: Versioned): string {
  const everywhere = state.deals.flatMap(({ contacts }) => contacts)
  const here = dealOf(state, input)?.contacts ?? []
  return pick.idOf('deal_contact', here.length === 0 || pick.once(10) ? everywhere : here)
}

function contactOn(deal: Deal, id: string): OnDeal {
  return deal.contacts.find((one) => one.id === id) ?? refuse('NOT_FOUND dealContactId')
}

const updateDealContact: Command<Versioned & Part & { dealContactId: string }> = {
  weight: 4,
  selection: 'deal { id }',
  input(state, pick) {
    const input = versioned(state, pick, hasContacts)
    return { ...input, dealContactId: onDeal(state, pick, input), ...part(state, pick) }
  },
  apply(state, { dealContactId, dealId, expectedVersion, ...input }) {
    const deal = dealToChange(state, { dealId, expectedVersion })
    const current = contactOn(deal, dealContactId)
    refuseAbsent(state, input.introducedById, 'introducedById')
    const next = { ...current, ...written(input) }
    if (JSON.stringify(next) === JSON.stringify(current)) return undefined
    if (next.isPrimary && !current.isPrimary) releasePrimary(deal)
    Object.assign(current, next)
    touch(state, deal)
    return undefined
  },
}

const removeDealContact: Command<Versioned & { dealContactId: string }> = {
  weight: 3,
  selection: 'deal { primaryContact { id } } dealContact { id }',
  input(state, pick) {
    const input = versioned(state, pick, hasContacts)
    return { ...input, dealContactId: onDeal(state, pick, input) }
  },
  apply(state, { dealContactId, ...input }) {
    const deal = dealToChange(state, input)
    const gone = contactOn(deal, dealContactId)
    deal.contacts = deal.contacts.filter((one) => one !== gone)
    touch(state, deal)
    const primary = deal.contacts.find(({ isPrimary }) => isPrimary)
    const primaryContact = primary ? { id: primary.contact } : null
    return { deal: { primaryContact }, dealContact: null }
  },
}

export const contactCommands = { addDealContact, updateDealContact, removeDealContact }
