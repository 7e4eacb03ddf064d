import type { Written } from '../runner.ts'

const dealFragment = `fragment BacksideDeal on Deal {
  id name version metadata createdAt updatedAt deletedAt closedAt amount currency valuePeriod confidence description nextStep
  source expectedCloseDate wonReason lostReason pipeline { id } stage { id } primaryContact { id } organization { id }
}`

export const dealDocument = `query BacksideDeal($id: ID!) {
  viewer { tenant { id } }
  deal(id: $id) {
    ...BacksideDeal pipelineName stageName
    contacts { id role isPrimary metadata createdAt updatedAt contact { id } introducedBy { id } }
  }
}
${dealFragment}`

export const versionDocument = `query BacksideVersion($id: ID!) {
  viewer { tenant { id } }
  deal(id: $id) { version }
}`

export const moveDocument = `mutation BacksideMove($input: MoveDealInput!) {
  moveDeal(input: $input) { deal { ...BacksideDeal } replayed userErrors { code message path } }
}
${dealFragment}`

export interface Ref {
  id: string
}

export interface DealData extends Ref {
  name: string
  version: number
  metadata: unknown
  createdAt: string
  updatedAt: string
  deletedAt: string | null
  closedAt: string | null
  amount: string | null
  currency: string
  valuePeriod: string
  confidence: number | null
  description: string | null
  nextStep: string | null
  source: string | null
  expectedCloseDate: string | null
  wonReason: string | null
  lostReason: string | null
  pipeline: Ref
  stage: Ref
  primaryContact: Ref | null
  organization: Ref | null
}

export interface ContactData extends Ref {
  role: string | null
  isPrimary: boolean
  metadata: unknown
  createdAt: string
  updatedAt: string
  contact: Ref
  introducedBy: Ref | null
}

export interface DetailsData extends DealData {
  pipelineName: string
  stageName: string
  contacts: ContactData[]
}

export interface ViewerData {
  viewer: { tenant: Ref }
}

export interface MoveData {
  moveDeal: Written & { deal: DealData }
}
