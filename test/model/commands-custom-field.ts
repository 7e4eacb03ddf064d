import type { Command, Picks } from './command.ts'
import { type CustomField, fieldsOf } from './custom-values.ts'
import { liveStages, refuse, refuseAny, type State } from './state.ts'

interface Said {
  label?: string | null
  description?: string | null
  required?: boolean
  options?: string[]
}

const keys = ['cf_region', 'cf_size', 'cf_note', 'cf_kind', 'Region']

function said(pick: Picks, type: CustomField['type']): Said {
  const fits = pick.once(8) ? type !== 'SELECT' : type === 'SELECT'
  return {
    ...pick.some<Said>(
      {
        label: () => pick.from(['Region', 'Size ', ' ', null]),
        description: () => pick.from(['What for', null]),
        required: () => !pick.once(2),
      },
      3,
    ),
    ...(fits && {
      options: pick.from([
        ['North', 'South'],
        ['South', 'East '],
        ['East', 'EAST'],
      ]),
    }),
  }
}

function errorsOf(type: CustomField['type'], { label, options }: Said): string[] {
  const folded = options?.map((option) => option.trim().toLowerCase()) ?? []
  const count = new Set(folded).size
  const wrong = type === 'SELECT' ? count === 0 || count < folded.length : folded.length > 0
  return [
    ...(label === null || label?.trim() === '' ? ['VALIDATION_ERROR label'] : []),
    ...(options && wrong ? ['VALIDATION_ERROR options'] : []),
  ]
}

type Create = Said & {
  key: string
  label: string
  type: CustomField['type']
  pipelineId?: string
}

const createCustomField: Command<Create> = {
  weight: 2,
  role: 'ADMIN',
  selection: 'customField { id }',
  input(state, pick) {
    const key = pick.from(keys)
    const type = pick.from(['TEXT', 'NUMBER', 'SELECT'] as const)
    const { label, ...others } = said(pick, type)
    const ofOne = { pipelineId: () => pick.idOf('pipeline', state.pipelines) }
    return { key, type, label: label ?? 'Region', ...others, ...pick.some(ofOne, 3) }
  },
  apply(state, { key, type, pipelineId: pipeline = null, ...input }, { payload }) {
    refuseAny([
      ...(key === 'Region' ? ['VALIDATION_ERROR key'] : []),
      ...errorsOf(type, { ...input, options: input.options ?? [] }),
    ])
    if (pipeline && !state.pipelines.some(({ id }) => id === pipeline))
      refuse('NOT_FOUND pipelineId')
    if (state.customFields.some((field) => field.key === key)) refuse('NAME_TAKEN key')
    state.customFields.push({
      ...{ id: payload.customField?.id, key, type, pipeline, label: input.label.trim() },
      ...{ description: input.description ?? null, required: input.required ?? false },
      options: input.options?.map((option) => option.trim()) ?? [],
      ...{ position: state.customFields.length, archivedAt: null },
    })
    return undefined
  },
}

interface One {
  customFieldId: string
}

function fieldIn(state: State, { customFieldId }: One): CustomField {
  const isIt = ({ id }: CustomField) => id === customFieldId
  return state.customFields.find(isIt) ?? refuse('NOT_FOUND customFieldId')
}

const one = (state: State, pick: Picks): One => ({
  customFieldId: pick.idOf('custom_field_definition', state.customFields),
})

const updateCustomField: Command<One & Said & { position?: number }> = {
  weight: 2,
  role: 'ADMIN',
  selection: 'customField { id }',
  input(state, pick) {
    const input = one(state, pick)
    const field = state.customFields.find(({ id }) => id === input.customFieldId)
    const position = { position: () => pick.number(state.customFields.length + 1) }
    return { ...input, ...said(pick, field?.type ?? 'TEXT'), ...pick.some(position, 3) }
  },
  apply(state, { customFieldId, position, ...input }) {
    const field = fieldIn(state, { customFieldId })
    refuseAny(errorsOf(field.type, input))
    const { label, options } = input
    Object.assign(field, input, label && { label: label.trim() })
    if (options) field.options = options.map((option) => option.trim())
    if (position !== undefined && position >= state.customFields.length)
      refuse('VALIDATION_ERROR position')
    const others = state.customFields.filter((other) => other !== field)
    others.sort((a, b) => a.position - b.position)
    const order = others.toSpliced(position ?? field.position, 0, field)
    for (const [at, other] of order.entries()) other.position = at
    return { customField: { id: customFieldId } }
  },
}

const archiveCustomField: Command<One> = {
  weight: 1,
  role: 'ADMIN',
  selection: 'customField { id }',
  input: one,
  apply(state, input) {
    const field = fieldIn(state, input)
    const stages = state.pipelines.flatMap((pipeline) => liveStages(pipeline))
    if (!field.archivedAt && stages.some((stage) => stage.requiredFields.includes(field.key)))
      refuse('VALIDATION_ERROR customFieldId')
    field.archivedAt ??= state.now
    return undefined
  },
}

const restoreCustomField: Command<One> = {
  weight: 1,
  role: 'ADMIN',
  selection: 'customField { id }',
  input: one,
  apply(state, input) {
    fieldIn(state, input).archivedAt = null
    return undefined
  },
}

/** Values by keys, mostly of fields that there are and of their types. */
export function customValues(state: State, pick: Picks): Record<string, unknown> | null {
  if (pick.once(12)) return null
  const fits = { TEXT: ['Big', ' ', 'Small'], NUMBER: [7, '2.5', 0], SELECT: ['North', 'South'] }
  const chosen = state.customFields.filter(() => pick.once(2))
  const values = chosen.map(({ key, type }) => [
    key,
    pick.once(6) ? pick.from([null, true, 'West', 3]) : pick.from<unknown>(fits[type]),
  ])
  return { ...Object.fromEntries(values), ...(pick.once(15) && { cf_unknown: 1 }) }
}

/** The keys that a stage of the pipeline can require. */
export function requirableKeys(state: State, pipeline: string): string[] {
  return fieldsOf(state, pipeline).map(({ key }) => key)
}

export const customFieldCommands = {
  ...{ createCustomField, updateCustomField, archiveCustomField, restoreCustomField },
}
