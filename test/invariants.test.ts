import type pg from 'pg'
import { describe, expect, test } from 'vitest'
import { plantedDatabase, plantedIds } from './planted-tenant.ts'

const a = plantedIds('a')
const b = plantedIds('b')

const database = plantedDatabase()

const now = `'2026-03-02T00:00:00Z'`

/**
 * What PostgreSQL has against the statement, up to and with the check of what it defers to the
 * commit.
 */
async function refusal(statement: string): Promise<{ code?: string; constraint?: string }> {
  try {
    await database().query(`${statement}; SET CONSTRAINTS ALL IMMEDIATE`)
  } catch (error) {
    const { code, constraint } = error as pg.DatabaseError
    return { ...(code && { code }), ...(constraint && { constraint }) }
  }
  return {}
}

// PostgreSQL 18 tells apart what ON DELETE RESTRICT refuses; before it was any other violation of a
// foreign key.
const stillReferredTo = { code: expect.stringMatching(/^23(001|503)$/) }

const ofDeal = `WHERE tenant_id = '${a.tenant}' AND id = '${a.deal}'`

function newPipeline(name: string, isDefault = false): string {
  return `INSERT INTO pipeline (tenant_id, id, number, name, position, is_default, created_at, updated_at)
    VALUES ('${a.tenant}', '${a.unused}', 3, '${name}', 2, ${isDefault}, ${now}, ${now})`
}

function newStage(values: {
  pipeline?: string
  id?: string
  name?: string
  kind: string
  probability: number
}): string {
  const { pipeline = a.pipeline, id = a.unused, name = 'New', kind, probability } = values
  return `INSERT INTO stage (tenant_id, id, pipeline_id, number, name, position, kind, probability, reason_required, created_at, updated_at)
    VALUES ('${a.tenant}', '${id}', '${pipeline}', 7 + abs(hashtext('${id}')) % 1000, '${name}', 9, '${kind}', ${probability}, false, ${now}, ${now})`
}

function newDealContact(contact: string, isPrimary: boolean): string {
  return `INSERT INTO deal_contact (tenant_id, id, deal_id, contact_id, is_primary, created_at, updated_at)
    VALUES ('${a.tenant}', '${a.unused}', '${a.deal}', '${contact}', ${isPrimary}, ${now}, ${now})`
}

function newChange(values: {
  seq: number
  from?: string
  to?: string
  direction?: string
}): string {
  const { seq, from, to = a.won, direction = 'WON' } = values
  const origin = from ? `'${a.pipeline}', '${from}', 'Before'` : 'NULL, NULL, NULL'
  return `INSERT INTO stage_change (tenant_id, id, deal_id, seq, from_pipeline_id, from_stage_id, from_stage_name, to_pipeline_id,
      to_stage_id, to_stage_name, direction, currency, probability, actor_kind, request_id, occurred_at)
    VALUES ('${a.tenant}', '${a.unused}', '${a.deal}', ${seq}, ${origin}, '${a.pipeline}', '${to}', 'After', '${direction}',
      'USD', 100, 'IMPORT', 'test', ${now})`
}

describe('a row of a tenant', () => {
  test.each([
    [
      'a deal to another tenant’s pipeline and stage',
      `UPDATE deal SET pipeline_id = '${b.pipeline}', stage_id = '${b.open}' ${ofDeal}`,
    ],
    [
      'a deal to another tenant’s organization',
      `UPDATE deal SET organization_id = '${b.organization}' ${ofDeal}`,
    ],
    ['a deal to another tenant’s member', `UPDATE deal SET owner_id = '${b.member}' ${ofDeal}`],
    [
      'a deal to another tenant’s last open stage',
      `UPDATE deal SET last_open_stage_id = '${b.open}' ${ofDeal}`,
    ],
    ['a deal’s contact to another tenant’s contact', newDealContact(b.contact, false)],
    [
      'a deal’s contact to another tenant’s introducer',
      `UPDATE deal_contact SET introduced_by_id = '${b.contact}' WHERE id = '${a.dealContact}'`,
    ],
    [
      'a tagging to another tenant’s tag',
      `INSERT INTO deal_tag VALUES ('${a.tenant}', '${a.deal}', '${b.tag}')`,
    ],
    [
      'a tagging to another tenant’s deal',
      `INSERT INTO deal_tag VALUES ('${a.tenant}', '${b.deal}', '${a.tag}')`,
    ],
    [
      'an assignment to another tenant’s member',
      `INSERT INTO deal_assignee VALUES ('${a.tenant}', '${a.deal}', '${b.member}')`,
    ],
    [
      'a stage to another tenant’s pipeline',
      newStage({ pipeline: b.pipeline, kind: 'OPEN', probability: 1 }),
    ],
    [
      'a contact to another tenant’s organization',
      `UPDATE contact SET organization_id = '${b.organization}' WHERE id = '${a.contact}'`,
    ],
    [
      'a key to another tenant’s member',
      `UPDATE api_key SET member_id = '${b.member}' WHERE id = '${a.apiKey}'`,
    ],
    ['history to another tenant’s stage', newChange({ seq: 2, from: a.open, to: b.won })],
  ])('does not point %s', async (_, statement) => {
    expect(await refusal(statement)).toMatchObject({ code: '23503' })
  })
})

