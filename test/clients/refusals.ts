/** How an operation that is not registered is refused, by what a client sends of it. */
export const refusals = [
  { mode: 'safelist', sends: 'text', code: 'QUERY_NOT_IN_SAFELIST' },
  { mode: 'safelist', sends: 'id', code: 'PERSISTED_QUERY_NOT_IN_LIST' },
  { mode: 'require-id', sends: 'text', code: 'PERSISTED_QUERY_ID_REQUIRED' },
  { mode: 'require-id', sends: 'id', code: 'PERSISTED_QUERY_NOT_IN_LIST' },
] as const

/** The modes in which a client may send what nobody has registered. */
export const openModes = ['open', 'log'] as const

export const unregisteredText = 'query Mine { viewer { scopes } }'
