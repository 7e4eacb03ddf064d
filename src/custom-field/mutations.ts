import { idOf, optionalIdOf } from '../ids.ts'
import { type InputFields, mutation, type PayloadFields } from '../mutation.ts'
import { rowOfPayload } from '../payload.ts'
import * as customFields from './service.ts'
import { CustomFieldDefinition, CustomFieldType } from './type.ts'

const valueFields = (t: InputFields) => ({
  description: t.string({ description: 'What it is for, at most 10 000 characters.' }),
  required: t.boolean({
    description: 'Whether a new deal must have a value. A new field: false.',
  }),
  options: t.stringList({
    description:
      'What a SELECT or MULTI_SELECT offers: 1 to 200 texts of 1 to 255 characters, no two the same in any case.',
  }),
})

const customFieldId = (t: InputFields) => t.id({ required: true, description: 'The field.' })

const payload = {
  description: 'The field, or why nothing was done.',
  fields: (t: PayloadFields<{ customFieldId: string }>) => ({
    customField: t.prismaField(
      rowOfPayload({
        type: CustomFieldDefinition,
        key: 'customFieldId',
        description: 'The field as it is now; null when the mutation was refused.',
        find: (db, byId) => db.customFieldDefinition.findUnique(byId),
      }),
    ),
  }),
}

mutation('createCustomField', {
  scope: 'pipelines:write',
  description: 'Creates a field of the tenant’s deals; at most 200 are live at a time.',
  input: {
    description: 'A field to create. Its key and its type are for ever.',
    fields: (t) => ({
      key: t.string({
        required: true,
        description:
          '`cf_` and 1 to 60 small letters, digits or underscores; none that a field has or had.',
      }),
      label: t.string({ required: true, description: '1 to 255 characters.' }),
      type: t.field({
        type: CustomFieldType,
        required: true,
        description: 'What its values are.',
      }),
      pipelineId: t.id({
        description: 'The pipeline of whose deals it is. Default: of all deals.',
      }),
      ...valueFields(t),
    }),
  },
  payload,
  write: ({ pipelineId, ...values }) => {
    const field = { ...values, pipelineId: optionalIdOf('Pipeline', pipelineId) }
    return (tx) => customFields.createCustomField(tx, field)
  },
})

mutation('updateCustomField', {
  scope: 'pipelines:write',
  description: 'Changes what a field says. No value that a deal has is changed by it.',
  input: {
    description:
      'What to change of a field. What is left out stays as it is; null clears `description`.',
    fields: (t) => ({
      customFieldId: customFieldId(t),
      label: t.string({ description: '1 to 255 characters.' }),
      ...valueFields(t),
      position: t.int({ description: 'Its place among all fields, archived ones too, from 0.' }),
    }),
  },
  payload,
  write: ({ customFieldId, ...values }) => {
    const change = { ...values, customFieldId: idOf('CustomFieldDefinition', customFieldId) }
    return (tx) => customFields.updateCustomField(tx, change)
  },
})

mutation('archiveCustomField', {
  scope: 'pipelines:write',
  description:
    'Archives a field: deals keep the values that they have of it, and are given no more.',
  input: {
    description: 'The field to archive.',
    fields: (t) => ({ customFieldId: customFieldId(t) }),
  },
  payload,
  write: ({ customFieldId }) => {
    const field = { customFieldId: idOf('CustomFieldDefinition', customFieldId) }
    return (tx) => customFields.archiveCustomField(tx, field)
  },
})

mutation('restoreCustomField', {
  scope: 'pipelines:write',
  description: 'Brings an archived field back. One that is not archived stays as it is.',
  input: {
    description: 'The field to restore.',
    fields: (t) => ({ customFieldId: customFieldId(t) }),
  },
  payload,
  write: ({ customFieldId }) => {
    const field = { customFieldId: idOf('CustomFieldDefinition', customFieldId) }
    return (tx) => customFields.restoreCustomField(tx, field)
  },
})