describe('a deal', () => {
  const reasonKey = 'deal_tenant_id_close_reason_id_status_fkey'
  const kindKey = 'deal_tenant_id_pipeline_id_stage_id_status_fkey'
  test.each([
    ['a status other than its stage’s kind', `status = 'WON', closed_at = ${now}`, kindKey],
    ['a stage of another pipeline', `stage_id = '${a.sideOpen}'`, kindKey],
    ['a closing date while it is open', `closed_at = ${now}`, 'deal_closed_at'],
    ['no closing date when it is won', `status = 'WON', stage_id = '${a.won}'`, 'deal_closed_at'],
    ['a reason for winning while it is open', `close_reason_id = '${a.wonReason}'`, reasonKey],
    ['an amount beyond what its index holds', 'amount = 900000000000000', 'deal_amount'],
    ['a debt beyond what its index holds', 'amount = -900000000000000', 'deal_amount'],
    ['a currency in small letters', `currency = 'usd'`, 'currency_code'],
    ['a currency of four letters', `currency = 'EURO'`, 'currency_code'],
    ['a confidence of 101', 'confidence = 101', 'deal_confidence'],
    ['a confidence below 0', 'confidence = -1', 'deal_confidence'],
    ['an unknown priority', `priority = 'URGENT'`, 'deal_priority'],
    ['an unknown value period', `value_period = 'DAILY'`, 'deal_value_period'],
    ['the JSON value null as metadata', `metadata = 'null'`, 'deal_metadata'],
    ['custom fields that are a list', `custom_fields = '[]'`, 'deal_custom_fields'],
    ['version 0', 'version = 0', 'deal_version'],
    ['another deal’s number', 'number = 2', 'deal_tenant_id_number_key'],
  ])('never has %s', async (_, change, constraint) => {
    expect(await refusal(`UPDATE deal SET ${change} ${ofDeal}`)).toMatchObject({ constraint })
  })

  test('takes the greatest amount that there is, whose key is exact', async () => {
    await database().query(`UPDATE deal SET amount = 899999999999999.9999 ${ofDeal}`)
    const { rows } = await database().query(`SELECT amount_key FROM deal ${ofDeal}`)
    expect(rows).toEqual([{ amount_key: '8999999999999999999' }])
  })

  test('with history is not deleted', async () => {
    expect(await refusal(`DELETE FROM deal ${ofDeal}`)).toMatchObject(stillReferredTo)
  })

  test('knows its primary contact through every change of its contacts', async () => {
    const primary = async () =>
      (await database().query(`SELECT primary_contact_id AS id FROM deal ${ofDeal}`)).rows[0].id
    expect(await primary()).toBe(a.contact)
    await database().query(
      `UPDATE deal_contact SET is_primary = false WHERE id = '${a.dealContact}'`,
    )
    expect(await primary()).toBeNull()
    await database().query(newDealContact(a.colleague, true))
    expect(await primary()).toBe(a.colleague)
    await database().query(`DELETE FROM deal_contact WHERE id = '${a.unused}'`)
    expect(await primary()).toBeNull()
  })
})

