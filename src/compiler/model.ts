import { getDatamodel } from '../generated/pothos/index.ts'
import { NotCompilable } from '../rows.ts'

interface DatamodelField {
  name: string
  kind: string
  type: string
  isList: boolean
  isRequired: boolean
  relationName?: string
  relationFromFields?: readonly string[]
}

const { models } = (
  getDatamodel() as unknown as {
    datamodel: { models: Record<string, { fields: DatamodelField[] }> }
  }
).datamodel

/** A table, with its columns and what its rows refer to. All names of a statement come from here. */
export interface Model {
  name: string
  table: string
  fields: ReadonlyMap<string, DatamodelField>
}

const names = new Map<string, string>()

const known = new Map<string, Model>(
  Object.entries(models).map(([name, { fields }]) => [
    name,
    { name, table: quoted(name), fields: new Map(fields.map((field) => [field.name, field])) },
  ]),
)

export function modelOf(name: string): Model {
  const model = known.get(name)
  if (!model) throw new NotCompilable(`there is no model ${name}`)
  return model
}

export function allModels(): Model[] {
  return [...known.values()]
}

/** Tables and columns are named after models and fields, in small letters with `_`. */
function quoted(name: string): string {
  const known = names.get(name)
  if (known) return known
  const made = `"${name.replace(/\B[A-Z]/g, '_$&').toLowerCase()}"`
  names.set(name, made)
  return made
}

/** The type of a column, if the model has it. */
export function columnType(model: Model, field: string): string | undefined {
  const found = model.fields.get(field)
  return found && found.kind !== 'object' ? found.type : undefined
}

export function columnOf(model: Model, alias: string, field: string): string {
  if (columnType(model, field) === undefined)
    throw new NotCompilable(`${model.name} has no column ${field}`)
  return `${alias}.${quoted(field)}`
}

/** A relation as a condition between the rows of two tables. */
export interface Relation {
  target: Model
  isList: boolean
  /** Whether every row refers to one. */
  isRequired: boolean
  on(from: string, to: string): string
  /** The column that refers, of whichever side has it. */
  key: string
}

/** What refers to one row does so by its tenant and its id. */
export function relationOf(model: Model, name: string): Relation {
  const field = model.fields.get(name)
  if (field?.kind !== 'object') throw new NotCompilable(`${model.name} has no relation ${name}`)
  const target = modelOf(field.type)
  const referring = field.relationFromFields?.length ? field : backOf(model, field, target)
  const key = `${referring.name}Id`
  const side = referring === field ? model : target
  if (!referring.relationFromFields?.includes(key) || columnType(side, key) === undefined)
    throw new NotCompilable(`${model.name}.${name} does not refer by an id`)
  return {
    target,
    isList: field.isList,
    isRequired: field.isRequired,
    key,
    on: (from, to) => {
      const ids =
        referring === field
          ? [`${to}."id"`, `${from}.${quoted(key)}`]
          : [`${to}.${quoted(key)}`, `${from}."id"`]
      return `${to}."tenant_id" = ${from}."tenant_id" AND ${ids.join(' = ')}`
    },
  }
}

function backOf(model: Model, field: DatamodelField, target: Model): DatamodelField {
  for (const candidate of target.fields.values()) {
    const { relationName, type, relationFromFields } = candidate
    const refers = relationFromFields !== undefined && relationFromFields.length > 0
    if (relationName === field.relationName && type === model.name && refers) return candidate
  }
  throw new NotCompilable(`nothing refers back to ${model.name}.${field.name}`)
}
