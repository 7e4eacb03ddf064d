import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import { type DatabaseCopy, databaseCopy } from './harness.ts'

const nouns = [
  ...[
    'tenant',
    'pipeline',
    'open',
    'won',
    'lost',
    'side',
    'sideOpen',
    'sideWon',
    'sideLost',
    'member',
    'apiKey',
  ],
  ...[
    'organization',
    'contact',
    'colleague',
    'tag',
    'deal',
    'wonDeal',
    'dealContact',
    'firstChange',
    'source',
    'wonReason',
    'customField',
    'dealChange',
    'auditEvent',
    'release',
    'operation',
    'unused',
  ],
] as const

export type Planted = Record<(typeof nouns)[number], string>

/** The ids of a planted tenant, by what they are of; nothing has the id `unused`. */
export function plantedIds(letter: 'a' | 'b'): Planted {
  const ids = nouns.map((noun, index) => [
    noun,
    `${letter.repeat(8)}-0000-7000-8000-${String(index).padStart(12, '0')}`,
  ])
  return Object.fromEntries(ids)
}

/**
 * Writes, in plain SQL, a tenant with at least one row in every table: the pipelines Main (the
 * default) and Side with a stage of each kind, an open and a won deal in Main. The open one has a
 * primary contact and the first entry of its history.
 */
