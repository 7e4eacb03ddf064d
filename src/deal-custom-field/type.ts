import { builder } from '../builder.ts'
import type { Context } from '../context.ts'
import { customFieldsOfTenant } from '../custom-field/loaders.ts'
import { CustomFieldDefinition } from '../custom-field/type.ts'
import { type CustomFieldType, isOfType } from '../custom-value/rules.ts'
import { Deal } from '../deal/type.ts'
import type { CustomFieldDefinition as Definition } from '../generated/prisma/client.ts'
import { Prisma } from '../generated/prisma/client.ts'
import type { Declaration, RowSql } from '../rows.ts'

interface StoredValue {
  definition: Definition
  value: unknown
}

const typenames: Record<CustomFieldType, string> = {
  TEXT: 'TextValue',
  NUMBER: 'NumberValue',
  MONEY: 'MoneyValue',
  DATE: 'DateValue',
  BOOLEAN: 'BooleanValue',
  SELECT: 'SelectValue',
  MULTI_SELECT: 'MultiSelectValue',
  URL: 'UrlValue',
}

const CustomFieldValue = builder.interfaceRef<StoredValue>('CustomFieldValue').implement({
  description:
    'The value that a deal has of a custom field; its type is that of the field. A value that is older than its field and does not fit it is a TextValue.',
  resolveType: ({ definition, value }) => {
    const type = definition.type as CustomFieldType
    return typenames[isOfType(type, value) ? type : 'TEXT']
  },
  fields: (t) => ({
    key: t.string({
      extensions: { sql: (value) => value.column('key') } satisfies Declaration,
      description: 'The field’s key: `cf_region`.',
      resolve: ({ definition }) => definition.key,
    }),
    definition: t.field({
      type: CustomFieldDefinition,
      description: 'The field, which may be archived.',
      resolve: ({ definition }) => definition,
    }),
    value: t.field({
      type: 'JSON',
      extensions: { sql: (value) => value.column('value') } satisfies Declaration,
      description: 'The value as inputs write it, whatever its type.',
      resolve: ({ value }) => value,
    }),
  }),
})

type ValueFields = PothosSchemaTypes.ObjectFieldBuilder<
  typeof builder.$inferSchemaTypes,
  StoredValue
>

function valueType(
  type: CustomFieldType,
  description: string,
  fields: (t: ValueFields) => ReturnType<Parameters<typeof builder.objectFields>[1]>,
): void {
  builder
    .objectRef<StoredValue>(typenames[type])
    .implement({ description, interfaces: [CustomFieldValue], fields })
}

valueType('TEXT', 'A value of a TEXT field.', (t) => ({
  text: t.string({
    description: 'The text; of a value that does not fit its field, its JSON.',
    resolve: ({ value }) => (typeof value === 'string' ? value : JSON.stringify(value)),
  }),
}))

valueType('NUMBER', 'A value of a NUMBER field.', (t) => ({
  number: t.field({
    type: 'Decimal',
    description: 'The number.',
    resolve: ({ value }) => new Prisma.Decimal(value as number),
  }),
}))

valueType('MONEY', 'A value of a MONEY field.', (t) => ({
  amount: t.field({
    type: 'Decimal',
    description: 'How much, in `currency`.',
    resolve: ({ value }) => new Prisma.Decimal((value as { amount: string }).amount),
  }),
  currency: t.field({
    type: 'CurrencyCode',
    description: 'The currency of `amount`.',
    resolve: ({ value }) => (value as { currency: string }).currency,
  }),
}))

valueType('DATE', 'A value of a DATE field.', (t) => ({
  date: t.field({
    type: 'Date',
    description: 'The day.',
    resolve: ({ value }) => new Date(`${value}T00:00:00Z`),
  }),
}))

valueType('BOOLEAN', 'A value of a BOOLEAN field.', (t) => ({
  boolean: t.boolean({ description: 'True or false.', resolve: ({ value }) => value === true }),
}))

valueType('SELECT', 'A value of a SELECT field.', (t) => ({
  option: t.string({
    description: 'The option, which may have been removed from the field since.',
    resolve: ({ value }) => value as string,
  }),
}))

valueType('MULTI_SELECT', 'A value of a MULTI_SELECT field.', (t) => ({
  options: t.stringList({
    description: 'The options, which may have been removed from the field since.',
    resolve: ({ value }) => value as string[],
  }),
}))

valueType('URL', 'A value of a URL field.', (t) => ({
  url: t.string({ description: 'The address.', resolve: ({ value }) => value as string }),
}))

/** What a deal has, in the order of the fields. Their definitions are looked up once a request. */
async function valuesOf(ctx: Context, stored: unknown): Promise<StoredValue[]> {
  const values = new Map(Object.entries(stored as object))
  if (values.size === 0) return []
  const definitions = await ctx.loader(customFieldsOfTenant).load(ctx.viewer.tenantId)
  return definitions.flatMap((definition) => {
    const value = values.get(definition.key)
    return value == null ? [] : [{ definition, value }]
  })
}

/** What all types of values have in common; what only one has is told apart in TypeScript alone. */
function storedValues(deal: RowSql): Prisma.Sql {
  const [tenantId, values] = [deal.column('tenantId'), deal.column('customFields')].map((column) =>
    Prisma.raw(column),
  )
  return Prisma.sql`
    SELECT d.key, ${values} -> d.key AS value FROM custom_field_definition d
    WHERE d.tenant_id = ${tenantId} AND ${values} -> d.key <> 'null' ORDER BY d.position, d.id`
}

builder.prismaObjectField(Deal, 'customFields', (t) =>
  t.field({
    type: [CustomFieldValue],
    extensions: { cost: { size: 8 }, table: storedValues },
    description:
      'The values that it has of the tenant’s own fields, in the order of the fields; of archived ones too.',
    select: { customFields: true },
    resolve: ({ customFields }, _args, ctx) => valuesOf(ctx, customFields),
  }),
)

builder.prismaObjectField(Deal, 'customField', (t) =>
  t.field({
    type: CustomFieldValue,
    nullable: true,
    description: 'Its value of one of the tenant’s own fields; null when it has none.',
    args: { key: t.arg.string({ required: true, description: 'The field’s key: `cf_region`.' }) },
    select: { customFields: true },
    resolve: async ({ customFields }, { key }, ctx) => {
      const values = await valuesOf(ctx, customFields)
      return values.find(({ definition }) => definition.key === key) ?? null
    },
  }),
)
