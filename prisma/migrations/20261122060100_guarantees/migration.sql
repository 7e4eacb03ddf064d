-- What PostgreSQL itself guarantees, whatever code runs above it.

-- The role that every connection of the gateway assumes. It owns nothing and is subject to row level security. Roles belong
-- to the whole cluster, so another database may have made it already.
DO $$
BEGIN
  CREATE ROLE dealgraph_app NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$;
DO $$
BEGIN
  EXECUTE format('GRANT dealgraph_app TO %I', current_user);
EXCEPTION WHEN insufficient_privilege THEN
  IF NOT pg_has_role(current_user, 'dealgraph_app', 'MEMBER') THEN
    RAISE EXCEPTION 'the role % may not assume dealgraph_app: let a superuser run GRANT dealgraph_app TO %', current_user, current_user;
  END IF;
END $$;

CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS btree_gin;

-- Checks

ALTER TABLE tenant
  ADD CONSTRAINT tenant_slug CHECK (slug ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
  ADD CONSTRAINT tenant_name CHECK (char_length(name) BETWEEN 1 AND 255),
  ADD CONSTRAINT tenant_default_currency CHECK (default_currency ~ '^[A-Z]{3}$');
ALTER TABLE tenant_revision ADD CONSTRAINT tenant_revision_revision CHECK (revision >= 0);
ALTER TABLE tenant_counter ADD CONSTRAINT tenant_counter_last_number CHECK (last_number > 0);
ALTER TABLE member
  ADD CONSTRAINT member_name CHECK (char_length(name) BETWEEN 1 AND 255),
  ADD CONSTRAINT member_role CHECK (role IN ('ADMIN', 'MEMBER', 'READ_ONLY'));
ALTER TABLE api_key
  ADD CONSTRAINT api_key_name CHECK (char_length(name) BETWEEN 1 AND 255),
  ADD CONSTRAINT api_key_hash CHECK (octet_length(hash) = 32),
  ADD CONSTRAINT api_key_role CHECK (role IN ('ADMIN', 'MEMBER', 'READ_ONLY'));
ALTER TABLE pipeline
  ADD CONSTRAINT pipeline_name CHECK (char_length(name) BETWEEN 1 AND 255),
  ADD CONSTRAINT pipeline_position CHECK (position >= 0),
  ADD CONSTRAINT pipeline_rules CHECK (jsonb_typeof(rules) = 'object'),
  ADD CONSTRAINT pipeline_default_is_live CHECK (NOT is_default OR archived_at IS NULL);
ALTER TABLE stage
  ADD CONSTRAINT stage_name CHECK (char_length(name) BETWEEN 1 AND 255),
  ADD CONSTRAINT stage_position CHECK (position >= 0),
  ADD CONSTRAINT stage_kind CHECK (kind IN ('OPEN', 'WON', 'LOST')),
  ADD CONSTRAINT stage_probability CHECK (
    CASE kind WHEN 'WON' THEN probability = 100 WHEN 'LOST' THEN probability = 0 ELSE probability BETWEEN 0 AND 100 END),
  ADD CONSTRAINT stage_rotting_days CHECK (rotting_days BETWEEN 1 AND 36500);
ALTER TABLE organization ADD CONSTRAINT organization_name CHECK (char_length(name) BETWEEN 1 AND 255);
ALTER TABLE contact ADD CONSTRAINT contact_name CHECK (char_length(name) BETWEEN 1 AND 255);
ALTER TABLE tag
  ADD CONSTRAINT tag_name CHECK (char_length(name) BETWEEN 1 AND 255),
  ADD CONSTRAINT tag_color CHECK (color ~ '^#[0-9a-f]{6}$');
ALTER TABLE deal
  ADD CONSTRAINT deal_name CHECK (char_length(name) BETWEEN 1 AND 255),
  ADD CONSTRAINT deal_amount CHECK (abs(amount) < 900000000000000),
  ADD CONSTRAINT deal_currency CHECK (currency ~ '^[A-Z]{3}$'),
  ADD CONSTRAINT deal_value_period CHECK (value_period IN ('ONE_TIME', 'MONTHLY', 'QUARTERLY', 'ANNUAL')),
  ADD CONSTRAINT deal_confidence CHECK (confidence BETWEEN 0 AND 100),
  ADD CONSTRAINT deal_status CHECK (status IN ('OPEN', 'WON', 'LOST')),
  ADD CONSTRAINT deal_priority CHECK (priority IN ('LOW', 'MEDIUM', 'HIGH')),
  ADD CONSTRAINT deal_closed_at CHECK ((closed_at IS NULL) = (status = 'OPEN')),
  ADD CONSTRAINT deal_won_reason CHECK (won_reason IS NULL OR status = 'WON'),
  ADD CONSTRAINT deal_lost_reason CHECK (lost_reason IS NULL OR status = 'LOST'),
  ADD CONSTRAINT deal_metadata CHECK (metadata IS NOT NULL),
  ADD CONSTRAINT deal_custom_fields CHECK (jsonb_typeof(custom_fields) = 'object'),
  ADD CONSTRAINT deal_version CHECK (version > 0);
ALTER TABLE stage_change
  ADD CONSTRAINT stage_change_seq CHECK (seq > 0),
  ADD CONSTRAINT stage_change_direction CHECK (
    direction IN ('CREATED', 'FORWARD', 'BACKWARD', 'WON', 'LOST', 'REOPENED')),
  ADD CONSTRAINT stage_change_currency CHECK (currency ~ '^[A-Z]{3}$'),
  ADD CONSTRAINT stage_change_probability CHECK (probability BETWEEN 0 AND 100),
  ADD CONSTRAINT stage_change_actor_kind CHECK (actor_kind IN ('MEMBER', 'API_KEY', 'IMPORT')),
  -- The first change of a deal comes from nowhere, every later one from a stage: with the key to the change before it,
  -- which a null would escape, this keeps the chain whole.
  ADD CONSTRAINT stage_change_from CHECK (
    (seq = 1) = (from_stage_id IS NULL) AND (seq = 1) = (from_pipeline_id IS NULL)
    AND (seq = 1) = (from_stage_name IS NULL) AND (seq = 1) = (direction = 'CREATED'));
ALTER TABLE event ADD CONSTRAINT event_position CHECK (position >= 0);

-- At most one of a kind

CREATE UNIQUE INDEX pipeline_name_key ON pipeline (tenant_id, lower(name));
CREATE UNIQUE INDEX pipeline_default_key ON pipeline (tenant_id) WHERE is_default;
CREATE UNIQUE INDEX stage_name_key ON stage (tenant_id, pipeline_id, lower(name)) WHERE archived_at IS NULL;
CREATE UNIQUE INDEX member_email_key ON member (tenant_id, lower(email));
CREATE UNIQUE INDEX tag_name_key ON tag (tenant_id, lower(name));
CREATE UNIQUE INDEX deal_contact_primary_key ON deal_contact (tenant_id, deal_id) WHERE is_primary;

-- A pipeline has a live stage of each kind. Checked at commit, so that a pipeline and its stages can come in any order.
CREATE FUNCTION pipeline_has_each_kind() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  -- Of a stage that moves to another pipeline, the one that it leaves is in danger.
  pipeline_key uuid := CASE TG_TABLE_NAME WHEN 'pipeline' THEN to_jsonb(NEW) ->> 'id' ELSE to_jsonb(OLD) ->> 'pipeline_id' END;
  tenant_key uuid := coalesce(to_jsonb(OLD), to_jsonb(NEW)) ->> 'tenant_id';
BEGIN
  IF EXISTS (SELECT FROM pipeline WHERE tenant_id = tenant_key AND id = pipeline_key)
    AND (SELECT count(DISTINCT kind) FROM stage
      WHERE tenant_id = tenant_key AND pipeline_id = pipeline_key AND archived_at IS NULL) < 3 THEN
    RAISE EXCEPTION 'pipeline % needs a live stage of each kind', pipeline_key
      USING ERRCODE = 'check_violation', CONSTRAINT = 'pipeline_has_each_kind';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER pipeline_has_each_kind AFTER INSERT ON pipeline
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION pipeline_has_each_kind();
CREATE CONSTRAINT TRIGGER stage_leaves_each_kind AFTER UPDATE OF kind, archived_at, pipeline_id OR DELETE ON stage
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION pipeline_has_each_kind();

-- deal.primary_contact_id repeats which deal_contact is primary.
CREATE FUNCTION deal_keeps_primary_contact() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'INSERT' AND OLD.is_primary THEN
    UPDATE deal SET primary_contact_id = NULL
    WHERE tenant_id = OLD.tenant_id AND id = OLD.deal_id AND primary_contact_id = OLD.contact_id;
  END IF;
  IF TG_OP <> 'DELETE' AND NEW.is_primary THEN
    UPDATE deal SET primary_contact_id = NEW.contact_id WHERE tenant_id = NEW.tenant_id AND id = NEW.deal_id;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER deal_keeps_primary_contact
  AFTER INSERT OR DELETE OR UPDATE OF is_primary, contact_id, deal_id ON deal_contact
  FOR EACH ROW EXECUTE FUNCTION deal_keeps_primary_contact();

-- Indexes for what the API offers: a page of live deals in each order, and under each filter in the default order. Only
-- columns with leakproof operators are of use beneath a policy.

CREATE INDEX deal_by_created_at ON deal (tenant_id, created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX deal_by_updated_at ON deal (tenant_id, updated_at, id) WHERE deleted_at IS NULL;
CREATE INDEX deal_by_name ON deal (tenant_id, name, id) WHERE deleted_at IS NULL;
CREATE INDEX deal_by_amount ON deal (tenant_id, amount_key, id) WHERE deleted_at IS NULL;
CREATE INDEX deal_by_expected_close ON deal (tenant_id, expected_close_key, id) WHERE deleted_at IS NULL;
CREATE INDEX deal_by_closed_at ON deal (tenant_id, closed_at, id) WHERE deleted_at IS NULL;
CREATE INDEX deal_by_rank ON deal (tenant_id, rank, id) WHERE deleted_at IS NULL;
CREATE INDEX deal_of_pipeline ON deal (tenant_id, pipeline_id, created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX deal_of_stage ON deal (tenant_id, stage_id, created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX deal_of_stage_by_rank ON deal (tenant_id, stage_id, rank, id) WHERE deleted_at IS NULL;
CREATE INDEX deal_of_owner ON deal (tenant_id, owner_id, created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX deal_of_organization ON deal (tenant_id, organization_id, created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX deal_of_status ON deal (tenant_id, status, created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX deal_of_priority ON deal (tenant_id, priority, created_at, id) WHERE deleted_at IS NULL;

-- Substring search. ILIKE is not leakproof, so beneath a policy it would read every row of the tenant: the search functions
-- run as the tables' owner, name the tenant themselves and give only ids, at most as many as asked for.

CREATE INDEX deal_search ON deal USING gin (tenant_id, name gin_trgm_ops, description gin_trgm_ops) WHERE deleted_at IS NULL;
CREATE INDEX organization_search ON organization USING gin (tenant_id, name gin_trgm_ops, domain gin_trgm_ops);
CREATE INDEX contact_search ON contact USING gin (tenant_id, name gin_trgm_ops, email gin_trgm_ops);

CREATE FUNCTION search_deals(pattern text, in_name boolean, in_description boolean, most integer) RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 50 SET search_path = public, pg_temp AS $$
BEGIN
  RETURN QUERY EXECUTE $sql$
    SELECT id FROM deal
    WHERE tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid AND deleted_at IS NULL
      AND (($2 AND name ILIKE $1) OR ($3 AND description ILIKE $1))
    LIMIT $4
  $sql$ USING pattern, in_name, in_description, most;
END $$;
CREATE FUNCTION search_organizations(pattern text, most integer) RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 50 SET search_path = public, pg_temp AS $$
BEGIN
  RETURN QUERY EXECUTE $sql$
    SELECT id FROM organization
    WHERE tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid AND (name ILIKE $1 OR domain ILIKE $1)
    LIMIT $2
  $sql$ USING pattern, most;
END $$;
CREATE FUNCTION search_contacts(pattern text, most integer) RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 50 SET search_path = public, pg_temp AS $$
BEGIN
  RETURN QUERY EXECUTE $sql$
    SELECT id FROM contact
    WHERE tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid AND (name ILIKE $1 OR email ILIKE $1)
    LIMIT $2
  $sql$ USING pattern, most;
END $$;

-- The two lookups that come before a tenant is known. Each answers only to one who knows the secret or the exact slug.

CREATE FUNCTION authenticate_api_key(key_hash bytea)
RETURNS TABLE (tenant_id uuid, id uuid, name text, role text, scopes text[], member_id uuid, member_deactivated boolean)
LANGUAGE sql VOLATILE SECURITY DEFINER ROWS 1 SET search_path = public, pg_temp AS $$
  UPDATE api_key SET last_used_at = now()
  WHERE hash = key_hash AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())
    AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute');
  SELECT k.tenant_id, k.id, k.name, k.role, k.scopes, k.member_id, coalesce(m.deactivated_at IS NOT NULL, false)
  FROM api_key k LEFT JOIN member m ON m.tenant_id = k.tenant_id AND m.id = k.member_id
  WHERE k.hash = key_hash AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now());
$$;
CREATE FUNCTION tenant_id_of_slug(wanted text) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT id FROM tenant WHERE slug = wanted;
$$;

-- Row level security. The owner, who migrates, is not subject to it; the application role always is.

DO $$
DECLARE
  tenant_table text;
BEGIN
  FOREACH tenant_table IN ARRAY ARRAY['tenant_revision', 'tenant_counter', 'member', 'api_key', 'pipeline', 'stage',
    'organization', 'contact', 'tag', 'deal', 'deal_contact', 'deal_tag', 'deal_assignee', 'stage_change', 'event']
  LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', tenant_table);
    EXECUTE format($policy$
      CREATE POLICY tenant_rows ON %I
      USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
      WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
    $policy$, tenant_table);
  END LOOP;
END $$;
ALTER TABLE tenant ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant_rows ON tenant
  USING (id = nullif(current_setting('app.tenant_id', true), '')::uuid)
  WITH CHECK (id = nullif(current_setting('app.tenant_id', true), '')::uuid);

-- What the application role may do. History and events are only ever added; deals are deleted by a mark.

GRANT USAGE ON SCHEMA public TO dealgraph_app;
GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA public TO dealgraph_app;
GRANT UPDATE ON tenant, tenant_revision, tenant_counter, member, api_key, pipeline, stage, organization, contact, tag, deal,
  deal_contact TO dealgraph_app;
GRANT DELETE ON deal_contact, deal_tag, deal_assignee TO dealgraph_app;

REVOKE ALL ON FUNCTION search_deals, search_organizations, search_contacts, authenticate_api_key, tenant_id_of_slug FROM PUBLIC;
GRANT EXECUTE ON FUNCTION search_deals, search_organizations, search_contacts, authenticate_api_key, tenant_id_of_slug
  TO dealgraph_app;

-- Readiness compares the applied migrations with the gateway's own; nobody but the migrator writes them.
DO $$
BEGIN
  IF to_regclass('public._prisma_migrations') IS NOT NULL THEN
    REVOKE INSERT ON public._prisma_migrations FROM dealgraph_app;
    GRANT SELECT ON public._prisma_migrations TO dealgraph_app;
  END IF;
END $$;
