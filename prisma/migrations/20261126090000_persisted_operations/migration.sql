-- AlterTable
ALTER TABLE "tenant" ADD COLUMN     "operations_revision" INTEGER NOT NULL DEFAULT 0;

-- CreateTable
CREATE TABLE "client_release" (
    "tenant_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "client" TEXT NOT NULL,
    "version" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "last_used_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "activated_at" TIMESTAMPTZ(3),
    "retired_at" TIMESTAMPTZ(3),

    CONSTRAINT "client_release_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateTable
CREATE TABLE "persisted_operation" (
    "tenant_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "client" TEXT NOT NULL,
    "operation_id" TEXT NOT NULL,
    "sha256" TEXT NOT NULL,
    "normalized_sha256" TEXT NOT NULL,
    "text" TEXT NOT NULL,
    "name" TEXT,
    "type" TEXT NOT NULL,
    "cost" INTEGER NOT NULL,
    "max_age_seconds" INTEGER,
    "execution_note" TEXT,
    "last_used_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "persisted_operation_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateTable
CREATE TABLE "client_release_operation" (
    "tenant_id" UUID NOT NULL,
    "release_id" UUID NOT NULL,
    "operation_id" UUID NOT NULL,

    CONSTRAINT "client_release_operation_pkey" PRIMARY KEY ("tenant_id","release_id","operation_id")
);

-- CreateIndex
CREATE INDEX "client_release_tenant_id_created_at_id_idx" ON "client_release"("tenant_id", "created_at", "id");

-- CreateIndex
CREATE UNIQUE INDEX "client_release_tenant_id_client_version_key" ON "client_release"("tenant_id", "client", "version");

-- CreateIndex
CREATE INDEX "persisted_operation_tenant_id_operation_id_idx" ON "persisted_operation"("tenant_id", "operation_id");

-- CreateIndex
CREATE INDEX "persisted_operation_tenant_id_sha256_idx" ON "persisted_operation"("tenant_id", "sha256");

-- CreateIndex
CREATE INDEX "persisted_operation_tenant_id_normalized_sha256_idx" ON "persisted_operation"("tenant_id", "normalized_sha256");

-- CreateIndex
CREATE INDEX "persisted_operation_tenant_id_created_at_id_idx" ON "persisted_operation"("tenant_id", "created_at", "id");

-- CreateIndex
CREATE UNIQUE INDEX "persisted_operation_tenant_id_client_operation_id_key" ON "persisted_operation"("tenant_id", "client", "operation_id");

-- CreateIndex
CREATE INDEX "client_release_operation_tenant_id_operation_id_idx" ON "client_release_operation"("tenant_id", "operation_id");

-- AddForeignKey
ALTER TABLE "client_release" ADD CONSTRAINT "client_release_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "persisted_operation" ADD CONSTRAINT "persisted_operation_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "client_release_operation" ADD CONSTRAINT "client_release_operation_tenant_id_release_id_fkey" FOREIGN KEY ("tenant_id", "release_id") REFERENCES "client_release"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "client_release_operation" ADD CONSTRAINT "client_release_operation_tenant_id_operation_id_fkey" FOREIGN KEY ("tenant_id", "operation_id") REFERENCES "persisted_operation"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- Checks

ALTER TABLE client_release
  ADD CONSTRAINT client_release_client CHECK (char_length(client) BETWEEN 1 AND 255 AND client !~ '[~[:cntrl:]]'),
  ADD CONSTRAINT client_release_version CHECK (char_length(version) BETWEEN 1 AND 255 AND version !~ '[~[:cntrl:]]'),
  ADD CONSTRAINT client_release_status CHECK (status IN ('PENDING', 'ACTIVE', 'RETIRED')),
  ADD CONSTRAINT client_release_status_times CHECK (
    (status <> 'ACTIVE' OR activated_at IS NOT NULL) AND ((status = 'RETIRED') = (retired_at IS NOT NULL)));
ALTER TABLE persisted_operation
  ADD CONSTRAINT persisted_operation_client CHECK (char_length(client) BETWEEN 1 AND 255),
  ADD CONSTRAINT persisted_operation_operation_id CHECK (char_length(operation_id) BETWEEN 1 AND 255 AND operation_id !~ '[~[:cntrl:]]'),
  ADD CONSTRAINT persisted_operation_sha256 CHECK (
    sha256 = encode(sha256(convert_to(text, 'UTF8')), 'hex') AND normalized_sha256 ~ '^[0-9a-f]{64}$'),
  ADD CONSTRAINT persisted_operation_type CHECK (type IN ('QUERY', 'MUTATION', 'SUBSCRIPTION')),
  ADD CONSTRAINT persisted_operation_cost CHECK (cost >= 0),
  ADD CONSTRAINT persisted_operation_max_age CHECK (
    max_age_seconds IS NULL OR (max_age_seconds BETWEEN 1 AND 31536000 AND type = 'QUERY'));

-- Whatever changes which operations are registered and active steps the tenant's count of that, by which every process
-- tells whether what it remembers still holds. That one was used changes nothing of it.

CREATE FUNCTION rows_step_operations_revision() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  UPDATE tenant SET operations_revision = operations_revision + 1 WHERE id IN (SELECT tenant_id FROM changed);
  RETURN NULL;
END $$;
CREATE FUNCTION row_steps_operations_revision() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  UPDATE tenant SET operations_revision = operations_revision + 1 WHERE id = NEW.tenant_id;
  RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION rows_step_operations_revision, row_steps_operations_revision FROM PUBLIC;
CREATE TRIGGER release_added AFTER INSERT ON client_release
  REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION rows_step_operations_revision();
CREATE TRIGGER release_changes_status AFTER UPDATE OF status ON client_release
  FOR EACH ROW WHEN (OLD.status <> NEW.status) EXECUTE FUNCTION row_steps_operations_revision();
CREATE TRIGGER release_operation_added AFTER INSERT ON client_release_operation
  REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION rows_step_operations_revision();
CREATE TRIGGER release_operation_removed AFTER DELETE ON client_release_operation
  REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION rows_step_operations_revision();
CREATE TRIGGER operation_changed AFTER UPDATE OF max_age_seconds, text, operation_id ON persisted_operation
  FOR EACH ROW EXECUTE FUNCTION row_steps_operations_revision();

-- Row level security and what the application role may do.

DO $$
DECLARE
  tenant_table text;
BEGIN
  FOREACH tenant_table IN ARRAY ARRAY['client_release', 'persisted_operation', 'client_release_operation']
  LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', tenant_table);
    EXECUTE format($policy$
      CREATE POLICY tenant_rows ON %I
      USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
      WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
    $policy$, tenant_table);
  END LOOP;
END $$;
GRANT SELECT, INSERT, UPDATE ON client_release TO dealgraph_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON persisted_operation TO dealgraph_app;
GRANT SELECT, INSERT, DELETE ON client_release_operation TO dealgraph_app;

-- A gateway that starts makes ready what apps in the field may send: this tells it whose, and no more.
CREATE FUNCTION tenants_with_active_operations() RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER ROWS 100 SET search_path = public, pg_temp AS $$
  SELECT DISTINCT tenant_id FROM client_release WHERE status = 'ACTIVE' ORDER BY tenant_id;
$$;

-- The audit has entries about what apps may send, which are the tenant's own.
ALTER TABLE audit_event
  DROP CONSTRAINT audit_event_type,
  ADD CONSTRAINT audit_event_type CHECK (type IN (
    'API_KEY_CREATED', 'API_KEY_REVOKED', 'MEMBER_CREATED', 'MEMBER_ROLE_CHANGED', 'MEMBER_EXTERNAL_ID_CHANGED',
    'MEMBER_DEACTIVATED', 'MEMBER_REACTIVATED', 'MEMBER_DELETED', 'TENANT_ACCESS_CHANGED', 'CLIENT_RELEASE_ACTIVATED',
    'CLIENT_RELEASE_RETIRED'));

-- Who signs in is told with the revision of the operations, which costs no statement of its own.
DROP FUNCTION authenticate_api_key(bytea);
CREATE FUNCTION authenticate_api_key(key_hash bytea)
RETURNS TABLE (tenant_id uuid, id uuid, name text, role text, scopes text[], member_id uuid, member_role text,
  member_deactivated boolean, members_see_only_their_deals boolean, operations_revision integer)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 1 SET search_path = public, pg_temp AS $$
  SELECT k.tenant_id, k.id, k.name, k.role, k.scopes, k.member_id, m.role, coalesce(m.deactivated_at IS NOT NULL, false),
    t.members_see_only_their_deals, t.operations_revision
  FROM api_key k JOIN tenant t ON t.id = k.tenant_id LEFT JOIN member m ON m.tenant_id = k.tenant_id AND m.id = k.member_id
  WHERE k.hash = key_hash AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now());
$$;
DROP FUNCTION authenticate_member(uuid, text, text);
CREATE FUNCTION authenticate_member(wanted_id uuid, wanted_slug text, wanted_external_id text)
RETURNS TABLE (tenant_id uuid, member_id uuid, role text, member_deactivated boolean, members_see_only_their_deals boolean,
  operations_revision integer)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 1 SET search_path = public, pg_temp AS $$
  SELECT t.id, m.id, m.role, m.deactivated_at IS NOT NULL OR m.deleted_at IS NOT NULL, t.members_see_only_their_deals,
    t.operations_revision
  FROM (
    SELECT id, members_see_only_their_deals, operations_revision FROM tenant WHERE id = wanted_id OR slug = wanted_slug
    ORDER BY (id = wanted_id) DESC NULLS LAST LIMIT 1
  ) t
  LEFT JOIN member m ON m.tenant_id = t.id AND m.external_id = wanted_external_id
  ORDER BY m.deleted_at DESC NULLS FIRST LIMIT 1;
$$;
DO $$
DECLARE
  reader regprocedure;
BEGIN
  FOREACH reader IN ARRAY ARRAY['tenants_with_active_operations()', 'authenticate_api_key(bytea)',
    'authenticate_member(uuid, text, text)']::regprocedure[]
  LOOP
    EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', reader);
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO dealgraph_app', reader);
  END LOOP;
END $$;
