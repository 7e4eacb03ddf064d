-- What PostgreSQL itself guarantees of the deal domain.

-- Checks

ALTER TABLE source ADD CONSTRAINT source_name CHECK (char_length(name) BETWEEN 1 AND 255);
ALTER TABLE close_reason
  ADD CONSTRAINT close_reason_name CHECK (char_length(name) BETWEEN 1 AND 255),
  ADD CONSTRAINT close_reason_kind CHECK (kind IN ('WON', 'LOST'));
ALTER TABLE custom_field_definition
  ADD CONSTRAINT custom_field_definition_key CHECK (key ~ '^cf_[a-z0-9_]{1,60}$'),
  ADD CONSTRAINT custom_field_definition_label CHECK (char_length(label) BETWEEN 1 AND 255),
  ADD CONSTRAINT custom_field_definition_type CHECK (
    type IN ('TEXT', 'NUMBER', 'MONEY', 'DATE', 'BOOLEAN', 'SELECT', 'MULTI_SELECT', 'URL')),
  ADD CONSTRAINT custom_field_definition_position CHECK (position >= 0);
ALTER TABLE deal_change ADD CONSTRAINT deal_change_field CHECK (field IN (
  'name', 'amount', 'currency', 'owner', 'organization', 'expectedCloseDate', 'priority', 'confidence'));
ALTER TABLE deal_change ADD CONSTRAINT deal_change_actor_kind CHECK (actor_kind IN ('MEMBER', 'API_KEY', 'IMPORT'));
ALTER TABLE idempotency_key
  ADD CONSTRAINT idempotency_key_key CHECK (char_length(key) BETWEEN 1 AND 255),
  ADD CONSTRAINT idempotency_key_fingerprint CHECK (octet_length(fingerprint) = 32);
ALTER TABLE stage_total ADD CONSTRAINT stage_total_count CHECK (count >= 0);
ALTER TABLE member ADD CONSTRAINT member_deleted_is_deactivated CHECK (deleted_at IS NULL OR deactivated_at IS NOT NULL);
ALTER TABLE stage_change
  DROP CONSTRAINT stage_change_direction,
  ADD CONSTRAINT stage_change_direction CHECK (
    direction IN ('CREATED', 'FORWARD', 'BACKWARD', 'WON', 'LOST', 'REOPENED', 'TRANSFERRED'));

-- At most one of a kind

CREATE UNIQUE INDEX source_name_key ON source (tenant_id, lower(name));
CREATE UNIQUE INDEX close_reason_name_key ON close_reason (tenant_id, kind, lower(name));
-- A member that is deleted leaves the address to who comes next.
DROP INDEX member_email_key;
CREATE UNIQUE INDEX member_email_key ON member (tenant_id, lower(email)) WHERE deleted_at IS NULL;

-- When an open deal begins to rot follows from its stage.
CREATE FUNCTION deal_keeps_rotting_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.rotting_at := CASE WHEN NEW.status = 'OPEN' THEN (
    SELECT NEW.stage_entered_at + s.rotting_days * interval '24 hours' FROM stage s
    WHERE s.tenant_id = NEW.tenant_id AND s.id = NEW.stage_id) END;
  RETURN NEW;
END $$;
CREATE TRIGGER deal_keeps_rotting_at BEFORE INSERT OR UPDATE OF status, stage_id, stage_entered_at ON deal
  FOR EACH ROW EXECUTE FUNCTION deal_keeps_rotting_at();
CREATE FUNCTION stage_sets_rotting_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE deal SET rotting_at = stage_entered_at + NEW.rotting_days * interval '24 hours'
  WHERE tenant_id = NEW.tenant_id AND stage_id = NEW.id AND status = 'OPEN';
  RETURN NULL;
END $$;
CREATE TRIGGER stage_sets_rotting_at AFTER UPDATE OF rotting_days ON stage
  FOR EACH ROW WHEN (OLD.rotting_days IS DISTINCT FROM NEW.rotting_days) EXECUTE FUNCTION stage_sets_rotting_at();
UPDATE deal SET rotting_at = deal.stage_entered_at + s.rotting_days * interval '24 hours'
FROM stage s WHERE s.tenant_id = deal.tenant_id AND s.id = deal.stage_id AND deal.status = 'OPEN' AND s.rotting_days IS NOT NULL;

