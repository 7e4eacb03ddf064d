import { sha256Of } from './fingerprint.ts'

const release = 'release { client version status operationCount }'
const userErrors = 'userErrors { message path }'
const pageInfo = 'pageInfo { hasNextPage endCursor }'

export const pushOperations = `mutation PushOperations($input: PushOperationsInput!) {
  pushOperations(input: $input) { ${release} ${userErrors} }
}`

export const activateClientRelease = `mutation ActivateClientRelease($input: ActivateClientReleaseInput!) {
  activateClientRelease(input: $input) { ${release} ${userErrors} }
}`

export const retireClientRelease = `mutation RetireClientRelease($input: RetireClientReleaseInput!) {
  retireClientRelease(input: $input) { ${release} ${userErrors} }
}`

export const persistOperation = `mutation PersistOperation($input: PersistOperationInput!) {
  persistOperation(input: $input) { operationId ${userErrors} }
}`

export const checkOperations = `query CheckOperations($client: String!, $operations: [OperationInput!]!) {
  checkOperations(client: $client, operations: $operations) { name type cost problems }
}`

export const clientReleases = `query ClientReleases($filter: ClientReleaseFilter, $after: String) {
  clientReleases(filter: $filter, first: 100, after: $after) {
    nodes { id client version status operationCount createdAt activatedAt retiredAt lastUsedAt }
    ${pageInfo}
  }
}`

export const persistedOperations = `query PersistedOperations($filter: PersistedOperationFilter, $after: String) {
  persistedOperations(filter: $filter, first: 100, after: $after) {
    nodes {
      operationId client name type cost maxAgeSeconds executionNote createdAt lastUsedAt
      releases { version status }
    }
    ${pageInfo}
  }
}`

const texts = [
  ...[pushOperations, activateClientRelease, retireClientRelease, persistOperation],
  ...[checkOperations, clientReleases, persistedOperations],
]

/**
 * What the `dealgraph` command and this gateway's own routes send, by the hash of its text. Every
 * gateway serves it in every mode, as a registered operation: it would otherwise take one of them
 * to register the first.
 */
export const ownOperations: ReadonlyMap<string, string> = new Map(
  texts.map((text) => [sha256Of(text), text]),
)
