import type { GraphQLObjectType } from 'graphql'
import { type Scope, scopesOfRole } from '../../src/auth/scopes.ts'
import { contentsOf, dealFixture, done, keyOfMember, memberFixture } from '../fixtures.ts'
import type { Send } from './calls.ts'
import { type Side, sideOf, uuidsIn } from './looker.ts'
import { textsOf } from './rows.ts'
import { addDeal } from './writes.ts'

/** The types of what hangs on a deal. */
export const typesOfDeals = ['Deal', 'DealContact', 'DealChange', 'StageChange']

/** In no sum of other amounts. */
const hiddenAmount = '59324.88'

export interface Colleagues {
  own: Side
  /** Somebody else, with whose deals it is filled later. */
  other: { id: string }
  asOther: Send
}

/** A tenant full of rows whose members see only their deals, as one of them sees it. */
export async function colleaguesOf(mark: string): Promise<Colleagues> {
  const side = await sideOf(mark)
  const { tenant, ids } = side
  await done(tenant, 'updateTenant', { membersSeeOnlyTheirDeals: true, membersMayReopen: true })
  const other = await memberFixture(tenant, 'Somebody Else')
  const sendAs = async (member: { id: string }): Promise<Send> => {
    const key = await keyOfMember(tenant, member)
    return (document, variables) => tenant.graphql(document, variables, key)
  }
  const send = await sendAs({ id: ids.Member ?? '' })
  // Of members the walk goes to the other one, to whom the deals that are hidden lead.
  const seen = { ...ids, Member: other.id }
  const own = { ...side, ids: seen, newDeal: { ownerId: ids.Member }, send }
  return { own, other, asOther: await sendAs(other) }
}

/**
 * Deals of somebody else and of nobody, with all that the member’s own deals have too: what came
 * with them is what must not be seen.
 */
export async function addOthersDeals(
  { own, other, asOther }: Colleagues,
  mark: string,
  number: number,
): Promise<{ hidden: Side; secrets: string[] }> {
  const { tenant } = own
  const seen = new Set(uuidsIn(await contentsOf(tenant)))
  const texts = { ...textsOf(mark), key: own.texts.key }
  const ids = { ...own.ids, ...(await tellingDeal(own, other, texts)) }
  const shared = sharedOf(own)
  const others = [{ ownerId: other.id }, { assigneeIds: [other.id] }]
  for (const holder of others) {
    const input = { ...shared, ...holder, name: `${mark} closed`, amount: hiddenAmount }
    const { id } = await dealFixture(tenant, input)
    const reason = own.texts.text
    await done(tenant, 'loseDeal', { dealId: id, expectedVersion: 1, reason, note: mark })
    const gone = await dealFixture(tenant, { ...input, name: `${mark} deleted` })
    await done(tenant, 'deleteDeal', { dealId: gone.id, expectedVersion: 1 })
  }
  const newDeal = { ownerId: other.id, ...shared, name: mark }
  const hidden = { tenant, ids, texts, newDeal, send: asOther }
  await addDeal(hidden, number)
  const added = uuidsIn(await contentsOf(tenant)).filter((id) => !seen.has(id))
  return { hidden, secrets: [...added, mark, hiddenAmount] }
}

/** What the deals of others share with one’s own, which is seen. */
function sharedOf({ ids, texts }: Side) {
  return {
    ...{ organizationId: ids.Organization, contactIds: [ids.Contact], tagIds: [ids.Tag] },
    ...{ pipelineId: ids.Pipeline, stageId: ids.Stage, source: texts.text },
  }
}

async function tellingDeal(own: Side, other: { id: string }, { text, url }: Side['texts']) {
  const { tenant, texts } = own
  const values = { amount: hiddenAmount, confidence: 35, priority: 'HIGH', metadata: { text } }
  const named = {
    name: `${text} before`,
    description: text,
    externalId: text,
    leadRef: text,
    nextStep: text,
  }
  const region = { cf_region: texts.text, cf_several: [texts.text], cf_number: 8 }
  const customFields = { cf_note: text, cf_text: text, [texts.key]: text, cf_url: url, ...region }
  const people = { ownerId: other.id, assigneeIds: [other.id] }
  const input = { ...sharedOf(own), ...values, ...named, ...people, customFields }
  const { deal } = await done(tenant, 'createDeal', input, 'deal { id contacts { id } }')
  const change = (field: string, expectedVersion: number, given: object, selection = '') =>
    done(tenant, field, { dealId: deal.id, expectedVersion, ...given }, selection)
  const dealContactId = deal.contacts[0].id
  await change('updateDealContact', 1, { dealContactId, role: text, metadata: { text } })
  await change('updateDeal', 2, { name: text })
  const won = await change('winDeal', 3, { note: text }, 'stageChange { id }')
  const reopened = 'deal { changes(last: 1) { nodes { id } } }'
  const { deal: now } = await change('reopenDeal', 4, { note: text }, reopened)
  return {
    ...{ Deal: deal.id, DealContact: dealContactId, StageChange: won.stageChange.id },
    DealChange: now.changes.nodes[0].id,
  }
}

/** The rows of the tenant in which one of these is said. */
export async function rowsWith({ tenant }: Side, secrets: string[]): Promise<object> {
  const contents = Object.entries(await contentsOf(tenant))
  const known = new Set(secrets)
  const isOfThem = (row: object) => uuidsIn(row).some((id) => known.has(id))
  return Object.fromEntries(contents.map(([table, rows]) => [table, rows?.filter(isOfThem)]))
}

/** The fields of Query or Mutation that a MEMBER may use, by the scopes that they name. */
export function fieldsForMembers(type: GraphQLObjectType | null | undefined): string[] {
  return Object.values(type?.getFields() ?? {}).flatMap(({ name, extensions }) => {
    const { authScopes } = extensions.pothosOptions as { authScopes?: { scope?: Scope } }
    const scope = authScopes?.scope
    return !scope || scopesOfRole.MEMBER.includes(scope) ? [name] : []
  })
}
