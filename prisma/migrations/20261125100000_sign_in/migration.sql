-- A member that is deleted keeps the id of their sign-in service: it lets nobody back in, and is left to who is created
-- with it on purpose.
DROP INDEX "member_tenant_id_external_id_key";
CREATE INDEX "member_tenant_id_external_id_idx" ON "member"("tenant_id", "external_id");
CREATE UNIQUE INDEX member_external_id_key ON member (tenant_id, external_id) WHERE deleted_at IS NULL;
