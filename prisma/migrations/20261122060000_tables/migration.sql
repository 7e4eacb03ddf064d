-- CreateTable
CREATE TABLE "tenant" (
    "id" UUID NOT NULL,
    "slug" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "default_currency" TEXT NOT NULL,
    "time_zone" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "tenant_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "tenant_revision" (
    "tenant_id" UUID NOT NULL,
    "revision" BIGINT NOT NULL,

    CONSTRAINT "tenant_revision_pkey" PRIMARY KEY ("tenant_id")
);

-- CreateTable
CREATE TABLE "tenant_counter" (
    "tenant_id" UUID NOT NULL,
    "noun" TEXT NOT NULL,
    "last_number" INTEGER NOT NULL,

    CONSTRAINT "tenant_counter_pkey" PRIMARY KEY ("tenant_id","noun")
);

-- CreateTable
CREATE TABLE "member" (
    "tenant_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "number" INTEGER NOT NULL,
    "name" TEXT NOT NULL,
    "email" TEXT,
    "role" TEXT NOT NULL,
    "external_id" TEXT,
    "deactivated_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "member_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateTable
CREATE TABLE "api_key" (
    "tenant_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "prefix" TEXT NOT NULL,
    "hash" BYTEA NOT NULL,
    "role" TEXT NOT NULL,
    "scopes" TEXT[],
    "member_id" UUID,
    "last_used_at" TIMESTAMPTZ(3),
    "expires_at" TIMESTAMPTZ(3),
    "revoked_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "api_key_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateTable
CREATE TABLE "pipeline" (
    "tenant_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "number" INTEGER NOT NULL,
    "name" TEXT NOT NULL,
    "position" INTEGER NOT NULL,
    "is_default" BOOLEAN NOT NULL,
    "rules" JSONB NOT NULL DEFAULT '{}',
    "archived_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "pipeline_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateTable
CREATE TABLE "stage" (
    "tenant_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "pipeline_id" UUID NOT NULL,
    "number" INTEGER NOT NULL,
    "name" TEXT NOT NULL,
    "position" INTEGER NOT NULL,
    "kind" TEXT NOT NULL,
    "probability" INTEGER NOT NULL,
    "rotting_days" INTEGER,
    "reason_required" BOOLEAN NOT NULL,
    "archived_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "stage_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateTable
CREATE TABLE "organization" (
    "tenant_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "number" INTEGER NOT NULL,
    "name" TEXT NOT NULL,
    "domain" TEXT,
    "email" TEXT,
    "phone" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "organization_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateTable
CREATE TABLE "contact" (
    "tenant_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "number" INTEGER NOT NULL,
    "name" TEXT NOT NULL,
    "email" TEXT,
    "phone" TEXT,
    "job_title" TEXT,
    "organization_id" UUID,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "contact_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateTable
CREATE TABLE "tag" (
    "tenant_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "number" INTEGER NOT NULL,
    "name" TEXT NOT NULL,
    "color" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "tag_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateTable
CREATE TABLE "deal" (
    "tenant_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "number" INTEGER NOT NULL,
    "external_id" TEXT,
    "name" TEXT NOT NULL,
    "description" TEXT,
    "amount" DECIMAL(19,4),
    "amount_key" BIGINT NOT NULL GENERATED ALWAYS AS (COALESCE(("amount" * 10000)::BIGINT, -9223372036854775808)) STORED,
    "currency" TEXT NOT NULL,
    "value_period" TEXT NOT NULL,
    "confidence" INTEGER,
    "status" TEXT NOT NULL,
    "priority" TEXT,
    "pipeline_id" UUID NOT NULL,
    "stage_id" UUID NOT NULL,
    "rank" TEXT COLLATE "C" NOT NULL,
    "stage_entered_at" TIMESTAMPTZ(3) NOT NULL,
    "last_open_stage_id" UUID,
    "organization_id" UUID,
    "owner_id" UUID,
    "primary_contact_id" UUID,
    "source" TEXT,
    "next_step" TEXT,
    "expected_close_date" DATE,
    "expected_close_key" INTEGER NOT NULL GENERATED ALWAYS AS (COALESCE("expected_close_date" - DATE '1970-01-01', 2147483647)) STORED,
    "closed_at" TIMESTAMPTZ(3),
    "won_reason" TEXT,
    "lost_reason" TEXT,
    "lead_ref" TEXT,
    "metadata" JSONB NOT NULL DEFAULT '{}',
    "custom_fields" JSONB NOT NULL DEFAULT '{}',
    "version" INTEGER NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "deleted_at" TIMESTAMPTZ(3),

    CONSTRAINT "deal_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateTable
CREATE TABLE "deal_contact" (
    "tenant_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "deal_id" UUID NOT NULL,
    "contact_id" UUID NOT NULL,
    "role" TEXT,
    "is_primary" BOOLEAN NOT NULL,
    "introduced_by_id" UUID,
    "metadata" JSONB NOT NULL DEFAULT '{}',
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "deal_contact_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateTable
CREATE TABLE "deal_tag" (
    "tenant_id" UUID NOT NULL,
    "deal_id" UUID NOT NULL,
    "tag_id" UUID NOT NULL,

    CONSTRAINT "deal_tag_pkey" PRIMARY KEY ("tenant_id","deal_id","tag_id")
);

-- CreateTable
CREATE TABLE "deal_assignee" (
    "tenant_id" UUID NOT NULL,
    "deal_id" UUID NOT NULL,
    "member_id" UUID NOT NULL,

    CONSTRAINT "deal_assignee_pkey" PRIMARY KEY ("tenant_id","deal_id","member_id")
);

-- CreateTable
CREATE TABLE "stage_change" (
    "tenant_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "deal_id" UUID NOT NULL,
    "seq" INTEGER NOT NULL,
    "previous_seq" INTEGER GENERATED ALWAYS AS (NULLIF("seq" - 1, 0)) STORED,
    "from_pipeline_id" UUID,
    "from_stage_id" UUID,
    "from_stage_name" TEXT,
    "to_pipeline_id" UUID NOT NULL,
    "to_stage_id" UUID NOT NULL,
    "to_stage_name" TEXT NOT NULL,
    "direction" TEXT NOT NULL,
    "amount" DECIMAL(19,4),
    "currency" TEXT NOT NULL,
    "probability" INTEGER NOT NULL,
    "expected_close_date" DATE,
    "actor_kind" TEXT NOT NULL,
    "actor_member_id" UUID,
    "actor_api_key_id" UUID,
    "reason" TEXT,
    "note" TEXT,
    "request_id" TEXT NOT NULL,
    "occurred_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "stage_change_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateTable
CREATE TABLE "event" (
    "tenant_id" UUID NOT NULL,
    "revision" BIGINT NOT NULL,
    "position" INTEGER NOT NULL,
    "type" TEXT NOT NULL,
    "deal_id" UUID,
    "payload" JSONB NOT NULL,
    "occurred_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "event_pkey" PRIMARY KEY ("tenant_id","revision","position")
);

-- CreateIndex
CREATE UNIQUE INDEX "tenant_slug_key" ON "tenant"("slug");

-- CreateIndex
CREATE INDEX "member_tenant_id_name_id_idx" ON "member"("tenant_id", "name", "id");

-- CreateIndex
CREATE INDEX "member_tenant_id_created_at_id_idx" ON "member"("tenant_id", "created_at", "id");

-- CreateIndex
CREATE UNIQUE INDEX "member_tenant_id_number_key" ON "member"("tenant_id", "number");

-- CreateIndex
CREATE UNIQUE INDEX "member_tenant_id_external_id_key" ON "member"("tenant_id", "external_id");

-- CreateIndex
CREATE UNIQUE INDEX "api_key_hash_key" ON "api_key"("hash");

-- CreateIndex
CREATE UNIQUE INDEX "pipeline_tenant_id_number_key" ON "pipeline"("tenant_id", "number");

-- CreateIndex
CREATE INDEX "stage_tenant_id_pipeline_id_position_idx" ON "stage"("tenant_id", "pipeline_id", "position");

-- CreateIndex
CREATE UNIQUE INDEX "stage_tenant_id_number_key" ON "stage"("tenant_id", "number");

-- CreateIndex
CREATE UNIQUE INDEX "stage_tenant_id_pipeline_id_id_kind_key" ON "stage"("tenant_id", "pipeline_id", "id", "kind");

-- CreateIndex
CREATE INDEX "organization_tenant_id_name_id_idx" ON "organization"("tenant_id", "name", "id");

-- CreateIndex
CREATE INDEX "organization_tenant_id_created_at_id_idx" ON "organization"("tenant_id", "created_at", "id");

-- CreateIndex
CREATE UNIQUE INDEX "organization_tenant_id_number_key" ON "organization"("tenant_id", "number");

-- CreateIndex
CREATE INDEX "contact_tenant_id_name_id_idx" ON "contact"("tenant_id", "name", "id");

-- CreateIndex
CREATE INDEX "contact_tenant_id_created_at_id_idx" ON "contact"("tenant_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "contact_tenant_id_organization_id_name_id_idx" ON "contact"("tenant_id", "organization_id", "name", "id");

-- CreateIndex
CREATE UNIQUE INDEX "contact_tenant_id_number_key" ON "contact"("tenant_id", "number");

-- CreateIndex
CREATE UNIQUE INDEX "tag_tenant_id_number_key" ON "tag"("tenant_id", "number");

-- CreateIndex
CREATE UNIQUE INDEX "deal_tenant_id_number_key" ON "deal"("tenant_id", "number");

-- CreateIndex
CREATE UNIQUE INDEX "deal_tenant_id_external_id_key" ON "deal"("tenant_id", "external_id");

-- CreateIndex
CREATE INDEX "deal_contact_tenant_id_contact_id_deal_id_idx" ON "deal_contact"("tenant_id", "contact_id", "deal_id");

-- CreateIndex
CREATE UNIQUE INDEX "deal_contact_tenant_id_deal_id_contact_id_key" ON "deal_contact"("tenant_id", "deal_id", "contact_id");

-- CreateIndex
CREATE INDEX "deal_tag_tenant_id_tag_id_deal_id_idx" ON "deal_tag"("tenant_id", "tag_id", "deal_id");

-- CreateIndex
CREATE INDEX "deal_assignee_tenant_id_member_id_deal_id_idx" ON "deal_assignee"("tenant_id", "member_id", "deal_id");

-- CreateIndex
CREATE UNIQUE INDEX "stage_change_tenant_id_deal_id_seq_key" ON "stage_change"("tenant_id", "deal_id", "seq");

-- CreateIndex
CREATE UNIQUE INDEX "stage_change_tenant_id_deal_id_seq_to_stage_id_key" ON "stage_change"("tenant_id", "deal_id", "seq", "to_stage_id");

-- CreateIndex
CREATE INDEX "event_tenant_id_deal_id_revision_idx" ON "event"("tenant_id", "deal_id", "revision");

-- AddForeignKey
ALTER TABLE "tenant_revision" ADD CONSTRAINT "tenant_revision_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "tenant_counter" ADD CONSTRAINT "tenant_counter_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "member" ADD CONSTRAINT "member_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "api_key" ADD CONSTRAINT "api_key_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "api_key" ADD CONSTRAINT "api_key_tenant_id_member_id_fkey" FOREIGN KEY ("tenant_id", "member_id") REFERENCES "member"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "pipeline" ADD CONSTRAINT "pipeline_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "stage" ADD CONSTRAINT "stage_tenant_id_pipeline_id_fkey" FOREIGN KEY ("tenant_id", "pipeline_id") REFERENCES "pipeline"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "organization" ADD CONSTRAINT "organization_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "contact" ADD CONSTRAINT "contact_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "contact" ADD CONSTRAINT "contact_tenant_id_organization_id_fkey" FOREIGN KEY ("tenant_id", "organization_id") REFERENCES "organization"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "tag" ADD CONSTRAINT "tag_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "deal" ADD CONSTRAINT "deal_tenant_id_pipeline_id_fkey" FOREIGN KEY ("tenant_id", "pipeline_id") REFERENCES "pipeline"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "deal" ADD CONSTRAINT "deal_tenant_id_pipeline_id_stage_id_status_fkey" FOREIGN KEY ("tenant_id", "pipeline_id", "stage_id", "status") REFERENCES "stage"("tenant_id", "pipeline_id", "id", "kind") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "deal" ADD CONSTRAINT "deal_tenant_id_last_open_stage_id_fkey" FOREIGN KEY ("tenant_id", "last_open_stage_id") REFERENCES "stage"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "deal" ADD CONSTRAINT "deal_tenant_id_organization_id_fkey" FOREIGN KEY ("tenant_id", "organization_id") REFERENCES "organization"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "deal" ADD CONSTRAINT "deal_tenant_id_owner_id_fkey" FOREIGN KEY ("tenant_id", "owner_id") REFERENCES "member"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "deal" ADD CONSTRAINT "deal_tenant_id_primary_contact_id_fkey" FOREIGN KEY ("tenant_id", "primary_contact_id") REFERENCES "contact"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "deal_contact" ADD CONSTRAINT "deal_contact_tenant_id_deal_id_fkey" FOREIGN KEY ("tenant_id", "deal_id") REFERENCES "deal"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "deal_contact" ADD CONSTRAINT "deal_contact_tenant_id_contact_id_fkey" FOREIGN KEY ("tenant_id", "contact_id") REFERENCES "contact"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "deal_contact" ADD CONSTRAINT "deal_contact_tenant_id_introduced_by_id_fkey" FOREIGN KEY ("tenant_id", "introduced_by_id") REFERENCES "contact"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "deal_tag" ADD CONSTRAINT "deal_tag_tenant_id_deal_id_fkey" FOREIGN KEY ("tenant_id", "deal_id") REFERENCES "deal"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "deal_tag" ADD CONSTRAINT "deal_tag_tenant_id_tag_id_fkey" FOREIGN KEY ("tenant_id", "tag_id") REFERENCES "tag"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "deal_assignee" ADD CONSTRAINT "deal_assignee_tenant_id_deal_id_fkey" FOREIGN KEY ("tenant_id", "deal_id") REFERENCES "deal"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "deal_assignee" ADD CONSTRAINT "deal_assignee_tenant_id_member_id_fkey" FOREIGN KEY ("tenant_id", "member_id") REFERENCES "member"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "stage_change" ADD CONSTRAINT "stage_change_tenant_id_deal_id_fkey" FOREIGN KEY ("tenant_id", "deal_id") REFERENCES "deal"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "stage_change" ADD CONSTRAINT "stage_change_tenant_id_from_pipeline_id_fkey" FOREIGN KEY ("tenant_id", "from_pipeline_id") REFERENCES "pipeline"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "stage_change" ADD CONSTRAINT "stage_change_tenant_id_from_stage_id_fkey" FOREIGN KEY ("tenant_id", "from_stage_id") REFERENCES "stage"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "stage_change" ADD CONSTRAINT "stage_change_tenant_id_to_pipeline_id_fkey" FOREIGN KEY ("tenant_id", "to_pipeline_id") REFERENCES "pipeline"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "stage_change" ADD CONSTRAINT "stage_change_tenant_id_to_stage_id_fkey" FOREIGN KEY ("tenant_id", "to_stage_id") REFERENCES "stage"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "stage_change" ADD CONSTRAINT "stage_change_tenant_id_actor_member_id_fkey" FOREIGN KEY ("tenant_id", "actor_member_id") REFERENCES "member"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "stage_change" ADD CONSTRAINT "stage_change_tenant_id_actor_api_key_id_fkey" FOREIGN KEY ("tenant_id", "actor_api_key_id") REFERENCES "api_key"("tenant_id", "id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "stage_change" ADD CONSTRAINT "stage_change_tenant_id_deal_id_previous_seq_from_stage_id_fkey" FOREIGN KEY ("tenant_id", "deal_id", "previous_seq", "from_stage_id") REFERENCES "stage_change"("tenant_id", "deal_id", "seq", "to_stage_id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "event" ADD CONSTRAINT "event_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;
