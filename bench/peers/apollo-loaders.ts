import DataLoader from 'dataloader'
import type { Prisma } from '../../src/generated/prisma/client.ts'

export type Loaders = ReturnType<typeof loadersOf>

/** The dataloaders of one request. */
export function loadersOf(db: Prisma.TransactionClient, tenantId: string) {
  const of = (ids: readonly string[]) => ({ tenantId, id: { in: [...ids] } })
  return {
    pipeline: byId((ids) => db.pipeline.findMany({ where: of(ids) })),
    stage: byId((ids) => db.stage.findMany({ where: of(ids) })),
    organization: byId((ids) => db.organization.findMany({ where: of(ids) })),
    contact: byId((ids) => db.contact.findMany({ where: of(ids) })),
    contacts: listsBy('dealId', (ids) =>
      db.dealContact.findMany({
        where: { tenantId, dealId: { in: [...ids] } },
        orderBy: [{ isPrimary: 'desc' }, { createdAt: 'asc' }, { id: 'asc' }],
      }),
    ),
    stages: listsBy('pipelineId', (ids) =>
      db.stage.findMany({
        where: { tenantId, pipelineId: { in: [...ids] }, archivedAt: null },
        orderBy: { position: 'asc' },
      }),
    ),
    totals: listsBy('stageId', (ids) =>
      db.stageTotal.findMany({
        where: { tenantId, stageId: { in: [...ids] }, count: { gt: 0 } },
        orderBy: { currency: 'asc' },
      }),
    ),
  }
}

function byId<T extends { id: string }>(find: (ids: readonly string[]) => Promise<T[]>) {
  return new DataLoader<string, T | null>(async (ids) => {
    const found = new Map((await find(ids)).map((row) => [row.id, row]))
    return ids.map((id) => found.get(id) ?? null)
  })
}

function listsBy<K extends string, T extends Record<K, string>>(
  key: K,
  find: (ids: readonly string[]) => Promise<T[]>,
) {
  return new DataLoader<string, T[]>(async (ids) => {
    const lists = new Map<string, T[]>(ids.map((id) => [id, []]))
    for (const row of await find(ids)) lists.get(row[key])?.push(row)
    return ids.map((id) => lists.get(id) ?? [])
  })
}
