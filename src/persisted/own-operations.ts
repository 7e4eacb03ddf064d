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

/**
 * The texts that the `dealgraph` command and this gateway's own routes send. Every gateway serves
 * them in every mode, as registered operations: it would otherwise take one of them to register the
 * first.
 */
export const ownOperations: ReadonlySet<string> = new Set([
  ...[pushOperations, activateClientRelease, retireClientRelease, persistOperation],
  ...[checkOperations, clientReleases, persistedOperations],
])
