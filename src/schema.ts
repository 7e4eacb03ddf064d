import './viewer/type.ts'
import './pipeline/mutations.ts'
import './stage/type.ts'
import './organization/mutations.ts'
import './contact/mutations.ts'
import './tag/mutations.ts'
import './deal/mutations.ts'
import './refusal/type.ts'
import './deal-list/type.ts'
import './deal-history/type.ts'
import './deal-contact/mutations.ts'
import './deal-tag/mutations.ts'
import './deal-assignee/mutations.ts'
import './board/type.ts'
import './deal-move/mutations.ts'
import { builder } from './builder.ts'

/** Every type, query and mutation. A module is part of the API when it is named above. */
export const schema = builder.toSchema()
