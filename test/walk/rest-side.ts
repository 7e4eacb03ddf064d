import { takeNumbers } from '../../src/tenant/service.ts'
import {
  ask,
  contactFixture,
  contentsOf,
  customFieldFixture,
  dealFixture,
  done,
  keyOfMember,
  memberFixture,
  organizationFixture,
  pipelineFixture,
  tagFixture,
} from '../fixtures.ts'
import { type TestTenant, testTenant } from '../harness.ts'
import { uuidIn } from '../rest/fixtures.ts'
import { uuidsIn } from './looker.ts'
import { absentId } from './probes.ts'
import { textsOf } from './rows.ts'

/** What REST requests name the things of somebody by. */
export interface Names {
  deal: { id: string; uuid: string; number: number }
  stage: { uuid: string; number: number }
  pipeline: number
  organization: number
  contact: number
  member: number
  tag: number
  currency: number
  /** What their texts have in them, and how that is written in one. */
  mark: string
  text: string
  /** The key of a custom field. */
  field: string
}

/** Who asks, and what is theirs. */
export interface RestSide {
  tenant: TestTenant
  key: string
  names: Names
  /** What a new deal must have to be theirs. */
  newDeal: object
}

const nouns = ['deal', 'pipeline', 'stage', 'organization', 'contact', 'member', 'tag'] as const

/** Numbers from here on are given to nobody else; each noun has its own. */
const farNumber = 1_000_000
const betweenNouns = 1_000

/** A tenant with a thing of each kind, of numbers that no other one comes to where it is far. */
export async function restSideOf(mark: string, isFar: boolean): Promise<RestSide> {
  const tenant = await testTenant()
  if (isFar) await countFrom(tenant, farNumber)
  const { text, key: field } = textsOf(mark)
  const pipeline = await pipelineFixture(tenant, { name: text })
  const organization = await organizationFixture(tenant, text)
  const contact = await contactFixture(tenant, text)
  const member = await memberFixture(tenant, text)
  const tag = await tagFixture(tenant, text)
  await customFieldFixture(tenant, field, 'TEXT', { label: text })
  const newDeal = {
    ...{ pipelineId: pipeline.id, organizationId: organization.id, ownerId: member.id },
    ...{ contactIds: [contact.id], tagIds: [tag.id], assigneeIds: [member.id] },
    ...{ name: text, source: text, currency: 'CHF', customFields: { [field]: text } },
  }
  const stageId = pipeline.stage('Qualified')
  const deal = await dealFixture(tenant, { ...newDeal, stageId })
  const found = await ask(tenant, namesDocument, {
    ids: [pipeline, organization, contact, member, tag].map(({ id }) => id),
  })
  const [inPipeline, ...numbers] = found.nodes
  const stage = inPipeline.stages.find(({ id }: { id: string }) => id === stageId)
  const currency = found.currencies.find(({ code }: { code: string }) => code === 'CHF')
  const names = {
    ...namesOfDeal(deal),
    ...{ stage: { uuid: uuidIn(stage.id), number: stage.number }, pipeline: inPipeline.number },
    ...{ organization: numbers[0].number, contact: numbers[1].number },
    ...{ member: numbers[2].number, tag: numbers[3].number, currency: currency.number },
    ...{ mark, text, field },
  }
  return { tenant, key: await tenant.keyFor('ADMIN'), names, newDeal }
}

const namesDocument = `query ($ids: [ID!]!) {
  nodes(ids: $ids) {
    ... on Pipeline { number stages { id name number } }
    ${['Organization', 'Contact', 'Member', 'Tag'].map((type) => `... on ${type} { number }`).join(' ')}
  }
  currencies { number code }
}`

async function countFrom(tenant: TestTenant, first: number): Promise<void> {
  const { tenantId } = tenant
  await tenant.write(async (tx) => {
    for (const noun of nouns) await takeNumbers(tx, noun)
    for (const [index, noun] of [...nouns, 'currency'].entries()) {
      const data = { lastNumber: first + index * betweenNouns }
      await tx.db.tenantCounter.updateMany({ where: { tenantId, noun }, data })
    }
    tx.emit({ type: 'test.written' })
  })
}

export function namesOfDeal({ id, number }: { id: string; number: number }): Pick<Names, 'deal'> {
  return { deal: { id, uuid: uuidIn(id), number } }
}

/** What names nothing that anybody has. */
export function namesOfNobody({ deal, stage, field, mark, ...others }: Names): Names {
  const id = absentId(deal.id)
  const nobody = farNumber / 2
  const { pipeline, organization, contact, member, tag, currency } = others
  return {
    ...namesOfDeal({ id, number: deal.number + nobody }),
    stage: { uuid: uuidIn(absentId(`_${stage.uuid}`)), number: stage.number + nobody },
    ...{ pipeline: pipeline + nobody, organization: organization + nobody, tag: tag + nobody },
    ...{ contact: contact + nobody, member: member + nobody, currency: currency + nobody },
    ...{ mark: 'zq0nobody0', text: 'zq0nobody0', field: field.replace(mark, 'zq0nobody0') },
  }
}

/** What must not be seen of a tenant: its uuids, and the words and numbers that no other one has. */
export async function secretsOfSide({ tenant, names }: RestSide): Promise<string[]> {
  const { deal, stage, ...others } = names
  const numbers = [deal.number, stage.number, ...Object.values(others)].filter(
    (value) => typeof value === 'number',
  )
  return [...uuidsIn(await contentsOf(tenant)), names.mark, tenant.slug, ...numbers.map(String)]
}

/** A member who sees only their own deals. */
export async function memberSideOf(mark: string): Promise<RestSide> {
  const side = await restSideOf(mark, false)
  const { tenant, newDeal } = side
  await done(tenant, 'updateTenant', { membersSeeOnlyTheirDeals: true })
  const { ownerId: id } = newDeal as { ownerId: string }
  return { ...side, key: (await keyOfMember(tenant, { id })).key }
}

/** A colleague of theirs, with a deal in the same pipeline and with the same people. */
export async function colleagueOf(
  { tenant, names, newDeal }: RestSide,
  mark: string,
): Promise<RestSide> {
  await countFrom(tenant, farNumber)
  const other = await memberFixture(tenant, 'Somebody Else')
  const document = 'query ($id: ID!) { node(id: $id) { ... on Member { number } } }'
  const { node } = await ask(tenant, document, { id: other.id })
  const { text } = textsOf(mark)
  const own = { ...newDeal, ownerId: other.id, assigneeIds: [other.id], name: text }
  const deal = await dealFixture(tenant, own)
  const member = node.number
  const { key } = await keyOfMember(tenant, other)
  return {
    tenant,
    key,
    newDeal: own,
    names: { ...names, ...namesOfDeal(deal), mark, text, member },
  }
}
