import type { FileReject } from '../src/csv/service.ts'
import { wholeTenant } from '../src/database/tenant-view.ts'
import { type Counts, type Import, type ImportOptions, importDeals } from '../src/import/service.ts'
import { mapByName } from '../src/import-field/rules.ts'
import type { TestTenant } from './harness.ts'

export const columns = [
  'id',
  'title',
  'stage',
  'company',
  'owner',
  'opened',
  'closed',
  'value',
  'currency',
]
export const options: ImportOptions = {
  map: {
    externalId: 'id',
    name: 'title',
    stage: 'stage',
    organization: 'company',
    owner: 'owner',
    createdAt: 'opened',
    closedAt: 'closed',
    amount: 'value',
    currency: 'currency',
  },
  pipeline: 'Imported',
  stages: ['Lead', 'Offer', 'Won', 'Lost'],
  won: ['Won'],
  lost: ['Lost'],
  entry: 'Offer',
}
export const noChange = { created: 0, updated: 0, unchanged: 0, rejected: 0 }
export const now = new Date('2026-06-01T12:00:00.000Z')

/** Cells in the order of the columns; those left out are empty. */
export type Cells = string[]

export async function* asRows(cells: Cells[]) {
  let line = 1
  for (const row of cells) {
    line += 1
    yield { line, cells: columns.map((_, index) => row[index] ?? '') }
  }
}

export async function run(
  { database, tenantId }: TestTenant,
  rows: Cells[] | Import['file']['rows'],
  changed: Partial<ImportOptions> = {},
): Promise<{ counts: Counts; rejects: FileReject[] }> {
  const rejects: FileReject[] = []
  const counts = await importDeals({
    database,
    tenantId,
    clock: () => now,
    requestId: 'import-test',
    file: { columns, rows: Array.isArray(rows) ? asRows(rows) : rows },
    options: { ...options, ...changed },
    onRejects: async (more) => void rejects.push(...more),
  })
  return { counts, rejects }
}

export function read<T>(tenant: TestTenant, work: Parameters<typeof tenant.read<T>>[0]) {
  return tenant.read(work)
}

export function findDeal(tenant: TestTenant, externalId: string) {
  const { tenantId } = tenant
  return read(tenant, (db) =>
    db.deal.findFirstOrThrow({
      where: { tenantId, externalId },
      include: { stage: true, lastOpenStage: true, organization: true, owner: true },
    }),
  )
}

export async function historyOf(tenant: TestTenant, externalId: string): Promise<string[]> {
  const { id: dealId } = await findDeal(tenant, externalId)
  const where = { tenantId: tenant.tenantId, dealId }
  const changes = await read(tenant, (db) =>
    db.stageChange.findMany({ where, orderBy: { seq: 'asc' } }),
  )
  return changes.map((change) =>
    [
      `${change.seq} ${change.direction} ${change.fromStageName ?? ''}>${change.toStageName}`,
      `${change.probability}% ${change.amount} ${change.currency} ${change.occurredAt.toISOString()}`,
    ].join(' '),
  )
}

/** Everything that the tenant has, to compare. */
export function everythingOf(tenant: TestTenant) {
  const where = { tenantId: tenant.tenantId }
  const orderBy = { id: 'asc' } as const
  return read(tenant, async (db) => ({
    deals: await db.deal.findMany({ where, orderBy }),
    changes: await db.stageChange.findMany({ where, orderBy }),
    organizations: await db.organization.findMany({ where, orderBy }),
    members: await db.member.findMany({ where, orderBy }),
    stages: await db.stage.findMany({ where, orderBy }),
    revision: await db.tenantRevision.findMany({ where }),
    events: await db.event.count({ where }),
  }))
}

export async function changeStage(
  tenant: TestTenant,
  name: string,
  data: { name?: string; archivedAt?: Date },
) {
  await tenant.database.write(wholeTenant(tenant.tenantId), (db) =>
    db.stage.updateMany({ where: { tenantId: tenant.tenantId, name }, data }),
  )
}

export const sample: Cells[] = [
  ['1', 'Mill', 'Offer', 'Acme', 'Ann', '2026-01-10', '', '100.50', 'USD'],
  ['2', 'Barn', 'Won', 'ACME', 'ann', '2026-01-11', '2026-02-01', '200', 'EUR'],
  ['3', 'Shed', 'lost', '', 'bo@example.com', '2026-01-12', '', '', ''],
  ['4', 'Yard', 'Lead'],
]

/** What a row tells, by the names of the fields. */
export type Fields = Record<string, unknown>

/** Imports rows whose columns are named as fields into the pipeline Sales. */
export async function runFields(
  { database, tenantId }: TestTenant,
  rows: Fields[],
  options: Partial<ImportOptions> = {},
): Promise<{ counts: Counts; reasons: string[][] }> {
  const fields = [...new Set(['externalId', ...rows.flatMap(Object.keys)])]
  const textOf = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value))
  async function* lines() {
    for (const [index, row] of rows.entries()) {
      yield { line: index + 2, cells: fields.map((field) => textOf(row[field] ?? '')) }
    }
  }
  const rejects: FileReject[] = []
  const counts = await importDeals({
    ...{ database, tenantId, requestId: 'import-test', clock: () => now },
    file: { columns: fields, rows: lines() },
    options: { pipeline: 'Sales', map: mapByName(fields), ...options },
    onRejects: async (more) => void rejects.push(...more),
  })
  return { counts, reasons: rejects.map(({ reasons }) => reasons) }
}
