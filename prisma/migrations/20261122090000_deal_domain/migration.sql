-- AlterTable
ALTER TABLE "contact" ADD COLUMN     "email_key" TEXT GENERATED ALWAYS AS (lower(btrim(email))) STORED;

-- AlterTable
ALTER TABLE "deal" ADD COLUMN     "close_reason_id" UUID,
ADD COLUMN     "rotting_at" TIMESTAMPTZ(3),
ADD COLUMN     "source_id" UUID;

-- AlterTable
ALTER TABLE "member" ADD COLUMN     "deleted_at" TIMESTAMPTZ(3);

-- AlterTable
ALTER TABLE "organization" ADD COLUMN     "domain_key" TEXT GENERATED ALWAYS AS (lower(btrim(domain))) STORED,
ADD COLUMN     "email_key" TEXT GENERATED ALWAYS AS (lower(btrim(email))) STORED;

-- AlterTable
ALTER TABLE "stage" ADD COLUMN     "required_fields" TEXT[] NOT NULL DEFAULT ARRAY[]::TEXT[];

-- AlterTable
ALTER TABLE "stage_change" ADD COLUMN     "override" BOOLEAN NOT NULL DEFAULT false;

-- AlterTable
ALTER TABLE "tenant" ADD COLUMN     "members_may_reopen" BOOLEAN NOT NULL DEFAULT false;

-- CreateTable
CREATE TABLE "stage_total" (
    "tenant_id" UUID NOT NULL,
    "stage_id" UUID NOT NULL,
    "currency" TEXT NOT NULL,
    "count" INTEGER NOT NULL,
    "amount" DECIMAL(30,4) NOT NULL,
    "confident_amount" DECIMAL(30,4) NOT NULL,
    "weighted_by_own" DECIMAL(32,4) NOT NULL,

    CONSTRAINT "stage_total_pkey" PRIMARY KEY ("tenant_id","stage_id","currency")
);

