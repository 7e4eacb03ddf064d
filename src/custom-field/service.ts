import { changedValues } from '../changes.ts'
import type { CustomFieldType } from '../custom-value/rules.ts'
import type { Transaction } from '../database/transaction.ts'
import type { CustomFieldDefinition, Prisma } from '../generated/prisma/client.ts'
import { newId } from '../ids.ts'
import { requirePipeline } from '../pipeline/service.ts'
import { invalid, notFound, refuse } from '../user-errors.ts'
import {
  type CustomValues,
  type CustomValuesChange,
  checkDefinition,
  checkKey,
  type DefinitionValues,
  type FieldDefinition,
  maxLiveFields,
  mergeCustomValues,
} from './rules.ts'

export interface CreateCustomField extends DefinitionValues {
  key: string
  type: CustomFieldType
  label: string
  pipelineId?: string | null
}

export interface UpdateCustomField extends DefinitionValues {
  customFieldId: string
  position?: number | null
}

interface ChangedCustomField {
  customFieldId: string
}

type Definition = CustomFieldDefinition & { type: CustomFieldType }

/** Every definition of the tenant, archived ones too: what mergeCustomValues decides by. */
export async function customFieldDefinitions({
  db,
  tenantId,
}: Transaction): Promise<FieldDefinition[]> {
  const orderBy = [{ position: 'asc' as const }, { id: 'asc' as const }]
  return (await db.customFieldDefinition.findMany({ where: { tenantId }, orderBy })) as Definition[]
}

/**
 * Merges given values into those of one deal; for many deals load the definitions once and call
 * mergeCustomValues. Where nothing can change the definitions are not asked for.
 */
export async function customValues(
  tx: Transaction,
  change: CustomValuesChange,
): Promise<CustomValues> {
  const { stored, given, entering } = change
  if (given === undefined && !entering) {
    return { values: stored as Prisma.InputJsonObject, errors: [] }
  }
  return mergeCustomValues(await customFieldDefinitions(tx), change)
}

/** Adds a field behind the others. Its key is never given to another one. */
export async function createCustomField(
  tx: Transaction,
  { key, type, pipelineId = null, ...values }: CreateCustomField,
): Promise<ChangedCustomField> {
  const { db, tenantId, now } = tx
  const path = ['input']
  const { label, description = null, required, options } = values
  const offered = options ?? []
  const errors = [
    ...checkKey(key, [...path, 'key']),
    ...checkDefinition(type, { label, description, options: offered }, path),
  ]
  if (errors.length > 0) refuse(...errors)
  if (pipelineId) await requirePipeline(tx, pipelineId)
  await refuseTakenKey(tx, key)
  await refuseTooMany(tx)
  const others = await db.customFieldDefinition.aggregate({
    where: { tenantId },
    _max: { position: true },
  })
  const id = newId()
  await db.customFieldDefinition.create({
    data: {
      ...{ tenantId, id, pipelineId, key, type },
      ...{ label: label.trim(), description, required: required ?? false },
      options: offered.map((option) => option.trim()),
      position: (others._max.position ?? -1) + 1,
      createdAt: now,
      updatedAt: now,
    },
  })
  tx.emit({ type: 'custom_field.created', payload: { customFieldId: id, key } })
  return { customFieldId: id }
}

/** Changes what a definition says. Values that deals have stay as they are, whatever it says. */
export async function updateCustomField(
  tx: Transaction,
  { customFieldId: id, position, ...values }: UpdateCustomField,
): Promise<ChangedCustomField> {
  const { db, tenantId, now } = tx
  const field = await fieldToChange(tx, id)
  const errors = checkDefinition(field.type, values, ['input'])
  if (errors.length > 0) refuse(...errors)
  const { label, description, options, required } = values
  const changed = changedValues(field, {
    ...(label != null && { label: label.trim() }),
    ...(description !== undefined && { description }),
    ...(required != null && { required }),
    ...(options != null && { options: options.map((option) => option.trim()) }),
  })
  const moved = await moveTo(tx, field, position)
  const names = [...Object.keys(changed), ...(moved ? ['position'] : [])]
  if (names.length === 0) return { customFieldId: id }
  await db.customFieldDefinition.update({
    where: { tenantId_id: { tenantId, id } },
    data: { ...changed, updatedAt: now },
  })
  tx.emit({ type: 'custom_field.updated', payload: { customFieldId: id, fields: names } })
  return { customFieldId: id }
}

