import { builder } from '../builder.ts'
import { type Keyset, keysetPage, nestedPageSelection } from '../connection.ts'
import { Deal } from '../deal/type.ts'
import { DealChange } from '../deal-change/type.ts'
import type { PageOf } from '../rows.ts'
import { StageChange } from '../stage-change/type.ts'
import { changeCounts, historyLengths } from './loaders.ts'

const StageChangeConnection = builder.connectionObject(
  { type: StageChange, name: 'StageChangeConnection', description: 'A page of a deal’s audit.' },
  { name: 'StageChangeEdge', description: 'A stage change and its cursor.' },
)

const entriesBySeq: Keyset = {
  name: 'SEQ',
  column: 'seq',
  kind: 'integer',
  unique: true,
  direction: 'asc',
}

const historyPage: PageOf = { path: ['history'], keyset: () => entriesBySeq, where: () => [] }

builder.prismaObjectField(Deal, 'history', (t) =>
  t.connection(
    {
      type: StageChange,
      extensions: { page: historyPage },
      description: 'Every stage change since the deal was created, the oldest first.',
      select: (args, _ctx, nested) => {
        const page = keysetPage(args, entriesBySeq)
        const { where, orderBy, take } = page
        const selection = nestedPageSelection(nested, 'StageChange', page)
        return { tenantId: true, id: true, history: { ...selection, where, orderBy, take } }
      },
      resolve: ({ id, history }, args, ctx) =>
        keysetPage(args, entriesBySeq).toConnection(history, () =>
          ctx.loader(historyLengths).load(id),
        ),
    },
    StageChangeConnection,
  ),
)

builder.prismaObjectField(StageChange, 'deal', (t) =>
  t.relation('deal', { type: Deal, description: 'The deal that changed stage.' }),
)

const DealChangeConnection = builder.connectionObject(
  {
    type: DealChange,
    name: 'DealChangeConnection',
    description: 'A page of what changed of a deal beside its stages.',
  },
  { name: 'DealChangeEdge', description: 'A change and its cursor.' },
)

const changesByTime: Keyset = {
  name: 'OCCURRED_AT',
  column: 'occurredAt',
  kind: 'instant',
  direction: 'asc',
}

const changesPage: PageOf = { path: ['changes'], keyset: () => changesByTime, where: () => [] }

builder.prismaObjectField(Deal, 'changes', (t) =>
  t.connection(
    {
      type: DealChange,
      extensions: { page: changesPage },
      description:
        'What changed of its audited fields since it was created, the oldest first. Changes of stage are in `history`.',
      select: (args, _ctx, nested) => {
        const page = keysetPage(args, changesByTime)
        const { where, orderBy, take } = page
        const selection = nestedPageSelection(nested, 'DealChange', page)
        return { tenantId: true, id: true, changes: { ...selection, where, orderBy, take } }
      },
      resolve: ({ id, changes }, args, ctx) =>
        keysetPage(args, changesByTime).toConnection(changes, () =>
          ctx.loader(changeCounts).load(id),
        ),
    },
    DealChangeConnection,
  ),
)

builder.prismaObjectField(DealChange, 'deal', (t) =>
  t.relation('deal', { type: Deal, description: 'The deal that changed.' }),
)
