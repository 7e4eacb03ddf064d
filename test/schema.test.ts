import {
  type GraphQLNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isSpecifiedScalarType,
  lexicographicSortSchema,
  printSchema,
} from 'graphql'
import { describe, expect, it } from 'vitest'
import { schema } from '../src/schema.ts'

const types = Object.values(schema.getTypeMap()).filter(
  (type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type),
)

type Described = [where: string, description: string | null | undefined]

/** Everything of the schema that a reader can point at, and what is said of it. */
function described(type: GraphQLNamedType): Described[] {
  const own: Described = [type.name, type.description]
  const parts = (
    entries: { name: string; description?: string | null | undefined }[],
    where: string,
  ) => entries.map(({ name, description }): Described => [`${where}.${name}`, description])
  if (isEnumType(type)) return [own, ...parts([...type.getValues()], type.name)]
  if (isInputObjectType(type)) return [own, ...parts(Object.values(type.getFields()), type.name)]
  if (!isObjectType(type) && !isInterfaceType(type)) return [own]
  const fields = Object.values(type.getFields())
  const args = fields.flatMap((field) => parts([...field.args], `${type.name}.${field.name}`))
  return [own, ...parts(fields, type.name), ...args]
}

const core = `
Query.viewer: Viewer!
Query.node(id: ID!): Node
Query.nodes(ids: [ID!]!): [Node]!
Query.deal(id: ID!): Deal
Query.dealByNumber(number: Int!): Deal
Query.deals(first: Int, after: String, last: Int, before: String, filter: DealFilter, search: String, orderBy: DealOrder): DealConnection!
Query.dealPage(page: Int, pageSize: Int, filter: DealFilter, search: String, orderBy: DealPageOrder): DealPage!
Query.pipeline(id: ID!): Pipeline
Query.pipelines(includeArchived: Boolean): [Pipeline!]!
Query.pipelineByNumber(number: Int!): Pipeline
Query.stageByNumber(number: Int!): Stage
Query.organizationByNumber(number: Int!): Organization
Query.contactByNumber(number: Int!): Contact
Query.memberByNumber(number: Int!): Member
Query.organizations: OrganizationConnection!
Query.contacts: ContactConnection!
Query.members: MemberConnection!
Query.tags: [Tag!]!
DealConnection.nodes: [Deal!]!
DealConnection.edges: [DealEdge!]!
DealConnection.totalCount: Int!
DealConnection.pageInfo: PageInfo!
DealPage.nodes: [Deal!]!
DealPage.totalCount: Int!
DealPage.pageCount: Int!
DealPage.page: Int!
DealPage.pageSize: Int!
Pipeline.id: ID!
Pipeline.name: String!
Pipeline.position: Int!
Pipeline.isDefault: Boolean!
Pipeline.stages: [Stage!]!
Pipeline.deals: DealConnection!
Stage.id: ID!
Stage.name: String!
Stage.kind: StageKind!
Stage.position: Int!
Stage.probability: Int!
Stage.rottingDays: Int
Stage.pipeline: Pipeline!
Stage.deals(first: Int, after: String, orderBy: DealOrder): DealConnection!
Stage.totals: [StageTotal!]!
StageTotal.currency: CurrencyCode!
StageTotal.count: Int!
StageTotal.amount: Decimal!
StageTotal.weightedAmount: Decimal!
Deal.id: ID!
Deal.number: Int!
Deal.name: String!
Deal.pipeline: Pipeline!
Deal.pipelineName: String!
Deal.stage: Stage!
Deal.stageName: String!
Deal.contacts: [DealContact!]!
Deal.primaryContact: Contact
Deal.organization: Organization
Deal.owner: Member
Deal.history(first: Int, after: String): StageChangeConnection!
Deal.version: Int!
Deal.createdAt: DateTime!
Deal.updatedAt: DateTime!
DealContact.id: ID!
DealContact.contact: Contact!
DealContact.role: String
DealContact.isPrimary: Boolean!
DealContact.introducedBy: Contact
DealContact.metadata: JSON!
DealContact.createdAt: DateTime!
DealContact.updatedAt: DateTime!
StageChange.id: ID!
StageChange.seq: Int!
StageChange.fromStage: Stage
StageChange.fromStageName: String
StageChange.toStage: Stage!
StageChange.toStageName: String!
StageChange.direction: StageChangeDirection!
StageChange.amount: Decimal
StageChange.currency: CurrencyCode!
StageChange.actor: Actor!
StageChange.reason: String
StageChange.note: String
StageChange.occurredAt: DateTime!
StageChange.secondsInPreviousStage: Int
MoveDealInput.dealId: ID!
MoveDealInput.stageId: ID!
MoveDealInput.expectedVersion: Int!
MoveDealInput.before: ID
MoveDealInput.after: ID
MoveDealInput.reason: String
MoveDealInput.note: String
MoveDealPayload.deal: Deal
MoveDealPayload.stageChange: StageChange
MoveDealPayload.userErrors: [UserError!]!
Mutation.moveDeal(input: MoveDealInput!): MoveDealPayload
DealFilter.pipelineId: IdFilter
DealFilter.stageId: IdFilter
DealFilter.ownerId: IdFilter
DealFilter.organizationId: IdFilter
DealFilter.contactId: IdFilter
DealFilter.tagId: IdFilter
DealFilter.status: DealStatusFilter
DealFilter.priority: DealPriorityFilter
DealFilter.name: StringFilter
DealFilter.description: StringFilter
DealFilter.amount: DecimalFilter
DealFilter.expectedCloseDate: DateFilter
DealFilter.createdAt: DateTimeFilter
DealFilter.closedAt: DateTimeFilter
DealFilter.and: [DealFilter!]
DealFilter.or: [DealFilter!]
DealFilter.not: DealFilter
DealOrder.field: DealOrderField!
DealOrder.direction: OrderDirection!
UserError.code: UserErrorCode!
UserError.message: String!
UserError.path: [String!]!
VersionConflict.currentVersion: Int!
VersionConflict.deal: Deal
ReasonRequired.knownReasons: [String!]
`