/** Takes a field out of use: no deal is given a value of it, and none loses one. */
export async function archiveCustomField(
  tx: Transaction,
  { customFieldId: id }: { customFieldId: string },
): Promise<ChangedCustomField> {
  const field = await fieldToChange(tx, id)
  if (field.archivedAt) return { customFieldId: id }
  await refuseRequired(tx, field)
  await setArchivedAt(tx, id, tx.now)
  tx.emit({ type: 'custom_field.archived', payload: { customFieldId: id, key: field.key } })
  return { customFieldId: id }
}

/** Brings a field back into use, unless as many as there may be are in use. */
export async function restoreCustomField(
  tx: Transaction,
  { customFieldId: id }: { customFieldId: string },
): Promise<ChangedCustomField> {
  const field = await fieldToChange(tx, id)
  if (!field.archivedAt) return { customFieldId: id }
  await refuseTooMany(tx)
  await setArchivedAt(tx, id, null)
  tx.emit({ type: 'custom_field.restored', payload: { customFieldId: id, key: field.key } })
  return { customFieldId: id }
}

/** A stage that required what no deal can be given would take no deal any more. */
async function refuseRequired({ db, tenantId }: Transaction, { key }: Definition): Promise<void> {
  const stages = await db.stage.findMany({
    where: { tenantId, archivedAt: null, requiredFields: { has: key } },
    select: { name: true },
    orderBy: { number: 'asc' },
  })
  if (stages.length === 0) return
  const names = stages.map(({ name }) => `"${name}"`).join(', ')
  const message = `These stages require the field, so change them first: ${names}.`
  refuse(invalid(message, ['input', 'customFieldId']))
}

async function setArchivedAt({ db, tenantId, now }: Transaction, id: string, at: Date | null) {
  await db.customFieldDefinition.update({
    where: { tenantId_id: { tenantId, id } },
    data: { archivedAt: at, updatedAt: now },
  })
}

/** Puts a definition at a place and those between one further; says whether it was elsewhere. */
async function moveTo(
  { db, tenantId }: Transaction,
  { id, position: from }: Definition,
  to: number | null | undefined,
): Promise<boolean> {
  if (to === undefined || to === from) return false
  const last = (await db.customFieldDefinition.count({ where: { tenantId } })) - 1
  const path = ['input', 'position']
  if (to === null) refuse(invalid('A field always has a position: it cannot be cleared.', path))
  if (to < 0 || to > last) refuse(invalid(`A position is 0 to ${last}, not ${to}.`, path))
  const between = to < from ? { gte: to, lt: from } : { gt: from, lte: to }
  await db.customFieldDefinition.updateMany({
    where: { tenantId, position: between },
    data: { position: { increment: to < from ? 1 : -1 } },
  })
  await db.customFieldDefinition.update({
    where: { tenantId_id: { tenantId, id } },
    data: { position: to },
  })
  return true
}

async function fieldToChange({ db, tenantId }: Transaction, id: string): Promise<Definition> {
  const where = { tenantId_id: { tenantId, id } }
  const field = await db.customFieldDefinition.findUnique({ where })
  return (field as Definition) ?? refuse(notFound('custom field', ['input', 'customFieldId']))
}

async function refuseTakenKey({ db, tenantId }: Transaction, key: string): Promise<void> {
  const taken = await db.customFieldDefinition.findUnique({
    where: { tenantId_key: { tenantId, key } },
  })
  if (!taken) return
  const remedy = taken.archivedAt ? ', which is archived: restore it' : ''
  const message = `The key "${key}" is that of the field "${taken.label}"${remedy}.`
  refuse({ code: 'NAME_TAKEN', message, path: ['input', 'key'] })
}

async function refuseTooMany({ db, tenantId }: Transaction): Promise<void> {
  const live = await db.customFieldDefinition.count({ where: { tenantId, archivedAt: null } })
  if (live < maxLiveFields) return
  refuse(invalid(`There are at most ${maxLiveFields} fields: archive one first.`, ['input']))
}
