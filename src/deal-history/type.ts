import { builder } from '../builder.ts'
import { type Keyset, keysetPage, nestedPageSelection } from '../connection.ts'
import { Deal } from '../deal/type.ts'
import { StageChange } from '../stage-change/type.ts'
import { historyLengths } from './loaders.ts'

const StageChangeConnection = builder.connectionObject(
  { type: StageChange, name: 'StageChangeConnection', description: 'A page of a deal’s audit.' },
  { name: 'StageChangeEdge', description: 'A stage change and its cursor.' },
)

const oldestFirst: Keyset = {
  name: 'SEQ',
  column: 'seq',
  kind: 'integer',
  unique: true,
  direction: 'asc',
}

builder.prismaObjectField(Deal, 'history', (t) =>
  t.connection(
    {
      type: StageChange,
      description: 'Every stage change since the deal was created, the oldest first.',
      select: (args, _ctx, nested) => {
        const { where, orderBy, take } = keysetPage(args, oldestFirst)
        const selection = nestedPageSelection(nested, 'StageChange', oldestFirst)
        return { tenantId: true, id: true, history: { ...selection, where, orderBy, take } }
      },
      resolve: ({ id, history }, args, ctx) =>
        keysetPage(args, oldestFirst).toConnection(history, () =>
          ctx.loader(historyLengths).load(id),
        ),
    },
    StageChangeConnection,
  ),
)

builder.prismaObjectField(StageChange, 'deal', (t) =>
  t.relation('deal', { type: Deal, description: 'The deal that changed stage.' }),
)
