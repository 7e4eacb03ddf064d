import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Kind, type OperationDefinitionNode, parse, print, separateOperations } from 'graphql'
import { exampleTabs } from '../../src/graphiql/tabs.ts'
import { restDocuments } from '../../src/rest/rest.ts'
import { texts as generatedTexts } from '../clients/operations.ts'
import { nth } from './rows.ts'
import type { EqualityTenant } from './world.ts'

/** A query of this repository, and where it stands. */
export interface OwnQuery {
  title: string
  text: string
  operation: OperationDefinitionNode
}

const root = join(import.meta.dirname, '../..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')

/** Every query that the gateway, its examples and its tests of clients send. */
export function ownQueries(): OwnQuery[] {
  return [
    ...restDocuments.flatMap((text) => queriesIn('REST', text)),
    ...exampleTabs.flatMap(({ query }) => queriesIn('GraphiQL', query)),
    ...queriesIn('mobile example', mobileOperations()),
    ...queriesIn('urql', read('test/clients/urql/operations.graphql')),
    ...Object.values(generatedTexts).flatMap((text) => queriesIn('code generators', text)),
    ...templatesIn('Apollo', 'test/clients/apollo/operations.ts'),
    ...readmeQueries(),
  ]
}

/** The files of the example are one document: a fragment stands in another than its operation. */
function mobileOperations(): string {
  const folder = 'examples/mobile/operations'
  return readdirSync(join(root, folder))
    .map((file) => read(join(folder, file)))
    .join('\n')
}

/** What stands between backticks, each with the fragments of its file. */
function templatesIn(where: string, path: string): OwnQuery[] {
  const texts = [...read(path).matchAll(/gql`([^`]*)`/g)].map(([, text = '']) =>
    text.replace(/\$\{\w+\}/g, ''),
  )
  return queriesIn(where, texts.join('\n'))
}

function readmeQueries(): OwnQuery[] {
  const readme = read('README.md')
  const blocks = [...readme.matchAll(/```graphql\n([^`]*)```/g)].map(([, text = '']) => text)
  const sent = [...readme.matchAll(/\{"query":\s*"([^\n]*)"\}'/g)].map(([, text = '']) =>
    JSON.parse(`"${text}"`),
  )
  return [...blocks, ...sent].flatMap((text) => queriesIn('README', text))
}

/** The queries of a document one by one, each with the fragments that it needs. */
function queriesIn(where: string, text: string): OwnQuery[] {
  return Object.values(separateOperations(parse(text))).flatMap((single) => {
    const operation = single.definitions.find(
      (node): node is OperationDefinitionNode => node.kind === Kind.OPERATION_DEFINITION,
    )
    if (operation?.operation !== 'query') return []
    const title = `${operation.name?.value ?? 'a query'} of ${where}`
    return [{ title, text: print(single), operation }]
  })
}

/** Values for the variables of such a query, some of which name what there is and some what not. */
export function variablesFor(
  query: OwnQuery,
  { ids, cursors }: EqualityTenant,
  turn: number,
): Record<string, unknown> {
  const [, order = 'RANK'] = /field: (\w+)/.exec(query.text) ?? []
  const after = nth(cursors[`DealConnection ${order}`] ?? [], turn)
  const byName: Record<string, unknown> = {
    ...{ id: nth(ids.Deal ?? [], turn), dealId: nth(ids.Deal ?? [], turn) },
    ...{ pipelineId: nth(ids.Pipeline ?? [], turn), stageId: nth(ids.Stage ?? [], turn) },
    ...{ first: nth([5, 1, 0, 100], turn), search: nth(['a', null, '🚀', '%'], turn), after },
    filter: nth([{}, { status: { eq: 'OPEN' } }, { amount: { gte: '0' } }], turn),
    orderBy: nth(orders, turn),
    ...{ page: nth([1, 2], turn), pageSize: nth([3, 25], turn) },
  }
  const values = (query.operation.variableDefinitions ?? []).map(({ variable, type }) => {
    const name = variable.name.value
    const isRequired = type.kind === Kind.NON_NULL_TYPE
    if (!isRequired && turn % 3 === 0) return [name, null]
    const value = byName[name] ?? valueOfType(print(type), turn)
    if (value === undefined && isRequired)
      throw new Error(`${query.title} needs a value for $${name}`)
    return [name, value]
  })
  return Object.fromEntries(values)
}

const orders = [
  { field: 'NAME', direction: 'ASC' },
  { field: 'AMOUNT', direction: 'DESC' },
  { field: 'OWNER', direction: 'ASC' },
]

function valueOfType(type: string, turn: number): unknown {
  if (type.startsWith('Int')) return nth([1, 2, 7, 0, 20, 999], turn)
  if (type.startsWith('Boolean')) return turn % 3 !== 2
  return undefined
}
