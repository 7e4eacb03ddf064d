-- AlterTable
ALTER TABLE "tenant" ADD COLUMN     "members_see_only_their_deals" BOOLEAN NOT NULL DEFAULT false;

-- A transaction says in app.deals_of which deals of its tenant it sees: 'all', or the id of the member who sees those that
-- they own or are assigned to. One that says nothing sees none.

CREATE FUNCTION deals_seen() RETURNS text LANGUAGE sql STABLE AS $$
  SELECT CASE current_setting('app.deals_of', true) WHEN 'all' THEN 'all' ELSE 'own' END;
$$;
CREATE FUNCTION viewing_member() RETURNS uuid LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN current_setting('app.deals_of', true) <> 'all' THEN nullif(current_setting('app.deals_of', true), '')::uuid END;
$$;

-- These run as the owner: a policy that reads a table is under the policy of that one, and deals and assignees would ask
-- each other for ever. In PL/pgSQL they keep their plans.
CREATE FUNCTION assigned_deals() RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 50 SET search_path = public, pg_temp AS $$
BEGIN
  RETURN QUERY SELECT deal_id FROM deal_assignee
    WHERE tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid AND member_id = viewing_member();
END $$;
CREATE FUNCTION visible_deals() RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 100 SET search_path = public, pg_temp AS $$
BEGIN
  RETURN QUERY
    SELECT id FROM deal
    WHERE tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid AND owner_id = viewing_member() AND deleted_at IS NULL
    UNION ALL
    SELECT id FROM deal
    WHERE tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid AND owner_id = viewing_member() AND deleted_at IS NOT NULL
    UNION ALL
    SELECT assigned_deals();
END $$;
CREATE INDEX deal_deleted_of_owner ON deal (tenant_id, owner_id, id) WHERE deleted_at IS NOT NULL;

-- Restrictive policies hold beside the one of the tenant. What is wrapped in SELECT is evaluated once a statement, and not
-- at all where all deals are seen, which `<>` makes the planner expect. The policy of deal looks at the row itself, so that
-- a new deal is one of its owner's.
CREATE POLICY own_deals ON deal AS RESTRICTIVE USING (
  (SELECT deals_seen()) <> 'own'
  OR owner_id = (SELECT viewing_member())
  OR id IN (SELECT assigned_deals()));
DO $$
DECLARE
  deal_table text;
BEGIN
  FOREACH deal_table IN ARRAY ARRAY['deal_contact', 'deal_tag', 'deal_assignee', 'deal_custom_value', 'stage_change', 'deal_change']
  LOOP
    EXECUTE format($policy$
      CREATE POLICY own_deals ON %I AS RESTRICTIVE USING (
        (SELECT deals_seen()) <> 'own' OR deal_id IN (SELECT visible_deals()))
    $policy$, deal_table);
  END LOOP;
END $$;
CREATE POLICY own_deals ON event AS RESTRICTIVE USING (
  (SELECT deals_seen()) <> 'own' OR deal_id IS NULL OR deal_id IN (SELECT visible_deals()));

-- The policy reads the owner of every deal that is counted: with it these indexes go on answering alone.
DROP INDEX deal_of_pipeline, deal_of_stage, deal_of_status;
CREATE INDEX deal_of_pipeline ON deal (tenant_id, pipeline_id, created_at, id) INCLUDE (owner_id) WHERE deleted_at IS NULL;
CREATE INDEX deal_of_stage ON deal (tenant_id, stage_id, created_at, id) INCLUDE (owner_id) WHERE deleted_at IS NULL;
CREATE INDEX deal_of_status ON deal (tenant_id, status, created_at, id) INCLUDE (owner_id) WHERE deleted_at IS NULL;

-- Totals are of all deals: they are kept whoever writes, by nobody else than the triggers, and who does not see all deals
-- gets a count of their own.
ALTER FUNCTION deal_keeps_totals() SECURITY DEFINER SET search_path = public, pg_temp;
ALTER FUNCTION deal_leaves_totals() SECURITY DEFINER SET search_path = public, pg_temp;
REVOKE ALL ON FUNCTION deal_keeps_totals, deal_leaves_totals FROM PUBLIC;
REVOKE INSERT, UPDATE ON stage_total FROM dealgraph_app;
CREATE POLICY all_deals ON stage_total AS RESTRICTIVE USING ((SELECT deals_seen()) <> 'own');
CREATE FUNCTION visible_stage_totals() RETURNS TABLE (
  tenant_id uuid, stage_id uuid, currency text, count integer, amount numeric, confident_amount numeric, weighted_by_own numeric)
LANGUAGE sql STABLE AS $$
  SELECT tenant_id, stage_id, currency, count, amount, confident_amount, weighted_by_own FROM stage_total
  UNION ALL
  SELECT tenant_id, stage_id, currency, count(*)::integer, coalesce(sum(amount), 0),
    coalesce(sum(amount) FILTER (WHERE confidence IS NOT NULL), 0), coalesce(sum(amount * confidence), 0)
  FROM deal
  WHERE deleted_at IS NULL AND (SELECT deals_seen()) = 'own' AND id = ANY (ARRAY(SELECT visible_deals()))
  GROUP BY tenant_id, stage_id, currency;
$$;

-- So does when deals rot: a stage has deals that who changes it may not see.
ALTER FUNCTION stage_sets_rotting_at() SECURITY DEFINER SET search_path = public, pg_temp;
REVOKE ALL ON FUNCTION stage_sets_rotting_at FROM PUBLIC;