-- stage_total repeats what the live deals of each stage come to. Every write of a tenant holds its revision, so that these
-- rows are never waited for in two orders.
CREATE FUNCTION deal_keeps_totals() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO stage_total AS t
    SELECT tenant_id, stage_id, currency, count(*), coalesce(sum(amount), 0),
      coalesce(sum(amount) FILTER (WHERE confidence IS NOT NULL), 0), coalesce(sum(amount * confidence), 0)
    FROM new_deals WHERE deleted_at IS NULL
    GROUP BY tenant_id, stage_id, currency
    ON CONFLICT (tenant_id, stage_id, currency) DO UPDATE SET count = t.count + excluded.count,
      amount = t.amount + excluded.amount, confident_amount = t.confident_amount + excluded.confident_amount,
      weighted_by_own = t.weighted_by_own + excluded.weighted_by_own;
    RETURN NULL;
  END IF;
  -- A check of the row to insert comes before its conflict with the one that is there, so these are updates.
  INSERT INTO stage_total
  SELECT DISTINCT tenant_id, stage_id, currency, 0, 0, 0, 0 FROM new_deals
  ON CONFLICT (tenant_id, stage_id, currency) DO NOTHING;
  UPDATE stage_total t SET count = t.count + d.count, amount = t.amount + d.amount,
    confident_amount = t.confident_amount + d.confident_amount, weighted_by_own = t.weighted_by_own + d.weighted_by_own
  FROM (
    SELECT tenant_id, stage_id, currency, sum(sign) AS count, coalesce(sum(sign * amount), 0) AS amount,
      coalesce(sum(sign * amount) FILTER (WHERE confidence IS NOT NULL), 0) AS confident_amount,
      coalesce(sum(sign * amount * confidence), 0) AS weighted_by_own
    FROM (
      SELECT 1 AS sign, tenant_id, stage_id, currency, amount, confidence FROM new_deals WHERE deleted_at IS NULL
      UNION ALL
      SELECT -1, tenant_id, stage_id, currency, amount, confidence FROM old_deals WHERE deleted_at IS NULL
    ) AS signed
    GROUP BY tenant_id, stage_id, currency
    HAVING sum(sign) <> 0 OR coalesce(sum(sign * amount), 0) <> 0 OR coalesce(sum(sign * amount * confidence), 0) <> 0
      OR coalesce(sum(sign * amount) FILTER (WHERE confidence IS NOT NULL), 0) <> 0
  ) AS d
  WHERE t.tenant_id = d.tenant_id AND t.stage_id = d.stage_id AND t.currency = d.currency;
  RETURN NULL;
END $$;
CREATE FUNCTION deal_leaves_totals() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE stage_total t SET count = t.count - d.count, amount = t.amount - d.amount,
    confident_amount = t.confident_amount - d.confident_amount, weighted_by_own = t.weighted_by_own - d.weighted_by_own
  FROM (
    SELECT tenant_id, stage_id, currency, count(*) AS count, coalesce(sum(amount), 0) AS amount,
      coalesce(sum(amount) FILTER (WHERE confidence IS NOT NULL), 0) AS confident_amount,
      coalesce(sum(amount * confidence), 0) AS weighted_by_own
    FROM old_deals WHERE deleted_at IS NULL
    GROUP BY tenant_id, stage_id, currency
  ) AS d
  WHERE t.tenant_id = d.tenant_id AND t.stage_id = d.stage_id AND t.currency = d.currency;
  RETURN NULL;
END $$;
CREATE TRIGGER deal_enters_totals AFTER INSERT ON deal
  REFERENCING NEW TABLE AS new_deals FOR EACH STATEMENT EXECUTE FUNCTION deal_keeps_totals();
CREATE TRIGGER deal_keeps_totals AFTER UPDATE ON deal
  REFERENCING OLD TABLE AS old_deals NEW TABLE AS new_deals FOR EACH STATEMENT EXECUTE FUNCTION deal_keeps_totals();
CREATE TRIGGER deal_leaves_totals AFTER DELETE ON deal
  REFERENCING OLD TABLE AS old_deals FOR EACH STATEMENT EXECUTE FUNCTION deal_leaves_totals();
INSERT INTO stage_total
SELECT tenant_id, stage_id, currency, count(*), coalesce(sum(amount), 0),
  coalesce(sum(amount) FILTER (WHERE confidence IS NOT NULL), 0), coalesce(sum(amount * confidence), 0)
FROM deal WHERE deleted_at IS NULL
GROUP BY tenant_id, stage_id, currency;

