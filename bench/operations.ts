export const operationNames = ['Q1', 'Q2', 'Q3', 'Q4', 'M1', 'A1', 'E1', 'MIX'] as const
export type OperationName = (typeof operationNames)[number]

/** Those with a document of their own; the others send these in another way. */
export type DocumentName = 'Q1' | 'Q2' | 'Q3' | 'M1'
export type Documents = Record<DocumentName, string>

export const pageSize = 50
const scalars = `id number externalId name description amount currency valuePeriod confidence status priority rank
    stageEnteredAt nextStep expectedCloseDate closedAt leadRef version createdAt updatedAt`
const row = 'id number name amount currency status priority createdAt'

/** Of Dealgraph, with the ids of its API. */
export const dealgraphDocuments: Documents = {
  Q1: `query Q1($id: ID!) {
  deal(id: $id) {
    ${scalars}
    pipelineName stageName contacts { role contact { id name email } }
  }
}`,
  Q2: `query Q2($pipelineId: ID!, $after: String) {
  deals(first: ${pageSize}, after: $after, filter: { pipelineId: { eq: $pipelineId } }, orderBy: { field: CREATED_AT, direction: DESC }) {
    nodes { ${row} pipelineName stageName organization { id name } primaryContact { id name email } }
    pageInfo { hasNextPage endCursor }
  }
}`,
  Q3: `query Q3($id: ID!) {
  pipeline(id: $id) {
    id name
    stages {
      id name kind totals { currency count amount }
      deals(first: 20, orderBy: { field: RANK, direction: ASC }) { nodes { id name amount currency organization { id name } } }
    }
  }
}`,
  M1: `mutation M1($dealId: ID!, $stageId: ID!, $expectedVersion: Int!) {
  moveDeal(input: { dealId: $dealId, stageId: $stageId, expectedVersion: $expectedVersion }) {
    deal { id version stageName } stageChange { seq toStageName } userErrors { code }
  }
}`,
}

/** Of PostGraphile, whose schema is made from the tables; an alias gives a relation its usual name. */
export const postgraphileDocuments: Documents = {
  Q1: `query Q1($tenantId: UUID!, $id: UUID!) {
  deal: dealByTenantIdAndRowId(tenantId: $tenantId, rowId: $id) {
    ${scalars.replace('id', 'id: rowId')}
    pipeline: pipelineByTenantIdAndPipelineId { name }
    stage: stageByTenantIdAndPipelineIdAndStageIdAndStatus { name }
    contacts: dealContactsByTenantIdAndDealId(orderBy: [IS_PRIMARY_DESC, CREATED_AT_ASC, ROW_ID_ASC]) {
      nodes { role contact: contactByTenantIdAndContactId { id: rowId name email } }
    }
  }
}`,
  Q2: `query Q2($pipelineId: UUID!, $after: Cursor) {
  deals: allDeals(first: ${pageSize}, after: $after, condition: { pipelineId: $pipelineId, deletedAt: null }, orderBy: [CREATED_AT_DESC, ROW_ID_DESC]) {
    nodes {
      ${row.replace('id', 'id: rowId')}
      pipeline: pipelineByTenantIdAndPipelineId { name }
      stage: stageByTenantIdAndPipelineIdAndStageIdAndStatus { name }
      organization: organizationByTenantIdAndOrganizationId { id: rowId name }
      primaryContact: contactByTenantIdAndPrimaryContactId { id: rowId name email }
    }
    pageInfo { hasNextPage endCursor }
  }
}`,
  Q3: `query Q3($tenantId: UUID!, $id: UUID!) {
  pipeline: pipelineByTenantIdAndRowId(tenantId: $tenantId, rowId: $id) {
    id: rowId name
    stages: stagesByTenantIdAndPipelineId(condition: { archivedAt: null }, orderBy: [POSITION_ASC]) {
      nodes {
        id: rowId name kind
        totals: stageTotalsByTenantIdAndStageId(orderBy: [CURRENCY_ASC]) { nodes { currency count amount } }
        deals: dealsByTenantIdAndPipelineIdAndStageIdAndStatus(first: 20, condition: { deletedAt: null }, orderBy: [RANK_ASC, ROW_ID_ASC]) {
          nodes { id: rowId name amount currency organization: organizationByTenantIdAndOrganizationId { id: rowId name } }
        }
      }
    }
  }
}`,
  M1: `mutation M1($dealId: UUID!, $stageId: UUID!, $expectedVersion: Int!) {
  benchMoveDeal(input: { dealId: $dealId, stageId: $stageId, expectedVersion: $expectedVersion }) {
    result { dealId version stageName seq toStageName errorCode }
  }
}`,
}

/** Of the schema in peers/apollo.ts. */
export const apolloDocuments: Documents = {
  Q1: `query Q1($id: ID!) {
  deal(id: $id) {
    ${scalars}
    pipeline { name } stage { name } contacts { role contact { id name email } }
  }
}`,
  Q2: `query Q2($pipelineId: ID!, $after: String) {
  deals(pipelineId: $pipelineId, first: ${pageSize}, after: $after) {
    nodes { ${row} pipeline { name } stage { name } organization { id name } primaryContact { id name email } }
    pageInfo { hasNextPage endCursor }
  }
}`,
  Q3: `query Q3($id: ID!) {
  pipeline(id: $id) {
    id name
    stages {
      id name kind totals { currency count amount }
      deals(first: 20) { nodes { id name amount currency organization { id name } } }
    }
  }
}`,
  M1: `mutation M1($dealId: ID!, $stageId: ID!, $expectedVersion: Int!) {
  moveDeal(dealId: $dealId, stageId: $stageId, expectedVersion: $expectedVersion) {
    deal { id version stage { name } } stageChange { seq toStageName } userErrors { code }
  }
}`,
}
