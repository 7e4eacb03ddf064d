import { cp, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ConcreteRequest, ReaderFragment } from 'relay-runtime'
import { runTool } from './tools.ts'

/** What the compiler makes of the sources in `relay/`. */
export interface Compiled {
  board: ConcreteRequest
  page: ConcreteRequest
  move: ConcreteRequest
  stage: ReaderFragment
}

/**
 * Compiles in a folder, as an app does that keeps its operations out of its code: the ids stand in
 * what is made, the texts go where the configuration says.
 */
export async function compileRelay(folder: string, persistConfig: object): Promise<Compiled> {
  await cp('test/clients/relay', join(folder, 'src'), { recursive: true })
  await writeFile(
    join(folder, 'relay.config.json'),
    JSON.stringify({
      src: 'src',
      schema: 'schema.graphql',
      language: 'typescript',
      artifactDirectory: 'made',
      eagerEsModules: true,
      useImportTypeSyntax: true,
      persistConfig,
    }),
  )
  await cp('schema.graphql', join(folder, 'schema.graphql'))
  await mkdir(join(folder, 'made'))
  await runTool('relay-compiler/cli.js', ['--noWatchman'], folder)
  const made = async (name: string) =>
    (await import(join(folder, 'made', `${name}.graphql.ts`))).default
  return {
    board: await made('boardQuery'),
    page: await made('boardPageQuery'),
    move: await made('boardMoveMutation'),
    stage: await made('board_stage'),
  }
}
