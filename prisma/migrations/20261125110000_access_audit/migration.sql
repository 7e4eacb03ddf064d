-- CreateTable
CREATE TABLE "audit_event" (
    "tenant_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "type" TEXT NOT NULL,
    "member_id" UUID,
    "api_key_id" UUID,
    "details" JSONB NOT NULL,
    "actor_kind" TEXT NOT NULL,
    "actor_member_id" UUID,
    "actor_api_key_id" UUID,
    "request_id" TEXT NOT NULL,
    "occurred_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "audit_event_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateIndex
CREATE INDEX "audit_event_tenant_id_occurred_at_id_idx" ON "audit_event"("tenant_id", "occurred_at", "id");

-- CreateIndex
CREATE INDEX "audit_event_tenant_id_type_occurred_at_id_idx" ON "audit_event"("tenant_id", "type", "occurred_at", "id");

-- CreateIndex
CREATE INDEX "audit_event_tenant_id_member_id_occurred_at_id_idx" ON "audit_event"("tenant_id", "member_id", "occurred_at", "id");

-- CreateIndex
CREATE INDEX "audit_event_tenant_id_api_key_id_occurred_at_id_idx" ON "audit_event"("tenant_id", "api_key_id", "occurred_at", "id");

-- CreateIndex
CREATE INDEX "api_key_tenant_id_created_at_id_idx" ON "api_key"("tenant_id", "created_at", "id");

-- AddForeignKey
ALTER TABLE "audit_event" ADD CONSTRAINT "audit_event_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "audit_event" ADD CONSTRAINT "audit_event_tenant_id_member_id_fkey" FOREIGN KEY ("tenant_id", "member_id") REFERENCES "member"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "audit_event" ADD CONSTRAINT "audit_event_tenant_id_api_key_id_fkey" FOREIGN KEY ("tenant_id", "api_key_id") REFERENCES "api_key"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "audit_event" ADD CONSTRAINT "audit_event_tenant_id_actor_member_id_fkey" FOREIGN KEY ("tenant_id", "actor_member_id") REFERENCES "member"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "audit_event" ADD CONSTRAINT "audit_event_tenant_id_actor_api_key_id_fkey" FOREIGN KEY ("tenant_id", "actor_api_key_id") REFERENCES "api_key"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- Checks

ALTER TABLE audit_event
  ADD CONSTRAINT audit_event_type CHECK (type IN (
    'API_KEY_CREATED', 'API_KEY_REVOKED', 'MEMBER_CREATED', 'MEMBER_ROLE_CHANGED', 'MEMBER_EXTERNAL_ID_CHANGED',
    'MEMBER_DEACTIVATED', 'MEMBER_REACTIVATED', 'MEMBER_DELETED', 'TENANT_ACCESS_CHANGED')),
  -- Each type is about one thing: a key, a member or the tenant itself.
  ADD CONSTRAINT audit_event_subject CHECK (
    (type LIKE 'API!_KEY!_%' ESCAPE '!') = (api_key_id IS NOT NULL) AND (type LIKE 'MEMBER!_%' ESCAPE '!') = (member_id IS NOT NULL)),
  ADD CONSTRAINT audit_event_details CHECK (jsonb_typeof(details) = 'object'),
  ADD CONSTRAINT audit_event_actor_kind CHECK (actor_kind IN ('MEMBER', 'API_KEY', 'IMPORT', 'OPERATOR'));

-- Row level security and what the application role may do. The audit is only ever added to.

ALTER TABLE audit_event ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant_rows ON audit_event
  USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid)
  WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);
GRANT SELECT, INSERT ON audit_event TO dealgraph_app;

-- The lookup of a key only reads, so that no request waits for a write; its use is recorded beside the request.
CREATE OR REPLACE FUNCTION authenticate_api_key(key_hash bytea)
RETURNS TABLE (tenant_id uuid, id uuid, name text, role text, scopes text[], member_id uuid, member_deactivated boolean)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 1 SET search_path = public, pg_temp AS $$
  SELECT k.tenant_id, k.id, k.name, k.role, k.scopes, k.member_id, coalesce(m.deactivated_at IS NOT NULL, false)
  FROM api_key k LEFT JOIN member m ON m.tenant_id = k.tenant_id AND m.id = k.member_id
  WHERE k.hash = key_hash AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now());
$$;
