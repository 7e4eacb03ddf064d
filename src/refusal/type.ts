import { builder, textEnum } from '../builder.ts'
import { Deal } from '../deal/type.ts'
import { UserErrorInterface } from '../payload.ts'
import type {
  FieldsRequired,
  ReasonRequired,
  StillInUse,
  TransitionNotAllowed,
  VersionConflict,
} from '../user-errors.ts'

builder.objectRef<VersionConflict>('VersionConflict').implement({
  description: 'Somebody changed the deal since it was read. Nothing of this change was made.',
  interfaces: [UserErrorInterface],
  fields: (t) => ({
    currentVersion: t.exposeInt('currentVersion', {
      description: 'The version that the deal has now.',
    }),
    deal: t.prismaField({
      type: Deal,
      nullable: true,
      authScopes: { scope: 'deals:read' },
      description: 'The deal as it is now.',
      resolve: (query, { dealId: id }, _args, ctx) => {
        const where = { tenantId_id: { tenantId: ctx.viewer.tenantId, id } }
        return ctx.db.deal.findUnique({ ...query, where })
      },
    }),
  }),
})

builder.objectRef<ReasonRequired>('ReasonRequired').implement({
  description: 'The stage takes a deal only with a reason.',
  interfaces: [UserErrorInterface],
  fields: (t) => ({
    knownReasons: t.exposeStringList('knownReasons', {
      nullable: true,
      authScopes: { scope: 'deals:read' },
      description:
        'Reasons of the catalogue, those most frequent in this pipeline first. Any other text is accepted too.',
    }),
  }),
})

builder.objectRef<FieldsRequired>('FieldsRequired').implement({
  description: 'The stage takes a deal only when these fields have a value.',
  interfaces: [UserErrorInterface],
  fields: (t) => ({
    fields: t.exposeStringList('fields', {
      description: 'What is missing: names of fields of `Deal`, and keys of custom fields.',
    }),
  }),
})

const TransitionRule = textEnum('TransitionRule', 'What can forbid that a deal changes stage.', {
  NO_SKIPPING: 'The pipeline lets deals go on only to the next open stage, and win from the last.',
  NO_MOVING_BACK: 'The pipeline does not let deals go back to an earlier stage.',
  REOPENING: 'Only administrators reopen closed deals, unless the tenant lets its members.',
})

builder.objectRef<TransitionNotAllowed>('TransitionNotAllowed').implement({
  description:
    'A rule does not let the deal go there. An administrator may set a pipeline’s rule aside by `override`.',
  interfaces: [UserErrorInterface],
  fields: (t) => ({
    rule: t.expose('rule', { type: TransitionRule, description: 'Which rule.' }),
  }),
})

builder.objectRef<StillInUse>('StillInUse').implement({
  description: 'Deals need what was to go. Name what takes its place, or change those deals.',
  interfaces: [UserErrorInterface],
  fields: (t) => ({
    count: t.exposeInt('count', {
      description: 'How many of the deals that the viewer sees, deleted ones too.',
    }),
    deals: t.prismaField({
      type: [Deal],
      authScopes: { scope: 'deals:read' },
      extensions: { cost: { size: 10 } },
      description: 'The first of them, at most 10, the oldest first.',
      resolve: async (query, { dealIds }, _args, ctx) =>
        ctx.db.deal.findMany({
          ...query,
          where: { tenantId: ctx.viewer.tenantId, id: { in: dealIds } },
          orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
        }),
    }),
  }),
})
