import { builder } from '../builder.ts'
import { Deal } from '../deal/type.ts'
import { Member } from '../member/type.ts'

builder.prismaObjectField(Deal, 'assignees', (t) =>
  t.field({
    type: [Member],
    extensions: { cost: { size: 3 }, through: ['assignees', 'member'] },
    description: 'The members who work on it beside its owner, by name.',
    select: (_args, _ctx, nested) => ({
      assignees: {
        select: { member: nested() },
        orderBy: [{ member: { name: 'asc' } }, { memberId: 'asc' }],
      },
    }),
    resolve: ({ assignees }) => assignees.map(({ member }) => member),
  }),
)
