import type { Written } from '../runner.ts'

export const targetDocument = `query HefflTarget($id: ID!, $stage: Int!, $withStage: Boolean!) {
  deal(id: $id) { version }
  stageByNumber(number: $stage) @include(if: $withStage) { id }
}`

export const editDocument = `mutation HefflEdit($input: EditDealInput!) {
  editDeal(input: $input) {
    deal {
      id name version number createdAt amount status priority expectedCloseDate stageName source leadRef
      organization { id name } pipeline { number } customFields { key value }
    }
    replayed
    userErrors { code message path }
  }
}`

export interface TargetData {
  deal: { version: number } | null
  stageByNumber?: { id: string } | null
}

export interface DealData {
  id: string
  name: string
  version: number
  number: number
  createdAt: string
  amount: string | null
  status: string
  priority: string | null
  expectedCloseDate: string | null
  stageName: string
  source: string | null
  leadRef: string | null
  organization: { id: string; name: string } | null
  pipeline: { number: number }
  customFields: { key: string; value: unknown }[]
}

export interface EditData {
  editDeal: Written & { deal: DealData }
}