describe('one tenant', () => {
  test.each([
    [
      'two primary contacts of a deal',
      newDealContact(a.colleague, true),
      'deal_contact_primary_key',
    ],
    [
      'a contact twice on a deal',
      newDealContact(a.contact, false),
      'deal_contact_tenant_id_deal_id_contact_id_key',
    ],
    ['two default pipelines', newPipeline('Third', true), 'pipeline_default_key'],
    ['a pipeline of the same name in another case', newPipeline('mAIN'), 'pipeline_name_key'],
    [
      'a live stage of the same name in another case',
      newStage({ name: 'STAGE 1', kind: 'OPEN', probability: 1 }),
      'stage_name_key',
    ],
    [
      'a tag of the same name in another case',
      `INSERT INTO tag VALUES ('${a.tenant}', '${a.unused}', 2, 'hOT', NULL, ${now})`,
      'tag_name_key',
    ],
    [
      'a member with the same address in another case',
      `INSERT INTO member (tenant_id, id, number, name, email, role, created_at)
        VALUES ('${a.tenant}', '${a.unused}', 2, 'Ada', 'ADA@example.com', 'MEMBER', ${now})`,
      'member_email_key',
    ],
    [
      'an archived default pipeline',
      `UPDATE pipeline SET archived_at = ${now} WHERE id = '${a.pipeline}'`,
      'pipeline_default_is_live',
    ],
  ])('never has %s', async (_, statement, constraint) => {
    expect(await refusal(statement)).toMatchObject({ constraint })
  })

  test.each(['', 'Caps', 'two words', '-first', 'last-', 'x'.repeat(64)])(
    'has not the slug "%s"',
    async (slug) => {
      const statement = `UPDATE tenant SET slug = '${slug}' WHERE id = '${a.tenant}'`
      expect(await refusal(statement)).toMatchObject({ constraint: 'tenant_slug' })
    },
  )

  test.each(['usd', 'EURO', ''])('has not the currency "%s"', async (currency) => {
    const statement = `UPDATE tenant SET default_currency = '${currency}' WHERE id = '${a.tenant}'`
    expect(await refusal(statement)).toMatchObject({ constraint: 'tenant_default_currency' })
  })
})

describe.each([
  'tenant',
  'member',
  'api_key',
  'pipeline',
  'stage',
  'organization',
  'contact',
  'tag',
  'deal',
])('the name of a %s', (table) => {
  const rename = (length: number) => `UPDATE ${table} SET name = repeat('ü', ${length}) WHERE id =
    (SELECT id FROM ${table} WHERE ${table === 'tenant' ? 'id' : 'tenant_id'} = '${a.tenant}' LIMIT 1)`

  test('has at least one character and at most 255, however many bytes', async () => {
    expect(await refusal(rename(255))).toEqual({})
    expect(await refusal(rename(256))).toEqual({ code: '23514', constraint: `${table}_name` })
  })

  test('is not empty', async () => {
    expect(await refusal(rename(0))).toEqual({ code: '23514', constraint: `${table}_name` })
  })
})

describe('a stage', () => {
  test.each([
    ['WON', 99],
    ['LOST', 1],
    ['OPEN', 101],
    ['OPEN', -1],
  ])('of kind %s has not the probability %i', async (kind, probability) => {
    expect(await refusal(newStage({ kind, probability }))).toMatchObject({
      constraint: 'stage_probability',
    })
  })

  test('is of one of three kinds', async () => {
    expect(await refusal(newStage({ kind: 'DONE', probability: 50 }))).toMatchObject({
      constraint: 'stage_kind',
    })
  })

  test('does not change its kind under a deal', async () => {
    const statement = `UPDATE stage SET kind = 'WON', probability = 100 WHERE id = '${a.open}'`
    expect(await refusal(statement)).toMatchObject(stillReferredTo)
  })
})