-- deal_custom_value repeats deal.custom_fields, one row for each value, of a list one for each item.
CREATE FUNCTION deal_keeps_custom_values() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' THEN
    DELETE FROM deal_custom_value WHERE tenant_id = NEW.tenant_id AND deal_id = NEW.id;
  END IF;
  INSERT INTO deal_custom_value (tenant_id, deal_id, key, ordinal, text_value, number_key)
  SELECT NEW.tenant_id, NEW.id, field.key, item.ordinal,
    CASE jsonb_typeof(item.value) WHEN 'object' THEN item.value ->> 'currency' WHEN 'number' THEN NULL ELSE item.value #>> '{}' END,
    CASE WHEN abs(number.value) < 900000000000000 THEN round(number.value * 10000)::bigint END
  FROM jsonb_each(NEW.custom_fields) AS field
    CROSS JOIN LATERAL jsonb_array_elements(
      CASE jsonb_typeof(field.value) WHEN 'array' THEN field.value ELSE jsonb_build_array(field.value) END
    ) WITH ORDINALITY AS item(value, ordinal)
    CROSS JOIN LATERAL (SELECT CASE jsonb_typeof(item.value)
      WHEN 'number' THEN item.value::numeric
      WHEN 'object' THEN substring(item.value ->> 'amount' FROM '^-?[0-9]{1,15}(?:[.][0-9]{1,4})?$')::numeric END AS value) AS number;
  RETURN NULL;
END $$;
CREATE TRIGGER deal_has_custom_values AFTER INSERT ON deal
  FOR EACH ROW WHEN (NEW.custom_fields <> '{}') EXECUTE FUNCTION deal_keeps_custom_values();
CREATE TRIGGER deal_keeps_custom_values AFTER UPDATE OF custom_fields ON deal
  FOR EACH ROW WHEN (OLD.custom_fields IS DISTINCT FROM NEW.custom_fields) EXECUTE FUNCTION deal_keeps_custom_values();
INSERT INTO deal_custom_value (tenant_id, deal_id, key, ordinal, text_value, number_key)
SELECT deal.tenant_id, deal.id, field.key, 1,
  CASE WHEN jsonb_typeof(field.value) <> 'number' THEN field.value #>> '{}' END,
  CASE WHEN jsonb_typeof(field.value) = 'number' AND abs((field.value #>> '{}')::numeric) < 900000000000000
    THEN round((field.value #>> '{}')::numeric * 10000)::bigint END
FROM deal, jsonb_each(custom_fields) AS field;

-- Indexes for the filters of deals, each in the default order or in the order of the column itself.

CREATE INDEX deal_of_source ON deal (tenant_id, source_id, created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX deal_of_close_reason ON deal (tenant_id, close_reason_id, created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX deal_by_rotting_at ON deal (tenant_id, rotting_at, id) WHERE deleted_at IS NULL AND rotting_at IS NOT NULL;
CREATE INDEX deal_by_stage_entered_at ON deal (tenant_id, stage_entered_at, id) WHERE deleted_at IS NULL;
CREATE INDEX deal_without_next_step ON deal (tenant_id, created_at, id)
  WHERE deleted_at IS NULL AND (next_step IS NULL OR next_step = '');
CREATE INDEX deal_open_by_expected_close ON deal (tenant_id, expected_close_key, id)
  WHERE deleted_at IS NULL AND status = 'OPEN';

CREATE INDEX deal_custom_value_search ON deal_custom_value USING gin (tenant_id, key, text_value gin_trgm_ops)
  WHERE text_value IS NOT NULL;

-- Substring search in custom values, as for names: it runs as the owner, names the tenant itself and gives only ids.
CREATE FUNCTION search_custom_values(field_key text, pattern text, most integer) RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 50 SET search_path = public, pg_temp AS $$
BEGIN
  RETURN QUERY EXECUTE $sql$
    SELECT deal_id FROM deal_custom_value
    WHERE tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid AND key = $1 AND text_value ILIKE $2
    LIMIT $3
  $sql$ USING field_key, pattern, most;
END $$;
REVOKE ALL ON FUNCTION search_custom_values FROM PUBLIC;
GRANT EXECUTE ON FUNCTION search_custom_values TO dealgraph_app;

-- Row level security and what the application role may do. The audit is only ever added to.

DO $$
DECLARE
  tenant_table text;
BEGIN
  FOREACH tenant_table IN ARRAY ARRAY['stage_total', 'source', 'close_reason', 'custom_field_definition', 'deal_custom_value',
    'deal_change', 'idempotency_key']
  LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', tenant_table);
    EXECUTE format($policy$
      CREATE POLICY tenant_rows ON %I
      USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
      WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
    $policy$, tenant_table);
    EXECUTE format('GRANT SELECT, INSERT ON %I TO dealgraph_app', tenant_table);
  END LOOP;
END $$;
GRANT UPDATE ON stage_total, source, close_reason, custom_field_definition TO dealgraph_app;
GRANT DELETE ON organization, contact, tag, deal_custom_value, idempotency_key TO dealgraph_app;
