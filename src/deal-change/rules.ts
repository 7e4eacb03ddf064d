import type { Deal, Prisma } from '../generated/prisma/client.ts'

/** The fields of a deal whose changes are kept, by the columns that hold them. */
export const auditedFields = {
  name: 'name',
  amount: 'amount',
  currency: 'currency',
  ownerId: 'owner',
  organizationId: 'organization',
  expectedCloseDate: 'expectedCloseDate',
  priority: 'priority',
  confidence: 'confidence',
} as const

export type AuditedColumn = keyof typeof auditedFields
type AuditedValues = Pick<Deal, AuditedColumn>

export interface FieldChange {
  column: AuditedColumn
  from: string | null
  to: string | null
}

/** What a write changes of the audited fields, each as a text; ids stay ids. */
export function fieldChanges(
  before: AuditedValues,
  values: Partial<Record<AuditedColumn, unknown>>,
): FieldChange[] {
  return (Object.keys(auditedFields) as AuditedColumn[]).flatMap((column) => {
    if (values[column] === undefined) return []
    const [from, to] = [textOf(before[column]), textOf(values[column])]
    return from === to ? [] : [{ column, from, to }]
  })
}

function textOf(value: unknown): string | null {
  if (value == null) return null
  if (value instanceof Date) return value.toISOString().slice(0, 10)
  return typeof value === 'object' ? (value as Prisma.Decimal).toFixed() : String(value)
}
