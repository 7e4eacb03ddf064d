/**
 * What a client may send: anything; anything, and what is not registered is logged; what is
 * registered, by its id or its text; or nothing but ids of what is registered.
 */
export const operationModes = ['open', 'log', 'safelist', 'require-id'] as const
export type OperationMode = (typeof operationModes)[number]

export interface OperationModes {
  default: OperationMode
  /** By the name of a client. */
  clients: Readonly<Record<string, OperationMode>>
}

export const allOpen: OperationModes = { default: 'open', clients: {} }

export function modeOf(modes: OperationModes, client: string | null): OperationMode {
  const own = client !== null && Object.hasOwn(modes.clients, client)
  return (own && modes.clients[client]) || modes.default
}

/** Whether a text is looked for among what is registered: where its being there decides something. */
export function looksUpTexts(mode: OperationMode): boolean {
  return mode === 'log' || mode === 'safelist'
}

/** Whether only what is registered is served. */
export function isListed(mode: OperationMode): boolean {
  return mode === 'safelist' || mode === 'require-id'
}
