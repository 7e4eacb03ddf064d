import type { Transaction } from '../database/transaction.ts'
import { Prisma } from '../generated/prisma/client.ts'
import { newId } from '../ids.ts'
import { takeNumbers } from '../tenant/service.ts'
import { isEmail, type Link, type Links, missing, type Names } from './rules.ts'

/**
 * Looks up names in any case, as PostgreSQL folds them. An owner with an @ is an email address.
 * Names that are the same but for their case are one link.
 */
export async function findLinks(tx: Transaction, rows: Names[]): Promise<(row: Names) => Links> {
  const owners = rows.flatMap(({ owner }) => owner ?? [])
  const organizations = await find(
    tx,
    Prisma.sql`SELECT tenant_id, id, number, lower(name) AS folded FROM organization`,
    rows.flatMap(({ organization }) => organization ?? []),
  )
  const byName = await find(
    tx,
    Prisma.sql`SELECT tenant_id, id, number, lower(name) AS folded FROM member WHERE deleted_at IS NULL`,
    owners.filter((owner) => !isEmail(owner)),
  )
  const byEmail = await find(
    tx,
    Prisma.sql`SELECT tenant_id, id, number, lower(email) AS folded FROM member WHERE deleted_at IS NULL`,
    owners.filter(isEmail),
  )
  const sources = await find(
    tx,
    Prisma.sql`SELECT tenant_id, id, created_at AS number, lower(name) AS folded FROM source`,
    rows.flatMap(({ source }) => source ?? []),
  )
  return ({ organization = '', owner = '', source = '' }) => ({
    organization: organizations.get(organization),
    owner: byName.get(owner) ?? byEmail.get(owner),
    source: sources.get(source),
  })
}

async function find(
  { db, tenantId }: Transaction,
  candidates: Prisma.Sql,
  wanted: string[],
): Promise<Map<string, Link>> {
  const names = [...new Set(wanted)]
  if (names.length === 0) return new Map()
  const found = await db.$queryRaw<{ name: string; folded: string; ids: string[] }[]>`
    SELECT w.name, lower(w.name) AS folded, array_remove(array_agg(c.id::text ORDER BY c.number), NULL) AS ids
    FROM unnest(${names}::text[]) WITH ORDINALITY AS w(name, place)
    LEFT JOIN (${candidates}) AS c ON c.tenant_id = ${tenantId}::uuid AND c.folded = lower(w.name)
    GROUP BY w.name, w.place
    ORDER BY w.place DESC`
  const links = new Map(found.map(({ folded, name, ids }) => [folded, { name, ids }]))
  return new Map(found.map(({ name, folded }) => [name, links.get(folded) ?? { name, ids: [] }]))
}

/**
 * Creates the organizations, members and sources that the links name and nothing has yet; each then stands
 * for the new one.
 */
export async function createMissing(tx: Transaction, links: Links[]): Promise<void> {
  await createOrganizations(tx, missing(links.map(({ organization }) => organization)))
  await createMembers(tx, missing(links.map(({ owner }) => owner)))
  await createSources(tx, missing(links.map(({ source }) => source)))
}

async function createSources(tx: Transaction, links: Link[]): Promise<void> {
  if (links.length === 0) return
  const { db, tenantId, now } = tx
  await db.source.createMany({
    data: links.map(({ name, ids }) => {
      const id = newId()
      ids.push(id)
      tx.emit({ type: 'source.created', payload: { sourceId: id } })
      return { tenantId, id, name, createdAt: now }
    }),
  })
}

async function createOrganizations(tx: Transaction, links: Link[]): Promise<void> {
  if (links.length === 0) return
  const { db, tenantId, now } = tx
  const firstNumber = await takeNumbers(tx, 'organization', links.length)
  const times = { createdAt: now, updatedAt: now }
  await db.organization.createMany({
    data: links.map(({ name, ids }, index) => {
      const id = newId()
      ids.push(id)
      tx.emit({ type: 'organization.created', payload: { organizationId: id } })
      return { tenantId, id, number: firstNumber + index, name, ...times }
    }),
  })
}

async function createMembers(tx: Transaction, links: Link[]): Promise<void> {
  if (links.length === 0) return
  const { db, tenantId, now } = tx
  const firstNumber = await takeNumbers(tx, 'member', links.length)
  await db.member.createMany({
    data: links.map(({ name, ids }, index) => {
      const id = newId()
      ids.push(id)
      tx.emit({ type: 'member.created', payload: { memberId: id } })
      const email = isEmail(name) ? name : null
      return {
        tenantId,
        id,
        number: firstNumber + index,
        name,
        email,
        role: 'MEMBER',
        createdAt: now,
      }
    }),
  })
}
