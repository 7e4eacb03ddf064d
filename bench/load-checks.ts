import type pg from 'pg'

/** What must find no row: that which triggers keep, counted anew. */
const keptValues: Record<string, string> = {
  'stage_total is what the deals come to': `
    SELECT FROM stage_total t FULL JOIN (
      SELECT tenant_id, stage_id, currency, count(*) AS count, coalesce(sum(amount), 0) AS amount,
        coalesce(sum(amount) FILTER (WHERE confidence IS NOT NULL), 0) AS confident_amount,
        coalesce(sum(amount * confidence), 0) AS weighted_by_own
      FROM deal WHERE deleted_at IS NULL GROUP BY tenant_id, stage_id, currency
    ) d USING (tenant_id, stage_id, currency)
    WHERE (t.count, t.amount, t.confident_amount, t.weighted_by_own) IS DISTINCT FROM
      (d.count::integer, d.amount, d.confident_amount, d.weighted_by_own) LIMIT 1`,
  'primary_contact_id is the primary contact': `
    SELECT FROM deal d FULL JOIN (SELECT * FROM deal_contact WHERE is_primary) c ON c.tenant_id = d.tenant_id AND c.deal_id = d.id
    WHERE d.primary_contact_id IS DISTINCT FROM c.contact_id LIMIT 1`,
  'rotting_at follows from the stage': `
    SELECT FROM deal d JOIN stage s ON s.tenant_id = d.tenant_id AND s.id = d.stage_id
    WHERE d.rotting_at IS DISTINCT FROM
      CASE WHEN d.status = 'OPEN' THEN d.stage_entered_at + s.rotting_days * interval '24 hours' END LIMIT 1`,
  'numbers are below their counters': `
    SELECT FROM deal d JOIN tenant_counter c ON c.tenant_id = d.tenant_id AND c.noun = 'deal' WHERE d.number > c.last_number LIMIT 1`,
  'the last change of stage tells where a deal is': `
    SELECT FROM deal d LEFT JOIN LATERAL (
      SELECT to_stage_id FROM stage_change c WHERE c.tenant_id = d.tenant_id AND c.deal_id = d.id ORDER BY seq DESC LIMIT 1
    ) c ON true WHERE c.to_stage_id IS DISTINCT FROM d.stage_id LIMIT 1`,
}

/** For each foreign key the rows that it would have refused, as it was not asked while loading. */
const foreignKeys = `
  SELECT conname AS name, format('SELECT FROM %s a WHERE %s AND NOT EXISTS (SELECT FROM %s b WHERE %s) LIMIT 1', conrelid::regclass,
    (SELECT string_agg(format('a.%I IS NOT NULL', attname), ' AND ') FROM unnest(conkey) key JOIN pg_attribute ON attrelid = conrelid AND attnum = key),
    confrelid::regclass,
    (SELECT string_agg(format('a.%I = b.%I', own.attname, other.attname), ' AND ')
      FROM unnest(conkey, confkey) AS k(own_key, other_key)
        JOIN pg_attribute own ON own.attrelid = conrelid AND own.attnum = own_key
        JOIN pg_attribute other ON other.attrelid = confrelid AND other.attnum = other_key)) AS text
  FROM pg_constraint WHERE contype = 'f' AND connamespace = 'public'::regnamespace`

/** Throws where loaded data are not such as the gateway itself would have left. */
export async function checkData(client: pg.Client): Promise<void> {
  await client.query('ANALYZE')
  const { rows } = await client.query<{ name: string; text: string }>(foreignKeys)
  const checks = [...Object.entries(keptValues), ...rows.map(({ name, text }) => [name, text])]
  for (const [name, text = ''] of checks) {
    const { rowCount } = await client.query(text)
    if (rowCount) throw new Error(`The loaded data are not consistent: ${name} does not hold.`)
  }
}
