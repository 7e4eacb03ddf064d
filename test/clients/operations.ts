import { byHash, hashOf, persistedQuery } from '../persisted-fixtures.ts'

/** As generators of code write them: on one line, with the name of the type of everything. */
export const texts: Record<string, string> = {
  Board: `query Board($pipelineId: ID!, $first: Int!) { pipeline(id: $pipelineId) { __typename id name stages { __typename id name deals(first: $first) { __typename ...DealPage } } } }
fragment DealCard on Deal { __typename id name amount currency version }
fragment DealPage on DealConnection { __typename nodes { __typename ...DealCard } pageInfo { __typename hasNextPage endCursor } }`,
  StagePage: `query StagePage($stageId: ID!, $first: Int!, $after: String) { node(id: $stageId) { __typename id ... on Stage { deals(first: $first, after: $after) { __typename ...DealPage } } } }
fragment DealCard on Deal { __typename id name amount currency version }
fragment DealPage on DealConnection { __typename nodes { __typename ...DealCard } pageInfo { __typename hasNextPage endCursor } }`,
  MoveDeal: `mutation MoveDeal($input: MoveDealInput!) { moveDeal(input: $input) { __typename deal { __typename ...DealCard stageName } userErrors { __typename code message ... on VersionConflict { currentVersion } } } }
fragment DealCard on Deal { __typename id name amount currency version }`,
}

export const operations = Object.values(texts).map((text) => byHash(text))

export const dealMoved = byHash(
  'subscription DealMoved($pipelineId: ID!) { dealMoved(pipelineId: $pipelineId) { deal { id stageName version } } }',
)

/** What is sent of an operation whose text stays at home, by clients that need to send some text. */
export function idOf(text = ''): { query: string; extensions: Record<string, unknown> } {
  return { query: '', ...persistedQuery(hashOf(text)) }
}
