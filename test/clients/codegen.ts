import { readFile } from 'node:fs/promises'
import { preset } from '@graphql-codegen/client-preset'
import { codegen } from '@graphql-codegen/core'
import { buildSchema, parse } from 'graphql'
import { readManifest } from '../../src/manifest/rules.ts'
import type { Operation } from '../persisted-fixtures.ts'

export interface GeneratedOperations {
  /** What is pushed: the map that is made for servers. */
  operations: Operation[]
  /** What the app is built with: the id of each operation, by its name. */
  ids: Record<string, string>
}

/** What the client preset of GraphQL Code Generator makes of operations whose texts stay at home. */
export async function generatedOperations(text: string): Promise<GeneratedOperations> {
  const sdl = await readFile('schema.graphql', 'utf8')
  const files = await preset.buildGeneratesSection({
    baseOutputDir: 'made/',
    schema: parse(sdl),
    schemaAst: buildSchema(sdl),
    documents: [{ location: 'operations.graphql', document: parse(text), rawSDL: text }],
    config: {},
    plugins: [],
    pluginMap: {},
    presetConfig: {
      fragmentMasking: false,
      persistedDocuments: { mode: 'replaceDocumentWithHash', hashAlgorithm: 'sha256' },
    },
  })
  const made: Record<string, string> = {}
  for (const file of files) made[file.filename] = await codegen(file)
  const manifest = readManifest(JSON.parse(made['made/persisted-documents.json'] ?? ''))
  if (manifest.problem !== undefined) throw new Error(manifest.problem)
  const code = made['made/graphql.ts'] ?? ''
  const constants = code.matchAll(/const (\w+)Document = \{"__meta__":\{"hash":"(\w+)"\}\}/g)
  return {
    operations: manifest.operations,
    ids: Object.fromEntries([...constants].map(([, name, id]) => [name, id])),
  }
}
