import type { Command, Picks } from './command.ts'
import { touch } from './rules.ts'
import {
  type Actor,
  type Contact,
  type Deal,
  type Member,
  nextNumber,
  type Organization,
  refuse,
  refuseAny,
  type State,
} from './state.ts'

type Texts<T> = { [K in keyof T]?: string | null }
type OrganizationInput = Texts<Pick<Organization, 'name' | 'domain' | 'email' | 'phone'>>
type ContactInput = Texts<Pick<Contact, 'name' | 'email' | 'phone' | 'jobTitle'>> & {
  organizationId?: string | null
}

const emails = ['ada@acme.example', ' Bob@acme.example ', 'nobody', ' ', null]

function organizationInput(pick: Picks): OrganizationInput {
  return pick.some<OrganizationInput>(
    {
      domain: () => pick.from(['acme.example', 'globex.example ', 'https://acme.example', null]),
      email: () => pick.from(emails),
      phone: () => pick.from(['123', ' ', null]),
    },
    3,
  )
}

function contactInput(state: State, pick: Picks): ContactInput {
  return pick.some<ContactInput>(
    {
      email: () => pick.from(emails),
      jobTitle: () => pick.from(['Buyer', null]),
      organizationId: () => (pick.once(4) ? null : pick.idOf('organization', state.organizations)),
    },
    3,
  )
}

/** What is wrong with the texts of an input, in the order in which it is told. */
function textErrors(input: {
  name?: string | null
  domain?: string | null
  email?: string | null
}) {
  const { name, domain, email } = input
  return [
    ...(name === null || name?.trim() === '' ? ['VALIDATION_ERROR name'] : []),
    ...(domain?.startsWith('https:') ? ['VALIDATION_ERROR domain'] : []),
    ...(email === 'nobody' ? ['VALIDATION_ERROR email'] : []),
  ]
}

function trimmed<T extends object>(input: T): T {
  const texts = Object.entries(input).map(([key, text]) => [key, text?.trim() || null])
  return Object.fromEntries(texts) as T
}

const createOrganization: Command<OrganizationInput & { name: string }> = {
  weight: 2,
  selection: 'organization { id }',
  input: (_, pick) => ({
    name: pick.from(['Acme', 'Globex', 'ACME', '']),
    ...(organizationInput(pick) as object),
  }),
  apply(state, input, { payload }) {
    refuseAny(textErrors(input))
    const number = nextNumber(state, 'organization')
    const none = { name: '', domain: null, email: null, phone: null }
    const { id } = payload.organization ?? {}
    state.organizations.push({ ...none, ...trimmed(input as Partial<Organization>), id, number })
    return undefined
  },
}

const updateOrganization: Command<OrganizationInput & { organizationId: string }> = {
  weight: 1,
  selection: 'organization { id }',
  input: (state, pick) => ({
    organizationId: pick.idOf('organization', state.organizations),
    ...pick.some({ name: () => pick.from(['Acme', 'Initech ', ' ', null]) }, 3),
    ...organizationInput(pick),
  }),
  apply(state, { organizationId, ...input }) {
    const organization = state.organizations.find(({ id }) => id === organizationId)
    if (!organization) refuse('NOT_FOUND organizationId')
    refuseAny(textErrors(input))
    Object.assign(organization ?? {}, trimmed(input))
    return { organization: { id: organizationId } }
  },
}

function contactErrors(state: State, { organizationId, ...input }: ContactInput): string[] {
  const known = !organizationId || state.organizations.some(({ id }) => id === organizationId)
  return [...textErrors(input), ...(known ? [] : ['NOT_FOUND organizationId'])]
}

function contactValues({ organizationId, ...input }: ContactInput): Partial<Contact> {
  const organization = organizationId === undefined ? {} : { organization: organizationId }
  return { ...trimmed(input as Partial<Contact>), ...organization }
}

const createContact: Command<ContactInput & { name: string }> = {
  weight: 2,
  selection: 'contact { id }',
  input: (state, pick) => ({
    name: pick.from(['Ada', 'Bob', 'Cleo ', ' ']),
    ...(contactInput(state, pick) as object),
  }),
  apply(state, input, { payload }) {
    refuseAny(contactErrors(state, input))
    const number = nextNumber(state, 'contact')
    const none = { name: '', email: null, phone: null, jobTitle: null, organization: null }
    const { id } = payload.contact ?? {}
    state.contacts.push({ ...none, ...contactValues(input), id, number })
    return undefined
  },
}

