import { builder } from '../builder.ts'
import { encodeId } from '../ids.ts'
import type { Declaration } from '../rows.ts'

export const Tenant = builder.prismaObject('Tenant', {
  description: 'One customer of the gateway. Nothing of a tenant is visible to another.',
  fields: (t) => ({
    id: t.id({
      description:
        'The id of the tenant: `tenant_0198c0de-…`. It is the same always, and `node` cannot look it up.',
      extensions: {
        sql: (tenant) => `'${encodeId('Tenant', '')}' || ${tenant.column('id')}`,
      } satisfies Declaration,
      select: { id: true },
      resolve: ({ id }) => encodeId('Tenant', id),
    }),
    slug: t.exposeString('slug', { description: 'Its short name, unique in the installation.' }),
    name: t.exposeString('name', { description: 'Its display name.' }),
    defaultCurrency: t.expose('defaultCurrency', {
      type: 'CurrencyCode',
      description: 'The currency of a deal that names none.',
    }),
    timeZone: t.exposeString('timeZone', { description: 'Its IANA time zone: `Europe/Berlin`.' }),
    membersMayReopen: t.exposeBoolean('membersMayReopen', {
      description: 'Whether members other than administrators may reopen closed deals.',
    }),
    membersSeeOnlyTheirDeals: t.exposeBoolean('membersSeeOnlyTheirDeals', {
      description:
        'Whether MEMBERs see only the deals that they own or are assigned to, in lists, totals, searches and history alike. Administrators and READ_ONLY members see all, and so do keys that act for nobody. The numbers of deals count all deals of the tenant.',
    }),
  }),
})
