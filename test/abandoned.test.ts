import { beforeEach, describe, expect, it } from 'vitest'
import { Abandoned, openSession } from '../src/database/session.ts'
import { wholeTenant } from '../src/database/tenant-view.ts'
import { operator } from '../src/database/transaction.ts'
import { invalid, Refusal, refuse } from '../src/user-errors.ts'
import { contactFixture, dealFixture, organizationFixture, pipelineFixture } from './fixtures.ts'
import { type TestTenant, testTenant } from './harness.ts'

let t: TestTenant

beforeEach(async () => {
  t = await testTenant()
  await pipelineFixture(t)
  const organization = await organizationFixture(t)
  const contact = await contactFixture(t)
  await dealFixture(t, { organizationId: organization.id, contactIds: [contact.id] })
})

const deep = `organization { deals(first: 2) { nodes { contacts { contact { deals { totalCount } } } } } }
  contacts { contact { deals(first: 2) { nodes { pipelineName history { totalCount } } } } }`

/** How many transactions the work began and did not end. */
async function leftOpen(work: () => Promise<unknown>): Promise<number> {
  const statements = await t.recordStatements(work)
  const begun = statements.filter((text) => /^(BEGIN|START)/i.test(text))
  const ended = statements.filter((text) => /^(COMMIT|ROLLBACK)(?! TO)/i.test(text))
  expect(begun.length).toBeGreaterThan(0)
  return begun.length - ended.length
}

describe('an operation of which one field is wrong', () => {
  it('has no other error, whatever was being read beside it', async () => {
    const query = `{ members(last: 1000) { totalCount } dealByNumber(number: 1) { ${deep} } }`
    const open = await leftOpen(async () => {
      for (let times = 0; times < 4; times += 1) {
        const { data, errors } = await t.graphql(query)
        expect(data).toBe(null)
        expect(errors).toMatchObject([
          { path: ['members'], extensions: { code: 'BAD_USER_INPUT' } },
        ])
      }
    })
    expect(open).toBe(0)
  })
})

describe('a session', () => {
  const where = () => ({ where: { tenantId: t.tenantId } })

  it('reads before and after a write, and nothing while it writes or once it is closed', async () => {
    const open = await leftOpen(async () => {
      const session = openSession(t.database, () => wholeTenant(t.tenantId))
      const early = session.db.deal.count(where())
      const scope = {
        ...wholeTenant(t.tenantId),
        ...{ actor: operator, now: new Date(), requestId: 'test' },
      }
      const write = session.write(scope, async (tx) => tx.emit({ type: 'deal.updated' }))
      await expect(session.db.deal.count(where())).rejects.toBeInstanceOf(Abandoned)
      await write
      expect([await early, await session.db.deal.count(where())]).toEqual([1, 1])
      await session.close()
      await expect(session.db.deal.count(where())).rejects.toBeInstanceOf(Abandoned)
    })
    expect(open).toBe(0)
  })

  it('reads on after a write that failed', async () => {
    const session = openSession(t.database, () => wholeTenant(t.tenantId))
    const scope = {
      ...wholeTenant(t.tenantId),
      ...{ actor: operator, now: new Date(), requestId: 'test' },
    }
    const refused = session.write(scope, async () => refuse(invalid('No.', [])))
    await expect(refused).rejects.toBeInstanceOf(Refusal)
    expect(await session.db.deal.count(where())).toBe(1)
    await session.close()
  })
})