const updateContact: Command<ContactInput & { contactId: string }> = {
  weight: 1,
  selection: 'contact { id }',
  input: (state, pick) => ({
    contactId: pick.idOf('contact', state.contacts),
    ...pick.some({ name: () => pick.from(['Ada', 'Dora ', ' ', null]) }, 3),
    ...contactInput(state, pick),
  }),
  apply(state, { contactId, ...input }) {
    const contact = state.contacts.find(({ id }) => id === contactId)
    if (!contact) refuse('NOT_FOUND contactId')
    refuseAny(contactErrors(state, input))
    Object.assign(contact ?? {}, contactValues(input))
    return { contact: { id: contactId } }
  },
}

interface MemberInput {
  name?: string | null
  email?: string | null
  role?: string
  externalId?: string | null
  deactivated?: boolean
}

function memberInput(pick: Picks): MemberInput {
  return pick.some<MemberInput>(
    {
      email: () => pick.from(['bob@example.com', 'Eve@example.com', 'nobody', null]),
      externalId: () => pick.from(['sub-1', 'sub-2', '', null]),
    },
    3,
  )
}

function memberErrors(state: State, input: MemberInput, { by, own }: { by: Actor; own?: Member }) {
  const others = state.members.filter((member) => member !== own && !member.deletedAt)
  const folded = input.email?.trim().toLowerCase()
  const isSelf = own?.id === by.member
  const demotes = isSelf && own?.role === 'ADMIN' && (input.role ?? 'ADMIN') !== 'ADMIN'
  const { email, externalId } = input
  return [
    ...textErrors(input),
    ...(externalId === '' ? ['VALIDATION_ERROR externalId'] : []),
    ...(demotes ? ['VALIDATION_ERROR role'] : []),
    ...(isSelf && input.deactivated ? ['VALIDATION_ERROR deactivated'] : []),
    ...(email && others.some((one) => one.email?.toLowerCase() === folded)
      ? ['VALIDATION_ERROR email']
      : []),
    ...(externalId && others.some((one) => one.externalId === externalId)
      ? ['VALIDATION_ERROR externalId']
      : []),
  ]
}

const createMember: Command<MemberInput & { name: string; role: string }> = {
  weight: 1,
  role: 'ADMIN',
  selection: 'member { id }',
  input: (_, pick) => ({
    ...memberInput(pick),
    name: pick.from(['Cleo', 'Dan', ' ']),
    role: pick.from(['MEMBER', 'READ_ONLY', 'ADMIN']),
  }),
  apply(state, input, { by, payload }) {
    refuseAny(memberErrors(state, input, { by }))
    const { name, role, email = null, externalId = null } = input
    const none = { deactivatedAt: null, deletedAt: null }
    const number = nextNumber(state, 'member')
    const { id } = payload.member ?? {}
    state.members.push({ ...none, id, number, name: name.trim(), role, email, externalId })
    return undefined
  },
}

const updateMember: Command<MemberInput & { memberId: string }> = {
  weight: 2,
  role: 'ADMIN',
  selection: 'member { id }',
  input: (state, pick) => ({
    memberId: pick.idOf('member', state.members),
    ...memberInput(pick),
    ...pick.some<MemberInput>(
      {
        name: () => pick.from(['Dora', 'Dan ', ' ', null]),
        role: () => pick.from(['MEMBER', 'ADMIN']),
        deactivated: () => !pick.once(2),
      },
      3,
    ),
  }),
  apply(state, { memberId, ...input }, { by }) {
    const own = state.members.find(({ id, deletedAt }) => id === memberId && !deletedAt)
    if (!own) return refuse('NOT_FOUND memberId')
    refuseAny(memberErrors(state, input, { by, own }))
    const { deactivated, name, ...values } = input
    Object.assign(own, values, name && { name: name.trim() })
    if (deactivated !== undefined)
      own.deactivatedAt = deactivated ? (own.deactivatedAt ?? state.now) : null
    return { member: { id: memberId } }
  },
}

interface Leaving {
  list: (state: State) => { id: string }[]
  /** Whether a deal needs what goes. */
  needs: (deal: Deal, id: string) => boolean
  /** Puts the other in its place on a deal. */
  replace: (state: State, deal: Deal, change: { from: string; to: string; by: Actor }) => void
  /** What becomes of it, and of what is beside the deals. */
  end: (state: State, id: string, to: string | null) => void
}

