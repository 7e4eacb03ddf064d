import type { z } from '@hono/zod-openapi'
import type { Detail } from '../problem.ts'
import type { ReferencesData } from './documents.ts'
import type { DealInput, ListQuery } from './schemas.ts'

/** What a request names by a number, and in which field. */
const filterFields = {
  pipeline: 'pipeline_id',
  stage: 'deal_current_stage',
  organization: 'cstid',
  owner: 'deal_owner_id',
} as const
const inputFields = {
  pipeline: 'pipeline_id',
  organization: 'cstid',
  contact: 'deal_contact_id',
  owner: 'deal_owner_id',
  assignee: 'deal_assignedto',
} as const

const nouns = ['pipeline', 'stage', 'organization', 'contact', 'owner', 'assignee'] as const
type Noun = (typeof nouns)[number]

type Filters = z.infer<typeof ListQuery>
type Input = z.infer<typeof DealInput>

/** The variables that ask what the numbers of a list’s filters stand for; null without filters. */
export function variablesOfFilters(query: Filters): Record<string, unknown> | null {
  if (nounsOf(query, filterFields).length === 0) return null
  return { ...variablesOf(query, filterFields), withTags: false, withCurrency: false }
}

/** Whether each of the filters names something: a list of what belongs to nothing is empty. */
export function areKnown(query: Filters, data: ReferencesData): boolean {
  return nounsOf(query, filterFields).every((noun) => data[noun])
}

/** The variables that ask what the numbers of a deal stand for. */
export function variablesOfInput(input: Input): Record<string, unknown> {
  return {
    ...variablesOf(input, inputFields),
    withTags: (input.tag_ids ?? []).length > 0,
    withCurrency: input.deal_amount_currency != null,
  }
}

/** The fields of a deal whose numbers stand for nothing. */
export function unknownNumbers(input: Input, data: ReferencesData): Detail[] {
  const { tag_ids: tags, deal_amount_currency: currency } = input
  const missing = nounsOf(input, inputFields).filter((noun) => !data[noun])
  const fields: string[] = missing.map((noun) => inputFields[noun as keyof typeof inputFields])
  if (tags?.some((tag) => !data.tags?.some(({ number }) => number === tag))) fields.push('tag_ids')
  if (currency != null && codeOf(currency, data) === undefined) fields.push('deal_amount_currency')
  return fields.map((field) => ({ field, message: 'There is none with this number.' }))
}

export function codeOf(currency: number, { currencies }: ReferencesData): string | undefined {
  return currencies?.find(({ number }) => number === currency)?.code
}

type Fields = Partial<Record<Noun, string>>

function variablesOf(request: object, fields: Fields): Record<string, unknown> {
  const numbers = request as Record<string, number | null | undefined>
  const variables = nouns.flatMap((noun) => {
    const number = numbers[fields[noun] ?? ''] ?? 0
    return [
      [noun, number],
      [`with${noun[0]?.toUpperCase()}${noun.slice(1)}`, number !== 0],
    ]
  })
  return Object.fromEntries(variables)
}

/** What is named in a request. */
function nounsOf(request: object, fields: Fields): Noun[] {
  const numbers = request as Record<string, number | null | undefined>
  return nouns.filter((noun) => numbers[fields[noun] ?? ''] != null)
}
