import { builder } from '../builder.ts'
import type { RateLimit as RateLimitShape } from '../throttle/bucket.ts'

const RateLimit = builder.objectRef<RateLimitShape>('RateLimit').implement({
  description:
    'A bucket of points, one for each credential. An operation takes what it may cost before it runs, and gets back what it did not read; when the bucket does not hold its cost it is refused as `THROTTLED` and takes nothing.',
  fields: (t) => ({
    maximum: t.exposeInt('maximum', { description: 'How many points the bucket holds.' }),
    available: t.exposeInt('available', {
      description:
        'How many were there as this operation began, without its own; `extensions.cost` of the answer says how many there are after it.',
    }),
    restoreRate: t.exposeInt('restoreRate', {
      description: 'How many points come back a second.',
    }),
  }),
})

builder.queryField('rateLimit', (t) =>
  t.field({
    type: RateLimit,
    nullable: true,
    authScopes: { authenticated: true },
    description: 'What the viewer may still ask for; null where the gateway sets no limit.',
    resolve: (_root, _args, ctx) => ctx.rateLimit,
  }),
)
