import type { Written } from '../runner.ts'

/** What the numbers of a request stand for. A number that is not asked for is 0. */
export const referencesDocument = `query YsuiteReferences(
  $pipeline: Int!, $withPipeline: Boolean!, $stage: Int!, $withStage: Boolean!
  $organization: Int!, $withOrganization: Boolean!, $contact: Int!, $withContact: Boolean!
  $owner: Int!, $withOwner: Boolean!, $assignee: Int!, $withAssignee: Boolean!
  $withTags: Boolean!, $withCurrency: Boolean!
) {
  pipeline: pipelineByNumber(number: $pipeline) @include(if: $withPipeline) { id }
  stage: stageByNumber(number: $stage) @include(if: $withStage) { id }
  organization: organizationByNumber(number: $organization) @include(if: $withOrganization) { id }
  contact: contactByNumber(number: $contact) @include(if: $withContact) { id }
  owner: memberByNumber(number: $owner) @include(if: $withOwner) { id }
  assignee: memberByNumber(number: $assignee) @include(if: $withAssignee) { id }
  tags @include(if: $withTags) { id number }
  currencies @include(if: $withCurrency) { number code }
}`

const listed = `number name amount source expectedCloseDate
  pipeline { number } organization { number } owner { name }`

export const listDocument = `query YsuiteDeals(
  $page: Int!, $pageSize: Int!, $filter: DealFilter!, $search: String, $orderBy: DealPageOrder!
) {
  dealPage(page: $page, pageSize: $pageSize, filter: $filter, search: $search, orderBy: $orderBy) {
    nodes { ${listed} }
    totalCount
    pageCount
  }
}`

export const dealDocument = `query YsuiteDeal($number: Int!) {
  dealByNumber(number: $number) {
    ${listed}
    version deletedAt currency description stage { number } primaryContact { number }
    member: owner { number } assignees { number } tags { number }
  }
  currencies { number code }
}`

export const targetDocument = `query YsuiteTarget($number: Int!, $withAssignees: Boolean!) {
  dealByNumber(number: $number) { id version assignees @include(if: $withAssignees) { id } }
}`

const written = 'replayed userErrors { code message path }'

export const createDocument = `mutation YsuiteCreate($input: CreateDealInput!) {
  createDeal(input: $input) { deal { number name version } ${written} }
}`

export const editDocument = `mutation YsuiteEdit($input: EditDealInput!) {
  editDeal(input: $input) { deal { version } ${written} }
}`

export const deleteDocument = `mutation YsuiteDelete($input: DeleteDealInput!) {
  deleteDeal(input: $input) { ${written} }
}`

export interface Ref {
  id: string
}

interface Numbered {
  number: number
}

export interface ReferencesData {
  pipeline?: Ref | null
  stage?: Ref | null
  organization?: Ref | null
  contact?: Ref | null
  owner?: Ref | null
  assignee?: Ref | null
  tags?: (Ref & Numbered)[]
  currencies?: Currency[]
}

export interface Currency extends Numbered {
  code: string
}

export interface ListedData extends Numbered {
  name: string
  amount: string | null
  source: string | null
  expectedCloseDate: string | null
  pipeline: Numbered
  organization: Numbered | null
  owner: { name: string } | null
}

export interface ListData {
  dealPage: { nodes: ListedData[]; totalCount: number; pageCount: number }
}

export interface FoundData extends ListedData {
  version: number
  deletedAt: string | null
  currency: string
  description: string | null
  stage: Numbered
  primaryContact: Numbered | null
  member: Numbered | null
  assignees: Numbered[]
  tags: Numbered[]
}

export interface DealData {
  dealByNumber: FoundData | null
  currencies: Currency[]
}

export interface TargetData {
  dealByNumber: { id: string; version: number; assignees?: Ref[] } | null
}

export interface CreateData {
  createDeal: Written & { deal: { number: number; name: string; version: number } }
}

export interface EditData {
  editDeal: Written & { deal: { version: number } }
}

export interface DeleteData {
  deleteDeal: Written
}
