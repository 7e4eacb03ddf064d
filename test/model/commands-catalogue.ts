import type { Command } from './command.ts'
import { type Kind, type Named, refuse, type State } from './state.ts'

interface Catalogue {
  /** Which list of the model holds it. */
  list: 'sources' | 'reasons'
  idName: 'sourceId' | 'closeReasonId'
  names: string[]
}

interface Create {
  name: string
  kind?: Kind
}

type Change = { [K in 'sourceId' | 'closeReasonId']?: string } & { name?: string }

const sources: Catalogue = {
  ...{ list: 'sources', idName: 'sourceId' },
  names: ['Referral', 'Fair', 'FAIR', 'Web ', ' '],
}

const reasons: Catalogue = {
  ...{ list: 'reasons', idName: 'closeReasonId' },
  names: ['Price', 'Budget', 'BUDGET', 'Rival ', ' '],
}

const forAdministrators = { weight: 1, role: 'ADMIN' } as const

function entryOf(state: State, { list, idName }: Catalogue, input: Change): Named {
  return state[list].find(({ id }) => id === input[idName]) ?? refuse(`NOT_FOUND ${idName}`)
}

function freeName(list: Named[], { name = '', kind }: Change & { kind: Kind | null }, own?: Named) {
  const wanted = name.trim()
  if (!wanted) refuse('VALIDATION_ERROR name')
  const same = (one: Named) =>
    one !== own && one.kind === kind && one.name.toLowerCase() === wanted.toLowerCase()
  if (list.some(same)) refuse('NAME_TAKEN name')
  return wanted
}

function create(catalogue: Catalogue, noun: string): Command<Create> {
  return {
    ...forAdministrators,
    selection: `${noun} { id }`,
    input: (_, pick) => ({
      name: pick.from(catalogue.names),
      ...(noun === 'closeReason' && { kind: pick.from(['WON', 'LOST'] as const) }),
    }),
    apply(state, { name, kind = null as never }, { payload }) {
      const list = state[catalogue.list]
      const wanted = freeName(list, { name, kind })
      list.push({ id: payload[noun]?.id, name: wanted, kind, archivedAt: null })
      return undefined
    },
  }
}

function change(
  catalogue: Catalogue,
  noun: string,
  apply: (state: State, entry: Named, input: Change) => void,
): Command<Change> {
  const { list, idName, names } = catalogue
  return {
    ...forAdministrators,
    selection: `${noun} { id }`,
    input(state, pick) {
      const archived = state[list].filter(({ archivedAt }) => archivedAt)
      const entries = apply === restore && archived.length > 0 ? archived : state[list]
      const id = pick.idOf(noun === 'source' ? 'source' : 'close_reason', entries)
      return { [idName]: id, ...(apply === rename && { name: pick.from(names) }) }
    },
    apply(state, input) {
      const entry = entryOf(state, catalogue, input)
      apply(state, entry, input)
      return { [noun]: { id: entry.id } }
    },
  }
}

function rename(state: State, entry: Named, { name = '' }: Change): void {
  const list = state.sources.includes(entry) ? state.sources : state.reasons
  entry.name = freeName(list, { name, kind: entry.kind }, entry)
}

function archive(state: State, entry: Named): void {
  entry.archivedAt ??= state.now
}

function restore(_: State, entry: Named): void {
  entry.archivedAt = null
}

export const catalogueCommands = {
  createSource: create(sources, 'source'),
  updateSource: change(sources, 'source', rename),
  archiveSource: change(sources, 'source', archive),
  restoreSource: change(sources, 'source', restore),
  createCloseReason: create(reasons, 'closeReason'),
  updateCloseReason: change(reasons, 'closeReason', rename),
  archiveCloseReason: change(reasons, 'closeReason', archive),
  restoreCloseReason: change(reasons, 'closeReason', restore),
}