-- Searches find what is seen, so that neither their ids nor how many they are tells of more.
CREATE OR REPLACE FUNCTION search_deals(pattern text, in_name boolean, in_description boolean, most integer) RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 50 SET search_path = public, pg_temp AS $$
BEGIN
  RETURN QUERY EXECUTE $sql$
    SELECT id FROM deal
    WHERE tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid AND deleted_at IS NULL
      AND (($2 AND name ILIKE $1) OR ($3 AND description ILIKE $1))
      AND ((SELECT deals_seen()) <> 'own' OR id IN (SELECT visible_deals()))
    LIMIT $4
  $sql$ USING pattern, in_name, in_description, most;
END $$;
CREATE OR REPLACE FUNCTION search_custom_values(field_key text, pattern text, most integer) RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 50 SET search_path = public, pg_temp AS $$
BEGIN
  RETURN QUERY EXECUTE $sql$
    SELECT deal_id FROM deal_custom_value
    WHERE tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid AND key = $1 AND text_value ILIKE $2
      AND ((SELECT deals_seen()) <> 'own' OR deal_id IN (SELECT visible_deals()))
    LIMIT $3
  $sql$ USING field_key, pattern, most;
END $$;

-- What has to be known of deals that are not seen, and no more: the places on a board, whether an id is free, and whether
-- something is still needed.

CREATE FUNCTION places_in_stage(in_stage uuid, ascending boolean, from_rank text, from_id uuid, but_not uuid, most integer)
RETURNS TABLE (id uuid, rank text)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 50 SET search_path = public, pg_temp AS $$
BEGIN
  -- Of the conditions on a place the first is implied by the second, yet only it bounds the index.
  RETURN QUERY EXECUTE format($sql$
    SELECT id, rank FROM deal
    WHERE tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid AND stage_id = $1 AND deleted_at IS NULL
      AND ($2 IS NULL OR (rank %1$s= $2 AND (rank %1$s $2 OR id %1$s $3))) AND id IS DISTINCT FROM $4
    ORDER BY rank %2$s, id %2$s
    LIMIT $5
  $sql$, CASE WHEN ascending THEN '>' ELSE '<' END, CASE WHEN ascending THEN 'ASC' ELSE 'DESC' END)
  USING in_stage, from_rank, from_id, but_not, most;
END $$;
CREATE FUNCTION give_ranks(ranks jsonb) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  UPDATE deal SET rank = r.rank FROM jsonb_to_recordset(ranks) AS r(id uuid, rank text)
  WHERE deal.tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid AND deal.id = r.id;
$$;
CREATE FUNCTION deal_exists(wanted uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT EXISTS (SELECT FROM deal WHERE tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid AND id = wanted);
$$;
CREATE FUNCTION deal_of_external_id(wanted text) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT id FROM deal WHERE tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid AND external_id = wanted;
$$;
CREATE FUNCTION unseen_deals_need(thing uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT deals_seen() = 'own' AND EXISTS (
    SELECT FROM (
      SELECT tenant_id, id FROM deal WHERE organization_id = thing
      UNION ALL
      SELECT tenant_id, deal_id FROM deal_contact WHERE contact_id = thing OR introduced_by_id = thing
      UNION ALL
      SELECT tenant_id, deal_id FROM deal_tag WHERE tag_id = thing
    ) AS needing
    WHERE tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid AND id NOT IN (SELECT visible_deals()));
$$;

-- Who signs in by a key or a token is told with what decides which deals their requests see.
DROP FUNCTION authenticate_api_key(bytea);
CREATE FUNCTION authenticate_api_key(key_hash bytea)
RETURNS TABLE (tenant_id uuid, id uuid, name text, role text, scopes text[], member_id uuid, member_role text,
  member_deactivated boolean, members_see_only_their_deals boolean)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 1 SET search_path = public, pg_temp AS $$
  SELECT k.tenant_id, k.id, k.name, k.role, k.scopes, k.member_id, m.role, coalesce(m.deactivated_at IS NOT NULL, false),
    t.members_see_only_their_deals
  FROM api_key k JOIN tenant t ON t.id = k.tenant_id LEFT JOIN member m ON m.tenant_id = k.tenant_id AND m.id = k.member_id
  WHERE k.hash = key_hash AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now());
$$;
DROP FUNCTION authenticate_member(uuid, text, text);
CREATE FUNCTION authenticate_member(wanted_id uuid, wanted_slug text, wanted_external_id text)
RETURNS TABLE (tenant_id uuid, member_id uuid, role text, member_deactivated boolean, members_see_only_their_deals boolean)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 1 SET search_path = public, pg_temp AS $$
  SELECT t.id, m.id, m.role, m.deactivated_at IS NOT NULL OR m.deleted_at IS NOT NULL, t.members_see_only_their_deals
  FROM (
    SELECT id, members_see_only_their_deals FROM tenant WHERE id = wanted_id OR slug = wanted_slug
    ORDER BY (id = wanted_id) DESC NULLS LAST LIMIT 1
  ) t
  LEFT JOIN member m ON m.tenant_id = t.id AND m.external_id = wanted_external_id
  ORDER BY m.deleted_at DESC NULLS FIRST LIMIT 1;
$$;

DO $$
DECLARE
  reader regprocedure;
BEGIN
  FOREACH reader IN ARRAY ARRAY['assigned_deals()', 'visible_deals()', 'places_in_stage(uuid, boolean, text, uuid, uuid, integer)',
    'give_ranks(jsonb)', 'deal_exists(uuid)', 'deal_of_external_id(text)', 'unseen_deals_need(uuid)',
    'authenticate_api_key(bytea)', 'authenticate_member(uuid, text, text)']::regprocedure[]
  LOOP
    EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', reader);
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO dealgraph_app', reader);
  END LOOP;
END $$;
