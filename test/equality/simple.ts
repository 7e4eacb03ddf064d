/** Root fields that read rows of the tenant and nothing else, those more often that apps ask for. */
export const simpleRoots = [
  ...['deals', 'deals', 'deals', 'deals', 'deals', 'deals', 'deals', 'deal', 'deal', 'deal'],
  ...['dealByNumber', 'dealByNumber', 'pipelines', 'pipelines', 'pipelines', 'pipeline'],
  ...['pipelineByNumber', 'stageByNumber', 'node', 'node', 'nodes', 'contacts', 'contactByNumber'],
  ...['organizations', 'organizationByNumber', 'members', 'memberByNumber', 'tags', 'sources'],
  ...['closeReasons', 'customFields', 'currencies'],
]

/** Fields that are more than columns, relations, lists, totals and names. */
const others = new Set([
  ...['Deal.allowedTransitions', 'Deal.customField', 'Deal.customFields', 'Pipeline.rules'],
  ...['AuditEvent.details', 'ApiKey.scopes'],
])

export function isSimple(type: string, field: string): boolean {
  return !others.has(`${type}.${field}`)
}

/** Fields that tell which engine there is, so that two gateways do not answer alike. */
export const tellingOfEngine = new Set(['PersistedOperation.executionNote'])