/** A mutation that deletes what deals may need, so that another takes its place. */
function removal(noun: string, { list, needs, replace, end }: Leaving) {
  const idName = `${noun}Id`
  const command: Command<{ reassignTo?: string }> = {
    weight: 1,
    selection: 'reassignedCount',
    input: (state, pick) => ({
      [idName]: pick.idOf(noun, list(state)),
      ...(!pick.once(3) && { reassignTo: pick.idOf(noun, list(state)) }),
    }),
    apply(state, { reassignTo: to, ...input }, { by }) {
      const id = (input as Record<string, string>)[idName] ?? ''
      const known = (wanted: string) => list(state).some((one) => one.id === wanted)
      if (noun === 'member' && by.member === id) refuse('VALIDATION_ERROR memberId')
      if (!known(id)) refuse(`NOT_FOUND ${idName}`)
      if (to === id) refuse('VALIDATION_ERROR reassignTo')
      if (to !== undefined && !known(to)) refuse('NOT_FOUND reassignTo')
      const deals = state.deals.filter((deal) => needs(deal, id))
      deals.sort((a, b) => (`${a.createdAt}${a.id}` < `${b.createdAt}${b.id}` ? -1 : 1))
      const first = deals.slice(0, 10).map((deal) => deal.id)
      if (to === undefined && deals.length > 0)
        refuse(`STILL_IN_USE reassignTo ${deals.length} ${first}`)
      for (const deal of deals) {
        replace(state, deal, { from: id, to: to ?? '', by })
        touch(state, deal)
      }
      end(state, id, to ?? null)
      return { reassignedCount: deals.length }
    },
  }
  return command
}

type Change = { from: string; to: string; by: Actor }

/** Gives a deal another owner or organization, with the audit of it. */
function give(state: State, deal: Deal, field: 'owner' | 'organization', { from, to, by }: Change) {
  const all: { id: string; name: string }[] =
    field === 'owner' ? state.members : state.organizations
  const nameOf = (id: string) => all.find((one) => one.id === id)?.name ?? null
  deal[field] = to
  deal.changes.push({
    ...{ field, from: nameOf(from), to: nameOf(to), fromId: from, toId: to },
    ...{ by: by.member, at: state.now },
  })
}

const deleteOrganization = removal('organization', {
  list: (state) => state.organizations,
  needs: (deal, id) => deal.organization === id,
  replace: (state, deal, change) => give(state, deal, 'organization', change),
  end(state, id, to) {
    for (const contact of state.contacts) if (contact.organization === id) contact.organization = to
    state.organizations = state.organizations.filter((one) => one.id !== id)
  },
})

const deleteContact = removal('contact', {
  list: (state) => state.contacts,
  needs: ({ contacts }, id) =>
    contacts.some(({ contact, introducedBy }) => contact === id || introducedBy === id),
  replace(_, deal, { from, to }) {
    const leaving = deal.contacts.find(({ contact }) => contact === from)
    const other = deal.contacts.find(({ contact }) => contact === to)
    if (leaving && other) {
      deal.contacts = deal.contacts.filter((one) => one !== leaving)
      other.isPrimary ||= leaving.isPrimary
    } else if (leaving) leaving.contact = to
    for (const one of deal.contacts) {
      if (one.introducedBy === from) one.introducedBy = to
      if (one.contact === to && one.introducedBy === to) one.introducedBy = null
    }
  },
  end(state, id) {
    state.contacts = state.contacts.filter((one) => one.id !== id)
  },
})

const deleteMember: Command<{ reassignTo?: string }> = {
  ...removal('member', {
    list: (state) => state.members.filter(({ deletedAt }) => !deletedAt),
    needs: ({ owner, assignees }, id) => owner === id || assignees.includes(id),
    replace(state, deal, change) {
      const { from, to } = change
      if (deal.owner === from) give(state, deal, 'owner', change)
      const others = deal.assignees.filter((id) => id !== from && id !== to)
      const isAssigned = others.length < deal.assignees.length
      deal.assignees = isAssigned ? [...others, to] : others
    },
    end(state, id) {
      const member = state.members.find((one) => one.id === id)
      if (!member) return
      member.deactivatedAt ??= state.now
      Object.assign(member, { deletedAt: state.now, externalId: null })
    },
  }),
  role: 'ADMIN',
}

export const peopleCommands = {
  ...{ createOrganization, updateOrganization, deleteOrganization },
  ...{ createContact, updateContact, deleteContact },
  ...{ createMember, updateMember, deleteMember },
}
