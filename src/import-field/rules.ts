import { parse } from 'csv-parse/sync'

/** What a column of the file can tell of a deal. */
export const importFields = [
  'id',
  'externalId',
  'name',
  'pipeline',
  'stage',
  'organization',
  'owner',
  'source',
  'createdAt',
  'closedAt',
  'deletedAt',
  'amount',
  'currency',
  'valuePeriod',
  'confidence',
  'priority',
  'description',
  'nextStep',
  'expectedCloseDate',
  'reason',
  'leadRef',
  'metadata',
  'tags',
  'assignees',
  'contactName',
  'contactEmail',
  'contactRole',
  'contacts',
  'history',
] as const
export type ImportField = (typeof importFields)[number]
export type CustomKey = `cf_${string}`
export type MappedField = ImportField | CustomKey

/** Which column of the file tells a field. */
export type Mapping = Partial<Record<MappedField, string>>

/** At which index of a row each mapped field is. */
export type FieldIndexes = Partial<Record<MappedField, number>>

/**
 * Reads `field=column,field=column`. A column with a comma in its name is quoted as in CSV:
 * `"amount=Amount, net"`.
 */
export function parseMap(text: string): Mapping {
  const mapping: Mapping = {}
  for (const pair of parseList(text)) {
    const [, field = '', column = ''] = /^([^=]*)=(.*)$/s.exec(pair) ?? []
    if (!column.trim()) throw new Error(`--map takes field=column pairs, and "${pair}" is none.`)
    const name = field.trim()
    if (!isField(name)) {
      const known = [...importFields, 'cf_… of custom fields'].join(', ')
      throw new Error(`--map knows no field "${name}", only ${known}.`)
    }
    if (mapping[name]) throw new Error(`--map names the field ${name} twice.`)
    mapping[name] = column.trim()
  }
  const missing = missingFields(mapping)
  if (missing.length > 0) throw new Error(`--map must tell the columns of ${missing.join(', ')}.`)
  return mapping
}

/** The columns that are named as the fields they tell. */
export function mapByName(columns: string[]): Mapping {
  const mapping = Object.fromEntries(columns.filter(isField).map((field) => [field, field]))
  const missing = missingFields(mapping)
  if (missing.length === 0) return mapping
  const needed = missing.join(', ')
  throw new Error(`No column is named ${needed}: tell with --map which columns say so.`)
}

export function isCustomKey(field: string): field is CustomKey {
  return field.startsWith('cf_')
}

function isField(name: string): name is MappedField {
  return isCustomKey(name) || importFields.some((field) => field === name)
}

function missingFields(mapping: Mapping): string[] {
  const keys = mapping.id || mapping.externalId ? [] : ['id or externalId']
  return [...keys, ...(['name', 'stage'] as const).filter((field) => !mapping[field])]
}

/** Reads a list separated by commas; an item with a comma in it is quoted as in CSV. */
export function parseList(text: string): string[] {
  const [items = []] = parse(text, { relax_quotes: true, trim: true }) as string[][]
  return items.filter((item) => item !== '')
}

export function findColumns(mapping: Mapping, columns: string[]): FieldIndexes {
  const indexes: FieldIndexes = {}
  for (const [field, column] of Object.entries(mapping) as [MappedField, string][]) {
    const index = columns.indexOf(column)
    if (index === -1) {
      throw new Error(
        `The file has no column "${column}" for ${field}, only ${columns.join(', ')}.`,
      )
    }
    if (columns.lastIndexOf(column) !== index)
      throw new Error(`The file has two columns "${column}".`)
    indexes[field] = index
  }
  const single = (['contactName', 'contactEmail', 'contactRole'] as const).find(
    (field) => field in indexes,
  )
  if (single && 'contacts' in indexes) {
    throw new Error(`The contacts of a deal are told by contacts or by ${single}, not by both.`)
  }
  return indexes
}