describe('a pipeline', () => {
  const all = [
    newStage({
      pipeline: a.unused,
      id: 'aaaaaaaa-1111-7000-8000-000000000001',
      name: '1',
      kind: 'OPEN',
      probability: 5,
    }),
    newStage({
      pipeline: a.unused,
      id: 'aaaaaaaa-1111-7000-8000-000000000002',
      name: '2',
      kind: 'WON',
      probability: 100,
    }),
    newStage({
      pipeline: a.unused,
      id: 'aaaaaaaa-1111-7000-8000-000000000003',
      name: '3',
      kind: 'LOST',
      probability: 0,
    }),
  ]

  test('is not committed without a stage of kind LOST', async () => {
    await database().query([newPipeline('Third'), ...all.slice(0, 2)].join(';'))
    await expect(database().query('COMMIT')).rejects.toMatchObject({
      constraint: 'pipeline_has_each_kind',
    })
  })

  test('may come before its stages or after them in the transaction that makes it', async () => {
    expect(await refusal([newPipeline('Third'), ...all].join(';'))).toEqual({})
  })

  test.each([
    ['archived', `archived_at = ${now}`],
    ['turned into an open one', `kind = 'OPEN', probability = 5`],
    ['moved to another pipeline', `pipeline_id = '${a.pipeline}'`],
  ])('keeps its last WON stage from being %s', async (_, change) => {
    const statement = `UPDATE stage SET ${change} WHERE id = '${a.sideWon}'`
    expect(await refusal(statement)).toEqual({
      code: '23514',
      constraint: 'pipeline_has_each_kind',
    })
  })

  test('keeps its last WON stage from being deleted', async () => {
    const statement = `DELETE FROM stage WHERE id = '${a.sideWon}'`
    expect(await refusal(statement)).toEqual({
      code: '23514',
      constraint: 'pipeline_has_each_kind',
    })
  })

  test('lets a stage go when another of its kind is live', async () => {
    const second = newStage({ pipeline: a.side, kind: 'WON', probability: 100 })
    expect(
      await refusal(`${second}; UPDATE stage SET archived_at = ${now} WHERE id = '${a.sideWon}'`),
    ).toEqual({})
  })
})

describe('a currency', () => {
  const values = (number: number, code: string) =>
    `INSERT INTO currency VALUES ('${a.tenant}', '${a.unused}', ${number}, '${code}', ${now})`
  test.each([
    ['the number of another', values(1, 'EUR'), 'currency_tenant_id_number_key'],
    ['the code of another', values(2, 'USD'), 'currency_tenant_id_code_key'],
    ['the number 0', values(0, 'EUR'), 'currency_number'],
    ['a code in small letters', values(2, 'eur'), 'currency_code'],
  ])('never has %s', async (_, statement, constraint) => {
    expect(await refusal(statement)).toMatchObject({ constraint })
  })

  test.each([
    ['taken away', 'DELETE FROM currency'],
    ['renamed', `UPDATE currency SET code = 'EUR'`],
  ])('is not %s while a deal or a default has it', async (_, change) => {
    expect(await refusal(`${change} WHERE tenant_id = '${a.tenant}'`)).toMatchObject(
      stillReferredTo,
    )
  })

  test('is known of every deal and default, even where no trigger adds it', async () => {
    const dealKey = { constraint: 'deal_tenant_id_currency_fkey' }
    const defaultKey = { constraint: 'tenant_id_default_currency_fkey' }
    const without = (table: string) => `ALTER TABLE ${table} DISABLE TRIGGER USER;`
    const deal = `UPDATE deal SET currency = 'EUR' ${ofDeal}`
    const tenant = `UPDATE tenant SET default_currency = 'EUR' WHERE id = '${a.tenant}'`
    expect(await refusal(`SAVEPOINT a; ${without('deal')} ${deal}`)).toMatchObject(dealKey)
    await database().query('ROLLBACK TO a')
    expect(await refusal(`${without('tenant')} ${tenant}`)).toMatchObject(defaultKey)
  })
})

describe('the history of a deal', () => {
  const chain = 'stage_change_tenant_id_deal_id_previous_seq_from_stage_id_fkey'
  test.each([
    ['skips a number', newChange({ seq: 3, from: a.open }), chain],
    ['goes on from another stage than it had come to', newChange({ seq: 2, from: a.lost }), chain],
    [
      'has a number twice',
      newChange({ seq: 1, direction: 'CREATED' }),
      'stage_change_tenant_id_deal_id_seq_key',
    ],
    ['begins at 0', newChange({ seq: 0, from: a.open }), 'stage_change_seq'],
    ['begins twice', newChange({ seq: 2, direction: 'CREATED' }), 'stage_change_from'],
    ['comes from nowhere after its beginning', newChange({ seq: 2 }), 'stage_change_from'],
  ])('never %s', async (_, statement, constraint) => {
    expect(await refusal(statement)).toMatchObject({ constraint })
  })

  test('goes on from the stage that it had come to', async () => {
    expect(await refusal(newChange({ seq: 2, from: a.open }))).toEqual({})
  })
})