-- CreateTable
CREATE TABLE "source" (
    "tenant_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "archived_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "source_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateTable
CREATE TABLE "close_reason" (
    "tenant_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "archived_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "close_reason_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateTable
CREATE TABLE "custom_field_definition" (
    "tenant_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "pipeline_id" UUID,
    "key" TEXT NOT NULL,
    "label" TEXT NOT NULL,
    "description" TEXT,
    "type" TEXT NOT NULL,
    "required" BOOLEAN NOT NULL,
    "options" TEXT[] NOT NULL,
    "position" INTEGER NOT NULL,
    "archived_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "custom_field_definition_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateTable
CREATE TABLE "deal_custom_value" (
    "tenant_id" UUID NOT NULL,
    "deal_id" UUID NOT NULL,
    "key" TEXT NOT NULL,
    "ordinal" INTEGER NOT NULL,
    "text_value" TEXT,
    "text_key" TEXT COLLATE "C" GENERATED ALWAYS AS (
        CASE WHEN char_length("text_value") > 255 THEN left("text_value", 255) || '…' ELSE "text_value" END) STORED,
    "number_key" BIGINT,

    CONSTRAINT "deal_custom_value_pkey" PRIMARY KEY ("tenant_id","deal_id","key","ordinal")
);

-- CreateTable
CREATE TABLE "deal_change" (
    "tenant_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "deal_id" UUID NOT NULL,
    "field" TEXT NOT NULL,
    "from_value" TEXT,
    "to_value" TEXT,
    "from_id" UUID,
    "to_id" UUID,
    "actor_kind" TEXT NOT NULL,
    "actor_member_id" UUID,
    "actor_api_key_id" UUID,
    "request_id" TEXT NOT NULL,
    "occurred_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "deal_change_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateTable
CREATE TABLE "idempotency_key" (
    "tenant_id" UUID NOT NULL,
    "key" TEXT NOT NULL,
    "fingerprint" BYTEA NOT NULL,
    "result" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "idempotency_key_pkey" PRIMARY KEY ("tenant_id","key")
);

-- CreateIndex
CREATE UNIQUE INDEX "close_reason_tenant_id_id_kind_key" ON "close_reason"("tenant_id", "id", "kind");

-- CreateIndex
CREATE UNIQUE INDEX "custom_field_definition_tenant_id_key_key" ON "custom_field_definition"("tenant_id", "key");

-- CreateIndex
CREATE INDEX "deal_custom_value_tenant_id_key_text_key_deal_id_idx" ON "deal_custom_value"("tenant_id", "key", "text_key", "deal_id");

-- CreateIndex
CREATE INDEX "deal_custom_value_tenant_id_key_number_key_deal_id_idx" ON "deal_custom_value"("tenant_id", "key", "number_key", "deal_id");

-- CreateIndex
CREATE INDEX "deal_change_tenant_id_deal_id_occurred_at_id_idx" ON "deal_change"("tenant_id", "deal_id", "occurred_at", "id");

-- CreateIndex
CREATE INDEX "idempotency_key_tenant_id_created_at_idx" ON "idempotency_key"("tenant_id", "created_at");

-- CreateIndex
CREATE INDEX "contact_tenant_id_email_key_idx" ON "contact"("tenant_id", "email_key");

-- CreateIndex
CREATE INDEX "organization_tenant_id_domain_key_idx" ON "organization"("tenant_id", "domain_key");

-- CreateIndex
CREATE INDEX "organization_tenant_id_email_key_idx" ON "organization"("tenant_id", "email_key");

-- AddForeignKey
ALTER TABLE "stage_total" ADD CONSTRAINT "stage_total_tenant_id_stage_id_fkey" FOREIGN KEY ("tenant_id", "stage_id") REFERENCES "stage"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "source" ADD CONSTRAINT "source_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "close_reason" ADD CONSTRAINT "close_reason_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "custom_field_definition" ADD CONSTRAINT "custom_field_definition_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "custom_field_definition" ADD CONSTRAINT "custom_field_definition_tenant_id_pipeline_id_fkey" FOREIGN KEY ("tenant_id", "pipeline_id") REFERENCES "pipeline"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "deal_custom_value" ADD CONSTRAINT "deal_custom_value_tenant_id_deal_id_fkey" FOREIGN KEY ("tenant_id", "deal_id") REFERENCES "deal"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "deal" ADD CONSTRAINT "deal_tenant_id_source_id_fkey" FOREIGN KEY ("tenant_id", "source_id") REFERENCES "source"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "deal" ADD CONSTRAINT "deal_tenant_id_close_reason_id_status_fkey" FOREIGN KEY ("tenant_id", "close_reason_id", "status") REFERENCES "close_reason"("tenant_id", "id", "kind") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "deal_change" ADD CONSTRAINT "deal_change_tenant_id_deal_id_fkey" FOREIGN KEY ("tenant_id", "deal_id") REFERENCES "deal"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "deal_change" ADD CONSTRAINT "deal_change_tenant_id_actor_member_id_fkey" FOREIGN KEY ("tenant_id", "actor_member_id") REFERENCES "member"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "deal_change" ADD CONSTRAINT "deal_change_tenant_id_actor_api_key_id_fkey" FOREIGN KEY ("tenant_id", "actor_api_key_id") REFERENCES "api_key"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "idempotency_key" ADD CONSTRAINT "idempotency_key_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- What deals say of their sources and reasons becomes the catalogues: names that differ only in case are one, written as
-- they were first.
INSERT INTO source (tenant_id, id, name, created_at)
SELECT DISTINCT ON (tenant_id, lower(btrim(left(source, 255)))) tenant_id, gen_random_uuid(), btrim(left(source, 255)), created_at
FROM deal WHERE btrim(left(source, 255)) <> ''
ORDER BY tenant_id, lower(btrim(left(source, 255))), created_at, id;
INSERT INTO close_reason (tenant_id, id, kind, name, created_at)
SELECT DISTINCT ON (tenant_id, status, lower(btrim(left(coalesce(won_reason, lost_reason), 255))))
  tenant_id, gen_random_uuid(), status, btrim(left(coalesce(won_reason, lost_reason), 255)), closed_at
FROM deal WHERE btrim(left(coalesce(won_reason, lost_reason), 255)) <> ''
ORDER BY tenant_id, status, lower(btrim(left(coalesce(won_reason, lost_reason), 255))), closed_at, id;
UPDATE deal SET
  source_id = (SELECT id FROM source s WHERE s.tenant_id = deal.tenant_id AND lower(s.name) = lower(btrim(left(deal.source, 255)))),
  close_reason_id = (SELECT id FROM close_reason r WHERE r.tenant_id = deal.tenant_id AND r.kind = deal.status
    AND lower(r.name) = lower(btrim(left(coalesce(deal.won_reason, deal.lost_reason), 255))))
WHERE source IS NOT NULL OR won_reason IS NOT NULL OR lost_reason IS NOT NULL;
ALTER TABLE deal DROP COLUMN source, DROP COLUMN won_reason, DROP COLUMN lost_reason;

-- A key in use becomes a field of the type that its values have; null is no value.
UPDATE deal SET custom_fields = (SELECT coalesce(jsonb_object_agg(key, value), '{}') FROM jsonb_each(custom_fields) WHERE value <> 'null')
WHERE jsonb_path_exists(custom_fields, '$.* ? (@ == null)');
INSERT INTO custom_field_definition (tenant_id, id, key, label, type, required, options, position, created_at, updated_at)
SELECT tenant_id, gen_random_uuid(), key, key,
  CASE WHEN bool_and(jsonb_typeof(value) = 'number') THEN 'NUMBER' WHEN bool_and(jsonb_typeof(value) = 'boolean') THEN 'BOOLEAN'
    ELSE 'TEXT' END,
  false, '{}', row_number() OVER (PARTITION BY tenant_id ORDER BY key) - 1, min(created_at), min(created_at)
FROM deal, jsonb_each(custom_fields)
GROUP BY tenant_id, key;
