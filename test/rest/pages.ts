/** The requests and the lists of fields that the pages of the three APIs print. */
export interface Page {
  curl: string
  /** A line a field: its name, its type, and whether it is required. */
  fields: string
}

const backsideDeal = `
created_at string<date-time> required
id string<uuid> required
metadata any required
name string required
pipeline_id string<uuid> required
stage_id string<uuid> required
tenant_id string<uuid> required
updated_at string<date-time> required
amount number<double> | null
closed_at string<date-time> | null
confidence integer<int32> | null
contact_id string<uuid> | null
currency string | null
deleted_at string<date-time> | null
description string | null
expected_close_date string<date> | null
lost_reason string | null
next_step string | null
organization_id string<uuid> | null
source string | null
value_period string | null
won_reason string | null`

export const backsideMove: Page = {
  curl: `curl --request POST \\
  --url https://api.backside.app/api/v1/deals/{id}/move \\
  --header 'Authorization: Bearer <token>' \\
  --header 'Content-Type: application/json' \\
  --data '
{
  "stage_id": "3c90c3cc-0d44-4b50-8888-8dd25736052a"
}
'`,
  fields: backsideDeal,
}

export const backsideGet: Page = {
  curl: `curl --request GET \\
  --url https://api.backside.app/api/v1/deals/{id} \\
  --header 'Authorization: Bearer <token>'`,
  fields: `${backsideDeal}
contacts object[] required
pipeline_name string required
stage_name string required`,
}

/** What the example of an answer shows of each contact. */
export const backsideContact = `
contact_id string<uuid> required
created_at string<date-time> required
deal_id string<uuid> required
id string<uuid> required
is_primary boolean required
metadata any required
tenant_id string<uuid> required
updated_at string<date-time> required
introduced_by string<uuid> | null
role string | null`

export const hefflUpdate: Page = {
  curl: `curl --request PATCH \\
  --url https://api.heffl.com/api/v1/deals/{id} \\
  --header 'Content-Type: application/json' \\
  --header 'x-api-key: <api-key>' \\
  --data '
{
  "title": "<string>",
  "price": 123,
  "stageId": 123,
  "status": "ACTIVE",
  "priority": "LOW",
  "expectedCloseDate": "2023-11-07T05:31:56Z",
  "cf_": "<unknown>"
}
'`,
  fields: `
id string required
title string required
createdAt string<date-time> required
number string | null
price number | null
status string | null
priority string | null
expectedCloseDate string<date-time> | null
clientId string | null
clientName string | null
pipelineId number | null
stageName string | null
source string | null
leadId number | null
customFields any | null`,
}

/** YSuite’s page has no commands: these are its methods, paths and bodies. */
const ysuiteHeaders = `--header 'x-api-key: <api-key>'`

export const ysuiteList: Page = {
  curl: `curl --request GET --url https://ysuite.example/v1/deals ${ysuiteHeaders}`,
  fields: `
deal_id integer required
deal_name string required
deal_amount number | null
deal_source string | null
deal_expected_close_date string<date> | null
pipeline_id integer required
cstid integer | null
owner string | null`,
}

export const ysuiteGet = `curl --request GET --url https://ysuite.example/v1/deals/{id} ${ysuiteHeaders}`

export const ysuiteCreate = `curl --request POST --url https://ysuite.example/v1/deals ${ysuiteHeaders} \\
  --header 'Content-Type: application/json' \\
  --data '
{
"deal_name": "Acme Corp — Enterprise License",
"pipeline_id": 1,
"cstid": 10,
"deal_amount": 15000.00,
"deal_source": "Referral",
"deal_expected_close_date": "2026-09-30"
}
'`

export const ysuiteUpdate = ysuiteCreate
  .replace('POST', 'PUT')
  .replace('/v1/deals', '/v1/deals/{id}')

export const ysuiteDelete = ysuiteGet.replace('GET', 'DELETE')
