import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { afterAll, vi } from 'vitest'
import { registerExport } from '../src/commands/export.ts'
import { registerImport } from '../src/commands/import.ts'
import { done, pipelineFixture } from './fixtures.ts'
import type { TestTenant } from './harness.ts'

/** A folder for the files of a test file, gone in the end. */
export async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'dealgraph-files-'))
  afterAll(() => rm(path, { recursive: true }))
  return path
}

/** Runs `dealgraph import` or `dealgraph export` of a tenant; returns what it printed. */
export async function command(
  { database, slug }: Pick<TestTenant, 'database' | 'slug'>,
  ...args: string[]
): Promise<{ output: string; notices: string }> {
  const [out, err] = [process.stdout, process.stderr].map((stream) =>
    vi.spyOn(stream, 'write').mockReturnValue(true),
  )
  const printed = (spy: typeof out) => spy?.mock.calls.map(([text]) => String(text)).join('') ?? ''
  try {
    const program = new Command().exitOverride()
    registerImport(program, (_holder, work) => work(database))
    registerExport(program, (_holder, work) => work(database))
    await program.parseAsync([...args, '--tenant', slug], { from: 'user' })
    return { output: printed(out), notices: printed(err) }
  } finally {
    out?.mockRestore()
    err?.mockRestore()
  }
}

export const definitions = [
  { key: 'cf_region', type: 'TEXT' },
  { key: 'cf_seats', type: 'NUMBER' },
  { key: 'cf_budget', type: 'MONEY' },
  { key: 'cf_signed', type: 'DATE' },
  { key: 'cf_partner', type: 'BOOLEAN' },
  { key: 'cf_tier', type: 'SELECT', options: ['Gold', 'Silver; plated'] },
  { key: 'cf_modules', type: 'MULTI_SELECT', options: ['Board', 'Feed; news', 'Plans'] },
  { key: 'cf_site', type: 'URL' },
]

export async function defineFields(t: TestTenant): Promise<void> {
  for (const field of definitions)
    await done(t, 'createCustomField', { ...field, label: field.key })
}

/** The pipelines and fields that an export refers to. */
export async function preparedTenant(t: TestTenant) {
  await defineFields(t)
  const sales = await pipelineFixture(t)
  const renewals = await pipelineFixture(t, { name: 'Renewals' })
  return { sales, renewals }
}

/** Moves a deal as its board does, at the version that it has. */
export async function moveOn(
  t: TestTenant,
  dealId: string,
  stages: [stageId: string, reason?: string][],
  version = 1,
): Promise<void> {
  for (const [index, [stageId, reason]] of stages.entries()) {
    const input = { dealId, stageId, expectedVersion: version + index, ...(reason && { reason }) }
    await done(t, 'moveDeal', { ...input, note: `Step ${index}, "quoted"\nand on` })
  }
}

/** All that an import must bring over; not numbers, versions, ids of stages and times of writing. */
export function meaningOf(t: TestTenant) {
  const where = { tenantId: t.tenantId }
  const name = { select: { name: true } } as const
  const person = {
    select: { id: true, name: true, email: true, phone: true, jobTitle: true, organization: name },
  } as const
  const member = { select: { email: true } } as const
  const omit = {
    ...{ tenantId: true, number: true, pipelineId: true, stageId: true, lastOpenStageId: true },
    ...{ organizationId: true, ownerId: true, sourceId: true, closeReasonId: true, rank: true },
    ...{ version: true, updatedAt: true },
  } as const
  return t.read((db) =>
    db.deal.findMany({
      where,
      orderBy: { id: 'asc' },
      omit,
      include: {
        ...{ pipeline: name, stage: name, lastOpenStage: name, organization: name, source: name },
        ...{ closeReason: name, owner: member, primaryContact: person },
        tags: { select: { tag: name }, orderBy: { tag: { name: 'asc' } } },
        assignees: { select: { member }, orderBy: { member: { email: 'asc' } } },
        customValues: { omit: { tenantId: true }, orderBy: [{ key: 'asc' }, { ordinal: 'asc' }] },
        contacts: {
          select: {
            role: true,
            isPrimary: true,
            metadata: true,
            contact: person,
            introducedBy: person,
          },
          orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
        },
        history: {
          orderBy: { seq: 'asc' },
          omit: {
            ...{ tenantId: true, id: true, fromPipelineId: true, fromStageId: true },
            ...{ toPipelineId: true, toStageId: true, actorMemberId: true, actorApiKeyId: true },
            requestId: true,
          },
          include: {
            fromPipeline: name,
            fromStage: name,
            toPipeline: name,
            toStage: name,
            actorMember: member,
          },
        },
      },
    }),
  )
}