/** A field as the table writes it, with only those of its arguments that the table names. */
function signature(typename: string, fieldName: string, args: string[]): string {
  const type = schema.getType(typename)
  const field = type && 'getFields' in type ? type.getFields()[fieldName] : undefined
  const known = field && 'args' in field ? field.args : []
  const named = args.map((name) => `${name}: ${known.find((arg) => arg.name === name)?.type}`)
  const written = named.length > 0 ? `(${named.join(', ')})` : ''
  return `${typename}.${fieldName}${written}: ${field?.type}`
}

describe('schema', () => {
  it('is the one in schema.graphql: run `npm run schema` and review the difference', async () => {
    const printed = `${printSchema(lexicographicSortSchema(schema))}\n`
    await expect(printed).toMatchFileSnapshot('../schema.graphql')
  })

  it.each(types.map((type) => [type.name, type] as const))(
    'describes %s and all its parts in whole sentences',
    (_, type) => {
      const lacking = described(type).filter(([, text]) => !text?.trim().endsWith('.'))
      expect(lacking).toEqual([])
    },
  )

  it.each(core.trim().split('\n'))('has %s', (line) => {
    const [, typename = '', field = '', args = ''] = /^(\w+)\.(\w+)(?:\((.*)\))?/.exec(line) ?? []
    const names = args.split(', ').flatMap((arg) => arg.split(':')[0] || [])
    expect(signature(typename, field, names)).toBe(line)
  })

  it.each([
    [
      'DealOrderField',
      [
        ...['CREATED_AT', 'UPDATED_AT', 'NAME', 'AMOUNT', 'EXPECTED_CLOSE_DATE'],
        ...['STAGE_ENTERED_AT', 'RANK', 'NUMBER'],
      ],
    ],
    ['OrderDirection', ['ASC', 'DESC']],
    ['StageKind', ['OPEN', 'WON', 'LOST']],
    [
      'StageChangeDirection',
      ['CREATED', 'FORWARD', 'BACKWARD', 'WON', 'LOST', 'REOPENED', 'TRANSFERRED'],
    ],
    ['Role', ['ADMIN', 'MEMBER', 'READ_ONLY']],
  ])('has the values of %s', (name, values) => {
    const type = schema.getType(name)
    const names = isEnumType(type) ? type.getValues().map((value) => value.name) : []
    expect(names.sort()).toEqual([...values].sort())
  })

  it('has a type of its own for each code of a user error', () => {
    const codes = schema.getType('UserErrorCode')
    const names = isEnumType(codes) ? codes.getValues().map(({ name }) => name) : []
    const pascal = (code: string) =>
      code.toLowerCase().replace(/(?:^|_)([a-z])/g, (_, c) => c.toUpperCase())
    const userError = schema.getType('UserError')
    const cases = isInterfaceType(userError) ? schema.getPossibleTypes(userError) : []
    expect(cases.map(({ name }) => name).sort()).toEqual(names.map(pascal).sort())
  })

  it('gives every mutation one input and a payload with userErrors', () => {
    for (const { name, args, type } of Object.values(schema.getMutationType()?.getFields() ?? {})) {
      expect(args.map((arg) => arg.name)).toEqual(['input'])
      const payload = schema.getType(String(type))
      // It can be null, so that one that fails takes nothing from the answer of those before it.
      expect(String(type)).toBe(`${name[0]?.toUpperCase()}${name.slice(1)}Payload`)
      expect(isObjectType(payload) && String(payload.getFields().userErrors?.type)).toBe(
        '[UserError!]!',
      )
    }
  })
})
