import { builder } from '../builder.ts'
import { Deal } from '../deal/type.ts'
import { Tag } from '../tag/type.ts'

builder.prismaObjectField(Deal, 'tags', (t) =>
  t.field({
    type: [Tag],
    extensions: { cost: { size: 3 }, through: ['tags', 'tag'] },
    description: 'Its tags, by name.',
    select: (_args, _ctx, nested) => ({
      tags: { select: { tag: nested() }, orderBy: { tag: { name: 'asc' } } },
    }),
    resolve: ({ tags }) => tags.map(({ tag }) => tag),
  }),
)
