import { mutation, type PayloadFields } from '../mutation.ts'
import * as tenants from './service.ts'
import { Tenant } from './type.ts'

mutation('updateTenant', {
  scope: 'pipelines:write',
  description: 'Changes the settings of the viewer’s tenant.',
  input: {
    description: 'What to change of the tenant. A field that is left out stays as it is.',
    fields: (t) => ({
      name: t.string({ description: '1 to 255 characters.' }),
      defaultCurrency: t.field({
        type: 'CurrencyCode',
        description: 'The currency of a new deal that names none; deals that exist keep theirs.',
      }),
      timeZone: t.string({ description: 'An IANA time zone: `Europe/Berlin`.' }),
      membersMayReopen: t.boolean({
        description: 'Whether members other than administrators may reopen closed deals.',
      }),
      membersSeeOnlyTheirDeals: t.boolean({
        description:
          'Whether MEMBERs see only the deals that they own or are assigned to. It holds from the next request on.',
      }),
    }),
  },
  payload: {
    description: 'The tenant, or why nothing was done.',
    fields: (t: PayloadFields<tenants.ChangedTenant>) => ({
      tenant: t.prismaField({
        type: Tenant,
        nullable: true,
        description: 'The tenant as it is now; null when the mutation was refused.',
        resolve: (query, { tenantId }, _args, ctx) => {
          const find = { ...query, where: { id: ctx.viewer.tenantId } }
          return tenantId ? ctx.db.tenant.findUniqueOrThrow(find) : null
        },
      }),
    }),
  },
  write: (input) => (tx) => tenants.updateTenant(tx, input),
})