export async function plantTenant(client: pg.Client, letter: 'a' | 'b'): Promise<Planted> {
  const at = plantedIds(letter)
  const now = `'2026-03-01T00:00:00Z'`
  const tenant = `'${at.tenant}'`
  const deal = (
    id: string,
    number: number,
    stage: string,
    status: string,
  ) => `(${tenant}, '${id}', ${number}, 'Deal ${number}',
    100, 'USD', 'ONE_TIME', '${status}', '${at.pipeline}', '${stage}', 'a0', ${now}, ${status === 'OPEN' ? 'NULL' : now}, 1, ${now}, ${now})`
  const stage = (id: string, number: number, pipeline: string, kind: string, probability: number) =>
    `(${tenant}, '${id}', '${pipeline}', ${number}, 'Stage ${number}', ${number}, '${kind}', ${probability}, false, ${now}, ${now})`
  await client.query(`
    BEGIN;
    INSERT INTO tenant VALUES (${tenant}, 'planted-${letter}', 'Planted', 'USD', 'UTC', ${now});
    INSERT INTO tenant_revision VALUES (${tenant}, 1);
    INSERT INTO tenant_counter VALUES (${tenant}, 'deal', 2);
    INSERT INTO member (tenant_id, id, number, name, email, role, created_at)
      VALUES (${tenant}, '${at.member}', 1, 'Ada', 'ada@example.com', 'ADMIN', ${now});
    INSERT INTO api_key (tenant_id, id, name, prefix, hash, role, scopes, member_id, created_at)
      VALUES (${tenant}, '${at.apiKey}', 'Key', 'dg_', sha256('${letter}'), 'ADMIN', '{}', '${at.member}', ${now});
    INSERT INTO pipeline (tenant_id, id, number, name, position, is_default, created_at, updated_at)
      VALUES (${tenant}, '${at.pipeline}', 1, 'Main', 0, true, ${now}, ${now}),
        (${tenant}, '${at.side}', 2, 'Side', 1, false, ${now}, ${now});
    INSERT INTO stage (tenant_id, id, pipeline_id, number, name, position, kind, probability, reason_required, created_at, updated_at)
      VALUES ${[
        stage(at.open, 1, at.pipeline, 'OPEN', 50),
        stage(at.won, 2, at.pipeline, 'WON', 100),
        stage(at.lost, 3, at.pipeline, 'LOST', 0),
        stage(at.sideOpen, 4, at.side, 'OPEN', 50),
        stage(at.sideWon, 5, at.side, 'WON', 100),
        stage(at.sideLost, 6, at.side, 'LOST', 0),
      ].join()};
    INSERT INTO organization (tenant_id, id, number, name, created_at, updated_at)
      VALUES (${tenant}, '${at.organization}', 1, 'Acme', ${now}, ${now});
    INSERT INTO contact (tenant_id, id, number, name, organization_id, created_at, updated_at)
      VALUES (${tenant}, '${at.contact}', 1, 'Grace', '${at.organization}', ${now}, ${now}),
        (${tenant}, '${at.colleague}', 2, 'Alan', NULL, ${now}, ${now});
    INSERT INTO tag VALUES (${tenant}, '${at.tag}', 1, 'Hot', NULL, ${now});
    INSERT INTO source (tenant_id, id, name, created_at) VALUES (${tenant}, '${at.source}', 'Referral', ${now});
    INSERT INTO close_reason (tenant_id, id, kind, name, created_at)
      VALUES (${tenant}, '${at.wonReason}', 'WON', 'Price', ${now});
    INSERT INTO custom_field_definition (tenant_id, id, key, label, type, required, options, position, created_at, updated_at)
      VALUES (${tenant}, '${at.customField}', 'cf_region', 'Region', 'TEXT', false, '{}', 0, ${now}, ${now});
    INSERT INTO idempotency_key VALUES (${tenant}, 'key', sha256('key'), '{}', ${now});
    INSERT INTO deal (tenant_id, id, number, name, amount, currency, value_period, status, pipeline_id, stage_id, rank,
        stage_entered_at, closed_at, version, created_at, updated_at)
      VALUES ${deal(at.deal, 1, at.open, 'OPEN')}, ${deal(at.wonDeal, 2, at.won, 'WON')};
    INSERT INTO deal_contact (tenant_id, id, deal_id, contact_id, is_primary, created_at, updated_at)
      VALUES (${tenant}, '${at.dealContact}', '${at.deal}', '${at.contact}', true, ${now}, ${now});
    UPDATE deal SET custom_fields = '{"cf_region": "EMEA"}' WHERE tenant_id = ${tenant} AND id = '${at.deal}';
    INSERT INTO deal_change (tenant_id, id, deal_id, field, to_value, actor_kind, request_id, occurred_at)
      VALUES (${tenant}, '${at.dealChange}', '${at.deal}', 'name', 'Deal 1', 'IMPORT', 'plant', ${now});
    INSERT INTO audit_event (tenant_id, id, type, api_key_id, details, actor_kind, request_id, occurred_at)
      VALUES (${tenant}, '${at.auditEvent}', 'API_KEY_CREATED', '${at.apiKey}', '{}', 'OPERATOR', 'plant', ${now});
    INSERT INTO client_release (tenant_id, id, client, version, status, created_at, activated_at)
      VALUES (${tenant}, '${at.release}', 'ios', '1', 'ACTIVE', ${now}, ${now});
    INSERT INTO persisted_operation (tenant_id, id, client, operation_id, sha256, normalized_sha256, text, type, cost, created_at)
      VALUES (${tenant}, '${at.operation}', 'ios', 'a', encode(sha256('{ a }'), 'hex'), encode(sha256('{ a }'), 'hex'), '{ a }',
        'QUERY', 1, ${now});
    INSERT INTO client_release_operation VALUES (${tenant}, '${at.release}', '${at.operation}');
    INSERT INTO deal_tag VALUES (${tenant}, '${at.deal}', '${at.tag}');
    INSERT INTO deal_assignee VALUES (${tenant}, '${at.deal}', '${at.member}');
    INSERT INTO stage_change (tenant_id, id, deal_id, seq, to_pipeline_id, to_stage_id, to_stage_name, direction, currency,
        probability, actor_kind, request_id, occurred_at)
      VALUES (${tenant}, '${at.firstChange}', '${at.deal}', 1, '${at.pipeline}', '${at.open}', 'Stage 1', 'CREATED', 'USD',
        50, 'IMPORT', 'plant', ${now});
    INSERT INTO event VALUES (${tenant}, 1, 0, 'deal.created', '${at.deal}', '{}', ${now});
    COMMIT`)
  return at
}

/**
 * The owner's client on a database of its own with tenants a and b; what a test does is undone
 * after it.
 */
export function plantedDatabase(): () => pg.Client {
  let copy: DatabaseCopy
  let client: pg.Client
  beforeAll(async () => {
    copy = await databaseCopy()
    client = new pg.Client(copy.owner)
    await client.connect()
    await plantTenant(client, 'a')
    await plantTenant(client, 'b')
  })
  afterAll(async () => {
    await client.end()
    await copy.close()
  })
  beforeEach(() => client.query('BEGIN'))
  afterEach(() => client.query('ROLLBACK'))
  return () => client
}
